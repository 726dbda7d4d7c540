"""`scipy.ndimage`, which could read pictures."""

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries.scipy.misc import imread

__all__ = ["imread"]

__getattr__, __dir__ = _faces.attach(__name__)

"""`scipy.ndimage`, which could read pictures."""

from legacy_tf1.compat import libraries as _libraries
from legacy_tf1.compat.libraries.scipy.misc import imread

__all__ = ["imread"]  # noqa: F822

__getattr__, __dir__ = _libraries.attach(__name__)

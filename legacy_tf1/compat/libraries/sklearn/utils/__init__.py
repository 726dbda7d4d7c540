"""`sklearn.utils`, which had `linear_assignment_`."""

from legacy_tf1.compat import faces as _faces

__getattr__, __dir__ = _faces.attach(__name__)

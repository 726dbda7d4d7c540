"""`sklearn.utils`, which had `linear_assignment_`."""

from legacy_tf1.compat import libraries as _libraries

__getattr__, __dir__ = _libraries.attach(__name__)

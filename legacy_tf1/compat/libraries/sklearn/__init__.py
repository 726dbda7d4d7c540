"""scikit-learn as of 0.17 to 0.21: modules that were renamed, arguments since dropped."""

from legacy_tf1.compat import faces as _faces

__getattr__, __dir__ = _faces.attach(__name__)

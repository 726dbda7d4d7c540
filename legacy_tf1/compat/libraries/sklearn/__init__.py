"""scikit-learn as of 0.17 to 0.21: modules that were renamed, arguments since dropped."""

from legacy_tf1.compat import libraries as _libraries

__getattr__, __dir__ = _libraries.attach(__name__)

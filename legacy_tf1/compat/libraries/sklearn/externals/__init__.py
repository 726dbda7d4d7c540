"""`sklearn.externals`, which carried joblib and six along until 0.23."""

import joblib
import six

from legacy_tf1.compat import libraries as _libraries

__all__ = ["joblib", "six"]

__getattr__, __dir__ = _libraries.attach(__name__)

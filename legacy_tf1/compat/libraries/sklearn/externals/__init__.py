"""`sklearn.externals`, which carried joblib and six along until 0.23."""

import joblib  # type: ignore[import-untyped]
import six  # type: ignore[import-untyped]

from legacy_tf1.compat import faces as _faces

__all__ = ["joblib", "six"]

__getattr__, __dir__ = _faces.attach(__name__)

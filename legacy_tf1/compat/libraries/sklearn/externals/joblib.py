"""`sklearn.externals.joblib`: `import joblib` today."""

import sys

import joblib  # type: ignore[import-untyped]

# The package itself: what it pickles is found by its own name.
sys.modules[__name__] = joblib

"""`sklearn.externals.joblib`: `import joblib` today."""

import joblib as _joblib  # type: ignore[import-untyped]
from joblib import Memory, Parallel, delayed, dump, load

__all__ = ["Memory", "Parallel", "delayed", "dump", "load"]

__version__ = _joblib.__version__

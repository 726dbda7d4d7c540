"""Datasets, splits, normalization and pipelines.

Names resolve on first use: importing this package and listing the datasets loads neither
TensorFlow nor scikit-learn nor pandas.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

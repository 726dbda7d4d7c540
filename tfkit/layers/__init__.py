"""Layers of the course, as Keras layers.

All of them run on every Keras backend.
"""

from .augmentation import Augmentation, augmentation
from .batch_normalization import BatchNormalization
from .hardmax import hardmax
from .inverted_dropout import InvertedDropout, fixed_masks
from .random_warp import RandomWarp
from .recalibration import Recalibration, recalibrate
from .redundant_biases import RedundantBiasWarning, redundant_biases

__all__ = [
    "Augmentation",
    "BatchNormalization",
    "InvertedDropout",
    "RandomWarp",
    "Recalibration",
    "RedundantBiasWarning",
    "augmentation",
    "fixed_masks",
    "hardmax",
    "recalibrate",
    "redundant_biases",
]

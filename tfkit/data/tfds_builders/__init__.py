"""Builders for TensorFlow Datasets; importing this package registers them.

After `import tfkit.data.tfds_builders`, `tfds.load("digits")` works, without a network.
"""

from tfkit.data.tfds_builders.digits import Digits

__all__ = ["Digits"]

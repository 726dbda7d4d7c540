"""`tf.contrib.tensorboard.plugins`."""

from legacy_tf1.tensorflow.contrib.tensorboard.plugins import projector

__all__ = ["projector"]

"""`tf.contrib.tensorboard`: TensorBoard's plugins."""

from legacy_tf1.tensorflow.contrib.tensorboard import plugins

__all__ = ["plugins"]

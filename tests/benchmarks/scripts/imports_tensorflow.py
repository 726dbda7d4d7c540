"""The least TensorFlow-1 program."""

import tensorflow as tf  # noqa: F401

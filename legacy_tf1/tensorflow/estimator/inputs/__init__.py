"""Input functions from arrays and frames, as `tf.estimator.inputs` of TensorFlow 1.15."""

from legacy_tf1.tensorflow.estimator.inputs.numpy_io import numpy_input_fn
from legacy_tf1.tensorflow.estimator.inputs.pandas_io import pandas_input_fn

__all__ = ["numpy_input_fn", "pandas_input_fn"]

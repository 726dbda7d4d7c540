"""`tf.initializers`: names of TensorFlow 2 that programs for both mix in."""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace

Constant = _tf.constant_initializer
Ones = _tf.ones_initializer
RandomNormal = _tf.random_normal_initializer
RandomUniform = _tf.random_uniform_initializer
TruncatedNormal = _tf.truncated_normal_initializer
VarianceScaling = _tf.variance_scaling_initializer
Zeros = _tf.zeros_initializer

__getattr__, __dir__ = _namespace.attach(__name__)

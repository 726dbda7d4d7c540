"""`tf.contrib`, gone since TensorFlow 2.0, as far as programs of that time use it."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

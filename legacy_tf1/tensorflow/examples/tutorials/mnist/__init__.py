"""`tf.examples.tutorials.mnist`: the reader `input_data` and the network `mnist`."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

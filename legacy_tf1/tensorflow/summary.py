"""`tf.summary`: one name of TensorFlow 2 that programs for both mix in."""

from tensorflow import summary as _summary

from legacy_tf1.compat import namespace as _namespace

create_file_writer = _summary.create_file_writer

__getattr__, __dir__ = _namespace.attach(__name__)

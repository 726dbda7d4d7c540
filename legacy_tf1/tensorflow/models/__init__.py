"""Where recurrent networks were before TensorFlow 1.0."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

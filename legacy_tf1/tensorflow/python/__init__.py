"""TensorFlow's own modules, which old programs import from all the same."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

"""`tensorflow.python.framework`: what has left it since."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

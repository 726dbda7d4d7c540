"""`tf.examples`: the tutorials' own modules, of which programs import MNIST's reader."""

from legacy_tf1.compat import namespace as _namespace

__getattr__, __dir__ = _namespace.attach(__name__)

"""Networks of `tf.contrib.slim.nets`; today `keras.applications`."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.slim.nets import alexnet as alexnet
from legacy_tf1.tensorflow.contrib.slim.nets import vgg as vgg

__getattr__, __dir__ = _namespace.attach(__name__)

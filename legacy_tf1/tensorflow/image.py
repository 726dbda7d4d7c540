"""`tf.image`: the order of arguments of before 1.0, and as many operations as then."""

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import pre_1_0 as _pre_1_0
from legacy_tf1.tensorflow import _operations

per_image_standardization = _operations.counted(_tf.image.per_image_standardization, 1)
random_flip_left_right = _operations.counted(_tf.image.random_flip_left_right, 2)
random_flip_up_down = _operations.counted(_tf.image.random_flip_up_down, 2)
resize_images = _pre_1_0.resize_images

__getattr__, __dir__ = _namespace.attach(__name__)

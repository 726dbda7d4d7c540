"""slim's VGG and AlexNet: names of variables and end points, shapes of what they give."""

import tensorflow as tf
from tensorflow.contrib.slim.nets import alexnet, vgg

slim = tf.contrib.slim
images = tf.placeholder(tf.float32, [None, 224, 224, 3])

with slim.arg_scope(vgg.vgg_arg_scope(weight_decay=0.0)):
    logits, end_points = vgg.vgg_16(images, num_classes=10, is_training=False)
assert logits.op.name == "vgg_16/fc8/squeezed"
assert logits.shape.as_list() == [None, 10]
assert list(end_points)[:4] == [
    "vgg_16/conv1/conv1_1",
    "vgg_16/conv1/conv1_2",
    "vgg_16/pool1",
    "vgg_16/conv2/conv2_1",
]
assert end_points["vgg_16/pool5"].shape.as_list() == [None, 7, 7, 512]
variables = slim.get_variables_to_restore(exclude=["vgg_16/fc8"])
assert len(variables) == 30
assert variables[0].op.name == "vgg_16/conv1/conv1_1/weights"
count = sum(v.shape.num_elements() for v in slim.get_model_variables())
assert count == 134301514  # 138357544 with 1000 classes, as the paper says

with slim.arg_scope(alexnet.alexnet_v2_arg_scope()):
    logits, end_points = alexnet.alexnet_v2(images, 5, spatial_squeeze=False)
assert logits.shape.as_list() == [None, 1, 1, 5]
assert end_points["alexnet_v2/conv1"].shape.as_list() == [None, 54, 54, 64]
assert len(tf.losses.get_regularization_losses()) == 8
assert alexnet.alexnet_v2.default_image_size == vgg.vgg_19.default_image_size == 224

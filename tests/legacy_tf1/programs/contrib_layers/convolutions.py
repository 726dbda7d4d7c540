"""Convolution, pooling, transposed convolution and dropout of contrib."""

import numpy as np
import tensorflow as tf

layers = tf.contrib.layers
tf.set_random_seed(11)
x = tf.placeholder(tf.float32, [None, 8, 8, 1])
keep = tf.placeholder(tf.float32)
net = layers.conv2d(x, 2, [3, 3], scope="conv")
net = layers.max_pool2d(net, [2, 2])
net = layers.dropout(net, keep_prob=keep)
net = layers.conv2d_transpose(net, 1, 3, stride=2, activation_fn=tf.nn.sigmoid)
assert net.shape.as_list() == [None, 8, 8, 1]
assert [v.op.name for v in tf.global_variables()] == [
    "conv/weights",
    "conv/biases",
    "Conv2d_transpose/weights",
    "Conv2d_transpose/biases",
]
assert len(tf.contrib.framework.get_model_variables()) == 4
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    image = np.linspace(-1, 2, 64).reshape(1, 8, 8, 1)
    kept = sess.run(net, {x: image, keep: 1.0})
    dropped = sess.run(net, {x: image, keep: 0.5})

# As TensorFlow 1.15.5 prints them; float32 convolutions differ in their last digits.
np.testing.assert_allclose(
    kept[0, 3, :3, 0], [0.48616078, 0.4965741, 0.43725774], rtol=1e-4
)
np.testing.assert_allclose(
    dropped[0, :, 3, 0],
    [0.5, 0.5, 0.47496766, 0.51184064, 0.46473917, 0.53664219, 0.4693906, 0.5085994],
    rtol=1e-4,
)

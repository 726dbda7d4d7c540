"""Batch normalization between training and test; its updates beside the step."""

import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 2])
training = tf.placeholder_with_default(False, shape=(), name="training")
ones = tf.ones_initializer()
net = tf.layers.dense(x, 2, use_bias=False, kernel_initializer=ones)
net = tf.layers.batch_normalization(net, training=training, momentum=0.9)
net = tf.nn.elu(net)
loss = tf.reduce_mean(tf.square(net - 1.0))

update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
assert len(update_ops) == 2
with tf.control_dependencies(update_ops):
    train_op = tf.train.AdamOptimizer(0.01).minimize(loss)

assert len(tf.trainable_variables()) == 3
mean, variance = [
    v for v in tf.global_variables() if "batch_normalization/moving" in v.op.name
][:2]
batch = np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 4.0]])
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    for _ in range(3):
        sess.run(train_op, {x: batch, training: True})
    means, variances, tested = sess.run([mean, variance, net], {x: batch})

# As TensorFlow 1.15.5 prints them, to float32's rounding.
np.testing.assert_allclose(means, [1.3617663, 1.3617663], rtol=1e-5)
np.testing.assert_allclose(variances, [1.9937409, 1.9937409], rtol=1e-5)
np.testing.assert_allclose(tested[0], [1.1757462, 1.1757462], rtol=1e-5)

"""Ten steps of each optimizer on one small function."""

import numpy as np
import tensorflow as tf

optimizers = {
    "gradient descent": tf.train.GradientDescentOptimizer(0.1),
    "momentum": tf.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": tf.train.AdamOptimizer(0.1),
    "adagrad": tf.train.AdagradOptimizer(0.1),
    "adadelta": tf.train.AdadeltaOptimizer(0.1),
    "rmsprop": tf.train.RMSPropOptimizer(0.1),
    "ftrl": tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
    "proximal": tf.train.ProximalGradientDescentOptimizer(0.1),
}
# What TensorFlow 1.15.5 prints.
expected = {
    "adadelta": [2.9995382, -1.9995385],
    "adagrad": [2.515959, -1.537607],
    "adam": [2.014191, -1.0379553],
    "ftrl": [2.214937, -1.1752486],
    "gradient descent": [1.0460353, -1.0230176],
    "momentum": [-1.7663679, 0.383184],
    "nesterov": [-1.0397345, 0.01986716],
    "proximal": [1.0460353, -1.0230176],
    "rmsprop": [1.6590251, -1.0585339],
}

for name in sorted(optimizers):
    with tf.variable_scope(name.replace(" ", "_")):
        w = tf.get_variable("w", initializer=[3.0, -2.0])
    cost = tf.reduce_sum(tf.square(w - [1.0, 0.5])) / 2 + tf.reduce_sum(w)
    train = optimizers[name].minimize(cost, var_list=[w])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(10):
            sess.run(train)
        # float32 rounds at 1e-7 a step; nesterov's second value is near 0.
        np.testing.assert_allclose(
            sess.run(w), expected[name], rtol=1e-5, atol=1e-6, err_msg=name
        )

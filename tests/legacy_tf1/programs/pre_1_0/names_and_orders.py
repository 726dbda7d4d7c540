"""Functions that 1.0 renamed, and arguments that it put into another order."""

import numpy as np
import tensorflow as tf

a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
with tf.Session() as sess:
    run = sess.run
    np.testing.assert_array_equal(run(tf.mul(a, a)), [[1, 4], [9, 16]])
    np.testing.assert_array_equal(run(tf.sub(a, 1.0)), [[0, 1], [2, 3]])
    np.testing.assert_array_equal(run(tf.neg(a)), [[-1, -2], [-3, -4]])
    np.testing.assert_array_equal(run(tf.concat(0, [a, a])).shape, (4, 2))
    np.testing.assert_array_equal(run(tf.concat(1, [a, a])).shape, (2, 4))
    left, right = run(tf.split(1, 2, a))
    np.testing.assert_array_equal(left, [[1], [3]])
    np.testing.assert_array_equal(run(tf.pack([a, a])).shape, (2, 2, 2))
    np.testing.assert_array_equal(run(tf.unpack(a)[1]), [3, 4])
    np.testing.assert_array_equal(run(tf.reverse(a, [True, False]))[0], [3, 4])
    total = tf.reduce_sum(a, reduction_indices=[1], keep_dims=True)
    np.testing.assert_array_equal(run(total), [[3], [7]])
    squeezed = tf.squeeze(tf.expand_dims(a, dim=0), squeeze_dims=[0])
    np.testing.assert_array_equal(run(squeezed), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(run(tf.select(a > 2, a, -a)), [[-1, -2], [3, 4]])
    np.testing.assert_array_equal(run(tf.batch_matmul(a, a)), [[7, 10], [15, 22]])
    np.testing.assert_array_equal(run(tf.complex_abs(tf.complex(3.0, 4.0))), 5.0)
    np.testing.assert_array_equal(run(tf.argmax(a, dimension=1)), [1, 1])
    with tf.op_scope([a], "scope", "default"):
        assert tf.identity(a).op.name == "scope/Identity"
    # log(1 + exp(-1)): a sigmoid cross-entropy at logit 1 and target 1, in float32.
    loss = tf.nn.sigmoid_cross_entropy_with_logits([1.0], targets=[1.0])
    np.testing.assert_allclose(run(loss), np.log1p(np.exp(-1.0)), rtol=1e-6)

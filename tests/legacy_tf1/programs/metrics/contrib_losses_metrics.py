"""Losses and metrics of contrib, whose predictions come first."""

import numpy as np
import tensorflow as tf

logits = tf.constant([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]])
onehot = tf.constant([[1.0, 0, 0], [0, 0, 1.0]])
softmax = tf.contrib.losses.softmax_cross_entropy(logits, onehot)
squared = tf.contrib.losses.mean_squared_error(
    tf.constant([1.0, 3.0]), tf.constant([0.0, 1.0])
)
absolute = tf.contrib.losses.absolute_difference(
    tf.constant([1.0, 3.0]), tf.constant([0.0, 1.0]), weights=0.5
)
total = tf.contrib.losses.get_total_loss()
hinge = tf.contrib.losses.hinge_loss(tf.constant([0.3, -2.0]), tf.constant([1.0, 1.0]))
accuracy = tf.contrib.metrics.accuracy(tf.argmax(logits, 1), tf.argmax(onehot, 1))
value, update = tf.contrib.metrics.streaming_accuracy(
    tf.argmax(logits, 1), tf.argmax(onehot, 1)
)
values, updates = tf.contrib.metrics.aggregate_metric_map(
    {
        "mse": tf.contrib.metrics.streaming_mean_squared_error(
            tf.constant([1.0, 3.0]), tf.constant([0.0, 1.0])
        ),
        "auc": tf.contrib.metrics.streaming_auc(
            tf.constant([0.1, 0.4, 0.35, 0.8]), tf.constant([False, False, True, True])
        ),
    }
)
matrix = tf.contrib.metrics.confusion_matrix([0, 1, 2, 2], [0, 2, 2, 2])
with tf.Session() as session:
    session.run(tf.local_variables_initializer())
    z = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]])
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    expected = -(log_p[0, 0] + log_p[1, 2]) / 2
    np.testing.assert_allclose(session.run(softmax), expected, rtol=1e-6)
    assert session.run(squared) == 2.5
    assert session.run(absolute) == 0.75
    np.testing.assert_allclose(session.run(total), expected + 3.25, rtol=1e-6)
    np.testing.assert_allclose(session.run(hinge), [0.7, 3.0], rtol=1e-6)
    assert session.run(accuracy) == 0.5
    assert session.run(update) == 0.5
    session.run(list(updates.values()))
    got = session.run(values)
    assert got["mse"] == 2.5
    assert abs(got["auc"] - 0.75) < 1e-5
    assert session.run(matrix).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 2]]
print("ok")

"""Three classes with dropout: the seeds of the masks are TensorFlow 1's too."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
x = rng.randn(60, 4).astype(np.float32)
y = np.argmax(x[:, :3], axis=1).astype(np.int32)


def data():
    return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).repeat().batch(20)


def once():
    return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).batch(20)


classifier = tf.estimator.DNNClassifier(
    feature_columns=[tf.feature_column.numeric_column("x", shape=[4])],
    hidden_units=[10, 10],
    n_classes=3,
    dropout=0.2,
    optimizer=tf.train.AdamOptimizer(0.01),
    config=tf.estimator.RunConfig(tf_random_seed=7),
)
classifier.train(data, steps=30)
result = classifier.evaluate(once)
# TensorFlow 1.15.5 prints 0.473826.
np.testing.assert_allclose(result["average_loss"], 0.473826, rtol=1e-5)
probabilities = np.array([p["probabilities"] for p in classifier.predict(once)])
assert probabilities.shape == (60, 3)
np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
print("ok")

"""Boosted trees on numbers, whose quantiles the first batches tell."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)
x = rng.uniform(-3, 3, (90, 2)).astype(np.float32)
y = (np.sin(x[:, 0]) + x[:, 1] ** 2 / 3 + 0.1 * rng.randn(90)).astype(np.float32)


def input_fn(epochs=None):
    data = tf.data.Dataset.from_tensor_slices(({"x": x}, y))
    return data.repeat(epochs).batch(30)


regressor = tf.estimator.BoostedTreesRegressor(
    [tf.feature_column.numeric_column("x", shape=[2])],
    n_batches_per_layer=3,
    n_trees=10,
    max_depth=3,
    learning_rate=0.3,
    l2_regularization=0.01,
)
regressor.train(input_fn, max_steps=90)
result = regressor.evaluate(lambda: input_fn(1))
# Values printed by TensorFlow 1.15.5; float32 sums in another order differ by 1e-6.
np.testing.assert_allclose(result["loss"], 0.013407059, rtol=1e-5)
np.testing.assert_allclose(result["prediction/mean"], 0.9732076, rtol=1e-5)
# The batches whose quantiles are taken are no steps.
assert result["global_step"] == 90
predictions = [p["predictions"][0] for p in regressor.predict(lambda: input_fn(1))]
np.testing.assert_allclose(
    predictions[:3], [-0.16077042, 0.21105312, 1.1551379], rtol=1e-5
)
importances = regressor.experimental_feature_importances()
np.testing.assert_allclose(importances["x"], 3.1551854, rtol=1e-5)
print("ok")

"""Linear models through SKCompat, with inferred columns, and a validation monitor."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import learn

rng = np.random.RandomState(1)
x = rng.randn(200, 3).astype(np.float32)
y = (x.dot([1.0, -2.0, 0.5]) > 0).astype(np.int64)
columns = learn.infer_real_valued_columns_from_input(x)
assert len(columns) == 1
monitor = learn.monitors.ValidationMonitor(x, y, every_n_steps=70)
classifier = learn.SKCompat(
    learn.LinearClassifier(
        feature_columns=columns,
        n_classes=2,
        optimizer=tf.train.FtrlOptimizer(learning_rate=0.5),
        config=learn.RunConfig(save_checkpoints_steps=50),
    )
)
classifier.fit(x, y, steps=100, batch_size=50, monitors=[monitor])
score = classifier.score(x, y)
assert score["accuracy"] > 0.9, score
assert score["auc"] > 0.95, score
predicted = classifier.predict(x)
assert abs(np.mean(predicted["classes"] == y) - score["accuracy"]) < 1e-6
np.testing.assert_allclose(predicted["probabilities"].sum(axis=1), 1, rtol=1e-5)

regressor = learn.LinearRegressor(
    feature_columns=columns, optimizer=tf.train.GradientDescentOptimizer(0.1)
)
target = x.dot([1.0, -2.0, 0.5]).astype(np.float32) + 3
regressor.fit(x, target, steps=200)
assert regressor.evaluate(x, target)["loss"] < 1e-4
assert abs(next(iter(regressor.predict(x[:1]))) - target[0]) < 0.02
print("ok")

"""Boosted trees on buckets and categories, in two trainings with one folder."""

import tempfile

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
age = rng.uniform(0, 80, 120).astype(np.float32)
fare = rng.exponential(30, 120).astype(np.float32)
sex = rng.choice(["male", "female"], 120)
survived = (2 * (sex == "female") - age / 40 + fare / 60 + rng.randn(120) / 2 > 0.5) * 1

buckets = tf.feature_column.bucketized_column
number = tf.feature_column.numeric_column
columns = [
    buckets(number("age"), [5, 15, 30, 45, 60]),
    buckets(number("fare"), [10, 20, 40, 80]),
    tf.feature_column.indicator_column(
        tf.feature_column.categorical_column_with_vocabulary_list(
            "sex", ["male", "female"]
        )
    ),
]


def input_fn(epochs=None):
    features = {"age": age, "fare": fare, "sex": sex}
    data = tf.data.Dataset.from_tensor_slices((features, survived))
    return data.repeat(epochs).batch(60)


def classifier(n_trees):
    return tf.estimator.BoostedTreesClassifier(
        columns, n_batches_per_layer=2, model_dir=folder, n_trees=n_trees, max_depth=3
    )


class Losses(tf.train.SessionRunHook):
    def begin(self):
        self.values = []
        self.loss = tf.get_collection(tf.GraphKeys.LOSSES)[-1]

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        self.values.append(run_values.results)


with tempfile.TemporaryDirectory() as folder:
    losses = Losses()
    # Nobody says when to stop: that is when the trees are grown.
    classifier(2).train(input_fn, hooks=[losses])
    assert len(losses.values) == 2 * 3 * 2
    # Values printed by TensorFlow 1.15.5; float32 sums in another order differ by 1e-6.
    np.testing.assert_allclose(
        losses.values[::3], [0.6931471, 0.63181704, 0.52732635, 0.480503], rtol=1e-5
    )
    classifier(4).train(input_fn)
    again = classifier(4)
    result = again.evaluate(lambda: input_fn(1))
    np.testing.assert_allclose(result["loss"], 0.30646423, rtol=1e-5)
    np.testing.assert_allclose(result["auc"], 0.97010577, rtol=1e-5)
    assert result["global_step"] == 24
    importances = again.experimental_feature_importances(normalize=True)
    assert list(importances) == ["sex", "age_bucketized", "fare_bucketized"]
    np.testing.assert_allclose(
        list(importances.values()), [0.77301483, 0.15219915, 0.07478601], rtol=1e-5
    )
    first = next(again.predict(lambda: input_fn(1)))
    np.testing.assert_allclose(first["logits"], [-1.4984789], rtol=1e-5)
    assert first["classes"].tolist() == [b"0"]
print("ok")

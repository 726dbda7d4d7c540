"""A deep classifier of seeded initial values: its loss is TensorFlow 1's."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
a = rng.randn(40).astype(np.float32)
b = rng.choice(["x", "y", "z"], 40)
label = (a > 0).astype(np.int64)


def input_fn(epochs=None):
    data = tf.data.Dataset.from_tensor_slices(({"a": a, "b": b}, label))
    return data.batch(10).repeat(epochs)


number = tf.feature_column.numeric_column("a")
word = tf.feature_column.categorical_column_with_vocabulary_list("b", ["x", "y", "z"])
cross = tf.feature_column.crossed_column(
    [tf.feature_column.bucketized_column(number, [-1.0, 0.0, 1.0]), "b"], 10
)
classifier = tf.estimator.DNNClassifier(
    hidden_units=[8, 4],
    feature_columns=[
        number,
        tf.feature_column.embedding_column(word, 2),
        tf.feature_column.indicator_column(cross),
    ],
    config=tf.estimator.RunConfig(tf_random_seed=3),
)
classifier.train(input_fn, steps=20)
result = classifier.evaluate(lambda: input_fn(1))
# TensorFlow 1.15.5 prints 0.3549593; float32 sums in another order differ by 1e-6.
np.testing.assert_allclose(result["average_loss"], 0.3549593, rtol=1e-5)
np.testing.assert_allclose(result["prediction/mean"], 0.6217381, rtol=1e-5)
assert sorted(result) == [
    "accuracy",
    "accuracy_baseline",
    "auc",
    "auc_precision_recall",
    "average_loss",
    "global_step",
    "label/mean",
    "loss",
    "precision",
    "prediction/mean",
    "recall",
]
first = next(classifier.predict(lambda: input_fn(1)))
assert first["class_ids"].tolist() == [1]
assert first["classes"].tolist() == [b"1"]
np.testing.assert_allclose(first["logits"], [2.1020751], rtol=1e-5)
print("ok")

"""What each column adds to a prediction, by trees with a centered bias."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(2)
size = rng.uniform(50, 250, 80).astype(np.float32)
place = rng.choice(["town", "village", "farm"], 80)
price = (size / 50 + 2 * (place == "town") + 0.3 * rng.randn(80)).astype(np.float32)
columns = [
    tf.feature_column.bucketized_column(
        tf.feature_column.numeric_column("size"), [80, 110, 140, 170, 200]
    ),
    tf.feature_column.indicator_column(
        tf.feature_column.categorical_column_with_vocabulary_list(
            "place", ["town", "village", "farm"]
        )
    ),
]


def input_fn():
    return tf.data.Dataset.from_tensors(({"size": size, "place": place}, price))


regressor = tf.estimator.BoostedTreesRegressor(
    columns,
    n_batches_per_layer=1,
    n_trees=6,
    max_depth=3,
    learning_rate=0.5,
    tree_complexity=0.003,
    pruning_mode="post",
    center_bias=True,
    train_in_memory=True,
)
regressor.train(lambda: input_fn().repeat(), max_steps=100)
result = regressor.evaluate(input_fn)
# Values printed by TensorFlow 1.15.5; float32 sums in another order differ by 1e-6.
np.testing.assert_allclose(result["loss"], 0.10333683, rtol=1e-5)
explained = list(regressor.experimental_predict_with_explanations(input_fn))
for one in explained:
    total = one["bias"] + sum(one["dfc"].values())
    np.testing.assert_allclose(total, one["predictions"][0], rtol=1e-5)
np.testing.assert_allclose(explained[0]["bias"], 3.4904988, rtol=1e-6)
assert list(explained[0]["dfc"]) == ["size_bucketized", "place"]
np.testing.assert_allclose(
    list(explained[0]["dfc"].values()), [-0.5058553, -0.4104381], rtol=1e-5
)
np.testing.assert_allclose(
    list(explained[1]["dfc"].values()), [-0.8292937, 0.7296808], rtol=1e-5
)
print("ok")

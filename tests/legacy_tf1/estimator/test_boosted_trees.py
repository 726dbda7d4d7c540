"""Boosted trees against TensorFlow 1.15.5, whose kernels are rewritten in NumPy."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.estimator.canned.boosted_trees import (
    ensemble,
    growth,
    quantiles,
    splits,
)
from legacy_tf1.tensorflow.estimator.canned.head import RegressionHead

# What TensorFlow 1.15.5 printed is met to this: gradients of float32 differ by 1e-7.
RTOL = 1e-5
rng = np.random.RandomState(0)
N = 120
A = rng.randn(N).astype(np.float32)
B = rng.rand(N).astype(np.float32)
W = rng.choice(["x", "y", "z"], N)
Y = (2 * A + np.sin(6 * B) + (W == "y") + 0.1 * rng.randn(N)).astype(np.float32)
HIGH = (Y > 1.5).astype(np.int64)
WEIGHTS = (0.5 + rng.rand(N)).astype(np.float32)
FEATURES = {"a": A, "b": B, "w": W, "weights": WEIGHTS}

number = tf.feature_column.numeric_column
WORDS = tf.feature_column.categorical_column_with_vocabulary_list("w", ["x", "y", "z"])


def columns():
    return [
        tf.feature_column.bucketized_column(number("a"), [-1.0, -0.5, 0.0, 0.5, 1.0]),
        tf.feature_column.bucketized_column(number("b"), [0.2, 0.4, 0.6, 0.8]),
        tf.feature_column.indicator_column(WORDS),
    ]


def batches(labels, batch=30, epochs=None):
    def input_fn():
        data = tf.data.Dataset.from_tensor_slices((FEATURES, labels))
        return data.batch(batch).repeat(epochs)

    return input_fn


def in_memory(labels):
    return lambda: tf.data.Dataset.from_tensors((FEATURES, labels)).repeat()


class Losses(tf.train.SessionRunHook):
    def __init__(self):
        self.values = []

    def begin(self):
        self._loss = tf.get_collection(tf.GraphKeys.LOSSES)[-1]

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self._loss)

    def after_run(self, run_context, run_values):
        self.values.append(float(run_values.results))


def test_boundaries_are_those_of_the_stream():
    rng = np.random.RandomState(0)
    x = rng.randn(3, 300).astype(np.float32)
    w = rng.rand(3, 300).astype(np.float32)
    expected = [-3.046143, -1.270485, -0.8589199, -0.5543096, -0.34745064]
    expected += [-0.044595428, 0.22739278, 0.47224715, 0.8656529, 1.4693588, 2.696224]

    def boundaries(weights):
        state = np.zeros((0, 5), np.float32)
        for values, weight in zip(x, weights, strict=True):
            summary = quantiles.batch_summary(values, weight, 0.1)
            state = quantiles.add(state, summary, 0.1)
        return quantiles.boundaries(state, 10)

    np.testing.assert_allclose(boundaries(np.ones((3, 1))), expected, rtol=1e-6)
    expected[7] = 0.47043315
    np.testing.assert_allclose(boundaries(w), expected, rtol=1e-6)


@pytest.mark.parametrize("epsilon", [0.01, 0.05])
def test_quantiles_are_within_their_error(epsilon):
    values = np.random.RandomState(3).exponential(size=5000).astype(np.float32)
    state = np.zeros((0, 5), np.float32)
    for part in np.split(values, 5):
        summary = quantiles.batch_summary(part, np.ones(1, np.float32), epsilon)
        state = quantiles.add(state, summary, epsilon)
    found = quantiles.boundaries(state, int(1 / epsilon))
    ranks = np.searchsorted(np.sort(values), found) / len(values)
    # Steps of epsilon, each end of which is off by up to epsilon.
    assert np.diff(ranks).max() <= 3 * epsilon
    assert found[0] == values.min()
    assert found[-1] == values.max()


def test_statistics_run_over_into_the_next_node():
    nodes = np.array([0, 1, 1, 0, 0], np.int32)
    buckets = np.array([[0, 2, 1, 3, 3]], np.int32)
    gradients = np.array([[1], [2], [3], [4], [5]], np.float32)
    sums = splits.stats_summary(nodes, gradients, 10 * gradients, buckets, 3, 3)
    # As TensorFlow 1.15.5 prints them: bucket 3 of node 0 is bucket 0 of node 1.
    expected = np.array([[1, 0, 0], [9, 3, 2], [0, 0, 0]])
    np.testing.assert_array_equal(sums[0, :, :, 0], expected)
    np.testing.assert_array_equal(sums[0, :, :, 1], 10 * expected)


def test_the_best_split_is_that_of_the_formula():
    rng = np.random.RandomState(1)
    stats = np.stack([rng.randn(2, 4, 6), rng.rand(2, 4, 6)], -1).astype(np.float32)
    l1, l2, complexity = 0.1, 0.3, 0.05
    kept = splits.Regularization(l1, l2, complexity, min_node_weight=3.0)
    found = {
        (s.feature, s.node): s
        for s in splits.best_splits(stats, [0, 1], range(1, 4), kept)
    }

    def best(g, h):
        """The least of g w + (h + l2) w^2 / 2 + l1 |w|, by trying many w."""
        w = np.linspace(-20, 20, 400_001)
        values = g * w + (h + l2) / 2 * w**2 + l1 * np.abs(w)
        return w[values.argmin()], -2 * values.min()

    for feature in range(2):
        for node in range(1, 4):
            g, h = stats[feature, node].astype(np.float64).T
            if h.sum() < 3.0:
                assert (feature, node) not in found
                continue
            sides = [
                (
                    best(g[: i + 1].sum(), h[: i + 1].sum()),
                    best(g[i + 1 :].sum(), h[i + 1 :].sum()),
                )
                for i in range(6)
            ]
            gains = [left[1] + right[1] for left, right in sides]
            at = int(np.argmax(gains))
            split = found.pop((feature, node))
            gain = gains[at] - best(g.sum(), h.sum())[1] - complexity
            assert split.threshold == at
            # The grid's step is 1e-4.
            np.testing.assert_allclose(split.gain, gain, atol=1e-5)
            np.testing.assert_allclose(
                [split.left, split.right], [sides[at][0][0], sides[at][1][0]], atol=1e-4
            )
    assert not found


# A tree of two layers whose split of negative gain was taken back, as TensorFlow 1.15.5
# wrote it.
PRUNED = (
    b"\nJ\n\x12\x12\x08\x08\x01\x10\x02\x18\x01 \x02\xca0\x05\r\x00\x00\x80>\n\x07\n"
    b"\x05\x1d\x00\x00\x00\xbf\n\x19\x12\x08\x08\x01\x10\x03\x18\x03 \x04\xca0\x0c\r"
    b"\xcd\xccL>\x12\x05\x1d\x00\x00@?\n\x07\n\x05\x1d33s?\n\x07\n\x05\x1d\x00\x00"
    b"\x90?\n\x04\n\x02\n\x00\x12\x08\x00\x00\x80?\x00\x00\x80?\x1aH\x10\x02\x18\x01"
    b'"\x06\x12\x04\x00\x00\x00\x00"\x08\x08\x01\x12\x04\x00\x00\x00\x00"\x08\x08\x02'
    b'\x12\x04\x00\x00\x00\x00"\x08\x08\x01\x12\x04\x9a\x99\x19\xbe"\x08\x08\x01\x12'
    b'\x04\x00\x00\x80\xbe"\x08\x08\x03\x12\x04\x00\x00\x00\x00"\x08\x08\x04\x12\x04'
    b'\x00\x00\x00\x00\x1a\x00"\x06\x08\x01\x10\x02 \x01'
)
FIRST = splits.Split(0, 1, 2, *np.float32([0.25, -1, 1.5]))
SECOND = [
    splits.Split(1, 1, 0, *np.float32([-0.1, 0.3, 0.5])),
    splits.Split(2, 1, 3, *np.float32([0.2, 0.4, 0.75])),
]


def test_trees_are_written_as_tensorflow_1_wrote_them():
    one = growth.grow(b"", [FIRST], 0.5, 2, "post")
    assert growth.grow(one, SECOND, 0.5, 2, "post") == PRUNED
    states = ensemble.states(PRUNED)
    assert states[:3] == (2, 1, 2)
    assert states.last_layer.tolist() == [0, 1]


def test_cached_logits_are_corrected_after_pruning():
    examples = np.array([[0, 0, 0, 0], [0, 2, 3, 5]], np.int32)
    nothing = np.zeros(4, np.int32), np.full(4, -1, np.int32)
    one = growth.grow(b"", [FIRST], 0.5, 2, "post")
    logits, trees, nodes = ensemble.training_predict(one, *nothing, examples)
    np.testing.assert_array_equal(logits[:, 0], np.float32([-0.5, -0.5, 0.75, 0.75]))
    assert nodes.tolist() == [1, 1, 2, 2]
    change, trees, nodes = ensemble.training_predict(PRUNED, trees, nodes, examples)
    # TensorFlow 1.15.5 prints these.
    np.testing.assert_array_equal(change[:, 0], np.float32([0, 0, 0.19999999, 0.375]))
    assert trees.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(
        (logits + change)[:, 0], [-0.5, -0.5, 0.95, 1.125], rtol=1e-6
    )
    np.testing.assert_allclose(
        ensemble.predict(PRUNED, examples), logits + change, rtol=1e-6
    )
    # Nodes 3 and 4 were taken back into node 1.
    back = ensemble.training_predict(
        PRUNED, np.zeros(4, np.int32), np.array([3, 4, 5, 6], np.int32), examples
    )[0]
    np.testing.assert_allclose(back[:, 0], [-0.15, -0.25, 0, 0], atol=1e-7)


def test_a_bias_of_zero_is_not_divided_by():
    serialized, again = growth.center_bias(
        b"", np.float32(0), np.float32(1), l1=0.0, l2=0.0
    )
    assert again
    serialized, again = growth.center_bias(
        serialized, np.float32(0), np.float32(1), l1=0.0, l2=0.0
    )
    assert not again
    assert ensemble.predict(serialized, np.zeros((1, 2), np.int32)).tolist() == [
        [0],
        [0],
    ]


def test_numbers_whose_last_bucket_runs_over(tmp_path):
    rng = np.random.RandomState(4)
    b = rng.permutation(100).astype(np.float32)
    a = np.where(b > 70, 0.0, rng.rand(100).round()).astype(np.float32)
    y = (5 * a + np.where(b > 50, 2.0, 0.0) + b / 100 + rng.randn(100)).astype(
        np.float32
    )
    half = tf.feature_column.bucketized_column(number("a"), [0.5])
    regressor = tf.estimator.BoostedTreesRegressor(
        [half, number("b")],
        1,
        str(tmp_path),
        n_trees=1,
        max_depth=2,
        learning_rate=0.5,
        quantile_sketch_epsilon=0.05,
    )

    def input_fn(epochs=None):
        return tf.data.Dataset.from_tensors(({"a": a, "b": b}, y)).repeat(epochs)

    regressor.train(input_fn, max_steps=10)
    key = "boosted_trees/QuantileAccumulator:0_bucket_boundaries_0"
    assert len(regressor.get_variable_value(key)) == 21  # of 20 buckets
    result = regressor.evaluate(lambda: input_fn(1))
    np.testing.assert_allclose(result["loss"], 2.3430958, rtol=RTOL)
    np.testing.assert_allclose(result["prediction/mean"], 2.3613577, rtol=RTOL)


CLASSIFIER = tf.estimator.BoostedTreesClassifier
REGRESSOR = tf.estimator.BoostedTreesRegressor
# Losses 2, 5 and the last one, how many there are, metrics, the first three predictions.
CASES = {
    "bias centered, regularized, 4 batches per layer": (
        lambda folder: REGRESSOR(
            columns(),
            4,
            folder,
            n_trees=4,
            max_depth=3,
            l1_regularization=0.001,
            l2_regularization=0.01,
            min_node_weight=0.1,
            center_bias=True,
        ),
        (batches(Y), batches(Y, epochs=1)),
        ([6.0009155, 4.2203717, 1.2471175], 64),
        {"loss": 1.2647355, "prediction/mean": 0.59868705, "global_step": 64},
        [2.7566259, 0.38502833, 1.1911914],
    ),
    "pruned afterwards, in memory": (
        lambda folder: CLASSIFIER(
            columns(),
            1,
            folder,
            n_trees=6,
            max_depth=4,
            learning_rate=0.5,
            tree_complexity=0.005,
            pruning_mode="post",
            center_bias=True,
            train_in_memory=True,
        ),
        (in_memory(HIGH), batches(HIGH, epochs=1)),
        ([0.63058102, 0.32093593, 0.064564586], 27),
        {"loss": 0.070113853, "auc": 0.99746764, "recall": 0.94871795},
        [4.616335, -4.748926, -3.111367],
    ),
    "quantiles of weighted examples, labels by name": (
        lambda folder: CLASSIFIER(
            [number("a"), number("b"), tf.feature_column.indicator_column(WORDS)],
            1,
            folder,
            n_trees=3,
            max_depth=2,
            weight_column="weights",
            label_vocabulary=["no", "yes"],
            quantile_sketch_epsilon=0.02,
        ),
        (
            batches(np.where(Y > 0.5, "yes", "no"), N),
            batches(np.where(Y > 0.5, "yes", "no"), epochs=1),
        ),
        ([0.64825189, 0.52647406, 0.50198102], 7),
        {"average_loss": 0.47272301, "loss": 0.47211698, "accuracy": 0.90441811},
        [0.8467654, -0.05418526, 0.51292777],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_trains_as_tensorflow_1(name, tmp_path):
    make, (train, test), (losses, steps), metrics, predictions = CASES[name]
    estimator = make(str(tmp_path))
    hook = Losses()
    # It ends by itself; the steps are for an error not to go on for ever.
    estimator.train(train, hooks=[hook], max_steps=100)
    assert len(hook.values) == steps
    np.testing.assert_allclose([hook.values[i] for i in (2, 5, -1)], losses, rtol=RTOL)
    # A new estimator has all from the folder.
    again = make(str(tmp_path))
    result = again.evaluate(test)
    for key, value in metrics.items():
        np.testing.assert_allclose(result[key], value, rtol=RTOL, err_msg=key)
    key = "predictions" if "prediction/mean" in metrics else "logits"
    found = [p[key][0] for p, _ in zip(again.predict(test), range(3), strict=False)]
    np.testing.assert_allclose(found, predictions, rtol=RTOL)


def test_goes_on_from_its_folder(tmp_path):
    def make(n_trees):
        return REGRESSOR(
            columns(), 2, str(tmp_path), n_trees=n_trees, max_depth=2, learning_rate=0.5
        )

    make(2).train(batches(Y, 60))
    before = make(3).evaluate(batches(Y, N, 1))
    assert before["global_step"] == 2 * 2 * 2
    hook = Losses()
    make(3).train(batches(Y, 60), hooks=[hook])
    assert len(hook.values) == 2 * 2
    # The first two steps see the halves of the data, by the trees there were.
    np.testing.assert_allclose(np.mean(hook.values[:2]), before["loss"], rtol=RTOL)
    assert make(3).evaluate(batches(Y, N, 1))["loss"] < before["loss"]


def test_a_head_of_ones_own_and_importances(tmp_path):
    head = RegressionHead(loss_reduction=tf.losses.Reduction.SUM_OVER_BATCH_SIZE)
    options = {"n_trees": 2, "max_depth": 2}
    mine = tf.estimator.BoostedTreesEstimator(
        columns(), 1, head, str(tmp_path / "mine"), **options
    )
    theirs = REGRESSOR(columns(), 1, str(tmp_path / "theirs"), **options)
    for estimator in (mine, theirs):
        estimator.train(batches(Y, N))
    assert mine.evaluate(batches(Y, N, 1)) == theirs.evaluate(batches(Y, N, 1))
    gains = mine.experimental_feature_importances()
    assert list(gains) == ["a_bucketized", "b_bucketized", "w"]
    shares = mine.experimental_feature_importances(normalize=True)
    np.testing.assert_allclose(
        list(shares.values()), np.array(list(gains.values())) / sum(gains.values())
    )


def test_trains_in_memory_of_contrib(tmp_path):
    trees = tf.contrib.estimator.boosted_trees_regressor_train_in_memory(
        lambda: tf.data.Dataset.from_tensors((FEATURES, Y)),
        columns(),
        str(tmp_path),
        n_trees=3,
        max_depth=2,
        center_bias=True,
    )
    result = trees.evaluate(batches(Y, epochs=1))
    np.testing.assert_allclose(result["loss"], 2.6227667, rtol=RTOL)
    assert result["global_step"] == 8
    classes = tf.contrib.estimator.boosted_trees_classifier_train_in_memory(
        lambda: tf.data.Dataset.from_tensors((FEATURES, HIGH)),
        columns(),
        n_trees=2,
        max_depth=2,
    )
    assert classes.evaluate(batches(HIGH, epochs=1))["accuracy"] > 0.85


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CLASSIFIER([WORDS], 1), "must be wrapped by IndicatorColumn"),
        (
            lambda: CLASSIFIER([tf.feature_column.embedding_column(WORDS, 2)], 1),
            "unexpected column EmbeddingColumn",
        ),
        (lambda: CLASSIFIER(columns()[0], 1), "unexpected column"),
        (lambda: CLASSIFIER([number("a", dtype=tf.int32)], 1), "floating type"),
        (lambda: CLASSIFIER([number("a", shape=[2, 2])], 1), r"`a` got: \(2, 2\)"),
        (lambda: CLASSIFIER([], 1), "feature_columns must not be empty"),
        (lambda: CLASSIFIER(columns() + columns(), 1), "Duplicate feature column"),
        (lambda: CLASSIFIER(columns(), 1, n_classes=3), "n_classes given as 3"),
        (lambda: REGRESSOR(columns(), 1, label_dimension=2), "given as 2"),
        (lambda: CLASSIFIER(columns(), 1, max_depth=0), "max_depth must be at least 1"),
        (
            lambda: CLASSIFIER(columns(), 1, quantile_sketch_epsilon=0),
            "quantile_sketch_epsilon must be between 0 and 1",
        ),
    ],
)
def test_refuses_to_be_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("options", "input_fn", "error", "message"),
    [
        ({"pruning_mode": "post"}, batches(HIGH), ValueError, "must be positive"),
        ({"tree_complexity": 0.1}, batches(HIGH), ValueError, "no effect unless"),
        ({"pruning_mode": "after"}, batches(HIGH), ValueError, "none, post, pre"),
        (
            {"train_in_memory": True},
            batches(HIGH),
            ValueError,
            r"one batch of known size.*from_tensors",
        ),
        (
            {"train_in_memory": True, "n_batches_per_layer": 2},
            in_memory(HIGH),
            AssertionError,
            "n_batches_per_layer should be set as 1",
        ),
    ],
)
def test_refuses_to_train(tmp_path, options, input_fn, error, message):
    options = {"n_batches_per_layer": 1, **options}
    classifier = CLASSIFIER(columns(), model_dir=str(tmp_path), **options)
    with pytest.raises(error, match=message):
        classifier.train(input_fn, max_steps=1)


def test_says_what_it_cannot_tell(tmp_path):
    classifier = CLASSIFIER(columns(), 1, str(tmp_path), n_trees=1)
    with pytest.raises(ValueError, match="center_bias must be enabled"):
        next(classifier.experimental_predict_with_explanations(batches(HIGH)))
    with pytest.raises(NotImplementedError, match="cannot be exported as a SavedModel"):
        classifier.export_saved_model(str(tmp_path), lambda: None)
    # All labels are the same: nothing is gained by a split.
    same = np.zeros(N, np.float32)
    regressor = REGRESSOR(columns(), 1, str(tmp_path / "same"), n_trees=1, max_depth=1)
    regressor.train(batches(same, N), max_steps=3)
    with pytest.raises(AssertionError, match="only a root node"):
        regressor.experimental_feature_importances(normalize=True)

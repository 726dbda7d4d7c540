import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib import learn
from legacy_tf1.tensorflow.contrib.layers import feature_column


def test_columns_of_contrib_layers_give_tensors():
    words = feature_column.sparse_column_with_keys("word", ["a", "b"])
    size = feature_column.real_valued_column("size", normalizer=lambda x: x / 2)
    columns = [
        feature_column.one_hot_column(words),
        feature_column.bucketized_column(
            feature_column.real_valued_column("age"), [18]
        ),
        size,
    ]
    features = {
        "word": tf.constant([["b"], ["a"]]),
        "age": tf.constant([[20.0], [3.0]]),
        "size": tf.constant([[4.0], [6.0]]),
    }
    layer = tf.feature_column.input_layer(features, columns)
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        # In the order of their names: age, size, word.
        assert session.run(layer).tolist() == [[0, 1, 2, 0, 1], [1, 0, 3, 1, 0]]


def test_batches_of_arrays_come_in_the_order_of_numpys_seed_42(tmp_path):
    seen = []

    def model_fn(features, labels, mode):
        total = tf.get_variable("total", [], initializer=tf.zeros_initializer())
        note = tf.py_func(lambda x: seen.append(x[:, 0].tolist()), [features], [])
        with tf.control_dependencies([note]):
            loss = tf.reduce_sum(labels) + total
        step = tf.assign_add(tf.train.get_global_step(), 1)
        return labels, loss, step

    x = np.arange(5.0, dtype=np.float32)
    estimator = learn.Estimator(model_fn, str(tmp_path))
    estimator.fit(x, x, steps=3, batch_size=3)
    random = np.random.RandomState(42)
    order = random.permutation(5).tolist()
    assert seen == [order[:3], order[3:], random.permutation(5).tolist()[:3]]


def test_untrained_estimators_say_so(tmp_path):
    columns = learn.infer_real_valued_columns_from_input(np.zeros((2, 3), np.float32))
    classifier = learn.LinearClassifier(columns, model_dir=str(tmp_path))
    with pytest.raises(learn.NotFittedError, match="Couldn't find trained model"):
        classifier.evaluate(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match="Either x or input_fn"):
        classifier.fit()


def test_datasets(tmp_path):
    iris = learn.datasets.load_iris()
    assert iris.data.shape == (150, 4)
    path = tmp_path / "data.csv"
    path.write_text("2,2,a,b\n1.5,2,0\n3,4.5,1\n")
    data = learn.datasets.base.load_csv_with_header(str(path), np.int64, np.float32)
    assert data.data.tolist() == [[1.5, 2], [3, 4.5]]
    assert data.target.tolist() == [0, 1]
    with pytest.raises(FileNotFoundError, match="fetch_california_housing"):
        learn.datasets.load_boston()
    with pytest.raises(ValueError, match="not found: flowers"):
        learn.datasets.load_dataset("flowers")


def test_hparams_refuse_what_is_of_another_type():
    hparams = tf.contrib.training.HParams(rate=0.1, units=[1, 2], steps=3)
    assert hparams.parse("units[1]=5").units == [1, 5]
    hparams.rate = 1  # an int serves for a float
    assert isinstance(hparams.rate, float)
    with pytest.raises(ValueError, match="Could not parse hparam 'steps'"):
        hparams.parse("steps=1.5")
    with pytest.raises(ValueError, match="multi-valued"):
        hparams.units = 3
    with pytest.raises(ValueError, match="Unknown hyperparameter type for none"):
        hparams.parse("none=1")
    assert tf.contrib.training.HParams(a=1).to_json() == '{"a": 1}'


def test_contrib_hinge_loss_is_not_reduced():
    loss = tf.contrib.losses.hinge_loss(tf.constant([0.5, -1.0]), tf.constant([1.0, 0]))
    with tf.Session() as session:
        assert session.run(loss).tolist() == [0.5, 0.0]
    with pytest.raises(ValueError, match="labels is required"):
        tf.contrib.losses.mean_squared_error(tf.constant([1.0]))


@pytest.mark.parametrize("of_labels", ["plain", "dictionary"])
def test_predicting_gives_a_model_without_modes_placeholders_for_labels(
    tmp_path, of_labels
):
    shapes = []

    def model_fn(features, labels):
        labels = labels["y"] if isinstance(labels, dict) else labels
        shapes.append(labels.shape.as_list())
        weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
        predictions = features * weight
        loss = tf.losses.mean_squared_error(labels, predictions)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(
            loss, tf.train.get_global_step()
        )
        return predictions, loss, train

    x = np.ones((4, 1), np.float32)
    y = {"y": 3 * x} if of_labels == "dictionary" else 3 * x
    estimator = learn.Estimator(model_fn, str(tmp_path))
    estimator.fit(input_fn=lambda: (tf.constant(x), _constants(y)), steps=20)
    predicted = list(estimator.predict(x))
    # weight <- weight - 0.1 * 2 * (weight - 3), from 0: 3 * (1 - 0.8 ** 20)
    np.testing.assert_allclose(predicted, 4 * [[3 * (1 - 0.8**20)]], rtol=1e-5)
    assert shapes == [[4, 1], [None, 1]]


def _constants(values):
    if isinstance(values, dict):
        return {name: tf.constant(value) for name, value in values.items()}
    return tf.constant(values)

import glob
import os

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.estimator.canned.head import BinaryClassHead

X = np.linspace(-1, 1, 8).astype(np.float32)


def model_fn(features, labels, mode):
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    y = w * features["x"]
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": y})
    loss = tf.losses.mean_squared_error(labels, y)
    train_op = tf.train.GradientDescentOptimizer(0.5).minimize(
        loss, tf.train.get_global_step()
    )
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def endless():
    return tf.data.Dataset.from_tensor_slices(({"x": X}, 2 * X)).repeat().batch(8)


def once():
    return tf.data.Dataset.from_tensor_slices(({"x": X}, 2 * X)).batch(3)


def test_goes_on_from_the_folder_and_writes_both_event_files(tmp_path):
    folder = str(tmp_path)
    tf.estimator.Estimator(model_fn, folder).train(endless, steps=2)
    again = tf.estimator.Estimator(model_fn, folder)
    again.train(endless, steps=3)
    # w is multiplied in its distance from 2 by 1 - mean(x^2): gradient descent by hand.
    expected = 2 - 2 * (1 - np.mean(X.astype(np.float64) ** 2)) ** 5
    # Five steps of float32.
    np.testing.assert_allclose(again.get_variable_value("w"), expected, rtol=1e-5)
    result = again.evaluate(once, steps=2)
    assert result["global_step"] == 5
    assert glob.glob(os.path.join(folder, "events*"))
    assert glob.glob(os.path.join(folder, "eval", "events*"))
    assert len(list(again.predict(once))) == 8
    assert len(list(again.predict(once, yield_single_examples=False))) == 3
    again.train(endless, max_steps=5)
    assert again.latest_checkpoint().endswith("-5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 1, "max_steps": 2}, "both steps and max_steps"),
        ({"steps": 0}, "steps > 0"),
        ({"steps": 1, "hooks": ["no hook"]}, "SessionRunHook"),
    ],
)
def test_train_refuses(tmp_path, arguments, message):
    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    with pytest.raises((ValueError, TypeError), match=message):
        estimator.train(endless, **arguments)


def test_model_fn_is_checked_at_once(tmp_path):
    with pytest.raises(ValueError, match="must include features"):
        tf.estimator.Estimator(lambda x, labels, mode: None, str(tmp_path))
    with pytest.raises(ValueError, match="does not include params"):
        tf.estimator.Estimator(model_fn, str(tmp_path), params={"a": 1})


def test_spec_needs_what_the_mode_needs():
    modes = tf.estimator.ModeKeys
    with pytest.raises(ValueError, match="Missing loss"):
        tf.estimator.EstimatorSpec(modes.EVAL)
    with pytest.raises(ValueError, match="Missing train_op"):
        tf.estimator.EstimatorSpec(modes.TRAIN, loss=tf.constant(1.0))
    with pytest.raises(ValueError, match="Missing predictions"):
        tf.estimator.EstimatorSpec(modes.PREDICT)
    with pytest.raises(ValueError, match="scalar"):
        tf.estimator.EstimatorSpec(modes.EVAL, loss=tf.zeros([2]))
    spec = tf.estimator.EstimatorSpec(modes.EVAL, loss=tf.zeros([1, 1]))
    assert spec.loss.shape.as_list() == []


def test_run_config():
    config = tf.estimator.RunConfig()
    assert (config.save_checkpoints_secs, config.save_checkpoints_steps) == (600, None)
    config = config.replace(save_checkpoints_steps=7, model_dir="m")
    assert (config.save_checkpoints_secs, config.save_checkpoints_steps) == (None, 7)
    with pytest.raises(ValueError, match="cannot be both set"):
        tf.estimator.RunConfig(save_checkpoints_steps=1, save_checkpoints_secs=1)
    with pytest.raises(ValueError, match="not supported"):
        config.replace(colour="red")


def test_a_cluster_is_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}}')
    with pytest.raises(ValueError, match="one machine"):
        tf.estimator.RunConfig()


def test_numpy_input_fn_in_order_and_for_so_many_epochs():
    inputs = tf.estimator.inputs.numpy_input_fn
    with tf.Graph().as_default():
        features, labels = inputs(
            {"a": np.arange(5), "b": np.array(list("uvwxy"), dtype=object)},
            np.arange(5) * 10,
            batch_size=4,
            num_epochs=2,
            shuffle=False,
        )()
        with tf.train.MonitoredSession() as session:
            got = []
            while not session.should_stop():
                got.append(session.run([features["a"], features["b"], labels]))
    assert [batch[0].tolist() for batch in got] == [[0, 1, 2, 3], [4, 0, 1, 2], [3, 4]]
    assert got[0][1].tolist() == [b"u", b"v", b"w", b"x"]
    assert got[2][2].tolist() == [30, 40]
    with pytest.raises(ValueError, match="shuffle must be provided"):
        inputs({"a": X}, X)
    with pytest.raises(ValueError, match="mismatched"):
        inputs({"a": X}, X[:3], shuffle=False)()


def test_binary_head_metrics_of_weighted_examples():
    logits = np.array([[2.0], [-1.0], [0.5]])
    labels, weights = np.array([[1.0], [1.0], [0.0]]), np.array([[1.0], [2.0], [1.0]])
    spec = BinaryClassHead(weight_column="w").create_estimator_spec(
        {"w": tf.constant(weights, tf.float32)},
        tf.estimator.ModeKeys.EVAL,
        tf.constant(logits, tf.float32),
        tf.constant(labels),
    )
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        loss = session.run(spec.loss)
        session.run([update for _, update in spec.eval_metric_ops.values()])
        got = session.run({k: v for k, (v, _) in spec.eval_metric_ops.items()})
    each = np.log1p(np.exp(-logits * (2 * labels - 1)))
    # float32 sums of three numbers.
    np.testing.assert_allclose(loss, np.sum(each * weights), rtol=1e-6)
    np.testing.assert_allclose(
        got["average_loss"], np.average(each, weights=weights), rtol=1e-6
    )
    assert got["accuracy"] == 0.25
    assert got["accuracy_baseline"] == 0.75


def test_missing_labels_and_wrong_classes_are_told():
    column = tf.feature_column.numeric_column("x")
    with pytest.raises(ValueError, match="n_classes must be > 2"):
        tf.estimator.DNNClassifier([2], [column], n_classes=1)
    with pytest.raises(ValueError, match="must be defined"):
        tf.estimator.DNNLinearCombinedRegressor()

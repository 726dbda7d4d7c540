"""`tf.contrib.slim`: the layers under its name, training, evaluation, summaries."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib import slim


def test_it_has_the_layers_of_contrib():
    assert slim is tf.contrib.slim
    assert slim.conv2d is tf.contrib.layers.conv2d
    assert slim.arg_scope is tf.contrib.framework.arg_scope
    assert slim.losses is tf.contrib.losses
    assert slim.summaries.add_scalar_summary is not None


def line():
    w = slim.model_variable("w", [], initializer=tf.constant_initializer(3.0))
    return w, w * w / 2


def test_train_op_steps_counts_and_clips():
    w, loss = line()
    train = slim.learning.create_train_op(
        loss,
        tf.train.GradientDescentOptimizer(0.5),
        clip_gradient_norm=1.0,
        gradient_multipliers={"w": 10.0},
    )
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP)[-1] is train
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(train) == 4.5
        # Ten times the gradient 3 is clipped to 1.
        assert session.run([w, tf.train.get_global_step()]) == [2.5, 1]


def test_train_op_runs_the_updates_first():
    _, loss = line()
    count = tf.Variable(0, trainable=False)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_add(count, 1).op)
    train = slim.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.5))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(count) == 1


def test_a_loss_that_is_not_finite_is_an_error():
    w, _ = line()
    train = slim.learning.create_train_op(
        w / 0.0, tf.train.GradientDescentOptimizer(0.0)
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="inf or nan"):
            session.run(train)


def trained(folder, number_of_steps):
    """The loss of the last step, of a training in a graph of its own."""
    with tf.Graph().as_default():
        _, loss = line()
        optimizer = tf.train.GradientDescentOptimizer(0.5)
        train = slim.learning.create_train_op(loss, optimizer)
        return slim.learning.train(
            train, folder, number_of_steps=number_of_steps, log_every_n_steps=2
        )


def test_train_stops_saves_and_goes_on(tmp_path):
    # w halves in each step, from 3: exact in float32.
    assert trained(str(tmp_path), 3) == 0.75**2 / 2
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")
    assert trained(str(tmp_path), 4) == 0.375**2 / 2

    w, _ = line()
    tf.train.get_or_create_global_step()
    result = slim.evaluation.evaluate_once(
        "",
        tf.train.latest_checkpoint(str(tmp_path)),
        str(tmp_path / "eval"),
        final_op=w,
        summary_op=tf.summary.scalar("w", w),
    )
    assert result == 0.1875
    assert len(list((tmp_path / "eval").glob("events.out.*"))) == 1


def test_evaluation_loop_ends_after_the_number_wanted(tmp_path):
    w, _ = line()
    tf.train.get_or_create_global_step()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "model"), global_step=0)
    result = slim.evaluation.evaluation_loop(
        "",
        str(tmp_path),
        str(tmp_path),
        final_op=w * 2,
        max_number_of_evaluations=1,
        eval_interval_secs=0,
    )
    assert result == 6
    assert slim.evaluation.wait_for_new_checkpoint(str(tmp_path)).endswith("model-0")


def test_gradient_helpers():
    w, loss = line()
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    gradients = optimizer.compute_gradients(loss)
    slim.learning.add_gradients_summaries(gradients)
    names = [s.op.name for s in tf.get_collection(tf.GraphKeys.SUMMARIES)]
    assert names == ["w_gradient", "w_gradient_norm"]
    with pytest.raises(ValueError, match="at least one entry"):
        slim.learning.multiply_gradients(gradients, {})
    with pytest.raises(ValueError, match="multiple of `None` gradient"):
        slim.learning.multiply_gradients([(None, w)], {w: 2.0})


def test_train_tells_wrong_arguments():
    with pytest.raises(ValueError, match="train_op cannot be None"):
        slim.learning.train(None, None)
    with pytest.raises(ValueError, match="positive number"):
        slim.learning.train(tf.constant(1.0), None, number_of_steps=0)
    with pytest.raises(ValueError, match="trace_every_n_steps because logdir=None"):
        slim.learning.train(tf.constant(1.0), None, trace_every_n_steps=2)


def test_summaries_have_names_of_their_own():
    y = tf.nn.relu(tf.constant([-1.0, 2.0]), name="y")
    slim.summaries.add_histogram_summary(y, prefix="layer")
    fraction = slim.summaries.add_zero_fraction_summary(y)
    slim.summaries.add_scalar_summaries([tf.reduce_max(y)], print_summary=True)
    with tf.Session() as session:
        summary = tf.Summary.FromString(session.run(fraction))
    assert summary.value[0].tag == "y/Fraction_of_Zero_Values"
    assert summary.value[0].simple_value == 0.5
    assert len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == 3


def test_queues_run_inside_the_block():
    (item,) = tf.train.slice_input_producer([np.arange(3)], shuffle=False)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(tf.global_variables_initializer())
        with slim.queues.QueueRunners(session):
            assert [session.run(item) for _ in range(3)] == [0, 1, 2]
            with (
                pytest.raises(slim.queues.NestedQueueRunnerError),
                slim.queues.QueueRunners(session),
            ):
                pass


def test_model_analyzer_counts():
    slim.fully_connected(tf.placeholder(tf.float32, [None, 4]), 3)
    assert slim.model_analyzer.analyze_vars(tf.global_variables()) == (15, 60)
    assert slim.model_analyzer.analyze_ops(tf.get_default_graph()) > 15

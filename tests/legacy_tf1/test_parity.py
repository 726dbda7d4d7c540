"""The SIGNS network in TensorFlow 1 and in tfkit: the same costs, step by step.

TensorFlow 1 computes here, tfkit in a process of its own, where code is eager. The
weights at the start, the data and the costs are exchanged in files.
"""

import runpy
import subprocess
import sys

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1 import lectures

STEPS, BATCH_SIZE, LEARNING_RATE = 50, 32, 0.001

TODAY = """
import sys
import keras
import numpy as np
import tfkit

given = np.load(sys.argv[1])
steps, size, rate = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])


def train(convention):
    model = tfkit.mlp((64,), 10, hidden=(25, 12), batch_norm=False, keep_prob=1.0)
    # The course has a column per example and W of shape (out, in); Keras the transposes.
    model.set_weights(
        [w for l in "123" for w in (given["W" + l].T, given["b" + l].ravel())]
    )
    model.compile(
        tfkit.optimizers.Adam(rate, convention=convention),
        keras.losses.CategoricalCrossentropy(),
    )
    costs, epoch = [], 0
    while len(costs) < steps:
        batches = tfkit.data.mini_batches(given["X"], given["Y"], size, seed=4 + epoch)
        for X, Y in batches[: steps - len(costs)]:
            model.reset_metrics()
            costs.append(model.train_on_batch(X.T, Y.T))
        epoch += 1
    return costs, model.get_weights()


keras_costs, weights = train("keras")
lecture_costs, _ = train("lecture")
np.savez(sys.argv[2], *weights, keras=keras_costs, lecture=lecture_costs)
"""


@pytest.fixture(scope="module")
def lecture():
    """The functions of the lecture's script, with TensorFlow 1 for their `tf`."""
    path, _ = lectures.catalogue()["signs_network"]
    names = runpy.run_path(str(path), run_name="signs_network")
    # A copy of run_path's: what the functions themselves see.
    names["model"].__globals__["tf"] = tf
    return names


@pytest.fixture(scope="module")
def then(lecture, tmp_path_factory):
    """The file of data and start, the costs, and the weights at the end."""
    X_train, Y_train, _, _ = lecture["load_digits"]()
    tf.reset_default_graph()
    tf.set_random_seed(1)
    X, Y = lecture["create_placeholders"](64, 10)
    parameters = lecture["initialize_parameters"](64, 10)
    cost = lecture["compute_cost"](lecture["forward_propagation"](X, parameters), Y)
    train = tf.train.AdamOptimizer(LEARNING_RATE).minimize(cost)
    file = tmp_path_factory.mktemp("parity") / "then.npz"
    costs, epoch = [], 0
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.savez(file, X=X_train, Y=Y_train, **session.run(parameters))
        while len(costs) < STEPS:
            batches = lecture["random_mini_batches"](
                X_train, Y_train, BATCH_SIZE, seed=4 + epoch
            )
            for batch_X, batch_Y in batches[: STEPS - len(costs)]:
                feed = {X: batch_X, Y: batch_Y}
                costs.append(session.run([train, cost], feed_dict=feed)[1])
            epoch += 1
        names = [name + layer for layer in "123" for name in "Wb"]
        ends = session.run([parameters[name] for name in names])
    return file, np.array(costs), ends


@pytest.fixture(scope="module")
def now(then, tmp_path_factory):
    """What tfkit makes of the same file."""
    file = tmp_path_factory.mktemp("parity") / "now.npz"
    numbers = [str(STEPS), str(BATCH_SIZE), str(LEARNING_RATE)]
    command = [sys.executable, "-c", TODAY, str(then[0]), str(file), *numbers]
    subprocess.run(command, check=True)
    with np.load(file) as result:
        return dict(result)


def test_the_start_is_that_of_tensorflow_1(then):
    """TensorFlow 1.15.5's first numbers of xavier_initializer(seed=1), for (25, 64)."""
    with np.load(then[0]) as start:
        # Only the range differs from the exercise's (25, 12288), whose first numbers
        # are published: -0.01962241, -0.02124912, -0.01894845.
        ratio = np.sqrt((25 + 12288) / (25 + 64))
        published = np.array([-0.01962241, -0.02124912, -0.01894845])
        # Eight digits are published; float32 rounds the scaling at 6e-8.
        np.testing.assert_allclose(start["W1"][0, :3], published * ratio, rtol=2e-6)
        for layer in "123":
            assert not start["b" + layer].any()


def test_same_costs_over_50_steps(then, now):
    """TensorFlow 1's Adam adds epsilon to the uncorrected root, as Keras's does."""
    _, costs, ends = then
    assert len(costs) == len(now["keras"]) == STEPS
    assert costs[-1] < 0.95 * costs[0]
    # float32 sums in another order; measured: 2e-7, the rounding of one number.
    np.testing.assert_allclose(now["keras"], costs, rtol=5e-6)
    for number, end in enumerate(ends):
        weight = now[f"arr_{number}"]
        expected = end.T.reshape(weight.shape)
        # Adam divides by the gradient's size: where that is near rounding, so is a step.
        np.testing.assert_allclose(weight, expected, atol=0.02 * LEARNING_RATE)


def test_the_courses_adam_differs_by_its_epsilon_only(then, now):
    """tfkit's own form adds epsilon to the corrected root.

    Epsilon is 1e-8 in both, and acts like 3e-7 at the first step of TensorFlow 1's.
    """
    _, costs, _ = then
    # Small beside gradients of 1e-3, and yet more than rounding; measured: 3e-6.
    np.testing.assert_allclose(now["lecture"], costs, rtol=5e-5)
    assert np.abs(now["lecture"] - costs).max() > np.abs(now["keras"] - costs).max()

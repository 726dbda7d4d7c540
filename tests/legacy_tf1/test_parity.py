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
steps, size, rate, convention = int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:]

model = tfkit.mlp((64,), 10, hidden=(25, 12), batch_norm=False, keep_prob=1.0)
# The course has a column per example and W of shape (out, in); Keras the transposes.
model.set_weights(
    [w for l in "123" for w in (given["W" + l].T, given["b" + l].ravel())]
)
model.compile(
    tfkit.optimizers.Adam(float(rate), convention=convention),
    keras.losses.CategoricalCrossentropy(),
)
costs, epoch = [], 0
while len(costs) < steps:
    batches = tfkit.data.mini_batches(given["X"], given["Y"], size, seed=4 + epoch)
    for X, Y in batches[: steps - len(costs)]:
        model.reset_metrics()
        costs.append(model.train_on_batch(X.T, Y.T))
    epoch += 1
np.savez(sys.argv[2], costs=costs, *model.get_weights())
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


def now(start, folder, convention):
    """The costs in tfkit, and the weights at the end."""
    file = folder / f"{convention}.npz"
    numbers = [str(STEPS), str(BATCH_SIZE), str(LEARNING_RATE)]
    arguments = [str(start), str(file), *numbers, convention]
    subprocess.run([sys.executable, "-c", TODAY, *arguments], check=True)
    with np.load(file) as result:
        weights = [result[f"arr_{i}"] for i in range(6)]
        return result["costs"], weights


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


def test_same_costs_over_50_steps(then, tmp_path):
    """TensorFlow 1's Adam adds epsilon to the uncorrected root, as Keras's does."""
    start, costs, ends = then
    today, weights = now(start, tmp_path, "keras")
    assert len(costs) == len(today) == STEPS
    assert costs[-1] < 0.95 * costs[0]
    # float32: the sums of 64 products are rounded in another order, and 50 steps on the
    # difference was 5e-7.
    np.testing.assert_allclose(today, costs, rtol=1e-5)
    for then_, now_ in zip(ends, weights, strict=True):
        shape = now_.shape
        np.testing.assert_allclose(now_, then_.T.reshape(shape), rtol=1e-3, atol=1e-5)


def test_the_courses_adam_differs_by_its_epsilon_only(then, tmp_path):
    """tfkit's own form adds it to the corrected root.

    Epsilon, 1e-8 in both, acts at the first step like 3e-7 in the one and 1e-8 in the
    other. Beside gradients of about 1e-2 neither shows; where a gradient is smaller
    than that, a step differs.
    """
    start, costs, _ = then
    today, _ = now(start, tmp_path, "lecture")
    np.testing.assert_allclose(today, costs, rtol=1e-3)
    print(np.abs(today / costs - 1).max())

"""`tf.contrib.rnn`: each cell against its formula in NumPy, weights given."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib import cudnn_rnn, rnn

X = np.linspace(-1, 1, 2 * 4 * 3).reshape(2, 4, 3).astype(np.float32)

# float32 rounds at 6e-8; a few steps of values near 1 stay within this.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(cell, seed=3):
    """Outputs and variables of a cell over X, the variables by their last names."""
    tf.set_random_seed(seed)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    names = {v.op.name.removeprefix("rnn/"): v for v in tf.global_variables()}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run([outputs, state, names])


def lstm(x, kernel, bias, forget_bias=1.0, peepholes=(0, 0, 0)):
    """Hochreiter & Schmidhuber with a forget gate; gates in the order i, c, f, o."""
    units = kernel.shape[1] // 4
    c = h = np.zeros((len(x), units))
    w_i, w_f, w_o = peepholes
    for t in range(x.shape[1]):
        gates = np.concatenate([x[:, t], h], 1) @ kernel + bias
        i, j, f, o = np.split(gates, 4, 1)
        c = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * np.tanh(j)
        h = np.tanh(c) * sigmoid(o + w_o * c)
    return h


@pytest.mark.parametrize(
    ("cell", "scope", "forget_bias"),
    [
        (lambda: rnn.BasicLSTMCell(5), "basic_lstm_cell", 1.0),
        (lambda: rnn.LSTMCell(5, forget_bias=0.3), "lstm_cell", 0.3),
        (lambda: rnn.LSTMBlockCell(5), "lstm_cell", 1.0),
        (
            lambda: cudnn_rnn.CudnnCompatibleLSTMCell(5),
            "cudnn_compatible_lstm_cell",
            0.0,
        ),
    ],
)
def test_lstms(cell, scope, forget_bias):
    outputs, state, weights = run(cell())
    expected = lstm(
        X, weights[f"{scope}/kernel"], weights[f"{scope}/bias"], forget_bias
    )
    np.testing.assert_allclose(outputs[:, -1], expected, **TOLERANCE)
    np.testing.assert_allclose(state.h, expected, **TOLERANCE)


def test_the_block_cell_with_peepholes():
    outputs, _, weights = run(rnn.LSTMBlockCell(5, use_peephole=True))
    diagonals = [weights[f"lstm_cell/w_{gate}_diag"] for gate in "ifo"]
    expected = lstm(
        X, weights["lstm_cell/kernel"], weights["lstm_cell/bias"], peepholes=diagonals
    )
    np.testing.assert_allclose(outputs[:, -1], expected, **TOLERANCE)


def test_cudnn_compatible_gru_resets_after_the_product():
    outputs, _, weights = run(cudnn_rnn.CudnnCompatibleGRUCell(4))
    w = {
        name.removeprefix("cudnn_compatible_gru_cell/"): value
        for name, value in weights.items()
    }
    h = np.zeros((2, 4))
    for t in range(4):
        gates = np.concatenate([X[:, t], h], 1) @ w["gates/kernel"] + w["gates/bias"]
        r, u = np.split(sigmoid(gates), 2, 1)
        x = X[:, t] @ w["candidate/input_projection/kernel"]
        past = h @ w["candidate/hidden_projection/kernel"]
        h = (1 - u) * np.tanh(x + r * past) + u * h
    np.testing.assert_allclose(outputs[:, -1], h, **TOLERANCE)


def test_ugrnn():
    outputs, _, weights = run(rnn.UGRNNCell(4))
    h = np.zeros((2, 4))
    for t in range(4):
        g, c = np.split(
            np.concatenate([X[:, t], h], 1) @ weights["ugrnn_cell/kernel"], 2, 1
        )
        g = sigmoid(g + 1.0)
        h = g * h + (1 - g) * np.tanh(c)
    np.testing.assert_allclose(outputs[:, -1], h, **TOLERANCE)


def test_projection_wrappers_and_their_names():
    cell = rnn.OutputProjectionWrapper(
        rnn.InputProjectionWrapper(rnn.BasicRNNCell(4), 5), 2
    )
    outputs, _, weights = run(cell)
    scope = "output_projection_wrapper"
    inner = f"{scope}/input_projection_wrapper"
    h = np.zeros((2, 4))
    for t in range(4):
        x = X[:, t] @ weights[f"{inner}/kernel"]
        h = np.tanh(
            np.concatenate([x, h], 1) @ weights[f"{inner}/basic_rnn_cell/kernel"]
        )
    expected = h @ weights[f"{scope}/kernel"] + weights[f"{scope}/bias"]
    np.testing.assert_allclose(outputs[:, -1], expected, **TOLERANCE)


@pytest.mark.parametrize(
    "cell",
    [
        lambda: rnn.LSTMBlockCell(3, use_peephole=True),
        lambda: rnn.GRUBlockCellV2(3),
    ],
)
def test_gradients_of_the_block_cells(cell):
    """Central differences of step 1e-2 in float32: good to 1e-3 here."""
    outputs, _ = tf.nn.dynamic_rnn(cell(), tf.constant(X), dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(outputs))
    variable = tf.trainable_variables()[0]
    gradient = tf.gradients(loss, variable)[0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value, slopes = session.run([variable, gradient])
        for index in [(0, 0), (2, 1), (4, 5)]:
            sides = []
            for step in (1e-2, -1e-2):
                moved = value.copy()
                moved[index] += step
                variable.load(moved, session)
                sides.append(session.run(loss))
            variable.load(value, session)
            np.testing.assert_allclose(
                slopes[index], (sides[0] - sides[1]) / 2e-2, rtol=1e-2, atol=1e-3
            )


def test_the_fused_cell_is_the_cell_over_all_steps():
    tf.set_random_seed(1)
    steps = tf.constant(X.transpose(1, 0, 2))
    fused = rnn.LSTMBlockFusedCell(5)
    outputs, state = fused(steps, dtype=tf.float32, sequence_length=[2, 4])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        kernel, out, last = session.run([fused.variables[0], outputs, state])
    np.testing.assert_allclose(
        last.h[0], lstm(X[:1, :2], kernel, np.zeros(20))[0], **TOLERANCE
    )
    np.testing.assert_allclose(out[3, 1], lstm(X, kernel, np.zeros(20))[1], **TOLERANCE)
    assert not out[2:, 0].any()


def test_layer_normalization_has_gates_of_mean_zero():
    _, state, weights = run(rnn.LayerNormBasicLSTMCell(5))
    scope = "layer_norm_basic_lstm_cell"
    assert {name.removeprefix(f"{scope}/") for name in weights} == {"kernel"} | {
        f"{gate}/{part}"
        for gate in ("input", "transform", "forget", "output", "state")
        for part in ("gamma", "beta")
    }
    # The new c is normalized to mean 0 and, up to epsilon, variance 1.
    np.testing.assert_allclose(state.c.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(state.c.var(1), 1, rtol=1e-2)


def test_stacked_bidirectional_layers_see_both_directions():
    outputs, forward, _ = rnn.stack_bidirectional_dynamic_rnn(
        [rnn.GRUCell(2), rnn.GRUCell(3)],
        [rnn.GRUCell(2), rnn.GRUCell(4)],
        tf.constant(X),
        dtype=tf.float32,
    )
    assert outputs.shape.as_list() == [2, 4, 7]
    assert [state.shape.as_list() for state in forward] == [[2, 2], [2, 3]]
    kernels = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
    second = "stack_bidirectional_rnn/cell_1/bidirectional_rnn/bw/gru_cell/gates/kernel"
    assert kernels[second] == [4 + 4, 8]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rnn.stack_bidirectional_rnn(rnn.GRUCell(2), [], []), "must be lists"),
        (lambda: rnn.EmbeddingWrapper(rnn.GRUCell(2), 0, 3), "at least one class"),
        (lambda: rnn.AttentionCellWrapper(rnn.GRUCell(2), 0), "positive int"),
        (lambda: rnn.GRUBlockCell(), "Exactly one"),
        (lambda: rnn.ConvLSTMCell(2, [4, 1], 2, [3, 3]), "one size per dimension"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()

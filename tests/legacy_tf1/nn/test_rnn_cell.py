"""`tf.nn.rnn_cell` and the functions that unroll cells."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf

X = np.linspace(-1, 1, 2 * 4 * 3).reshape(2, 4, 3).astype(np.float32)
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}  # a few float32 roundings of values near 1
rnn_cell = tf.nn.rnn_cell

# What TensorFlow 1.15.5 prints for the seeded tests below.
NOISE_AFTER_LSTM = [-0.29281577, 2.3352311]
DROPPED = [-0.040073507, -0.0, 0.30107403, -0.25751036, -0.0]


def evaluate(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


def names():
    return [v.name for v in tf.global_variables()]


def test_cells_from_before_1_0_take_and_ignore_an_input_size():
    assert rnn_cell.BasicRNNCell(4, 3).output_size == 4
    assert rnn_cell.GRUCell(4, input_size=3).output_size == 4
    assert rnn_cell.LSTMCell(4, 3, use_peepholes=True)._use_peepholes
    assert rnn_cell.BasicLSTMCell(4, 0.0, 3)._forget_bias == 0.0
    assert not rnn_cell.BasicLSTMCell(4, 0.0, False)._state_is_tuple


def test_every_cell_is_an_rnn_cell():
    lstm = rnn_cell.BasicLSTMCell(4)
    for cell in (lstm, rnn_cell.DropoutWrapper(lstm), rnn_cell.MultiRNNCell([lstm])):
        assert isinstance(cell, rnn_cell.RNNCell)
        assert isinstance(cell, tf.contrib.rnn.RNNCell)


def test_an_own_cell_may_add_variables_in_build():
    class Sum(rnn_cell.RNNCell):
        state_size = output_size = 2

        def build(self, inputs_shape):
            self.w = self.add_variable(
                "w", [inputs_shape[-1], 2], initializer=tf.ones_initializer()
            )
            self.built = True

        def call(self, inputs, state):
            new = state + tf.matmul(inputs, self.w)
            return new, new

    outputs, _ = tf.nn.dynamic_rnn(Sum(), tf.constant(X), dtype=tf.float32)
    assert names() == ["rnn/sum/w:0"]
    expected = np.repeat(X.sum(2).cumsum(1)[..., None], 2, axis=2)
    np.testing.assert_allclose(evaluate(outputs)[0], expected, **TOLERANCE)


def test_a_repeated_cell_has_own_weights_where_shapes_differ():
    cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(5)] * 2)
    tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    assert [v.shape.as_list() for v in tf.global_variables()] == [
        [8, 20],
        [20],
        [10, 20],
        [20],
    ]


def test_a_repeated_cell_shares_weights_where_shapes_allow_it():
    cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(3)] * 2)
    tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    assert len(names()) == 2


def test_steps_after_a_sequence_are_zero_and_its_state_stays():
    outputs, state = tf.nn.dynamic_rnn(
        rnn_cell.GRUCell(3), tf.constant(X), sequence_length=[2, 4], dtype=tf.float32
    )
    outputs, state = evaluate(outputs, state)
    assert not outputs[0, 2:].any()
    np.testing.assert_array_equal(state[0], outputs[0, 1])
    np.testing.assert_array_equal(state[1], outputs[1, 3])


def test_backwards_is_forwards_on_the_reverse():
    tf.set_random_seed(1)
    (_, backwards), _ = tf.nn.bidirectional_dynamic_rnn(
        rnn_cell.GRUCell(3), rnn_cell.GRUCell(3), tf.constant(X), dtype=tf.float32
    )
    with tf.variable_scope("bidirectional_rnn", reuse=True):
        again, _ = tf.nn.dynamic_rnn(
            rnn_cell.GRUCell(3),
            tf.constant(X[:, ::-1].copy()),
            dtype=tf.float32,
            scope="bw",
        )
    backwards, again = evaluate(backwards, again)
    np.testing.assert_allclose(backwards, again[:, ::-1], **TOLERANCE)


def test_numbers_after_dynamic_rnn_are_those_of_tensorflow_1():
    """`dynamic_rnn` of 1.15.5 on an LSTM leaves 146 operations before what follows."""
    tf.set_random_seed(7)
    _, _ = tf.nn.dynamic_rnn(
        rnn_cell.BasicLSTMCell(5, forget_bias=0.5), tf.constant(X), dtype=tf.float32
    )
    noise = evaluate(tf.random_normal([2]))[0]
    np.testing.assert_allclose(noise, NOISE_AFTER_LSTM, rtol=1e-6)


def test_dropout_in_a_loop_is_that_of_tensorflow_1():
    tf.set_random_seed(7)
    cell = rnn_cell.DropoutWrapper(rnn_cell.BasicLSTMCell(5), 0.5, 0.5)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    np.testing.assert_allclose(evaluate(outputs)[0][0, 0], DROPPED, **TOLERANCE)


def test_variational_dropout_keeps_one_mask():
    tf.set_random_seed(7)
    cell = rnn_cell.DropoutWrapper(
        rnn_cell.BasicLSTMCell(50),
        output_keep_prob=0.5,
        variational_recurrent=True,
        dtype=tf.float32,
    )
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    kept = evaluate(outputs)[0] != 0
    assert 0 < kept.sum() < kept.size
    assert (kept == kept[:1, :1]).all()
    with pytest.raises(ValueError, match="Pass dtype"):
        rnn_cell.DropoutWrapper(rnn_cell.GRUCell(2), variational_recurrent=True)


def test_names_from_before_1_0():
    steps = tf.unstack(tf.constant(X), axis=1)
    outputs, _ = tf.nn.rnn(rnn_cell.BasicRNNCell(4), steps, dtype=tf.float32)
    assert len(outputs) == 4
    with tf.variable_scope("both"):
        both, _, _ = tf.nn.bidirectional_rnn(
            rnn_cell.GRUCell(2), rnn_cell.GRUCell(3), steps, dtype=tf.float32
        )
    assert both[0].shape.as_list() == [2, 5]
    product = rnn_cell.linear([steps[0], steps[1]], 2, True, bias_start=0.5)
    value, matrix = evaluate(product, tf.global_variables()[-2])
    expected = np.concatenate([X[:, 0], X[:, 1]], 1) @ matrix + 0.5
    np.testing.assert_allclose(value, expected, **TOLERANCE)
    assert names()[-2:] == ["Linear/Matrix:0", "Linear/Bias:0"]

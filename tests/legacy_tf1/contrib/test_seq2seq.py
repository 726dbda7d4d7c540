"""`tf.contrib.seq2seq` and `tf.contrib.legacy_seq2seq`."""

import itertools

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib import legacy_seq2seq, rnn, seq2seq

random = np.random.default_rng(0)
LOGITS = random.normal(size=(3, 4, 5)).astype(np.float32)
TARGETS = random.integers(0, 5, size=(3, 4))
WEIGHTS = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], np.float32)
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}  # a few float32 roundings of values near 1


def cross_entropy():
    shifted = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    return -np.take_along_axis(shifted, TARGETS[..., None], -1)[..., 0] * WEIGHTS


def evaluate(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


@pytest.mark.parametrize(
    ("time", "batch", "expected"),
    [
        (True, True, cross_entropy().sum() / WEIGHTS.sum()),
        (True, False, cross_entropy().sum(1) / WEIGHTS.sum(1)),
        (False, False, cross_entropy()),
    ],
)
def test_sequence_loss(time, batch, expected):
    loss = seq2seq.sequence_loss(
        tf.constant(LOGITS),
        tf.constant(TARGETS),
        tf.constant(WEIGHTS),
        average_across_timesteps=time,
        average_across_batch=batch,
    )
    np.testing.assert_allclose(evaluate(loss)[0], expected, **TOLERANCE)


def test_losses_of_lists():
    steps = [
        [tf.constant(part[:, t]) for t in range(4)]
        for part in (LOGITS, TARGETS, WEIGHTS)
    ]
    by_example = cross_entropy().sum(1) / WEIGHTS.sum(1)
    each, mean = evaluate(
        legacy_seq2seq.sequence_loss_by_example(*steps),
        legacy_seq2seq.sequence_loss(*steps),
    )
    np.testing.assert_allclose(each, by_example, **TOLERANCE)
    np.testing.assert_allclose(mean, by_example.mean(), **TOLERANCE)


def test_gather_tree_walks_back_through_the_parents():
    ids = random.integers(0, 6, size=(7, 4, 3)).astype(np.int32)
    parents = random.integers(0, 3, size=(7, 4, 3)).astype(np.int32)
    lengths, end = [7, 5, 1, 3], 5
    expected = np.full_like(ids, end)
    for b, k in itertools.product(range(4), range(3)):
        beam = k
        for t in reversed(range(lengths[b])):
            expected[t, b, k] = ids[t, b, beam]
            beam = parents[t, b, beam]
        ends = np.flatnonzero(expected[:, b, k] == end)
        if len(ends):
            expected[ends[0] :, b, k] = end
    tree = seq2seq.gather_tree(ids, parents, lengths, end)
    np.testing.assert_array_equal(evaluate(tree)[0], expected)


class Table(rnn.RNNCell):
    """Logits that depend on the last symbol only: what a beam finds is countable."""

    state_size, output_size = 1, 4

    def __call__(self, inputs, state, scope=None):
        return tf.matmul(inputs, tf.constant(TABLE)), state


TABLE = np.random.default_rng(3).normal(size=(4, 4)).astype(np.float32) * 2


def test_a_wide_beam_finds_the_likeliest_of_all_sequences():
    steps, width, end = 3, 16, 0
    decoder = seq2seq.BeamSearchDecoder(
        Table(),
        tf.eye(4),
        start_tokens=[1],
        end_token=end,
        initial_state=tf.zeros([width, 1]),
        beam_width=width,
    )
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=steps)
    ids, log_probs = evaluate(outputs.predicted_ids, state.log_probs)

    log_softmax = TABLE - np.log(np.exp(TABLE).sum(1, keepdims=True))

    def log_prob(path):
        total, last = 0.0, 1
        for symbol in path:
            if last == end:  # nothing but ends follows an end, at no cost
                return total if not any(path[path.index(end) :]) else -np.inf
            total, last = total + log_softmax[last, symbol], symbol
        return total

    best = sorted(itertools.product(range(4), repeat=steps), key=log_prob)[::-1]
    np.testing.assert_array_equal(ids[0, :, 0], best[0])
    np.testing.assert_array_equal(ids[0, :, 1], best[1])
    np.testing.assert_allclose(
        log_probs[0, :2], [log_prob(path) for path in best[:2]], **TOLERANCE
    )


def test_a_greedy_decoder_takes_the_likeliest_symbol_until_the_end():
    helper = seq2seq.GreedyEmbeddingHelper(tf.eye(4), start_tokens=[1, 3], end_token=0)
    decoder = seq2seq.BasicDecoder(Table(), helper, tf.zeros([2, 1]))
    outputs, _, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=5)
    ids, lengths = evaluate(outputs.sample_id, lengths)
    for row, symbol in enumerate((1, 3)):
        expected = []
        while len(expected) < 5 and (not expected or symbol):
            symbol = int(TABLE[symbol].argmax())
            expected.append(symbol)
        assert lengths[row] == len(expected)
        np.testing.assert_array_equal(ids[row, : len(expected)], expected)


def test_a_training_decoder_reads_its_inputs_and_zeroes_what_is_over():
    inputs = np.eye(4, dtype=np.float32)[[[1, 2, 3], [2, 1, 0]]]
    helper = seq2seq.TrainingHelper(tf.constant(inputs), tf.constant([3, 1]))
    decoder = seq2seq.BasicDecoder(Table(), helper, tf.zeros([2, 1]))
    outputs, _, lengths = seq2seq.dynamic_decode(decoder, impute_finished=True)
    logits, lengths = evaluate(outputs.rnn_output, lengths)
    np.testing.assert_array_equal(lengths, [3, 1])
    np.testing.assert_allclose(logits[0], TABLE[[1, 2, 3]], **TOLERANCE)
    np.testing.assert_allclose(logits[1, 0], TABLE[2], **TOLERANCE)
    assert not logits[1, 1:].any()


MEMORY = random.normal(size=(2, 3, 4)).astype(np.float32)
QUERY = random.normal(size=(2, 4)).astype(np.float32)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def test_luong_attention_weighs_by_products():
    mechanism = seq2seq.LuongAttention(4, tf.constant(MEMORY), tf.constant([3, 2]))
    weights, _ = mechanism(tf.constant(QUERY), None)
    weights, kernel = evaluate(weights, mechanism.memory_layer.kernel)
    masked = MEMORY * np.array([[1, 1, 1], [1, 1, 0]])[..., None]
    scores = np.einsum("btd,bd->bt", masked @ kernel, QUERY)
    scores[1, 2] = -np.inf
    np.testing.assert_allclose(weights, softmax(scores), **TOLERANCE)


def test_bahdanau_attention_weighs_by_a_network():
    mechanism = seq2seq.BahdanauAttention(5, tf.constant(MEMORY))
    weights, _ = mechanism(tf.constant(QUERY), None)
    names = [v.op.name for v in tf.global_variables()]
    assert names == [
        "memory_layer/kernel",
        "bahdanau_attention/query_layer/kernel",
        "bahdanau_attention/attention_v",
    ]
    weights, (keys, query, v) = evaluate(weights, tf.global_variables())
    hidden = np.tanh(MEMORY @ keys + (QUERY @ query)[:, None])
    np.testing.assert_allclose(weights, softmax(hidden @ v), **TOLERANCE)


@pytest.mark.parametrize("mode", ["recursive", "parallel"])
def test_monotonic_attention(mode):
    """Raffel et al. (2017), equation 8, by two loops."""
    p, previous = softmax(LOGITS[0])[:2], softmax(LOGITS[1])[:2]
    expected = np.zeros_like(p)
    for j in range(p.shape[1]):
        for k in range(j + 1):
            expected[:, j] += p[:, j] * previous[:, k] * np.prod(1 - p[:, k:j], axis=1)
    weights = seq2seq.monotonic_attention(p, previous, mode)
    np.testing.assert_allclose(evaluate(weights)[0], expected, **TOLERANCE)


def test_a_decoder_fed_its_own_symbols_by_a_tensor():
    feeds = tf.placeholder_with_default(True, [])
    symbols = [tf.constant([1, 2]), tf.constant([3, 4])]
    outputs, state = legacy_seq2seq.embedding_rnn_seq2seq(
        symbols, symbols, rnn.BasicLSTMCell(4), 5, 5, 3, feed_previous=feeds
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        fed = session.run([outputs, state])
        given = session.run([outputs, state], {feeds: False})
    np.testing.assert_array_equal(fed[0][0], given[0][0])
    assert np.abs(fed[0][1] - given[0][1]).max() > 1e-6
    assert fed[1].c.shape == (2, 4)


def test_buckets_share_their_weights():
    steps = [tf.constant(LOGITS[:, t]) for t in range(4)]
    targets = [tf.constant(TARGETS[:, t]) for t in range(4)]
    weights = [tf.constant(WEIGHTS[:, t]) for t in range(4)]

    def model(encoder, decoder):
        with tf.variable_scope("model"):
            cell = rnn.GRUCell(5)
            return legacy_seq2seq.tied_rnn_seq2seq(encoder, decoder, cell)

    outputs, losses = legacy_seq2seq.model_with_buckets(
        steps, steps, targets, weights, [(2, 2), (4, 3)], model
    )
    assert [len(bucket) for bucket in outputs] == [2, 3]
    assert len(tf.global_variables()) == 4
    assert all(loss > 0 for loss in evaluate(*losses))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: seq2seq.sequence_loss(*[tf.zeros([2, 3])] * 3),
            ValueError,
            "must be of rank 3",
        ),
        (
            lambda: seq2seq.BasicDecoder(
                rnn.GRUCell(2), None, None, output_layer=tf.layers.dense
            ),
            TypeError,
            "must be a layer",
        ),
        (
            lambda: seq2seq.GreedyEmbeddingHelper(tf.eye(3), 1, 0),
            ValueError,
            "a vector with a token per sequence",
        ),
        (lambda: seq2seq.dynamic_decode(3), TypeError, "must be a tf.contrib"),
        (
            lambda: seq2seq.monotonic_attention(0.5, 0.5, "soft"),
            ValueError,
            "'recursive', 'parallel' or 'hard'",
        ),
        (
            lambda: legacy_seq2seq.sequence_loss_by_example([], [1], []),
            ValueError,
            "a tensor for each step",
        ),
    ],
)
def test_errors_say_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()

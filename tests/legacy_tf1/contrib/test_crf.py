"""`tf.contrib.crf` against all sequences of tags, one by one."""

import itertools

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib import crf

random = np.random.default_rng(0)
INPUTS = random.normal(size=(3, 4, 3)).astype(np.float32)
TRANSITIONS = random.normal(size=(3, 3)).astype(np.float32)
TAGS = random.integers(0, 3, size=(3, 4))
LENGTHS = np.array([4, 2, 1])
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}  # sums of a dozen float32 numbers near 1


def score(row, path):
    own = sum(INPUTS[row, t, tag] for t, tag in enumerate(path))
    return own + sum(TRANSITIONS[a, b] for a, b in itertools.pairwise(path))


def paths(row):
    return list(itertools.product(range(3), repeat=LENGTHS[row]))


def evaluate(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_log_likelihood(dtype):
    likelihood, _ = crf.crf_log_likelihood(
        tf.constant(INPUTS),
        tf.constant(TAGS.astype(dtype)),
        tf.constant(LENGTHS),
        tf.constant(TRANSITIONS),
    )
    expected = [
        score(row, TAGS[row, : LENGTHS[row]])
        - np.log(sum(np.exp(score(row, path)) for path in paths(row)))
        for row in range(3)
    ]
    np.testing.assert_allclose(evaluate(likelihood)[0], expected, **TOLERANCE)


def test_decode_finds_the_best_of_all_paths():
    tags, best = evaluate(
        *crf.crf_decode(
            tf.constant(INPUTS), tf.constant(TRANSITIONS), tf.constant(LENGTHS)
        )
    )
    for row in range(3):
        expected = max(paths(row), key=lambda path: score(row, path))
        np.testing.assert_array_equal(tags[row, : LENGTHS[row]], expected)
        np.testing.assert_allclose(best[row], score(row, expected), **TOLERANCE)


def test_viterbi_in_numpy_is_decode():
    tags, best = crf.viterbi_decode(INPUTS[0], TRANSITIONS)
    expected = max(paths(0), key=lambda path: score(0, path))
    assert tuple(tags) == expected
    np.testing.assert_allclose(best, score(0, expected), **TOLERANCE)


def test_sequences_of_one_step_and_of_none():
    likelihood, _ = crf.crf_log_likelihood(
        tf.constant(INPUTS[:2, :1]),
        tf.constant(TAGS[:2, :1]),
        tf.constant([1, 0]),
        tf.constant(TRANSITIONS),
    )
    logits = INPUTS[0, 0]
    expected = logits[TAGS[0, 0]] - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(evaluate(likelihood)[0], [expected, 0.0], **TOLERANCE)


def test_several_tags_allowed():
    allowed = INPUTS > 0
    allowed[:, :, 0] = True
    total = crf.crf_multitag_sequence_score(
        tf.constant(INPUTS),
        tf.constant(allowed),
        tf.constant(LENGTHS),
        tf.constant(TRANSITIONS),
    )
    expected = [
        np.log(
            sum(
                np.exp(score(row, path))
                for path in paths(row)
                if all(allowed[row, t, tag] for t, tag in enumerate(path))
            )
        )
        for row in range(3)
    ]
    np.testing.assert_allclose(evaluate(total)[0], expected, **TOLERANCE)


def test_it_makes_the_transitions_when_none_are_given():
    _, transitions = crf.crf_log_likelihood(
        tf.constant(INPUTS), tf.constant(TAGS), tf.constant(LENGTHS)
    )
    assert transitions.op.name == "transitions"
    assert transitions.shape.as_list() == [3, 3]

"""Names and argument orders of before TensorFlow 1.0; NumPy is the oracle."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat.renamed import RENAMED

MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)


def run(tensors):
    with tf.Session() as session:
        return session.run(tensors)


@pytest.mark.parametrize("old", RENAMED)
def test_renamed_names_are_what_they_became(old):
    if old == "nn.softmax_cross_entropy":
        return
    find = {"": tf}
    for name, new in ((old, False), (RENAMED[old], True)):
        value = find[""]
        for part in name.split("."):
            value = getattr(value, part)
        find[new] = value
    assert find[True] is find[False]


def test_arithmetic():
    x = tf.constant([1.0, 4.0])
    values = run([tf.mul(x, x), tf.sub(x, 1.0), tf.neg(x), tf.inv(x)])
    np.testing.assert_array_equal(values, [[1, 16], [0, 3], [-1, -4], [1, 0.25]])


@pytest.mark.parametrize(
    "concat",
    [
        lambda x: tf.concat(1, [x, x]),
        lambda x: tf.concat(tf.constant(1), [x, x]),
        lambda x: tf.concat(concat_dim=1, values=[x, x]),
        lambda x: tf.concat(1, values=[x, x]),
        lambda x: tf.concat([x, x], axis=1),
        lambda x: tf.concat([x, x], 1),
        lambda x: tf.concat(values=[x, x], axis=1),
        lambda x: tf.concat(axis=1, values=[x, x]),
    ],
)
def test_concat_in_each_order(concat):
    expected = np.concatenate([MATRIX, MATRIX], 1)
    np.testing.assert_array_equal(run(concat(tf.constant(MATRIX))), expected)


@pytest.mark.parametrize(
    "split",
    [
        lambda x: tf.split(1, 3, x),
        lambda x: tf.split(1, 3, x, name="parts"),
        lambda x: tf.split(split_dim=1, num_split=3, value=x),
        lambda x: tf.split(1, num_split=3, value=x),
        lambda x: tf.split(x, 3, 1),
        lambda x: tf.split(x, 3, axis=1),
        lambda x: tf.split(value=x, num_or_size_splits=[1, 1, 1], axis=1),
        lambda x: tf.split(axis=1, num_or_size_splits=3, value=x),
    ],
)
def test_split_in_each_order(split):
    expected = np.split(MATRIX, 3, 1)
    np.testing.assert_array_equal(run(split(tf.constant(MATRIX))), expected)


def test_reverse_by_bools_and_by_axes():
    x = tf.constant(MATRIX)
    for reversed_ in (tf.reverse(x, [False, True]), tf.reverse(x, [1])):
        np.testing.assert_array_equal(run(reversed_), MATRIX[:, ::-1])


def softmax_cross_entropy(logits, labels):
    logits = np.asarray(logits, np.float64)
    return -(labels * (logits - np.log(np.exp(logits).sum(1, keepdims=True)))).sum(1)


def test_positional_cross_entropies_are_logits_then_labels():
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], np.float32)
    labels = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], np.float32)
    expected = softmax_cross_entropy(logits, labels)
    sigmoid = np.log1p(np.exp(logits.astype(np.float64))) - labels * logits
    got = run(
        [
            tf.nn.softmax_cross_entropy_with_logits(logits, labels),
            tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=labels),
            tf.nn.softmax_cross_entropy_with_logits(logits, labels=labels),
            tf.nn.sigmoid_cross_entropy_with_logits(logits, labels),
            tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, targets=labels),
            tf.nn.sparse_softmax_cross_entropy_with_logits(logits, [1, 2]),
        ]
    )
    # A sum of three float32 terms of size 1: a few units in the last place, 6e-8 each.
    for value in got[:3]:
        np.testing.assert_allclose(value, expected, rtol=1e-6)
    for value in got[3:5]:
        np.testing.assert_allclose(value, sigmoid, rtol=1e-6)
    one_hot = np.eye(3)[[1, 2]]
    expected = softmax_cross_entropy(logits, one_hot)
    np.testing.assert_allclose(got[5], expected, rtol=1e-6)


def test_too_many_positional_arguments_are_told():
    with pytest.raises(TypeError, match="At most 3 positional"):
        tf.nn.sigmoid_cross_entropy_with_logits(1.0, 1.0, "name", 4)


def test_nce_loss_takes_inputs_and_labels_in_either_order():
    weights, biases = tf.ones([9, 4]), tf.zeros([9])
    inputs, labels = tf.ones([2, 4]), tf.constant([[1], [2]], tf.int64)
    for pair in ((inputs, labels), (labels, inputs)):
        loss = tf.nn.nce_loss(weights, biases, *pair, 3, 9)
        assert loss.shape.as_list() == [2]


def test_images_are_resized_by_height_and_width():
    images = tf.ones([1, 4, 4, 3])
    for resized in (
        tf.image.resize_images(images, 8, 6),
        tf.image.resize_images(images, [8, 6]),
        tf.image.resize_images(images, new_height=8, new_width=6),
    ):
        assert resized.shape.as_list() == [1, 8, 6, 3]


def test_summaries_have_the_tags_that_they_were_given():
    tf.scalar_summary("my loss", tf.constant(2.5))
    tf.histogram_summary("weights", tf.constant([1.0, 2.0]))
    tf.image_summary("images", tf.zeros([1, 2, 2, 1]))
    summary = tf.Summary.FromString(run(tf.merge_all_summaries()))
    tags = [value.tag for value in summary.value]
    assert tags == ["my loss", "weights", "images/image/0"]
    assert summary.value[0].simple_value == 2.5


def test_a_summary_goes_to_the_collections_that_are_named():
    tf.scalar_summary("loss", tf.constant(1.0), collections=["mine"])
    assert len(tf.get_collection("mine")) == 1
    assert not tf.get_collection(tf.GraphKeys.SUMMARIES)

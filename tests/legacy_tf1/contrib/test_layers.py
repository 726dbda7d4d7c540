"""`tf.contrib.layers`: names, numbers of operations, collections and values."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import seeds

layers = tf.contrib.layers


def images(channels=3):
    return tf.placeholder(tf.float32, [None, 8, 8, channels])


def rows(size=5):
    return tf.placeholder(tf.float32, [None, size])


def flag():
    return tf.placeholder(tf.bool, [])


def connected():
    x = rows()
    layers.fully_connected(x, 3)
    layers.fully_connected(x, 3, activation_fn=None, scope="out")
    layers.fully_connected(x, 3, scope="out", reuse=True)
    layers.linear(x, 2)
    layers.relu(x, 2)
    penalty = layers.l2_regularizer(0.1)
    layers.fully_connected(x, 2, weights_regularizer=penalty, biases_initializer=None)


def connected_and_normalized():
    params = {"is_training": flag(), "decay": 0.9, "updates_collections": None}
    norm = layers.batch_norm
    layers.fully_connected(rows(), 3, normalizer_fn=norm, normalizer_params=params)
    layers.fully_connected(rows(), 3, normalizer_fn=norm)


def convolved():
    x = images()
    net = layers.max_pool2d(layers.conv2d(x, 4, 3), 2)
    norm = layers.batch_norm
    layers.conv2d(net, 4, [3, 3], stride=2, padding="VALID", normalizer_fn=norm)
    layers.conv2d(x, 4, 3, rate=2)
    layers.convolution2d(x, 2, [2, 2], biases_initializer=None, scope="cc")
    layers.avg_pool2d(x, [2, 2], scope="ap")


def in_one_and_three_dimensions():
    layers.convolution1d(tf.placeholder(tf.float32, [None, 8, 3]), 2, 3)
    layers.conv3d(tf.placeholder(tf.float32, [None, 8, 8, 8, 3]), 2, 3)
    layers.max_pool3d(tf.placeholder(tf.float32, [None, 8, 8, 8, 3]), 2)
    layers.avg_pool3d(tf.placeholder(tf.float32, [None, 8, 8, 8, 3]), 2)


def transposed():
    layers.conv2d_transpose(images(), 2, 3, stride=2)
    volume = tf.placeholder(tf.float32, [None, 4, 4, 4, 3])
    layers.convolution3d_transpose(volume, 2, 3)


def separable():
    penalty = layers.l2_regularizer(0.1)
    layers.separable_conv2d(
        images(), 4, 3, depth_multiplier=2, weights_regularizer=penalty
    )
    layers.separable_conv2d(images(), None, 3, depth_multiplier=2)
    layers.conv2d_in_plane(images(), [1, 2], normalizer_fn=layers.batch_norm)


def flattened():
    layers.flatten(images())
    layers.flatten(tf.placeholder(tf.float32, [3, 4, 5]))
    layers.flatten(rows())


def dropped():
    layers.dropout(rows())
    layers.dropout(rows(), 0.8, is_training=flag())
    share = tf.placeholder(tf.float32, [])
    layers.dropout(rows(), keep_prob=share, is_training=True, scope="d")
    layers.dropout(rows(), is_training=False)


def normalized():
    layers.batch_norm(images())
    layers.batch_norm(images(), is_training=flag(), scale=True, scope="b")
    layers.batch_norm(images(), is_training=False)


def normalized_rows():
    layers.batch_norm(rows(), is_training=True)
    layers.batch_norm(rows(), is_training=flag(), center=False, scale=True)
    layers.batch_norm(rows(), is_training=False, activation_fn=tf.nn.relu)


def normalized_in_place():
    layers.batch_norm(images(), is_training=flag(), updates_collections=None)
    layers.batch_norm(images(), is_training=True, updates_collections=None, scope="x")
    layers.batch_norm(rows(), is_training=flag(), updates_collections=None, decay=0.9)


def normalized_unfused():
    norm = layers.batch_norm
    norm(images(), is_training=flag(), updates_collections=None, fused=False)
    norm(rows(), is_training=True, fused=False)
    norm(rows(), is_training=flag(), fused=False, updates_collections="X", scale=True)
    norm(
        images(),
        is_training=True,
        fused=False,
        updates_collections=None,
        data_format="NCHW",
    )


def normalized_otherwise():
    layers.layer_norm(rows())
    layers.layer_norm(images(), begin_norm_axis=3, scope="ln")
    layers.instance_norm(images())
    layers.group_norm(images(4), groups=2)
    layers.instance_norm(images(), data_format="NCHW")
    layers.group_norm(images(4), 2, mean_close_to_zero=True)


def stacked():
    layers.stack(rows(), layers.fully_connected, [3, 4], scope="fc")
    layers.repeat(images(), 2, layers.conv2d, 3, [3, 3])
    layers.stack(images(), layers.conv2d, [(3, 3), (4, 3)])
    layers.stack(rows(), layers.relu, [2, 2])


def embedded():
    layers.embed_sequence(tf.placeholder(tf.int32, [None, 4]), 10, 3)
    layers.embed_sequence(
        tf.placeholder(tf.int32, [None, 4]), 10, 3, unique=True, scope="e"
    )


def bags_of_words():
    layers.bow_encoder(tf.placeholder(tf.int64, [None, 4]), 10, 3)
    layers.bow_encoder(tf.placeholder(tf.int64, [None, 4]), 10, 3, sparse_lookup=False)


def smaller_ones():
    layers.one_hot_encoding(tf.placeholder(tf.int32, [None]), 4)
    layers.softmax(rows())
    layers.maxout(rows(6), 3)
    layers.unit_norm(rows(), 1)
    layers.dense_to_sparse(rows())
    layers.spatial_softmax(images())
    layers.bias_add(rows())


# Counted in TensorFlow 1.15.5: these numbers are the seeds of what follows.
@pytest.mark.parametrize(
    ("build", "operations"),
    [
        (connected, 85),
        (connected_and_normalized, 113),
        (convolved, 103),
        (in_one_and_three_dimensions, 47),
        (transposed, 84),
        (separable, 101),
        (flattened, 21),
        (dropped, 64),
        (normalized, 98),
        (normalized_rows, 109),
        (normalized_in_place, 142),
        (normalized_unfused, 201),
        (normalized_otherwise, 191),
        (stacked, 144),
        (embedded, 43),
        (bags_of_words, 76),
        (smaller_ones, 116),
    ],
)
def test_as_many_operations_as_in_tensorflow_1(build, operations):
    build()
    assert seeds.operations(tf.get_default_graph()) == operations


def test_variables_have_contribs_names_and_collections():
    layers.fully_connected(
        rows(),
        3,
        variables_collections={"weights": ["mine"]},
        outputs_collections="outputs",
    )
    assert [v.op.name for v in tf.contrib.framework.get_model_variables()] == [
        "fully_connected/weights",
        "fully_connected/biases",
    ]
    assert [v.op.name for v in tf.get_collection("mine")] == ["fully_connected/weights"]
    named = layers.utils.convert_collection_to_dict("outputs")
    assert list(named) == ["fully_connected"]


def test_normalizer_replaces_the_biases():
    layers.conv2d(images(), 2, 3, normalizer_fn=layers.batch_norm)
    names = [v.op.name for v in tf.trainable_variables()]
    assert names == ["Conv/weights", "Conv/BatchNorm/beta"]


# float32 sums of at most 60 terms err by some 1e-6 of their size.
@pytest.mark.parametrize("updates", [tf.GraphKeys.UPDATE_OPS, None])
@pytest.mark.parametrize("fused", [True, False])
def test_batch_norm_is_its_formula(updates, fused):
    x = np.random.default_rng(1).normal(2.0, 3.0, (12, 5)).astype(np.float32)
    training = flag()
    y = layers.batch_norm(
        tf.constant(x),
        decay=0.9,
        is_training=training,
        updates_collections=updates,
        fused=fused,
    )
    mean, variance = (
        tf.contrib.framework.get_unique_variable(f"BatchNorm/moving_{name}")
        for name in ("mean", "variance")
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        trained, _ = session.run(
            [y, tf.get_collection(tf.GraphKeys.UPDATE_OPS)], {training: True}
        )
        tested = session.run(y, {training: False})
        means, variances = session.run([mean, variance])
    expected = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3)
    np.testing.assert_allclose(trained, expected, atol=1e-5)
    np.testing.assert_allclose(means, 0.1 * x.mean(0), rtol=1e-5)
    # The fused operation gives the variance of a sample.
    correction = 12 / 11 if fused else 1.0
    np.testing.assert_allclose(variances, 0.9 + 0.1 * x.var(0) * correction, rtol=1e-5)
    np.testing.assert_allclose(
        tested, (x - means) / np.sqrt(variances + 1e-3), rtol=1e-4
    )


def test_layer_instance_and_group_norm_are_their_formulas():
    x = np.random.default_rng(2).normal(size=(2, 4, 4, 6)).astype(np.float32)
    given = tf.constant(x)
    outputs = [
        layers.layer_norm(given),
        layers.instance_norm(given),
        layers.group_norm(given, groups=3),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        by_layer, by_instance, by_group = session.run(outputs)

    def standard(values, axes, epsilon):
        centred = values - values.mean(axes, keepdims=True)
        return centred / np.sqrt(values.var(axes, keepdims=True) + epsilon)

    groups = standard(x.reshape(2, 4, 4, 3, 2), (1, 2, 4), 1e-6).reshape(x.shape)
    np.testing.assert_allclose(by_layer, standard(x, (1, 2, 3), 1e-12), atol=1e-5)
    np.testing.assert_allclose(by_instance, standard(x, (1, 2), 1e-6), atol=1e-5)
    np.testing.assert_allclose(by_group, groups, atol=1e-5)


def test_regularizers_are_their_formulas():
    w = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)
    given = tf.constant(w)
    both = layers.l1_l2_regularizer(0.1, 0.2)
    total = layers.apply_regularization(layers.l2_regularizer(0.3), [given, given])
    with tf.Session() as session:
        l1, l2, sum_, applied = session.run(
            [
                layers.l1_regularizer(0.1)(given),
                layers.l2_regularizer(0.2)(given),
                both(given),
                total,
            ]
        )
    # Sums of four terms: float32's rounding.
    np.testing.assert_allclose(l1, 0.1 * np.abs(w).sum(), rtol=1e-6)
    np.testing.assert_allclose(l2, 0.1 * (w**2).sum(), rtol=1e-6)
    np.testing.assert_allclose(sum_, l1 + l2, rtol=1e-6)
    np.testing.assert_allclose(applied, 0.3 * (w**2).sum(), rtol=1e-6)
    assert tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) == [total]


def test_xavier_is_uniform_within_its_bound():
    values = layers.xavier_initializer(seed=3)([200, 100])
    with tf.Session() as session:
        drawn = session.run(values)
    bound = np.sqrt(6 / 300)
    assert np.abs(drawn).max() < bound
    # Of 20000 uniform draws: the deviation's standard error is below half a percent.
    np.testing.assert_allclose(drawn.std(), bound / np.sqrt(3), rtol=0.02)


def test_he_is_a_truncated_normal_of_the_wanted_deviation():
    values = layers.variance_scaling_initializer(seed=3)([3, 3, 20, 100])
    with tf.Session() as session:
        drawn = session.run(values)
    before = np.sqrt(1.3 * 2 / 180)
    assert np.abs(drawn).max() <= 2 * before
    # 1.3 makes up for the truncation but for a third of a percent.
    np.testing.assert_allclose(drawn.std(), np.sqrt(2 / 180), rtol=0.02)


def test_seeded_weights_are_those_of_tensorflow_1():
    tf.set_random_seed(1)
    layers.fully_connected(layers.flatten(images(1)), 2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        weights = session.run(tf.trainable_variables()[0])
    # TensorFlow 1.15.5 prints these, float32 to its last digit.
    np.testing.assert_allclose(weights[0], [0.0622989833, 0.253960431], rtol=1e-6)


def test_embedding_lookups_agree():
    ids = tf.constant([[0, 2], [2, 1]])
    plain = layers.embed_sequence(ids, 3, 4, scope="e")
    unique = layers.embed_sequence(ids, 3, 4, unique=True, scope="e", reuse=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second = session.run([plain, unique])
    assert first.shape == (2, 2, 4)
    np.testing.assert_array_equal(first, second)


def test_scaled_gradient_leaves_the_value():
    x = tf.constant([1.0, 2.0])
    y = layers.scale_gradient(x, 0.25)
    (gradient,) = tf.gradients(tf.reduce_sum(y * y), x)
    with tf.Session() as session:
        values, slopes = session.run([y, gradient])
    np.testing.assert_array_equal(values, [1, 2])
    np.testing.assert_array_equal(slopes, [0.5, 1.0])  # 0.25 * 2 y


@pytest.mark.parametrize("optimizer", ["SGD", tf.train.GradientDescentOptimizer])
def test_optimize_loss_makes_one_step(optimizer):
    w = tf.get_variable("w", initializer=[3.0, 4.0])
    step = tf.train.get_or_create_global_step()
    train = layers.optimize_loss(
        tf.reduce_sum(w * w) / 2, step, 0.1, optimizer, clip_gradients=1.0
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        loss = session.run(train)
        after, steps = session.run([w, step])
    assert (loss, steps) == (12.5, 1)
    # The gradient (3, 4) of norm 5 is clipped to norm 1; float32 rounds.
    np.testing.assert_allclose(after, [3 - 0.06, 4 - 0.08], rtol=1e-6)


def test_gradient_multipliers_by_variable():
    w = tf.get_variable("w", initializer=1.0)
    step = tf.train.get_or_create_global_step()
    layers.optimize_loss(w * 2.0, step, 0.1, "SGD", gradient_multipliers={w: 3.0})
    train = tf.get_default_graph().get_operation_by_name("OptimizeLoss/train")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        np.testing.assert_allclose(session.run(w), 1 - 0.1 * 2 * 3, rtol=1e-6)


def test_summaries_are_collected():
    y = layers.fully_connected(rows(), 3, outputs_collections=tf.GraphKeys.ACTIVATIONS)
    layers.summarize_activations()
    layers.summarize_tensors([tf.reduce_mean(y), tf.constant("text")])
    names = [s.op.name for s in tf.get_collection(tf.GraphKeys.SUMMARIES)]
    assert names == [
        "fully_connected/Relu/zeros",
        "fully_connected/Relu/activation",
        "Mean_1_summary",
    ]


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match=r"Write 1\.0"):
        layers.l2_regularizer(1)
    with pytest.raises(ValueError, match="`num_outputs` must be an int"):
        layers.fully_connected(rows(), "3")
    with pytest.raises(ValueError, match="rank 4, got 2"):
        layers.conv2d(rows(), 3, 3)
    with pytest.raises(TypeError, match="FAN_IN"):
        layers.variance_scaling_initializer(mode="fan_in")
    with pytest.raises(ValueError, match="No weights to regularize"):
        layers.apply_regularization(layers.l1_regularizer(0.1))
    with pytest.raises(ValueError, match="divisor of the channels"):
        layers.group_norm(images(4), groups=3)
    with pytest.raises(ValueError, match="one of"):
        layers.optimize_loss(tf.constant(1.0), None, 0.1, "Adma")

"""The small packages of `tf.contrib`: image, lookup, data, distributions, opt, nn."""

import numpy as np
import pytest
from scipy import ndimage, stats

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.contrib.tensorboard.plugins import projector


def run(tensors, feed=None):
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(tensors, feed)


def test_a_quarter_turn_is_numpys():
    image = np.arange(25, dtype=np.float32).reshape(5, 5)
    turned = run(tf.contrib.image.rotate(image, np.pi / 2))
    np.testing.assert_array_equal(turned, np.rot90(image))
    batch = run(tf.contrib.image.rotate(image[None, :, :, None], [np.pi / 2]))
    np.testing.assert_array_equal(batch[0, :, :, 0], np.rot90(image))


def test_translations_are_scipys():
    image = np.arange(25, dtype=np.float32).reshape(5, 5)
    moved = run(tf.contrib.image.translate(image, [1.5, 2], interpolation="BILINEAR"))
    expected = ndimage.shift(image, (2, 1.5), order=1, mode="grid-constant")
    np.testing.assert_allclose(moved, expected, atol=1e-5)  # float32


def test_tables_go_there_and_back():
    words = tf.constant(["a", "b", "c"])
    ids = tf.contrib.lookup.index_table_from_tensor(words, default_value=-1)
    back = tf.contrib.lookup.index_to_string_table_from_tensor(words)
    found, strings = run(
        [
            ids.lookup(tf.constant(["c", "x", "a"])),
            back.lookup(tf.constant([1, 7], tf.int64)),
        ]
    )
    assert found.tolist() == [2, -1, 0]
    assert strings.tolist() == [b"b", b"UNK"]


def test_data_is_transformed():
    dataset = tf.data.Dataset.range(7)
    dataset = dataset.apply(
        tf.contrib.data.map_and_batch(lambda x: x * 2, 3, drop_remainder=True)
    )
    dataset = dataset.apply(tf.contrib.data.unbatch())
    dataset = dataset.apply(tf.contrib.data.batch_and_drop_remainder(4))
    assert run(dataset.make_one_shot_iterator().get_next()).tolist() == [0, 2, 4, 6]


def test_distributions_are_scipys():
    ds = tf.contrib.distributions
    normal = ds.MultivariateNormalDiag([1.0, 2.0], [0.5, 2.0])
    log_density, entropy, divergence = run(
        [
            normal.log_prob([0.0, 0.0]),
            normal.entropy(),
            ds.kl(ds.Normal(0.0, 1.0), ds.Normal(1.0, 2.0)),
        ]
    )
    reference = stats.multivariate_normal([1, 2], np.diag([0.25, 4]))
    assert log_density == pytest.approx(reference.logpdf([0, 0]), rel=1e-6)
    assert entropy == pytest.approx(reference.entropy(), rel=1e-6)
    assert divergence == pytest.approx(np.log(2) + (1 + 1) / 8 - 0.5, rel=1e-6)


def test_scipys_optimizers_leave_the_minimum_in_the_variables():
    x = tf.get_variable("x", initializer=[7.0, 3.0])
    loss = tf.reduce_sum(tf.square(x - [1.0, 2.0]))
    free = tf.contrib.opt.ScipyOptimizerInterface(loss, options={"maxiter": 50})
    bound = tf.contrib.opt.ScipyOptimizerInterface(loss, var_to_bounds={x: (1.5, 9.0)})
    # The nearest point to (1, 2) on the line x0 + x1 = 5 is (2, 3).
    line = tf.contrib.opt.ScipyOptimizerInterface(
        loss, equalities=[tf.reduce_sum(x) - 5.0], method="SLSQP"
    )
    losses = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        free.minimize(session, fetches=[loss], loss_callback=losses.append)
        np.testing.assert_allclose(session.run(x), [1, 2], atol=1e-4)
        bound.minimize(session)
        np.testing.assert_allclose(session.run(x), [1.5, 2], atol=1e-4)
        line.minimize(session)
        np.testing.assert_allclose(session.run(x), [2, 3], atol=1e-4)
    assert losses[0] == pytest.approx(37)


def test_adamw_shrinks_beside_adams_step():
    w = tf.Variable(2.0)
    step = tf.contrib.opt.AdamWOptimizer(0.1, learning_rate=0.01).minimize(3 * w)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        # Adam's first step is the learning rate; the decay takes a tenth before it.
        assert session.run(w) == pytest.approx(2 * 0.9 - 0.01, rel=1e-6)


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    dropped = run(tf.contrib.nn.alpha_dropout(x, 0.8))
    # 90000 draws; the mean errs by 1/300.
    assert dropped.mean() == pytest.approx(0, abs=0.02)
    assert dropped.var() == pytest.approx(1, abs=0.04)


def test_embeddings_are_described_for_tensorboard(tmp_path):
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "word_embedding"
    writer = tf.summary.FileWriter(str(tmp_path))
    projector.visualize_embeddings(writer, config)
    writer.close()
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_name: "word_embedding"' in text


def test_names_that_were_never_there_are_refused():
    for module in ("data", "image", "lookup", "opt", "eager", "distributions"):
        with pytest.raises(AttributeError, match="no_such_name"):
            getattr(getattr(tf.contrib, module), "no_such_name")  # noqa: B009

"""Gradients of Embedding: the parts of a row that a batch names twice are one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop

OPTIMIZERS = {
    "gradient_descent": lambda **options: GradientDescent(0.1, **options),
    "momentum": lambda **options: Momentum(0.1, **options),
    "rmsprop": lambda **options: RMSprop(0.1, **options),
    "adam": lambda **options: Adam(0.1, **options),
}


@pytest.fixture(params=OPTIMIZERS)
def make(request):
    return OPTIMIZERS[request.param]


def gradients(step):
    """Rows 0 and 2 of four; row 0 twice."""
    values = tf.constant([[1.0, 2.0], [3.0, 4.0], [-5.0, 6.0]]) * (step + 1)
    return tf.IndexedSlices(values, tf.constant([0, 2, 0]), tf.constant([4, 2]))


def run(optimizer, of_step):
    variable = keras.Variable(np.ones((4, 2)), dtype="float32")
    for step in range(4):
        optimizer.apply([of_step(step)], [variable])
    return variable.numpy()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"clipnorm": 1.0},
        {"clipvalue": 0.5},
        {"global_clipnorm": 1.0},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 4.0},
        {"weight_decay": 0.1},
        {"use_ema": True, "ema_overwrite_frequency": 2},
    ],
    ids=lambda options: next(iter(options), "plain"),
)
def test_sparse_equals_dense(make, options):
    sparse = run(make(**options), gradients)
    dense = run(make(**options), lambda step: tf.convert_to_tensor(gradients(step)))
    # Sums in another order, float32. Stock Keras is 0.1 off, a whole step.
    np.testing.assert_allclose(sparse, dense, rtol=0, atol=1e-6)


def test_embedding_equals_one_hot_times_matrix(make):
    tokens = np.array([[0, 3, 0], [2, 0, 2]])
    table = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    looked_up, multiplied = keras.Variable(table), keras.Variable(table)
    by_row, by_matrix = make(), make()

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            rows = keras.ops.take(looked_up, tokens, axis=0)
            loss = keras.ops.sum(keras.ops.square(rows) * rows)
        gradient = tape.gradient(loss, looked_up.value)
        assert isinstance(gradient, tf.IndexedSlices)
        by_row.apply([gradient], [looked_up])
        with tf.GradientTape() as tape:
            rows = keras.ops.one_hot(tokens, 5) @ multiplied
            loss = keras.ops.sum(keras.ops.square(rows) * rows)
        by_matrix.apply([tape.gradient(loss, multiplied.value)], [multiplied])

    by_row.build([looked_up])
    by_matrix.build([multiplied])
    for _ in range(5):
        step()
    np.testing.assert_allclose(looked_up, multiplied, rtol=1e-5)  # float32


def test_gradient_descent_does_not_make_a_dense_table():
    optimizer, variable = (
        GradientDescent(0.1),
        keras.Variable(np.ones((4, 2)), dtype="float32"),
    )
    optimizer.build([variable])
    step = tf.function(lambda: optimizer.apply([gradients(0)], [variable]))
    operations = {
        node.type for node in step.get_concrete_function().graph.get_operations()
    }
    assert "ResourceScatterSub" in operations
    assert "ScatterNd" not in operations


@pytest.mark.parametrize("jit_compile", [False, True])
def test_embedding_in_fit(make, jit_compile):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Embedding(6, 3),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(make(), "mse", jit_compile=jit_compile)
    x = np.array([[0, 1, 1], [2, 2, 2], [3, 4, 0], [1, 0, 5]])
    y = np.array([[1.0], [-1.0], [0.5], [2.0]])
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, batch_size=4, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.7 * before

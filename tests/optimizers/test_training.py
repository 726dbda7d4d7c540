"""The optimizers in Keras's own training, and in a loop of one's own."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop
from tfkit.schedules import ExponentialDecay

OPTIMIZERS = {
    "gradient_descent": lambda **options: GradientDescent(0.05, **options),
    "momentum": lambda **options: Momentum(0.05, bias_correction=True, **options),
    "rmsprop": lambda **options: RMSprop(0.01, **options),
    "adam": lambda **options: Adam(0.01, **options),
}
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(48, 3)).astype(np.float32)
Y = (X @ GENERATOR.normal(size=(3, 1))).astype(np.float32)


@pytest.fixture(params=OPTIMIZERS)
def make(request):
    return OPTIMIZERS[request.param]


@functools.cache
def plainly_trained(make):
    """Weights after fit with nothing special, computed once for each optimizer."""
    return trained(make())


def network(dtype=None):
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(
                4,
                "tanh",
                kernel_initializer=keras.initializers.HeNormal(1),
                dtype=dtype,
            ),
            keras.layers.Dense(
                1, kernel_initializer=keras.initializers.HeNormal(2), dtype=dtype
            ),
        ]
    )


def trained(optimizer, *, dtype=None, **compile_options):
    """Weights after 12 steps of fit in a fixed order."""
    model = network(dtype)
    model.compile(optimizer, "mse", **compile_options)
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


def by_hand(optimizer):
    """The same 12 steps in a custom training loop."""
    model = network()
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )

    for _ in range(2):
        for start in range(0, 48, 8):
            step(X[start : start + 8], Y[start : start + 8])
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


# The same float32 operations, fused or ordered differently by the compiler; Adam and
# RMSprop divide by roots of small numbers.
FLOAT32 = {"rtol": 0, "atol": 2e-5}


def test_fit_equals_a_loop_by_hand(make):
    np.testing.assert_allclose(plainly_trained(make), by_hand(make()), **FLOAT32)


@pytest.mark.parametrize(
    "compile_options",
    [
        {"jit_compile": True},
        {"steps_per_execution": 3},
    ],
    ids=str,
)
def test_every_way_of_execution_gives_the_same(make, compile_options):
    np.testing.assert_allclose(
        trained(make(), **compile_options), plainly_trained(make), **FLOAT32
    )


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_all_options_together_under_a_schedule(name, jit_compile):
    def options():
        schedule = ExponentialDecay(0.05, 0.5, 6)
        optimizer = OPTIMIZERS[name](
            weight_decay=0.01,
            clipnorm=0.5,
            use_ema=True,
            ema_momentum=0.5,
            ema_overwrite_frequency=3,
            gradient_accumulation_steps=2,
        )
        optimizer.learning_rate = schedule
        return optimizer

    compiled = trained(options(), jit_compile=jit_compile)
    np.testing.assert_allclose(
        compiled, trained(options(), run_eagerly=True), **FLOAT32
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(make, policy):
    mixed = trained(make(), dtype=policy)
    # The gradients pass through 11 or 8 bits; Adam and RMSprop make steps of full
    # length of gradients whose sign is in doubt.
    np.testing.assert_allclose(mixed, plainly_trained(make), rtol=0, atol=0.05)
    assert (
        np.abs(
            mixed - np.concatenate([np.ravel(w) for w in network().get_weights()])
        ).max()
        > 0.01
    )


def test_loss_scaling_takes_the_scale_out(make):
    scaled = keras.optimizers.LossScaleOptimizer(make(), initial_scale=1024.0)
    np.testing.assert_allclose(trained(scaled), plainly_trained(make), **FLOAT32)


def test_loss_scaling_skips_a_step_that_overflowed(make):
    variable = keras.Variable([1.0, 2.0])
    optimizer = keras.optimizers.LossScaleOptimizer(make(), initial_scale=1024.0)
    optimizer.apply([keras.ops.array([np.inf, 1.0])], [variable])
    np.testing.assert_array_equal(variable, [1.0, 2.0])
    assert float(optimizer.dynamic_scale) == 512.0
    optimizer.apply([keras.ops.array([512.0, 512.0])], [variable])
    # The first step that counts: t = 1, a gradient of one.
    expected = keras.Variable([1.0, 2.0])
    make().apply([keras.ops.array([1.0, 1.0])], [expected])
    np.testing.assert_array_equal(variable, expected)


def test_bfloat16_throughout(make):
    weights = trained(make(), dtype="bfloat16")
    assert np.isfinite(weights.astype(np.float32)).all()


def test_variables_without_a_gradient_are_left_alone(make):
    used, unused = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = make()
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([keras.ops.ones(1), None], [used, unused])
    assert float(used[0]) < 1.0
    assert float(unused[0]) == 1.0


def test_constraints_hold(make):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(1, kernel_constraint="non_neg")]
    )
    model.compile(make(), "mse")
    model.fit(X, -np.abs(Y) - 1, epochs=3, verbose=0)
    assert model.layers[0].kernel.numpy().min() >= 0


def test_gradients_without_a_build_are_refused(make):
    with pytest.raises(ValueError, match="must already be built"):
        make().apply([keras.ops.ones(1)])


def test_gradients_that_do_not_match_are_refused(make):
    optimizer = make()
    optimizer.build([keras.Variable([1.0])])
    with pytest.raises(ValueError, match="match"):
        optimizer.apply([keras.ops.ones(1), keras.ops.ones(1)])

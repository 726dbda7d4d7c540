import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_breast_cancer, load_digits, make_friedman1

import tfkit
from tfkit.diagnose.learning_rate_range import _judged, learning_rate_range

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def made(optimizer="sgd", base=keras.Sequential):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = base(
        [keras.Input((3,)), layers.Dense(4), layers.Dropout(0.2), layers.Dense(1)]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def state(model):
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return [variable.numpy() for variable in variables]


def assert_same(before, after):
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


# --- the sweep


def test_the_costs_are_those_of_gradient_descent_with_rising_rates():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    w = model.get_weights()[0].astype(float)
    # All examples in each batch: the order does not matter.
    found = learning_rate_range(
        model, X, Y, batch_size=64, lowest=1e-3, highest=0.1, steps=12
    )
    expected = []
    for rate in np.geomspace(1e-3, 0.1, 12):
        error = X @ w - Y
        expected.append((error**2).mean())
        w -= rate * 2 * X.T @ error / len(X)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-3, 0.1, 12))
    # float32 sums of 64 squares, over 12 steps.
    np.testing.assert_allclose(found.costs, expected, rtol=1e-5)
    assert found.start == pytest.approx(expected[0], rel=1e-6)


def test_same_seed_same_answer():
    first = learning_rate_range(made(), X, Y, batch_size=8, steps=20)
    again = learning_rate_range(made(), X, Y, batch_size=8, steps=20)
    other = learning_rate_range(made(), X, Y, batch_size=8, steps=20, seed=1)
    np.testing.assert_array_equal(first.costs, again.costs)
    assert (first.costs != other.costs).any()


def test_a_dataset_is_gone_through_again():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    found = learning_rate_range(made(), data, steps=20, highest=0.1)
    assert len(found.rates) == 20
    with pytest.raises(ValueError, match="None with a dataset"):
        learning_rate_range(made(), data, Y)
    with pytest.raises(ValueError, match="an empty one"):
        learning_rate_range(made(), data.take(0))


def test_divergence_ends_it():
    found = learning_rate_range(made(), X, Y, batch_size=16, highest=1e4, steps=60)
    assert found.diverged_at == pytest.approx(
        np.geomspace(1e-6, 1e4, 60)[len(found.rates)]
    )
    assert np.isfinite(found.costs).all()
    assert f"diverged at {found.diverged_at:.2g}" in str(found)


# --- the model afterwards


class Stops(keras.layers.Layer):
    """Raises in the call that is given, when run eagerly."""

    error, calls, at = None, 0, 30

    def call(self, x):
        Stops.calls += 1
        if Stops.error is not None and Stops.calls >= Stops.at:
            raise Stops.error
        return x


@pytest.mark.parametrize("base", [keras.Sequential, tfkit.Sequential])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        lambda: keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
        ),
        lambda: tfkit.optimizers.Adam(
            tfkit.schedules.InverseTimeDecay(0.1, 1.0, steps_per_epoch=4)
        ),
    ],
)
def test_nothing_changes(base, optimizer):
    model = made(optimizer(), base)
    model.fit(X, Y, batch_size=16, verbose=0)
    before, own, function = state(model), model.optimizer, model.train_function
    rate = float(keras.ops.convert_to_numpy(own.learning_rate))
    iterations = int(own.iterations)
    found = learning_rate_range(model, X, Y, batch_size=16, steps=15)
    assert_same(before, state(model))
    assert model.optimizer is own
    assert model.train_function is function
    assert float(keras.ops.convert_to_numpy(own.learning_rate)) == rate
    assert int(own.iterations) == iterations == 4
    assert found.scheduled == (not isinstance(own, keras.optimizers.SGD))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_changes_when_it_is_interrupted(error):
    model = keras.Sequential([keras.Input((3,)), Stops(), keras.layers.Dense(1)])
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(X, Y, verbose=0)
    before, own = state(model), model.optimizer
    Stops.error, Stops.calls = error, 0
    try:
        # Call 30 comes amid the second sweep, of 20 steps each.
        with pytest.raises(error):
            learning_rate_range(model, X, Y, steps=20)
    finally:
        Stops.error = None
    assert Stops.calls == Stops.at
    assert_same(before, state(model))
    assert model.optimizer is own


# --- the verdict


RATES = np.geomspace(1e-6, 10, 100)


def test_the_valley_is_the_middle_of_the_descent():
    # A straight fall from 1e-4 to 1e-1, then a rise: a tenth of it is done at 2e-4.
    costs = np.interp(np.log10(RATES), [-6, -4, -1, 1], [2, 2, 1, 2])
    found = _judged(RATES, costs, 2.0, diverged=False)
    # The smoothing rounds the corners by about 4 of the 14 steps in a decade.
    assert found["descent_from"] == pytest.approx(2e-4, rel=0.3)
    assert found["descent_to"] == pytest.approx(0.1, rel=0.3)
    assert found["suggestion"] == pytest.approx(np.sqrt(2e-4 * 0.1), rel=0.2)
    assert 1e-4 < found["steepest"] < 0.1


def test_the_steepest_rate():
    x = np.log10(RATES)
    found = _judged(RATES, 2 - 1 / (1 + np.exp(-4 * (x + 2))), 2.0, diverged=False)
    # The logistic curve is steepest in its middle, at 1e-2.
    assert found["steepest"] == pytest.approx(1e-2, rel=0.2)


@pytest.mark.parametrize(
    ("costs", "reason"),
    [
        (np.full(100, 2.0), "does not fall"),
        (2 + 0.01 * np.sin(np.arange(100)), "does not fall"),
        (np.interp(np.log10(RATES), [-6, -2, 1], [2, 2, 9]), "rises without"),
        (np.r_[1.5, 1.4, np.linspace(1.6, 9, 98)], "turns at once"),
        (np.array([2.0]), "diverges at the lowest"),
    ],
)
def test_no_suggestion(costs, reason):
    found = _judged(RATES[: len(costs)], costs, 2.0, diverged=len(costs) < 100)
    assert found["suggestion"] is None
    assert reason in found["reason"]


def test_labels_without_meaning_at_low_rates_give_no_suggestion():
    y = np.random.default_rng(1).normal(size=(64, 1)).astype("float32")
    found = learning_rate_range(made(), X, y, batch_size=16, highest=1e-5, steps=20)
    assert found.suggestion is None
    assert found.verdict.startswith("no suggestion: the cost does not fall")
    assert any("highest" in each for each in found.advice)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.plot().axes[0].get_title() == found.verdict


def test_the_report():
    found = learning_rate_range(made(), X, Y, batch_size=16)
    assert found.suggestion == found.valley
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["verdict"] == found.verdict
    assert content["advice"] == list(found.advice)
    assert max(map(len, str(found).splitlines())) <= 88
    axes = found.plot().axes[0]
    assert axes.get_xscale() == "log"


# --- errors


def test_errors():
    for name, value in (("steps", 9), ("batch_size", 0), ("lowest", 0.0)):
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            learning_rate_range(made(), X, Y, **{name: value})
    with pytest.raises(ValueError, match="`highest` must be"):
        learning_rate_range(made(), X, Y, lowest=0.1, highest=0.1)
    bad = X.copy()
    bad[0] = np.nan
    with pytest.raises(ValueError, match=r"(?s)finite before.*find_first_bad_layer"):
        learning_rate_range(made(), bad, Y, steps=10)


def test_a_train_step_of_its_own():
    class Own(keras.Sequential):
        used = True

        def train_step(self, data):
            logs = super().train_step(data) if self.used else self.test_step(data)
            return logs if self.named else {"cost": logs["loss"]}

    for used, named, match in ((False, True, "unused"), (True, False, r"\['cost'\]")):
        model = made(base=Own)
        model.used, model.named = used, named
        with pytest.raises(ValueError, match=match):
            learning_rate_range(model, X, Y, steps=10)


# --- does it help?


def problem(name):
    layers = keras.layers
    if name in ("mlp", "cnn"):
        digits = load_digits()
        x, y = (digits.data / 16).astype("float32"), digits.target
        inner = [keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(16, "relu")]
        if name == "cnn":
            x = x.reshape(-1, 8, 8, 1)
            inner = [keras.Input((8, 8, 1)), layers.Conv2D(8, 3, activation="relu")]
            inner += [layers.MaxPooling2D(), layers.Flatten()]
        loss, last = "sparse_categorical_crossentropy", layers.Dense(10, "softmax")
    elif name == "regression":
        x, y = make_friedman1(1000, 10, noise=0.5, random_state=0)
        y = ((y - y.mean()) / y.std())[:, None]
        inner, loss = [keras.Input((10,)), layers.Dense(32, "tanh")], "mse"
        last = layers.Dense(1)
    else:
        data = load_breast_cancer()
        x, y = (data.data - data.data.mean(0)) / data.data.std(0), data.target[:, None]
        inner, loss = [keras.Input((30,))], "binary_crossentropy"
        last = layers.Dense(1, "sigmoid")
    return tfkit.Sequential([*inner, last]), loss, x.astype("float32"), y


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "cnn", "regression", "logistic"])
@pytest.mark.parametrize(
    "optimizer",
    [
        tfkit.optimizers.GradientDescent,
        tfkit.optimizers.Momentum,
        tfkit.optimizers.Adam,
    ],
)
def test_the_suggestion_is_near_the_best_of_a_grid(name, optimizer):
    def trained(rate):
        keras.utils.set_random_seed(0)
        model, loss, x, y = problem(name)
        model.compile(optimizer(rate), loss, jit_compile=False)
        if rate == 0.01:
            nonlocal suggestion
            suggestion = learning_rate_range(model, x, y).suggestion
        model.fit(x, y, epochs=5, verbose=0)
        return model.evaluate(x, y, verbose=0)

    suggestion = None
    costs = [trained(rate) for rate in (0.01, 1e-4, 1e-3, 0.032, 0.1, 0.32, 1.0, 3.2)]
    # As the docstring says; the worst of the grid is 4 to 50 times the best.
    assert trained(suggestion) < 4.5 * np.nanmin(costs)

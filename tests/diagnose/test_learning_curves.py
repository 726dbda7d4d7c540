import itertools
import json
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose.bias_variance import bias_variance
from tfkit.diagnose.curve_training import (
    Estimate,
    Training,
    difference,
    estimate,
    late_fall,
    nested_subsets,
)
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.diagnose.learning_curves import (
    CurvePoint,
    LearningCurve,
    learning_curve,
    regularization_curve,
)
from tfkit.diagnose.power_law import project


def noisy(examples, features=30, noise=0.0, seed=0):
    """Two classes on either side of a plane through three of the features."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(examples, features)).astype("float32")
    z = x[:, :3].sum(axis=1) + noise * rng.normal(size=examples)
    return x, (z > 0).astype(int)


def network(units=32, strength=0.0, features=30):
    penalty = keras.regularizers.L1(strength)
    hidden = keras.layers.Dense(units or 1, "relu", kernel_regularizer=penalty)
    layers = [
        keras.Input((features,)),
        *([hidden] if units else []),
        keras.layers.Dense(1, "sigmoid", kernel_regularizer=penalty),
    ]
    model = tfkit.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    return model


@pytest.fixture(scope="module")
def variance_curve():
    x, y = noisy(2500)
    data, dev = (x[:500], y[:500]), (x[500:], y[500:])
    return learning_curve(network, data, dev=dev, epochs=8)


def test_high_variance_more_data_helps(variance_curve):
    curve = variance_curve
    assert [point.at for point in curve.points] == [50, 100, 200, 350, 500]
    assert curve.verdict.startswith("high variance; the dev error still falls")
    assert curve.advice[0] == "variance: more data, or data augmentation"
    assert curve.points[-1].train.value < 0.02
    assert "verdict" in str(curve)
    assert max(map(len, str(curve).splitlines())) <= 88
    assert json.loads(json.dumps(curve.to_dict()))["verdict"] == curve.verdict


def test_high_bias_more_data_does_not_help():
    # A plane cannot cut out the inside of a circle: both errors are the share of the
    # smaller class, 26 %, whatever the data.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)).astype("float32")
    y = (np.sum(x**2, axis=1) < 0.6).astype(int)
    data, dev = (x[:2000], y[:2000]), (x[2000:], y[2000:])
    curve = learning_curve(
        lambda: network(0, features=2),
        data,
        (0.25, 0.5, 1.0),
        dev=dev,
        epochs=3,
        tolerance=0.05,
    )
    assert curve.verdict.startswith("high bias; the curves have met")
    assert curve.power_law is None
    assert "four sizes" in curve.fit_note
    assert not any("more data" in step for step in curve.advice)


def unseeded_curve(seed):
    """Dropout and weights without seeds, in plain Keras."""
    x, y = noisy(120)

    def build():
        layers = [
            keras.Input((30,)),
            keras.layers.Dense(4, "relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, "sigmoid"),
        ]
        model = keras.Sequential(layers)
        # Compiling by XLA would take longer than the training.
        adam = keras.optimizers.Adam(0.01)
        model.compile(adam, "binary_crossentropy", jit_compile=False)
        return model

    data, dev = (x[:60], y[:60]), (x[60:], y[60:])
    return learning_curve(build, data, (0.5, 1.0), dev=dev, epochs=2, seed=seed)


def test_global_states_are_left():
    def draws():
        return (
            random.random(),
            np.random.rand(),  # noqa: NPY002
            float(tf.random.uniform(())),
            float(keras.random.uniform(())),
        )

    keras.utils.set_random_seed(5)
    draws()
    expected = draws()
    keras.utils.set_random_seed(5)
    draws()
    unseeded_curve(0)
    assert draws() == expected


@pytest.mark.slow
def test_same_seed_same_curve():
    first = unseeded_curve(0).to_dict()
    assert unseeded_curve(0).to_dict() == first
    assert unseeded_curve(1).to_dict() != first


def test_states_are_put_back_after_an_error():
    def fails():
        raise RuntimeError("no model today")

    state = random.getstate()
    with pytest.raises(RuntimeError, match="today"):
        learning_curve(fails, noisy(20), (0.5, 1.0), dev=noisy(20))
    assert random.getstate() == state


def test_steps_are_the_same_for_every_size():
    seen = []

    class Counting(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            seen.append(int(self.model.optimizer.iterations))

    class Counted(keras.Sequential):
        def fit(self, *args, **kwargs):
            return super().fit(*args, callbacks=[Counting()], **kwargs)

    def build():
        model = Counted([keras.Input((3,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    data = noisy(64, features=3)
    for equal, steps in ((True, [8, 8]), (False, [2, 8])):
        seen.clear()
        learning_curve(
            build,
            data,
            (0.25, 1.0),
            dev=data,
            epochs=2,
            batch_size=16,
            equal_steps=equal,
        )
        assert seen == steps


def test_subsets_are_nested_and_stratified():
    y = np.repeat([0, 1, 2], [600, 300, 100])
    subsets = nested_subsets(y, [50, 100, 400, 1000], seed=0)
    for smaller, larger in itertools.pairwise(subsets):
        assert set(smaller) < set(larger)
    for subset in subsets:
        counts = np.bincount(y[subset])
        # each draw rounds, three in a row
        np.testing.assert_allclose(
            counts, np.array([6, 3, 1]) * len(subset) / 10, atol=2
        )
    one_hot = nested_subsets(np.eye(3)[y], [50, 100, 400, 1000], seed=0)
    np.testing.assert_array_equal(one_hot[0], subsets[0])
    rare = np.array([0] * 9 + [1])  # one of a class cannot be stratified
    assert [len(each) for each in nested_subsets(rare, [5, 10], seed=0)] == [5, 10]


def test_power_law_is_found_again():
    # Exact values of 4 % + 6 % (m/1000)^-0.5; twice the data: 4 % + 6 % / sqrt(2).
    examples = np.array([100.0, 200, 400, 700, 1000])
    errors = 0.04 + 0.06 * (examples / 1000) ** -0.5
    found = project(examples, errors, np.full(5, 1e-4), falls=True, seed=0)
    law = found.power_law
    # curve_fit stops at a relative change of 1e-8 in the squared error
    np.testing.assert_allclose(
        (law.floor, law.gain, law.exponent), (0.04, 0.06, 0.5), rtol=1e-3
    )
    twice = 0.04 + 0.06 / np.sqrt(2)
    assert law.at(2000) == pytest.approx(twice, abs=1e-5)
    assert found.twice_the_data.value == pytest.approx(twice, abs=1e-5)
    assert found.twice_the_data.low < twice < found.twice_the_data.high


@pytest.mark.parametrize(
    ("errors", "falls", "why"),
    [
        ([0.3, 0.2, 0.1], True, "four sizes"),
        ([0.1, 0.1, 0.1, 0.1, 0.1], False, "does not fall"),
        ([0.3, 0.1, 0.3, 0.1, 0.05], True, "beyond their chance"),
        # A step: 0.02 + 0.08 (m/500)^-6, and no exponent up to 2 comes near.
        ([0.30, 0.06, 0.03, 0.022, 0.02], True, "limit of the fit"),
    ],
)
def test_power_law_that_does_not_hold_up(errors, falls, why):
    examples = 100.0 * np.arange(1, len(errors) + 1)
    found = project(
        examples, np.array(errors), np.full(len(errors), 0.005), falls=falls, seed=0
    )
    assert found.power_law is found.twice_the_data is None
    assert why in found.note


def a_curve(fall, train=0.1, late_fall=0.0, power_law=None):
    rate = {"train": ErrorRate(round(1000 * train), 1000), "dev": ErrorRate(110, 1000)}
    judgement = bias_variance(train_error=rate["train"], dev_error=rate["dev"])
    error = Estimate(0.11, 0.1, 0.12)
    return LearningCurve(
        points=(CurvePoint(100.0, error, error),),
        judgement=judgement,
        fall=fall,
        power_law=power_law,
        fit_note="",
        twice_the_data=None,
        late_fall=late_fall,
    )


def test_a_training_cut_short_is_to_go_on_first():
    flat = Estimate(0.0, -0.01, 0.01)
    curve = a_curve(flat, late_fall=0.12)
    assert curve.advice[0].startswith("avoidable bias: train longer")
    assert "12 %" in curve.advice[0]
    assert sum("train longer" in each for each in curve.advice) == 1
    # Nothing to gain: the cost has come to its end, or the train error is low.
    for other in (
        a_curve(flat, late_fall=0.01),
        a_curve(flat, train=0.0, late_fall=0.5),
    ):
        assert "judged too early" not in " ".join(other.advice)
    # By hand: (1 - 0.4/0.5 + 1 - 0.6/1.0)/2.
    none = np.zeros(3, bool)
    costs = [(2.0, 1.0, 0.5, 0.4), (1.0, 1.0, 1.0, 0.6)]
    assert late_fall([Training(none, none, each) for each in costs]) == pytest.approx(
        0.3
    )
    assert late_fall([Training(none, none, (1.0,))]) == 0.0


def test_no_forecast_that_the_verdict_denies():
    # The fall from the start is beyond chance, that from half of the data is not.
    x, y = noisy(1200, features=10, noise=0.5)
    data, dev = (x[:800], y[:800]), (x[800:], y[800:])
    curve = learning_curve(
        lambda: network(0, features=10),
        data,
        (0.02, 0.5, 0.6, 0.8, 1.0),
        dev=dev,
        epochs=4,
    )
    assert curve.points[0].dev.low > curve.points[-1].dev.high
    assert curve.fall.low <= 0
    assert curve.power_law is None
    assert curve.twice_the_data is None
    assert "up to the end" in curve.fit_note


def test_interval_of_the_projection_covers():
    # 20 curves drawn around a known law; of the intervals 95 % should hold the truth.
    # That fewer than 16 of 20 do would happen by chance once in 300.
    rng = np.random.default_rng(0)
    examples = np.array([100.0, 200, 400, 700, 1000])
    truth = 0.04 + 0.06 * (examples / 1000) ** -0.5
    sd = np.full(5, 0.004)
    held = total = 0
    for seed in range(20):
        found = project(examples, rng.normal(truth, sd), sd, falls=True, seed=seed)
        if found.twice_the_data is not None:
            total += 1
            held += (
                found.twice_the_data.low
                <= 0.04 + 0.06 / np.sqrt(2)
                <= found.twice_the_data.high
            )
    assert total >= 18
    assert held >= total - 4


def test_paired_difference_is_mcnemars():
    # 30 examples only the first gets wrong, 10 only the second, of 1000: the difference
    # is 0.02, its variance (b + c - (b - c)^2 / n) / n^2 (McNemar, without correction);
    # n - 1 in the variance makes a factor of 1 + 5e-4.
    first = np.zeros(1000, bool)
    second = np.zeros(1000, bool)
    first[:30], second[30:40] = True, True
    both = [[Training(each, each)] for each in (first, second)]
    found = difference(*both, 1.96)
    half = 1.96 * np.sqrt(40 - 20**2 / 1000) / 1000
    assert found.value == pytest.approx(0.02)
    assert found.high - found.value == pytest.approx(half, rel=1e-3)


def test_repeats_widen_the_interval():
    wrong = [np.arange(1000) < count for count in (50, 100, 150)]
    several, one = estimate(wrong), estimate(wrong[1:2])
    assert several.value == pytest.approx(one.value, abs=1e-15)
    # Student's t with 2 degrees of freedom, 4.303, times 0.05 / sqrt(3), and Wilson's
    # half width of 100 of 1000, 0.0203 above, in quadrature.
    expected = np.hypot(4.3027 * 0.05 / np.sqrt(3), one.high - 0.1)
    assert several.high - 0.1 == pytest.approx(expected, rel=1e-4)


@pytest.fixture(scope="module")
def strengths():
    # L1 finds the three features of thirty that matter.
    x, y = noisy(4080)
    return regularization_curve(
        lambda strength: network(0, strength),
        (x[:80], y[:80]),
        (0.0, 0.03, 3.0),
        dev=(x[80:], y[80:]),
        epochs=100,
    )


def test_regularization_has_a_best_strength(strengths):
    assert strengths.best == 0.03
    assert strengths.levels == ("too weak", "best", "too strong")
    assert strengths.verdict == (
        "best strength 0.03; less is too weak; more is too strong"
    )
    assert strengths.judgements[0].verdict.startswith("high variance")
    assert strengths.judgements[2].verdict.startswith("high bias")
    assert json.loads(json.dumps(strengths.to_dict()))["best"] == 0.03
    assert max(map(len, str(strengths).splitlines())) <= 88


def test_strengths_that_make_no_difference():
    x, y = noisy(200)
    curve = regularization_curve(
        lambda strength: network(4, strength * 1e-9),
        (x[:100], y[:100]),
        (0, 1),
        dev=(x[100:], y[100:]),
        epochs=2,
    )
    assert (
        curve.verdict == "no strength is better than the others beyond chance (0 to 1)"
    )
    assert curve.as_good == (0.0, 1.0)
    assert "wider range" in curve.advice[0]


def test_plots(variance_curve, strengths):
    figure = variance_curve.plot()
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    np.testing.assert_allclose(
        lines["dev"].get_ydata(), [point.dev.value for point in variance_curve.points]
    )
    assert axes.get_xscale() == "log"
    assert "high variance" in axes.get_title()
    (axes,) = strengths.plot().axes
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0", "0.03", "3"]
    assert axes.get_title() == strengths.verdict
    assert figure._repr_png_().startswith(b"\x89PNG")


def uncompiled():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])


DATA = noisy(40, features=3)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"build": uncompiled()}, TypeError, r"`build` must be a function.*Sequential"),
        ({"build": lambda: 3}, TypeError, r"return a keras.Model.*int"),
        ({"build": uncompiled}, ValueError, r"return a compiled model"),
        ({"data": DATA[0]}, TypeError, r"pair \(x, y\)"),
        ({"fractions": (1.0, 0.5)}, ValueError, r"ascending"),
        ({"fractions": (1.0,)}, ValueError, r"two sizes"),
        ({"fractions": (0.5, 2.0)}, ValueError, r"`fractions`.*<= 1"),
        ({"fractions": (0.025, 1.0)}, ValueError, r"example of each class.*1 examples"),
        (
            {"data": (DATA[0], DATA[0][:, 0])},
            ValueError,
            r"needs a classifier.*targets such as",
        ),
        ({"epochs": 0}, ValueError, r"`epochs`"),
        ({"repeats": 1.5}, TypeError, r"`repeats`"),
        ({"dev": (DATA[0][:, :2], DATA[1])}, ValueError, r"inputs of `dev`"),
    ],
)
def test_bad_arguments(arguments, error, match):
    good = {
        "build": lambda: network(0, features=3),
        "data": DATA,
        "fractions": (0.5, 1.0),
        "dev": DATA,
        "epochs": 1,
    }
    given = good | arguments
    with pytest.raises(error, match=match):
        learning_curve(
            given.pop("build"), given.pop("data"), given.pop("fractions"), **given
        )


@pytest.mark.parametrize("targets", [np.arange(40), np.arange(40) % 3])
def test_whole_numbers_under_a_loss_of_regression_are_no_classes(targets):
    def build(strength=0.0):
        model = uncompiled()
        model.compile("sgd", "mean_squared_error")
        return model

    data = (DATA[0], targets)
    match = r"must be a classifier.*meansquarederror.*Of a regression.*model\.evaluate"
    with pytest.raises(ValueError, match=match):
        learning_curve(build, data, (0.5, 1.0), dev=data, epochs=1)
    with pytest.raises(ValueError, match=match):
        regularization_curve(build, data, (0.0, 1.0), dev=data, epochs=1)


def test_a_model_that_is_not_new():
    model = network(0, features=3)
    with pytest.raises(ValueError, match=r"new model each time.*made 2 steps"):
        learning_curve(lambda: model, DATA, (0.5, 1.0), dev=DATA, epochs=1)
    with pytest.raises(ValueError, match=r"`strengths`.*ascending"):
        regularization_curve(lambda s: model, DATA, (1.0, 0.1), dev=DATA)


def test_build_is_called_as_it_can_be_called():
    data = noisy(100)

    def without():
        raise AssertionError("built too early")

    def with_strength(strength):
        raise AssertionError("built too early")

    message = r"`build` must take one argument, the strength.*Received: without\(\)"
    with pytest.raises(TypeError, match=message):
        regularization_curve(without, data, (0, 1), dev=data)
    message = r"`build` must take no argument.*Received: with_strength\(strength\)"
    with pytest.raises(TypeError, match=message):
        learning_curve(with_strength, data, (0.5, 1.0), dev=data)

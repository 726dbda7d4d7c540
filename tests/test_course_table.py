"""docs/COURSE.md: names exist, items are complete, numbers are right."""

import ast
import functools
import importlib
import inspect
import re

import numpy as np
import pytest
from scipy import special, stats

import tfkit
from legacy_tf1 import lectures

ITEMS = [*range(1, 69), *range(76, 101)]
NAME = re.compile(r"(?<![\w.])(?:tfkit|keras)(?:\.[A-Za-z_]\w*)+")
MATH = re.compile(r"(?<![$`])\$([^$`]+)\$")


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "COURSE.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(page):
    """The lines of every table, as lists of cells, without heads and rules."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("#", "what", "---")]


@pytest.fixture(scope="module")
def items(rows):
    """Item number -> cells of its row."""
    return {int(row[0]): row for row in rows if row[0].isdigit()}


@pytest.fixture(scope="module")
def comparison(rows):
    """Topic -> cells of its row in the comparison with Keras."""
    return {row[0]: row for row in rows if not row[0].isdigit()}


def resolve(name):
    """The object of a dotted name: as a user gets at it."""
    package, *rest = name.split(".")
    return functools.reduce(getattr, rest, importlib.import_module(package))


def test_every_name_resolves(page):
    names = sorted(set(NAME.findall(page)))
    assert len(names) > 50
    missing = []
    for name in names:
        try:
            resolve(name)
        except (ImportError, AttributeError) as error:
            missing.append(f"{name}: {error}")
    assert not missing


def test_a_name_that_does_not_exist_is_noticed():
    with pytest.raises(AttributeError, match="Dropin"):
        resolve("tfkit.layers.Dropin")


def test_each_item_has_one_row_in_the_order_of_the_notes(rows):
    assert [int(row[0]) for row in rows if row[0].isdigit()] == ITEMS


def test_each_item_names_a_part_or_says_that_it_is_documentation(items):
    for number, (_, _, place, _, _) in items.items():
        part = "`tfkit." in place or "`python -m legacy_tf1 run" in place
        assert part or place.startswith("documentation:"), number


def test_every_lecture_named_is_there(page):
    named = set(re.findall(r"`python -m legacy_tf1 run ([a-z]\w+)`", page))
    assert len(named) >= 8
    assert named <= set(lectures.catalogue())


def test_descent_of_the_lecture(items):
    for number, root, rate in ((93, 5, 0.98), (94, 10, 0.98)):
        w, formula = 0.0, items[number][3]
        for step in range(1001):
            w -= 0.01 * 2 * (w - root)
            if step == 0:
                assert f"{w:.1f}" in formula
        assert w == pytest.approx(root * (1 - rate**1001), rel=1e-12)
        assert f"{w:.8f}" in formula


def test_tables_are_whole_and_readable(rows):
    for row in rows:
        assert len(row) == (5 if row[0].isdigit() else 4), row[0]
        for cell in row:
            assert cell, row[0]
            # A formula takes the room of a word or two, however it is written.
            assert len(MATH.sub("formula", cell).split()) <= 45, (row[0], cell)


def test_formulas_survive_markdown(page):
    formulas = MATH.findall(page)
    assert len(formulas) > 80
    for formula in formulas:
        # Markdown eats a backslash before punctuation, and takes an underscore after
        # punctuation or an asterisk for emphasis, before GitHub sees the formula.
        assert not re.search(r"\\[^A-Za-z ]|(?<![A-Za-z0-9])_|[*<>|]", formula), formula
        assert formula.count("{") == formula.count("}"), formula
    assert MATH.sub("", page).count("$") == 0


def test_keep_probability_under_a_normal_mask(items):
    # The share of standard normal numbers below keep_prob, where uniform ones are meant.
    for keep_prob in (0.5, 0.8, 1.0):
        assert f"{stats.norm.cdf(keep_prob):.3f} at {keep_prob:g}" in items[21][4]


def test_squared_norm_of_a_matrix(items):
    W = np.array([[1, 2], [3, 4]])
    wrong = (W.T * W).sum()
    assert f"{W.tolist()} the norm is {np.trace(W.T @ W)}" in items[11][4]
    assert f"`W.T * W` sums to {wrong}" in items[11][4]


def test_division_by_the_variance(items):
    # A feature of deviation s has s / s**2 afterwards.
    assert f"end at {100 / 100**2:g} and {0.1 / 0.1**2:g}" in items[33][4]


def test_growth_through_149_layers(items):
    right, wrong = (f"{1.5**power:.1e}".replace("+", "") for power in (149, 150))
    assert f"the factor is {right}, not {wrong}" in items[36][4]


def activations(draw, scale, function, num_layers):
    """The activations of 1000 examples after layers of 100 units."""
    a = np.random.default_rng(0).normal(size=(100, 1000))
    for _ in range(num_layers):
        a = function(draw((100, 100)) * np.sqrt(scale / 100) @ a)
    return a


def test_uniform_initial_weights(items):
    generator = np.random.default_rng(1)
    tanh = activations(generator.random, 1, np.tanh, 10)
    assert (np.abs(tanh) > 0.99).all()
    relu = functools.partial(np.maximum, 0)
    wrong = activations(generator.random, 2, relu, 20)
    right = activations(lambda shape: generator.normal(size=shape), 2, relu, 20)
    # "Near" is a power of ten: what comes out depends on the draw.
    assert "near 1e16 instead of 1" in items[39][4]
    assert 15 < np.log10(np.sqrt(np.mean(wrong**2))) < 17
    assert -1 < np.log10(np.sqrt(np.mean(right**2))) < 1


def test_split_fractions(items):
    assert items[3][3].startswith("60/20/20 below 100 000 examples, 98/1/1 to 10 mill")
    assert tfkit.data.split_fractions(99_999) == (0.6, 0.2, 0.2)
    assert tfkit.data.split_fractions(100_000) == (0.98, 0.01, 0.01)
    assert tfkit.data.split_fractions(10_000_000) == (0.98, 0.01, 0.01)
    assert tfkit.data.split_fractions(10_000_001) == (0.995, 0.0025, 0.0025)


def test_mini_batches(items):
    X, Y = np.zeros((2, 148)), np.zeros((1, 148))
    sizes = [x.shape[1] for x, _ in tfkit.data.mini_batches(X, Y, size=64)]
    first, second, last = sizes
    assert f"148 examples make {first}, {second} and {last}" in items[48][4]


def test_batch_sizes(items):
    assert items[53][3].startswith("all examples below 2000, else a power of 2 from 64")
    advice = tfkit.data.batch_size_advice
    assert [advice(m).batch_size for m in (1999, 2000, 10**9)] == [1999, 64, 512]


def test_averages_of_the_temperatures(items):
    v, averages = 0.0, []
    for temperature in (40, 49, 45):
        v = 0.9 * v + 0.1 * temperature
        averages.append(f"{v:g}")
    assert f"at 0.9 give {', '.join(averages)})" in items[54][4]


def test_effective_windows(items):
    windows = [round(tfkit.averages.window(beta)) for beta in (0.5, 0.9, 0.98)]
    assert "{}, {} and {} for 0.5, 0.9 and 0.98".format(*windows) in items[55][3]
    assert f"fallen to {0.9**10:.2f} of the newest" in items[55][4]


def test_bias_correction_fed_back(items):
    v, fed_back = 0.0, []
    for t in range(1, 5):
        v = (0.9 * v + 0.1 * 1.0) / (1 - 0.9**t)
        fed_back.append(f"{v:.3g}")
    first, second, third, fourth = map(float, fed_back)
    assert f"{first:g}, {second}, {third}, {fourth}." in items[56][4]


def test_start_of_momentum(items):
    for steps in (10, 30):
        share = 1 - 0.9**steps
        assert rf"$1 - 0.9^{{{steps}}} = {share:.2f}$" in items[58][3]


def test_inverse_time_decay(items):
    rates = tfkit.schedules.InverseTimeDecay(0.2, 1.0).at_epoch(range(4))
    expected = [0.2 / (1 + epoch) for epoch in range(4)]
    np.testing.assert_allclose(rates, expected, rtol=1e-15)  # one division
    assert ", ".join(f"{rate:.2g}" for rate in expected) in items[63][3]


SCORES = np.array([5.0, 2.0, -1.0, 3.0])


def listed(values):
    """Numbers as the page prints them, with a true minus sign."""
    texts = [f"{value:.3f}" if abs(value) > 0 else "0" for value in values]
    return ", ".join(texts).replace("-", "−")


def test_softmax(items):
    probabilities = special.softmax(SCORES)
    assert f"[5, 2, −1, 3] gives {listed(probabilities)}" in items[86][3]


def test_derivative_of_softmax(items):
    y_hat, y = special.softmax(SCORES), np.eye(4)[0]
    right = (np.diag(y_hat) - np.outer(y_hat, y_hat)) @ (-y / y_hat)
    # The closed form of item 90, within the rounding of float64.
    np.testing.assert_allclose(right, y_hat - y, rtol=1e-12)
    wrong = y_hat * (1 - y_hat) * (-y / y_hat)
    assert f"{listed(wrong)}, not {listed(right)}." in items[91][4]


def test_overflow_of_the_exponential(items):
    assert "in float32 from $z$ = 89" in items[86][4]
    largest = np.log(np.finfo(np.float32).max)
    assert 88 < largest < 89


def test_epsilons_that_act_like_others(comparison):
    # sqrt(S + e) against sqrt(S) + e', with no S: e' = sqrt(e).
    assert f"its root, {1e-7**0.5:.1e}".replace("e-0", "e-") in comparison["RMSprop"][3]
    adam = 1e-7 / np.sqrt(1 - 0.999)
    assert f"acts like {adam:.1e} at".replace("e-0", "e-") in comparison["Adam"][3]


@pytest.mark.parametrize(
    ("topic", "column", "name", "argument", "text"),
    [
        ("Momentum", 1, "tfkit.optimizers.Momentum", "beta", "0.9"),
        ("Momentum", 2, "keras.optimizers.SGD", "momentum", "0.0"),
        ("RMSprop", 1, "tfkit.optimizers.RMSprop", "beta", "0.9"),
        ("RMSprop", 1, "tfkit.optimizers.RMSprop", "epsilon", "1e-8"),
        ("RMSprop", 2, "keras.optimizers.RMSprop", "rho", "0.9"),
        ("RMSprop", 2, "keras.optimizers.RMSprop", "epsilon", "1e-7"),
        ("Adam", 1, "tfkit.optimizers.Adam", "epsilon", "1e-8"),
        ("Adam", 2, "keras.optimizers.Adam", "epsilon", "1e-7"),
        ("L2", 2, "keras.regularizers.L2", "l2", "0.01"),
        ("L1", 2, "keras.regularizers.L1", "l1", "0.01"),
        (
            "Batch normalization",
            2,
            "keras.layers.BatchNormalization",
            "momentum",
            "0.99",
        ),
        (
            "Batch normalization",
            2,
            "keras.layers.BatchNormalization",
            "epsilon",
            "0.001",
        ),
        (
            "Decay",
            2,
            "keras.optimizers.schedules.InverseTimeDecay",
            "staircase",
            "False",
        ),
        (
            "Early stopping",
            1,
            "tfkit.callbacks.EarlyStopping",
            "restore_best_weights",
            "True",
        ),
        (
            "Early stopping",
            2,
            "keras.callbacks.EarlyStopping",
            "restore_best_weights",
            "False",
        ),
    ],
)
def test_defaults(comparison, topic, column, name, argument, text):
    cell = comparison[topic][column]
    assert name in cell
    assert f"`{argument}` {text}" in cell
    default = inspect.signature(resolve(name)).parameters[argument].default
    assert default == ast.literal_eval(text)


def test_defaults_of_batch_normalization(comparison):
    # They come from `convention`, so that the signature has None.
    layer = tfkit.layers.BatchNormalization()
    cell = comparison["Batch normalization"][1]
    assert f"`momentum` {layer.momentum}, `epsilon` 1e-8" in cell
    assert layer.epsilon == 1e-8


def test_defaults_of_adam(items):
    assert r"$\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$" in items[62][3]
    adam = tfkit.optimizers.Adam()
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.9, 0.999, 1e-8)
    assert float(adam.learning_rate) == pytest.approx(0.001)  # held in float32

"""A model twice: Keras's own, and one whose loops are compiled."""

import keras
import numpy as np
import pytest

import tfkit


def _variables(model):
    """All that training changes: weights, random states, the optimizer's variables."""
    return [*model.variables, *model.optimizer.variables]


class Twins:
    """Two models of equal weights and random states.

    Keras's steps run one by one and eagerly: nothing in them is shared with the compiled
    loops but the layers, and no XLA, which draws other random numbers.
    """

    def __init__(self, build, compile_options, **own):
        self.both = []
        for kind, options in ((keras, {"run_eagerly": True}), (tfkit, own)):
            keras.utils.set_random_seed(3)
            model = build(kind)
            options = {**compile_options(), **options}
            if kind is tfkit:
                options.setdefault("jit_compile", False)
            model.compile(**options)
            self.both.append(model)
        self.theirs, self.ours = self.both

    def fit(self, *args, **options):
        """Trains both and returns both histories."""
        options = {"epochs": 2, "shuffle": False, "verbose": 0, **options}
        return [model.fit(*args, **options) for model in self.both]

    def check(self, histories=(), rtol=1e-9, atol=1e-12):
        """Asserts that both are in one state after histories that are equal."""
        pairs = list(zip(*map(_variables, self.both), strict=True))
        assert pairs
        for theirs, ours in pairs:
            np.testing.assert_allclose(
                ours.numpy(), theirs.numpy(), rtol, atol, err_msg=ours.path
            )
        if histories:
            theirs, ours = (history.history for history in histories)
            assert list(ours) == list(theirs)
            for name in theirs:
                np.testing.assert_allclose(
                    ours[name], theirs[name], rtol, atol, err_msg=name
                )
            assert histories[1].epoch == histories[0].epoch


@pytest.fixture
def twins():
    return Twins


@pytest.fixture
def float64():
    """All in float64, where the order of summation is no excuse."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture
def data():
    """50 examples: features, and a target that depends on them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 6))
    return x, np.tanh(x @ rng.normal(size=(6, 1)))


@pytest.fixture
def network():
    """Builds a small compiled network: tfkit's, or another library's."""

    def build(kind=tfkit, optimizer=None, **options):
        keras.utils.set_random_seed(3)
        model = kind.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Dense(4, activation="tanh"),
                keras.layers.Dense(1),
            ]
        )
        options = {"jit_compile": False, **options}
        model.compile(optimizer or keras.optimizers.SGD(0.1), "mse", **options)
        return model

    return build

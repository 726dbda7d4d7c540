"""The course's test case, and walks along given gradients."""

import subprocess
import sys

import keras
import numpy as np
import pytest

COURSE_SHAPES = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 3), "b2": (3, 1)}


@pytest.fixture
def float64():
    """Keras in float64: the only rounding left is below every tolerance here."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


@pytest.fixture
def course_case(float64):
    """Parameters and gradients of the assignment: one stream of randn after seed 1."""
    stream = np.random.RandomState(1)
    # The order of the draws is the assignment's: parameters first, then gradients
    # layer by layer.
    parameters = {name: stream.randn(*shape) for name, shape in COURSE_SHAPES.items()}
    gradients = {name: stream.randn(*shape) for name, shape in COURSE_SHAPES.items()}
    variables = {
        name: keras.Variable(value, dtype="float64", name=name)
        for name, value in parameters.items()
    }
    return variables, gradients


@pytest.fixture
def problem():
    """Makes a start and a series of gradients that differ in size and in sign."""

    def make(num_steps, *, scale=1.0, seed=0, shape=(3, 2)):
        generator = np.random.default_rng(seed)
        start = generator.normal(size=shape)
        return start, scale * generator.normal(size=(num_steps, *shape))

    return make


@pytest.fixture
def walk():
    """Applies the gradients one by one; returns the variable's value after each."""

    def run(optimizer, start, gradients, dtype=None):
        variable = keras.Variable(start, dtype=dtype or keras.config.floatx())
        path = []
        for gradient in gradients:
            gradient = keras.ops.convert_to_tensor(gradient, variable.dtype)
            optimizer.apply([gradient], [variable])
            path.append(keras.ops.convert_to_numpy(variable).astype(np.float64))
        return np.stack(path)

    return run


@pytest.fixture
def run_python():
    """Runs a script in a fresh process and returns what it printed."""

    def run(script, *args, env=None):
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, args)],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return run

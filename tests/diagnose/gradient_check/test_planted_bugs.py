"""Each planted bug is found, and at the tensors whose gradients are wrong."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkit.diagnose.gradient_check import gradient_check

from . import planted

# Every fifth one in each run, which leaves some of each kind; CI takes all.
SAMPLED = [
    pytest.param(bug, id=bug.name, marks=[pytest.mark.slow] if place % 5 else [])
    for place, bug in enumerate(planted.BUGS)
]
NAMES = [bug.name for bug in planted.BUGS]


def named(path):
    """ "layer/weight" of a path such as "sequential/layer/weight"."""
    return "/".join(path.split("/")[-2:])


def check_finds(bug, seed, **options):
    model, x, y = bug.build(seed)
    check = gradient_check(model, x, y, training=bug.training, **options)
    found = {named(t.path) for t in check.tensors if t.level == "bug"}
    assert found == set(bug.wrong), check
    # What is not wrong is right, not merely unclear.
    assert {named(t.path) for t in check.suspects} == found
    assert check.level == "bug"
    return check


def test_there_are_as_many_as_promised_each_once():
    assert len(NAMES) >= 60
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("bug", SAMPLED)
def test_found_at_the_right_tensors(bug):
    check = check_finds(bug, seed=0)
    assert named(check.worst[0].tensor) in bug.wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("bug", planted.BUGS, ids=NAMES)
def test_found_with_other_weights_and_data(bug, seed):
    check_finds(bug, seed)


DIRECTIONAL = (
    "kernel: a factor of 2 too much",
    "bias: forgotten",
    "input: counted twice",
    "a gate detached",
    "l2: not in the gradient",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIRECTIONAL)
def test_found_along_random_directions(name):
    check_finds(planted.BUGS[NAMES.index(name)], seed=0, mode="directional")


HINTS = {
    "kernel: a factor of 2 too much": "factor of 2",
    "kernel: 1/m missing": "factor of m = 4",
    "kernel: sign": "the sign",
    "kernel: transposed": "transpose",
    "bias: forgotten": "detached",
    "bias: mean in place of sum": "1/m with m = 4",
    "mse: factor 2 missing": "factor of 1/2",
    "l2: not in the gradient": "quadratic penalty",
    "l2: lambda in place of 2 lambda": "quadratic penalty",
}


@pytest.mark.parametrize("name", HINTS)
def test_the_mistake_is_named(name):
    bug = planted.BUGS[NAMES.index(name)]
    model, x, y = bug.build(0)
    check = gradient_check(model, x, y)
    hints = {named(tensor.path): tensor.hint for tensor in check.tensors}
    for tensor in bug.wrong:
        assert HINTS[name] in hints[tensor]


# --- The library itself: a loop over the coordinates, that knows nothing of tfkit


def differences(model, x, y, *, training, step=1e-6):
    """Gradient and central differences of each tensor of a float64 model."""
    seeds = [layer.random.state for layer in model.layers if hasattr(layer, "random")]
    start = [state.numpy() for state in seeds]

    def cost():
        for state, value in zip(seeds, start, strict=True):
            state.assign(value)
        outputs = model(x, training=training)
        return model.compute_loss(x, tf.constant(y), outputs, training=training)

    weights = model.trainable_variables
    with tf.GradientTape() as tape:
        value = cost()
    gradients = tape.gradient(value, [weight.value for weight in weights])
    for weight, gradient in zip(weights, gradients, strict=True):
        here, numeric = weight.numpy(), np.zeros(weight.shape)
        for index in np.ndindex(*weight.shape):
            sides = []
            for side in (step, -step):
                moved = here.copy()
                moved[index] += side
                weight.assign(moved)
                sides.append(float(cost()))
            numeric[index] = (sides[0] - sides[1]) / (2 * step)
        weight.assign(here)
        analytic = 0.0 if gradient is None else tf.convert_to_tensor(gradient).numpy()
        yield weight.path, np.broadcast_to(analytic, numeric.shape), numeric


@pytest.fixture
def float64():
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    keras.config.set_floatx("float64")
    yield
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx(floatx)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("bug", planted.BUGS, ids=NAMES)
def test_the_library_has_the_bugs_that_it_says(bug):
    model, x, y = bug.build(0)
    for path, analytic, numeric in differences(model, x, y, training=bug.training):
        size = np.linalg.norm(analytic) + np.linalg.norm(numeric)
        difference = np.linalg.norm(analytic - numeric) / size
        if named(path) in bug.wrong:
            assert difference > 1e-3, path
        else:
            # Central differences with 1e-6 err by 1e-10 or so of a cost near 1.
            assert difference < 1e-7, path

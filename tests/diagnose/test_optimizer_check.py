import json

import keras
import numpy as np
import pytest

import tfkit
from tfkit.diagnose.optimizer_check import check_optimizer
from tfkit.diagnose.optimizer_formulas import formula_of

OPTIMIZERS = {
    "tfkit gradient descent": tfkit.optimizers.GradientDescent(0.1),
    "tfkit momentum": tfkit.optimizers.Momentum(0.1),
    "tfkit momentum, corrected": tfkit.optimizers.Momentum(0.1, bias_correction=True),
    "tfkit momentum, Keras's": tfkit.optimizers.Momentum(0.1, convention="keras"),
    "tfkit RMSprop": tfkit.optimizers.RMSprop(0.01),
    "tfkit RMSprop, Keras's": tfkit.optimizers.RMSprop(0.01, convention="keras"),
    "tfkit Adam": tfkit.optimizers.Adam(0.01),
    "tfkit Adam, Keras's": tfkit.optimizers.Adam(0.01, convention="keras"),
    "tfkit Adam, weight decay": tfkit.optimizers.Adam(0.01, weight_decay=0.1),
    "Keras SGD": keras.optimizers.SGD(0.1),
    "Keras SGD, momentum": keras.optimizers.SGD(0.1, momentum=0.9),
    "Keras SGD, Nesterov": keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Keras SGD, clipnorm": keras.optimizers.SGD(0.1, clipnorm=0.5),
    "Keras SGD, clipvalue": keras.optimizers.SGD(0.1, clipvalue=0.5),
    "Keras RMSprop": keras.optimizers.RMSprop(0.01),
    "Keras RMSprop, all": keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "Keras Adam": keras.optimizers.Adam(0.01),
    "Keras Adam, amsgrad": keras.optimizers.Adam(0.01, amsgrad=True),
    "Keras AdamW": keras.optimizers.AdamW(0.01),
    "schedule": tfkit.optimizers.Momentum(
        keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_agrees_with_its_formula(name):
    check = check_optimizer(OPTIMIZERS[name])
    # tfkit computes in float64, with the learning rate that both have; Keras rounds
    # beta, momentum and weight decay to float32 first: 1 - float32(0.999) is off by
    # 1.3e-5, its root by half, and the relative difference halves that once more.
    own = name.startswith("tfkit") and "weight decay" not in name
    assert check.differences.max() < (1e-9 if own else 3.4e-6), check
    assert check.agrees
    assert check.first_difference is None
    assert check.advice == ()
    assert "updates as its formula says" in check.verdict


def adam(learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-8, exponent=0):
    """Kingma & Ba, 2014, Algorithm 1, with `exponent` added to t."""

    def update(state, w, dw, t):
        v, s = (0.0, 0.0) if state is None else state
        v, s = beta_1 * v + (1 - beta_1) * dw, beta_2 * s + (1 - beta_2) * dw**2
        first, second = 1 - beta_1 ** (t + exponent), 1 - beta_2 ** (t + exponent)
        return w - learning_rate * (v / first) / (np.sqrt(s / second) + epsilon), (v, s)

    return update


def test_a_formula_with_the_exact_learning_rate():
    # 0.01 in float32 is off by 2.2e-8 of itself, half of which is the difference.
    check = check_optimizer(tfkit.optimizers.Adam(0.01), adam())
    assert check.agrees
    assert 1e-9 < check.differences.max() < 6e-8


def forgetful(state, w, dw, t):
    # Momentum that never keeps its average: right in the first step, when it is zero.
    return w - 0.1 * 0.1 * dw, None


WRONG = {
    "epsilon placed elsewhere": (
        keras.optimizers.Adam(0.01, epsilon=1e-8),
        adam(),
        (1, "tiny gradients"),
        "look at epsilon",
    ),
    "the state is not kept": (
        tfkit.optimizers.Momentum(0.1),
        forgetful,
        (2, None),
        "the first 1 agree: look at the state",
    ),
    "the step is counted from 2": (
        tfkit.optimizers.Adam(0.01),
        adam(exponent=1),
        (1, None),
        "times the formula's",
    ),
    "twice the step": (
        tfkit.optimizers.GradientDescent(0.2),
        lambda state, w, dw, t: (w - 0.1 * dw, state),
        (1, None),
        "the change is 2 times the formula's",
    ),
    "the sign": (
        tfkit.optimizers.GradientDescent(0.1),
        lambda state, w, dw, t: (w + 0.1 * dw, state),
        (1, None),
        "opposite sign",
    ),
    "0/0 in the formula": (
        tfkit.optimizers.RMSprop(0.01, epsilon=1e-30),
        lambda s, w, dw, t: (
            w
            - 0.01
            * dw
            / np.sqrt(s := 0.9 * (np.zeros_like(w) if s is None else s) + 0.1 * dw**2),
            s,
        ),
        (1, "some zero gradients"),
        "not finite",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore:invalid value encountered")  # 0/0 of one row
def test_a_difference_is_named(name):
    optimizer, formula, (step, variable), hint = WRONG[name]
    check = check_optimizer(optimizer, formula)
    assert not check.agrees
    found_step, found_variable = check.first_difference
    assert found_step == step
    if variable is not None:
        assert found_variable == variable
    assert any(hint in advice for advice in check.advice), check.advice
    assert f"in step {step}" in check.verdict


@keras.saving.register_keras_serializable(package="tests_optimizer_check")
class Lazy(keras.optimizers.SGD):
    """A custom optimizer that skips every third step."""

    def update_step(self, gradient, variable, learning_rate):
        due = keras.ops.cast((self.iterations + 1) % 3 != 0, variable.dtype)
        super().update_step(gradient * due, variable, learning_rate)


def test_a_custom_optimizer():
    check = check_optimizer(Lazy(0.1), lambda state, w, dw, t: (w - 0.1 * dw, state))
    assert check.first_difference[0] == 3
    assert "the optimizer leaves the variable alone" in check.advice


def test_the_optimizer_stays_as_it_is():
    optimizer = keras.optimizers.Adam(0.01)
    weight = keras.Variable(np.ones(3, "float32"))
    optimizer.apply([keras.ops.ones(3)], [weight])
    before = [variable.numpy() for variable in optimizer.variables]
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    check_optimizer(optimizer)
    for array, variable in zip(before, optimizer.variables, strict=True):
        np.testing.assert_array_equal(array, variable.numpy())
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_same_seed_same_answer():
    first, second, other = (
        check_optimizer(keras.optimizers.SGD(0.1), adam(), seed=seed, steps=2)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.differences, second.differences)
    assert (first.differences != other.differences).any()


def test_the_answer_as_text_and_json():
    check = check_optimizer(keras.optimizers.SGD(0.1), adam(), steps=9)
    lines = str(check).splitlines()
    assert lines[0] == f"verdict: {check.verdict}"
    assert "step 9" in lines[1]
    assert max(map(len, lines[1:])) <= 88
    answer = json.loads(json.dumps(check.to_dict()))
    assert answer["agrees"] is False
    assert answer["first_difference"]["step"] == 1
    assert np.shape(answer["differences"]) == (9, 4)
    assert answer["verdict"] == check.verdict


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"optimizer": 3}, TypeError, "must be a Keras optimizer or the name of one"),
        ({"update": "adam"}, TypeError, "must be a function"),
        ({"steps": 0}, ValueError, "`steps` must be an int >= 1"),
        ({"optimizer": "lion"}, ValueError, "keras.Lion. There are formulas for"),
        (
            {"optimizer": keras.optimizers.SGD(use_ema=True)},
            ValueError,
            "use_ema=True. Leave them out",
        ),
        ({"update": lambda s, w, dw, t: w}, ValueError, "must return two things"),
        ({"update": lambda s, w, dw, t: (0, w)}, ValueError, "of the same shape"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        check_optimizer(**{"optimizer": "adam", **arguments})


class WithoutConfig(keras.optimizers.SGD):
    def __init__(self, needed):
        super().__init__(0.1)


def test_an_optimizer_that_its_config_does_not_make():
    with pytest.raises(ValueError, match="from_config"):
        check_optimizer(WithoutConfig(1))


def test_a_formula_counts_the_schedule_from_its_first_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    update = formula_of(tfkit.optimizers.GradientDescent(schedule))
    w, state = update(None, np.ones(1), np.ones(1), 1)
    assert w == pytest.approx([0.5])  # 1 - 0.5
    assert update(state, w, np.ones(1), 2)[0] == pytest.approx([0.25])

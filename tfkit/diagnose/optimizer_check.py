"""Does an optimizer update its variables as its formula says?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count
from tfkit.diagnose.gradient_check.differences import relative_difference
from tfkit.diagnose.optimizer_formulas import Update, formula_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Keras rounds settings to float32 before it works in float64: the learning rate is off
#: by 6e-8 of itself, Adam's 1 - 0.999**t by 1.3e-5 in the first step, and the change
#: with its root, which shows as 3.3e-6. Mistakes, a misplaced epsilon too, show above
#: 1e-3.
BAR = 1e-5
# What a variable's gradients are like: likely mistakes differ at different sizes.
# An epsilon of 1e-7 or 1e-8 is felt by the tiny ones alone; 0/0 by the zeros.
_VARIABLES = {
    "usual gradients": ((3, 2), 1.0),
    "small gradients": ((4,), 1e-3),
    "tiny gradients": ((2, 2), 1e-7),
    "some zero gradients": ((5,), 1.0),
}
# Of the larger one of its entries: each of both sides' parameters is rounded twice.
_ROUNDING = 8 * np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class OptimizerCheck:
    """What `check_optimizer` found.

    Args:
        optimizer: Its class.
        variables: What the gradients of each variable were like.
        differences: Relative difference of the change, optimizer's against formula's;
            shape `(steps, variables)`.
        changes: The optimizer's changes, a list over the steps of one array a variable.
        expected: The formula's.
        bar: Difference up to which the two agree.
    """

    optimizer: str
    variables: tuple[str, ...]
    differences: np.ndarray
    changes: tuple[tuple[np.ndarray, ...], ...]
    expected: tuple[tuple[np.ndarray, ...], ...]
    bar: float = BAR

    @property
    def agrees(self) -> bool:
        """Whether every step of every variable is the formula's."""
        return self.first_difference is None

    @property
    def first_difference(self) -> tuple[int, str] | None:
        """The step (from 1) and the variable at which they part, or None.

        Of several variables in that step, the first that is about as far off as the
        farthest: the plainest case.
        """
        # NaN is not below the bar either.
        wrong = ~(self.differences <= self.bar)
        if not wrong.any():
            return None
        step = int(wrong.any(axis=1).argmax())
        row = np.where(wrong[step], np.nan_to_num(self.differences[step], nan=2.0), -1)
        return step + 1, self.variables[int((row > row.max() / 2).argmax())]

    @property
    def verdict(self) -> str:
        """One line, such as "Adam updates as its formula says"."""
        if self.first_difference is None:
            return (
                f"{self.optimizer} updates as its formula says: largest relative "
                f"difference {self.differences.max():.1e} in {len(self.differences)} "
                "steps"
            )
        step, variable = self.first_difference
        found = self.differences[step - 1, self.variables.index(variable)]
        return (
            f"{self.optimizer} parts from its formula in step {step}, at the variable "
            f"with {variable}: relative difference {found:.2g}"
        )

    @property
    def advice(self) -> tuple[str, ...]:
        """What the first difference looks like, and where to look."""
        if self.first_difference is None:
            return ()
        step, variable = self.first_difference
        place = self.variables.index(variable)
        hints = [
            _likeness(self.changes[step - 1][place], self.expected[step - 1][place])
        ]
        agreeing = [
            name
            for name, difference in zip(
                self.variables, self.differences[step - 1], strict=True
            )
            if difference <= self.bar
        ]
        if variable == "tiny gradients" and "usual gradients" in agreeing:
            hints.append(
                "usual gradients agree, tiny ones do not: look at epsilon, its size and place"
            )
        elif variable == "some zero gradients" and len(agreeing) == len(_VARIABLES) - 1:
            hints.append("only zeros among the gradients differ: look at 0/0")
        if step > 1:
            hints.append(
                f"the first {step - 1} agree: look at the state kept between steps and "
                "at what depends on the number of the step"
            )
        else:
            hints.append("the first step differs: look at the formula, not the state")
        return tuple(hint for hint in hints if hint)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain types, with the verdict and the advice."""
        first = self.first_difference
        return {
            "optimizer": self.optimizer,
            "variables": list(self.variables),
            "differences": [
                [float(d) if np.isfinite(d) else None for d in row]
                for row in self.differences
            ],
            "bar": self.bar,
            "agrees": self.agrees,
            "first_difference": (
                None if first is None else {"step": first[0], "variable": first[1]}
            ),
            "verdict": self.verdict,
            "advice": list(self.advice),
        }

    def __str__(self) -> str:
        width = max(map(len, self.variables))
        steps = "".join(f"{f'step {n + 1}':>10}" for n in self._shown)
        lines = [f"verdict: {self.verdict}", f"  {'':<{width}}{steps}"]
        for name, column in zip(self.variables, self.differences.T, strict=True):
            row = "".join(f"{column[n]:10.1e}" for n in self._shown)
            lines.append(f"  {name:<{width}}{row}")
        return "\n".join([*lines, *(f"  look: {hint}" for hint in self.advice)])

    def plot(self) -> Figure:
        """Draws the differences over the steps."""
        from tfkit.plots.optimizer_check import update_differences

        return update_differences(self)

    @property
    def _shown(self) -> list[int]:
        """Steps that fit in a line: the first ones, and the last."""
        count = len(self.differences)
        return list(range(count)) if count <= 6 else [*range(5), count - 1]


def check_optimizer(
    optimizer: str | keras.optimizers.Optimizer,
    update: Update | None = None,
    *,
    steps: int = 5,
    seed: int = 0,
) -> OptimizerCheck:
    r"""Compares an optimizer's updates with a formula in NumPy.

    A copy of the optimizer, made from its config, takes `steps` steps on four float64
    variables inside a `tf.function`, as in training; the formula takes the same steps
    with the same gradients. What is compared is the *change* that a step makes,

    $$\frac{\|\Delta - \hat\Delta\|}{\|\Delta\| + \|\hat\Delta\|},$$

    as a change of 1e-3 would disappear in a parameter near 1. The gradients are random:
    near 1, near 1e-3, near 1e-7 (where the place of epsilon shows) and near 1 with
    zeros in between.

    Args:
        optimizer: A Keras optimizer, tfkit's included, or a name that Keras knows. It
            isn't changed.
        update: The formula, `update(state, parameter, gradient, step) -> (parameter,
            state)` of one variable, in NumPy: `state` is None in the first step and
            then what was returned; `step` counts from 1. None takes the formula of
            tfkit's `GradientDescent`, `Momentum`, `RMSprop` or `Adam`, or Keras's
            `SGD`, `RMSprop`, `Adam` or `AdamW`, with the optimizer's own settings.
        steps: How many, at least 1. A mistake in the state shows from the second on.
        seed: Of the variables and gradients.

    Returns:
        The difference of each step and variable, and the first that is above 1e-5.

    Raises:
        TypeError: If `optimizer` is none, or `update` is no function.
        ValueError: If `steps` is below 1, the optimizer can't be made from its config,
            `update` is None for one without a formula, or `update` returns something
            else than a parameter of the same shape and a state.

    Example:
        >>> from tfkit.optimizers import Adam
        >>> check_optimizer(Adam(0.01)).agrees
        True
        >>> def without_correction(state, w, dw, step):
        ...     v, s = (0.0, 0.0) if state is None else state
        ...     v, s = 0.9 * v + 0.1 * dw, 0.999 * s + 0.001 * dw**2
        ...     return w - 0.01 * v / (np.sqrt(s) + 1e-8), (v, s)
        >>> check_optimizer(Adam(0.01), without_correction).first_difference
        (1, 'usual gradients')

    Reference:
        Course notes, Gradient checking; Optimization algorithms.
    """
    check_count("steps", steps, hint="Two show the state at work; the default is 5.")
    copied = _copy(optimizer)
    if update is None:
        update = formula_of(copied)
    elif not callable(update):
        raise TypeError(
            "`update` must be a function update(state, parameter, gradient, step) -> "
            f"(parameter, state), or None. Received: update={update!r}."
        )
    starts, gradients = _problem(steps, seed)
    expected = _walk_formula(update, starts, gradients)
    walked = _walk_optimizer(copied, starts, gradients)
    rounding = [_ROUNDING * np.abs(start).max() for start in starts]
    return OptimizerCheck(
        optimizer=type(copied).__name__,
        variables=tuple(_VARIABLES),
        differences=np.array(
            [
                [_difference(*of) for of in zip(ours, theirs, rounding, strict=True)]
                for ours, theirs in zip(walked, expected, strict=True)
            ]
        ),
        changes=walked,
        expected=expected,
    )


def _copy(optimizer: Any) -> keras.optimizers.Optimizer:
    if isinstance(optimizer, str):
        return keras.optimizers.get(optimizer)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "`optimizer` must be a Keras optimizer or the name of one. Received: "
            f"{optimizer!r}. Pass an instance, such as tfkit.optimizers.Adam()."
        )
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except Exception as error:
        raise ValueError(
            "`optimizer` must be one that its own config can make again, so that the "
            f"given one stays as it is. Received: {type(optimizer).__name__}, for which "
            f"from_config(get_config()) fails: {error}. Return all arguments of its "
            "constructor from get_config."
        ) from error


def _problem(steps: int, seed: int) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """The variables' start values, and their gradients in each step."""
    generator = np.random.default_rng(seed)
    # In a parameter near 1 the changes by tiny gradients would be lost in rounding.
    starts = [
        np.sqrt(scale) * generator.normal(size=shape)
        for shape, scale in _VARIABLES.values()
    ]
    gradients = [
        [scale * generator.normal(size=shape) for shape, scale in _VARIABLES.values()]
        for _ in range(steps)
    ]
    for row in gradients:
        row[-1][generator.integers(5)] = 0.0
        # Never anything else: what a formula divides by stays at its start.
        row[-1][0] = 0.0
    return starts, gradients


def _walk_optimizer(
    optimizer: keras.optimizers.Optimizer,
    starts: list[np.ndarray],
    gradients: list[list[np.ndarray]],
) -> tuple[tuple[np.ndarray, ...], ...]:
    variables = [
        keras.Variable(start, dtype="float64", name=f"variable_{place}")
        for place, start in enumerate(starts)
    ]
    optimizer.build(variables)
    apply = tf.function(lambda values: optimizer.apply(values, variables))
    before, changes = starts, []
    for row in gradients:
        apply([tf.constant(gradient, tf.float64) for gradient in row])
        after = [variable.numpy() for variable in variables]
        changes.append(_subtracted(after, before))
        before = after
    return tuple(changes)


def _walk_formula(
    update: Update, starts: list[np.ndarray], gradients: list[list[np.ndarray]]
) -> tuple[tuple[np.ndarray, ...], ...]:
    before, states = starts, [None] * len(starts)
    changes = []
    for step, row in enumerate(gradients, start=1):
        after = []
        for place, (parameter, gradient) in enumerate(zip(before, row, strict=True)):
            # Copies: a formula that works in place must not change the other side's.
            answer = update(states[place], parameter.copy(), gradient.copy(), step)
            new, states[place] = _checked_answer(answer, parameter.shape)
            after.append(new)
        changes.append(_subtracted(after, before))
        before = after
    return tuple(changes)


def _checked_answer(answer: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, Any]:
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise ValueError(
            "`update` must return two things, the new parameter and the state. "
            f"Received: {type(answer).__name__}. End it with `return parameter, state`."
        )
    parameter = np.asarray(answer[0], dtype=np.float64)
    if parameter.shape != shape:
        raise ValueError(
            "`update` must return a parameter of the same shape. Received: "
            f"{parameter.shape} for a parameter of shape {shape}. Its order is "
            "(parameter, state)."
        )
    return parameter, answer[1]


def _subtracted(
    after: list[np.ndarray], before: list[np.ndarray]
) -> tuple[np.ndarray, ...]:
    return tuple(a - b for a, b in zip(after, before, strict=True))


def _difference(ours: np.ndarray, theirs: np.ndarray, rounding: float) -> float:
    # Nothing can be said of what is lost where a parameter is rounded.
    if np.abs(ours - theirs).max() <= rounding:
        return 0.0
    return relative_difference(ours, theirs)


def _likeness(change: np.ndarray, expected: np.ndarray) -> str:
    """What the wrong change is, next to the right one."""
    if not np.isfinite(change).all():
        return "the optimizer's change is not finite: look for a division by zero"
    if not np.isfinite(expected).all():
        return "the formula's change is not finite: look for a division by zero in it"
    if not change.any():
        return "the optimizer leaves the variable alone"
    size = float((expected * expected).sum())
    if size == 0.0:
        return "the formula leaves the variable alone, the optimizer does not"
    factor = float((change * expected).sum()) / size
    if np.allclose(change, factor * expected, rtol=1e-4, atol=0.0):
        if np.isclose(factor, -1.0, rtol=1e-4):
            return "the change has the opposite sign"
        return f"the change is {factor:.4g} times the formula's"
    return ""

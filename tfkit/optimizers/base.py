r"""What the four optimizers share: options, state, sparse gradients, one update step."""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypedDict, Unpack

import keras
import numpy as np
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from tfkit._checks import check_count, check_number

from . import fused
from .learning_rate import ComposableLearningRate

Convention = Literal["lecture", "keras"]


class BaseOptions(TypedDict, total=False):
    """The options of every Keras optimizer, with Keras's meaning and defaults."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Optimizer(ComposableLearningRate, abc.ABC):
    r"""Base of the package's optimizers: a pure `formula` and everything round it.

    A subclass names its `slot_names` (the averages kept for each variable) and writes
    `formula`, which maps a gradient and the slots to the change and the new slots
    without touching a variable. Clipping, weight decay, averaging of weights, gradient
    accumulation, loss scaling, distribution and saving are Keras's; three things are
    put right here:

    - A gradient of an `Embedding` whose batch names a row twice counts as the *sum* of
      the two, as the mathematics wants. Stock Keras squares (and clips) each part on
      its own.
    - With `gradient_accumulation_steps`, `use_ema` averages once per update, not once
      per mini-batch; `ema_overwrite_frequency` works under a strategy of several
      replicas too.
    - The learning rate composes; see `ComposableLearningRate`.

    The steps from gradients to variables, in order: `apply` (sparse gradients become
    dense where needed), Keras's accumulation, clipping and weight decay,
    `_backend_update_step` for all variables at once, `update_step` for one variable,
    `formula`. On TensorFlow `_backend_update_step` takes large variables through one
    compiled program and small ones together; `update_plan` says which and why. The
    numbers are those of `update_step` up to rounding.

    Args:
        learning_rate: Number >= 0, `LearningRateSchedule`, or a function without
            arguments.
        **options: Keras's base options: `weight_decay` (decoupled: the variable loses
            `learning_rate * weight_decay` of itself), `clipnorm`, `clipvalue`,
            `global_clipnorm` (at most one of the three), `use_ema`, `ema_momentum`,
            `ema_overwrite_frequency` (in updates), `loss_scale_factor`,
            `gradient_accumulation_steps` (mini-batches per update) and `name`.

    Raises:
        TypeError: If an option is unknown or no number.
        ValueError: If a number is out of its range, or gradients are to be accumulated
            under a `tf.distribute` strategy of several replicas.
    """

    #: Names of the variables kept for each trainable variable, as Keras names them.
    slot_names: ClassVar[tuple[str, ...]] = ()
    #: Whether the formula, applied to the parts of a sum of gradients, gives the sum of
    #: the changes, and zero for zero, so that sparse gradients can stay sparse.
    additive: ClassVar[bool] = False
    #: Whether small variables are updated as one buffer, where that helps. Each
    #: element's change must depend on that element alone, and the formula be long: the
    #: four or five operations of a momentum cost no more than joining and splitting.
    joins_small_variables: ClassVar[bool] = False

    def __init__(self, learning_rate: Any, **options: Unpack[BaseOptions]) -> None:
        _check_options(options)
        super().__init__(learning_rate=_check_learning_rate(learning_rate), **options)
        self._slots: Sequence[Sequence[Any]] = ()
        self._programs = fused.Programs()
        # Taken out of Keras's hands, and put back in get_config: its way fails under a
        # strategy of several replicas; with gradient accumulation it puts the average
        # in place before each mini-batch of an update at whose end it is due, and so
        # loses the update before.
        self._overwrite_frequency = options.get("ema_overwrite_frequency")
        self.ema_overwrite_frequency = None
        # Only there on TensorFlow.
        strategy = getattr(self, "_distribution_strategy", None)
        replicas = getattr(strategy, "num_replicas_in_sync", 1)
        if self.gradient_accumulation_steps and replicas > 1:
            raise ValueError(
                "`gradient_accumulation_steps` must be None under a strategy of several "
                "replicas, where Keras can't choose between gathering and updating. "
                f"Received: gradient_accumulation_steps="
                f"{self.gradient_accumulation_steps} with {replicas} replicas. "
                "Use a larger batch, or one replica."
            )

    @abc.abstractmethod
    def formula(
        self, gradient: Any, slots: tuple[Any, ...], learning_rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """The update rule, as a pure function of tensors.

        Args:
            gradient: Gradient of a variable, in the variable's shape and dtype.
            slots: Values of the slots before the step, in the order of `slot_names`,
                of the same shape and dtype.
            learning_rate: Scalar of the same dtype.
            step: $t$, the number of this update, counted from 1: scalar in float32, or
                float64 where the variable is.

        Returns:
            What to subtract from the variable, and the slots after the step.
        """

    def build(self, variables: Sequence[Any]) -> None:
        """Creates the slots, all zero.

        Args:
            variables: The model's trainable variables.
        """
        if self.built:
            return
        super().build(variables)
        if self.slot_names:
            self._slots = self.add_optimizer_variables(variables, list(self.slot_names))

    def slot(self, variable: Any, name: str) -> Any:
        """A slot of a variable, to look at: `optimizer.slot(kernel, "momentum")`.

        Args:
            variable: A trainable variable that the optimizer was built on.
            name: One of `slot_names`.

        Returns:
            The `keras.Variable`, of the same shape.

        Raises:
            ValueError: If there is no slot of that name.
        """
        if name not in self.slot_names or not self.built:
            raise ValueError(
                f"`name` must be one of {self.slot_names} of a built optimizer. "
                f"Received: name={name!r}, built={self.built}."
            )
        return self._slots[self.slot_names.index(name)][
            self._get_variable_index(variable)
        ]

    @property
    def update_plan(self) -> tuple[fused.Part, ...]:
        """How the last update went, and why; of a `tf.function`, when it was traced.

        Each part has a `way` ("plain", "grouped" or "compiled"), `members` (places in
        the list of variables that had a gradient) and a `reason`.
        """
        return self._programs.plan

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Updates the variables with their gradients, as in Keras.

        Args:
            grads: Gradients, one per variable; None leaves a variable alone.
            trainable_variables: The variables; None means those of the first call.
        """
        grads = list(grads)
        variables = self._trainable_variables
        if trainable_variables is not None:
            variables = trainable_variables = list(trainable_variables)
        if not self._takes_sparse_gradients() and len(variables) == len(grads):
            grads = [_dense(g, v) for g, v in zip(grads, variables, strict=True)]
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Applies `formula` to one variable.

        Args:
            gradient: Its gradient, clipped and summed over replicas.
            variable: The variable, Keras's or the backend's.
            learning_rate: Scalar.
        """
        self._update_variable(gradient, variable, learning_rate, self.iterations + 1)

    def get_config(self) -> dict[str, Any]:
        """Keras's base options and the learning rate; subclasses add theirs."""
        return {
            **super().get_config(),
            "ema_overwrite_frequency": self._overwrite_frequency,
        }

    def _takes_sparse_gradients(self) -> bool:
        """Whether `tf.IndexedSlices` can go through the whole step as they are."""
        per_gradient_options = (
            self.clipnorm,
            self.clipvalue,
            self.global_clipnorm,
            self.loss_scale_factor,
            self.gradient_accumulation_steps,
        )
        return self.additive and all(option is None for option in per_gradient_options)

    def _backend_update_step(
        self,
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
        learning_rate: Any,
    ) -> None:
        self._programs.plan = fused.plan(self, grads, trainable_variables)
        for part in self._programs.plan:
            if part.way == "plain":
                super()._backend_update_step(
                    [grads[place] for place in part.members],
                    [trainable_variables[place] for place in part.members],
                    learning_rate,
                )
            else:
                fused.update(self, part, grads, trainable_variables, learning_rate)

    def _update_variable(
        self, gradient: Any, variable: Any, learning_rate: Any, step: Any
    ) -> None:
        """Applies `formula` to one variable in the given step."""
        slots = self._slots_of(variable)
        change, new_values = self._change(
            gradient, slots, learning_rate, step, variable.dtype
        )
        for slot, value in zip(slots, new_values, strict=True):
            self.assign(slot, value)
        self.assign_sub(variable, change)

    def _has_the_update_step_of_the_base(self) -> bool:
        """Whether `formula` says all, and no subclass does more for each variable."""
        return type(self).update_step is Optimizer.update_step

    def _slots_of(self, variable: Any) -> tuple[Any, ...]:
        """The slots of a variable, Keras's or the backend's."""
        index = self._get_variable_index(variable)
        return tuple(of_variables[index] for of_variables in self._slots)

    def _change(
        self, gradient: Any, slots: Any, learning_rate: Any, step: Any, dtype: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """`formula` of arguments brought to the types that it is promised."""
        dtype = keras.backend.standardize_dtype(dtype)
        return self.formula(
            ops.cast(gradient, dtype),
            tuple(ops.convert_to_tensor(slot) for slot in slots),
            ops.cast(learning_rate, dtype),
            # bfloat16 can't tell step 257 from step 256.
            ops.cast(step, _wide(dtype)),
        )

    def _backend_apply_gradients(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> None:
        super()._backend_apply_gradients(grads, trainable_variables)
        if not (self.use_ema and self._overwrite_frequency):
            return
        number = self.iterations + 1
        due = ops.logical_and(
            self._is_update_step(), ops.equal(number % self._overwrite_frequency, 0)
        )
        for variable, average in zip(
            self._trainable_variables, self._model_variables_moving_average, strict=True
        ):
            if average is not None:
                pair = ops.convert_to_tensor(average), ops.convert_to_tensor(variable)
                variable.assign(ops.where(due, *pair))

    def _overwrite_model_variables_with_average_value(
        self, trainable_variables: Sequence[Any]
    ) -> None:
        super()._overwrite_model_variables_with_average_value(trainable_variables)
        if keras.backend.backend() == "jax":
            # Keras makes both share one buffer, which the next fit gives away twice.
            for average in self._model_variables_moving_average:
                if average is not None:
                    average.assign(ops.copy(average))

    def _update_model_variables_moving_average(
        self, trainable_variables: Sequence[Any]
    ) -> None:
        if not self.gradient_accumulation_steps:
            super()._update_model_variables_moving_average(trainable_variables)
            return
        # Keras decays the average with every mini-batch although the weights only move
        # with every update, so that ema_momentum=0.99 means 0.96 at four mini-batches.
        started, moved = ops.not_equal(self.iterations, 0), self._is_update_step()
        for variable, average in zip(
            trainable_variables, self._model_variables_moving_average, strict=True
        ):
            if average is not None:
                # 0 before the first update is over, then ema_momentum where the
                # weights moved and 1 where they did not.
                change = ops.cast(moved, variable.dtype) * (1.0 - self.ema_momentum)
                momentum = ops.cast(started, variable.dtype) * (1.0 - change)
                average.assign(momentum * average + (1.0 - momentum) * variable)

    def _is_update_step(self) -> Any:
        """Whether the gradients gathered so far are applied with this mini-batch."""
        steps = self.gradient_accumulation_steps or 1
        return ops.equal((self._iterations + 1) % steps, 0)


def bias_correction(beta: float, step: Any, dtype: str) -> Any:
    r"""$1-\beta^t$, by which an average that began at zero is short.

    Args:
        beta: $\beta$, in [0, 1).
        step: $t$, counted from 1: scalar in float32 or float64.
        dtype: Of the result.

    Returns:
        Scalar in (0, 1].
    """
    if beta == 0.0:
        return ops.ones((), dtype)
    # In float32, 0.999 ** 1 is 0.99900001 and 1 - 0.999 ** 1 is off by 1.3e-5: Adam's
    # first steps would be wrong in the sixth digit. expm1 keeps all of them.
    return ops.cast(-ops.expm1(step * math.log(beta)), dtype)


def check_convention(convention: Any) -> Convention:
    """Returns `convention` if it is one, or raises."""
    if convention not in ("lecture", "keras"):
        raise ValueError(
            '`convention` must be "lecture" (the formula of the course) or "keras" (the '
            f"one of keras.optimizers). Received: convention={convention!r}."
        )
    return convention


def check_epsilon(epsilon: Any) -> float:
    """Returns `epsilon` as a float, or raises."""
    return check_number(
        "epsilon",
        epsilon,
        exclusive=True,
        hint="It keeps a zero gradient from giving 0/0; the course uses 1e-8.",
    )


def check_epsilon_fits(epsilon: float, variables: Sequence[Any]) -> None:
    """Raises where `epsilon` would be zero in the dtype of a variable."""
    for variable in variables:
        dtype = keras.backend.standardize_dtype(variable.dtype)
        # The only float type of Keras too narrow for the usual epsilons.
        if dtype == "float16" and np.float16(epsilon) == 0:
            raise ValueError(
                f"`epsilon` must not round to zero in {dtype}, the type of variable "
                f"{variable.name!r}. Received: epsilon={epsilon}. Use the policy "
                '"mixed_float16", which keeps variables in float32, or epsilon=1e-7.'
            )


def _wide(dtype: str) -> str:
    """The type to count steps in, next to variables of `dtype`."""
    return "float64" if dtype == "float64" else "float32"


def _dense(gradient: Any, variable: Any) -> Any:
    """The gradient as one tensor, the parts of a repeated row summed."""
    # Only tf.IndexedSlices has it; asking for the class would import TensorFlow.
    if not hasattr(gradient, "dense_shape"):
        return gradient
    indices = ops.expand_dims(gradient.indices, -1)
    return ops.scatter(indices, gradient.values, tuple(variable.shape))


def _check_learning_rate(learning_rate: Any) -> Any:
    if isinstance(learning_rate, LearningRateSchedule) or callable(learning_rate):
        return learning_rate
    return check_number(
        "learning_rate",
        learning_rate,
        hint="Pass a number, a LearningRateSchedule or a function without arguments.",
    )


def _check_options(options: Any) -> None:
    unknown = sorted(set(options) - set(BaseOptions.__annotations__))
    if unknown:
        raise TypeError(
            f"Optimizer options must be among {sorted(BaseOptions.__annotations__)}. "
            f"Received: {', '.join(f'{name}={options[name]!r}' for name in unknown)}."
        )
    for name in ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"):
        if options.get(name) is not None:
            check_number(name, options[name], exclusive=True, hint="None is off.")
    if options.get("weight_decay") is not None:
        check_number("weight_decay", options["weight_decay"], hint="None is off.")
    if options.get("gradient_accumulation_steps") is not None:
        check_count(
            "gradient_accumulation_steps",
            options["gradient_accumulation_steps"],
            minimum=2,
            hint="It counts the mini-batches of an update; None is one.",
        )
    # Keras compares the momentum only, which lets NaN through, and takes 0 for off.
    if "ema_momentum" in options:
        check_number(
            "ema_momentum",
            options["ema_momentum"],
            maximum=1.0,
            hint="It is the share of the old average that is kept.",
        )
    if options.get("ema_overwrite_frequency") is not None:
        check_count(
            "ema_overwrite_frequency",
            options["ema_overwrite_frequency"],
            hint="It counts updates; None puts the averages in place at the end only.",
        )

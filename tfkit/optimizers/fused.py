"""How an update runs: each variable alone, many small ones as one, or compiled.

An update by the formula's single operations writes every intermediate result to
memory, and starts a dozen operations a variable. On TensorFlow, and outside XLA, two
ways are faster, each for variables of its own size:

- *compiled*: large variables. XLA makes a few passes over memory of the formula, in
  one program for all of them that is compiled once and writes them in place.
- *grouped*: many small variables. Their gradients and slots are joined to one buffer,
  updated by one formula, and taken apart again. The slots stay variables of their own.

`plan` is the place where the way is chosen.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import keras

if TYPE_CHECKING:
    from .base import Optimizer

Way = Literal["plain", "grouped", "compiled"]

#: Elements from which a variable is large. Below, the call of a compiled program costs
#: about what it saves.
LARGE = 2**16
#: The same for a formula without slots, whose two operations leave less to save.
LARGE_WITHOUT_SLOTS = 2**20
#: Elements up to which a variable is small. Above, joining and taking apart costs as
#: much in memory traffic as it saves in operations.
SMALL = 2**11
#: Elements of a joined buffer at most: 128 KiB of float32, from where on the C library
#: fetches memory from the system each time.
BUFFER = 2**15
#: Small variables that are worth joining.
FEWEST = 4
#: Types in which XLA and TensorFlow round alike, or XLA less often.
DTYPES = ("float32", "float64", "bfloat16")


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of the variables of an update, and how they are updated.

    Args:
        way: "plain", "grouped" (as one buffer) or "compiled".
        members: Their places in the list of variables.
        reason: Why this way.
    """

    way: Way
    members: tuple[int, ...]
    reason: str


class Programs:
    """What an optimizer keeps between updates: compiled programs and the last plan.

    A class of its own so that neither Keras nor TensorFlow takes it for state to be
    saved.
    """

    def __init__(self) -> None:
        self.plan: tuple[Part, ...] = ()
        self.compiled: dict[tuple[int, ...], Callable[..., None]] = {}


def plan(
    optimizer: Optimizer, gradients: Sequence[Any], variables: Sequence[Any]
) -> tuple[Part, ...]:
    """Chooses how each variable is updated.

    Args:
        optimizer: A built optimizer.
        gradients: One for each variable, none of them None.
        variables: The variables.

    Returns:
        Parts that together hold each variable once.
    """
    every = tuple(range(len(variables)))
    if reason := _why_all_plain(optimizer):
        return (Part("plain", every, reason),)
    import tensorflow as tf

    alone: dict[str, list[int]] = {}
    large: dict[str, list[int]] = {}
    small: dict[tuple[str, str], list[int]] = {}
    threshold = LARGE if optimizer.slot_names else LARGE_WITHOUT_SLOTS
    for place, (gradient, variable) in enumerate(
        zip(gradients, variables, strict=True)
    ):
        dtype = keras.backend.standardize_dtype(variable.dtype)
        size = variable.shape.num_elements()
        if hasattr(gradient, "dense_shape"):
            alone.setdefault("sparse gradients", []).append(place)
        elif dtype not in DTYPES:
            alone.setdefault(f"{dtype} is rounded after each operation", []).append(
                place
            )
        elif size >= threshold:
            large.setdefault(_device(variable), []).append(place)
        elif size > SMALL or not optimizer.joins_small_variables:
            reason = f"fewer than {threshold} elements, and not to be joined"
            alone.setdefault(reason, []).append(place)
        elif tf.executing_eagerly():
            alone.setdefault("small, outside a tf.function", []).append(place)
        else:
            small.setdefault((dtype, _device(variable)), []).append(place)
    parts = [
        Part("compiled", tuple(places), f"{threshold} elements or more")
        for places in large.values()
    ]
    for places in small.values():
        for joined in _buffers(places, variables):
            if len(joined) >= FEWEST:
                reason = f"up to {SMALL} elements each"
                parts.append(Part("grouped", joined, reason))
            else:
                reason = f"fewer than {FEWEST} small ones"
                alone.setdefault(reason, []).extend(joined)
    parts += [Part("plain", tuple(places), why) for why, places in alone.items()]
    return tuple(parts)


def update(
    optimizer: Optimizer,
    part: Part,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    learning_rate: Any,
) -> None:
    """Updates the variables of a grouped or compiled part.

    Args:
        optimizer: A built optimizer.
        part: One part of `plan`.
        gradients: One for each variable of the plan.
        variables: The variables of the plan.
        learning_rate: Scalar, a number or a tensor.
    """
    import tensorflow as tf

    members = [_native(variables[place]) for place in part.members]
    # XLA wants to know the shape, which a gradient need not.
    gradients = [
        tf.ensure_shape(tf.cast(gradients[place], member.dtype), member.shape)
        for place, member in zip(part.members, members, strict=True)
    ]
    if part.way == "grouped":
        _update_joined(optimizer, gradients, members, learning_rate)
        return
    if isinstance(learning_rate, (int, float)):
        # As a Python number it would be compiled in, once for each value.
        learning_rate = tf.constant(learning_rate, "float64")
    rate = tf.convert_to_tensor(learning_rate)
    with tf.device(members[0].device):
        _program(optimizer, members)(gradients, rate, optimizer.iterations + 1)


def _update_joined(
    optimizer: Optimizer, gradients: Any, variables: Any, learning_rate: Any
) -> None:
    import tensorflow as tf

    sizes = [variable.shape.num_elements() for variable in variables]

    def join(tensors: Any) -> Any:
        return tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], 0)

    def take_apart(buffer: Any) -> Any:
        pieces = tf.split(buffer, sizes)
        return [tf.reshape(p, v.shape) for p, v in zip(pieces, variables, strict=True)]

    # By slot, then by variable.
    slots = list(zip(*map(optimizer._slots_of, variables), strict=True))
    change, new_values = optimizer._change(
        join(gradients),
        tuple(join(of_variables) for of_variables in slots),
        learning_rate,
        optimizer.iterations + 1,
        variables[0].dtype,
    )
    for of_variables, values in zip(slots, new_values, strict=True):
        for slot, value in zip(of_variables, take_apart(values), strict=True):
            optimizer.assign(slot, value)
    for variable, value in zip(variables, take_apart(change), strict=True):
        optimizer.assign_sub(variable, value)


def _program(optimizer: Optimizer, variables: Any) -> Callable[..., None]:
    """The compiled update of these variables, made at the first call.

    Gradients, learning rate and step are arguments, so that it belongs to no graph of
    a caller; TensorFlow compiles again only where their types differ.
    """
    import tensorflow as tf

    programs = optimizer._programs.compiled
    key = tuple(optimizer._get_variable_index(variable) for variable in variables)
    if key not in programs:

        def run(gradients: Any, learning_rate: Any, step: Any) -> None:
            for gradient, variable in zip(gradients, variables, strict=True):
                optimizer._update_variable(gradient, variable, learning_rate, step)

        programs[key] = tf.function(run, jit_compile=True, autograph=False)
    return programs[key]


def _why_all_plain(optimizer: Optimizer) -> str:
    """Why each variable is updated alone, or an empty string."""
    if keras.backend.backend() != "tensorflow":
        return f"the backend is {keras.backend.backend()}"
    import tensorflow as tf
    from tensorflow.python.ops import control_flow_util

    if not optimizer._has_the_update_step_of_the_base():
        return f"{type(optimizer).__name__} has an update_step of its own"
    ours = optimizer._distribution_strategy
    if tf.distribute.has_strategy() or ours is not tf.distribute.get_strategy():
        return "a tf.distribute strategy places the variables"
    if control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()):
        # It sees the whole: one program of all variables compiles long and runs no
        # faster when they are joined.
        return "inside a program that XLA compiles, which fuses the formula itself"
    if platform.system() == "Darwin" and tf.config.list_physical_devices("GPU"):
        return "no XLA on macOS with a GPU"
    return ""


def _buffers(places: Sequence[int], variables: Sequence[Any]) -> list[tuple[int, ...]]:
    """Splits small variables into runs that fit one buffer."""
    runs: list[list[int]] = [[]]
    filled = 0
    for place in places:
        size = variables[place].shape.num_elements()
        if filled + size > BUFFER:
            runs.append([])
            filled = 0
        runs[-1].append(place)
        filled += size
    return [tuple(run) for run in runs]


def _native(variable: Any) -> Any:
    """The tf.Variable of a Keras variable, or the tf.Variable itself."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def _device(variable: Any) -> str:
    return _native(variable).device

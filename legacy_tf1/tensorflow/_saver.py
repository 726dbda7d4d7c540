"""`tf.train.Saver`, whose errors name the variables that do not fit a checkpoint.

TensorFlow tells a wrong shape in about a hundred lines, with the names of the operations
that restore (`save/Assign_1`) in place of the variable's.

Today: `model.save_weights(path)` and `model.load_weights(path)` of Keras.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow.compat.v1 as _tf

_LIBRARIES = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(_tf.__file__).parents[4],  # tensorflow/_api/v2/compat/v1
        Path(__file__).parents[1],
    )
)
#: More lines than these hide the first ones on a screen.
_SHOWN = 20


class Saver(_tf.train.Saver):
    """As `tf.train.Saver` of TensorFlow 1.15."""

    def restore(self, sess: Any, save_path: Any) -> None:
        """Restores the variables.

        Raises:
            InvalidArgumentError: If a variable has another shape in the checkpoint.
            NotFoundError: If a variable is not in it.
        """
        try:
            super().restore(sess, save_path)
        except (_tf.errors.InvalidArgumentError, _tf.errors.NotFoundError) as error:
            explained = _explained(save_path, self._var_list)
            if not explained:
                raise
            raise type(error)(error.node_def, None, explained) from None


def _explained(save_path: Any, variables: Any) -> str:
    """Says which variables differ from the checkpoint's, "" where none does."""
    saved = {
        name: tuple(shape) for name, shape in _tf.train.list_variables(str(save_path))
    }
    names = dict(_named(variables))
    lines = []
    for name, variable in sorted(names.items()):
        shape = _shape(variable)
        if name not in saved:
            there = "not in the checkpoint"
        elif shape is not None and shape != saved[name]:
            there = f"{saved[name]} in the checkpoint"
        else:
            continue
        here = "in the program" if shape is None else f"{shape} in the program"
        lines.append(f"  {name}: {here}{_made_at(variable)}, {there}")
    if not lines:
        return ""
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"  and {len(lines) - _SHOWN} more"]
    besides = [f"{name} {saved[name]}" for name in sorted(saved) if name not in names]
    if besides and any("not in the" in line for line in lines):
        more = ", ..." if len(besides) > _SHOWN else ""
        lines.append(f"Only in the checkpoint: {', '.join(besides[:_SHOWN])}{more}")
    return "\n".join(
        [
            f"Restoring from checkpoint failed: {save_path} was not saved by this "
            "network.",
            *lines,
            "Build the network as it was when it was saved, name the checkpoint of this "
            "one, or leave variables out: tf.train.Saver(var_list).",
        ]
    )


def _named(variables: Any) -> Iterator[tuple[str, Any]]:
    """A saver's variables with their names in the checkpoint."""
    if isinstance(variables, dict):
        yield from variables.items()
        return
    for variable in variables or ():
        part = getattr(variable, "_save_slice_info", None)
        if part is not None:  # of a partitioned variable, which is saved as one
            yield part.full_name, part
        elif isinstance(variable, _tf.Variable):
            yield variable.op.name, variable


def _shape(variable: Any) -> tuple[int, ...] | None:
    """The shape, None where it is not known or there are several."""
    shape = getattr(variable, "full_shape", None) or getattr(variable, "shape", None)
    if isinstance(shape, _tf.TensorShape):
        return tuple(shape.as_list()) if shape.is_fully_defined() else None
    return tuple(map(int, shape)) if isinstance(shape, list | tuple) else None


def _made_at(variable: Any) -> str:
    """The program's line that made a variable, as " (net.py, line 3)"."""
    operation = getattr(variable, "op", None)
    for frame in reversed(getattr(operation, "traceback", None) or ()):
        if not frame.filename.startswith((*_LIBRARIES, "<")):
            return f" ({Path(frame.filename).name}, line {frame.lineno})"
    return ""

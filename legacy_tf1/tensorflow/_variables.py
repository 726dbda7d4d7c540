"""Variables whose regularizer is called once, as in TensorFlow 1."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as _tf

from legacy_tf1.tensorflow import _operations


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    *args: Any,
    **options: Any,
) -> Any:
    """As `tf.get_variable`. Today: `tf.Variable`, or a layer's `add_weight`."""
    regularizer = _operations.once(regularizer)
    return _tf.get_variable(
        name, shape, dtype, initializer, regularizer, *args, **options
    )


class variable_scope(_tf.variable_scope):  # noqa: N801 - its name in TensorFlow
    """As `tf.variable_scope`. Today: layers own their variables."""

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        *args: Any,
        **options: Any,
    ) -> None:
        regularizer = _operations.once(regularizer)
        super().__init__(
            name_or_scope,
            default_name,
            values,
            initializer,
            regularizer,
            *args,
            **options,
        )

"""The functions of `tf.layers`, from their classes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


class Applied:
    """Mixed into a layer, gives it an `apply` without TensorFlow 2's `UserWarning`."""

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls the layer."""
        return self(inputs, *args, **kwargs)  # type: ignore[operator]


def functional(function: Callable[..., Any], layer: type) -> Callable[..., Any]:
    """Returns a function of TensorFlow's that makes and applies another layer.

    TensorFlow's own make its own layers, and warn that they are deprecated.

    Args:
        function: TensorFlow's, for its arguments.
        layer: The class; what it takes at its making is called as in `function`.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def apply(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        inputs = given.pop("inputs")
        training = {"training": given.pop("training")} if "training" in given else {}
        if "reuse" in signature.parameters:
            given |= {"_reuse": given.pop("reuse", None), "_scope": given.get("name")}
        return layer(**given)(inputs, **training)

    apply.__doc__ = f"As `tf.layers.{function.__name__}` of TensorFlow 1.15."
    return apply

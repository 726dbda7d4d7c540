"""Keras 1's names of arguments, which standalone Keras 2 still took.

`Convolution2D(32, 3, 3, border_mode="same", subsample=(2, 2))` is today's
`Conv2D(32, (3, 3), padding="same", strides=(2, 2))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_RENAMED = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "dim_ordering": "data_format",
    "bias": "use_bias",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "p": "rate",
    "sigma": "stddev",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
}
_DATA_FORMATS = {"th": "channels_first", "tf": "channels_last", "default": None}
_TRAINING = {
    "nb_epoch": "epochs",
    "nb_val_samples": "validation_steps",
    "val_samples": "steps",
    "nb_worker": "workers",
    "max_q_size": "max_queue_size",
}


class Layer:
    """A layer that takes Keras 1's arguments too; first of a layer's bases."""

    #: What Keras 1 called by one name in all layers but this one.
    _keras_1: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **_translated(kwargs, self._keras_1))


class Units(Layer):
    """A dense or recurrent layer: `output_dim` is `units`."""

    _keras_1 = MappingProxyType({"output_dim": "units"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "input_length" in kwargs and "input_dim" in kwargs:
            length, size = kwargs.pop("input_length"), kwargs.pop("input_dim")
            kwargs["input_shape"] = (length, size)
        super().__init__(*args, **kwargs)


class EmbeddingLayer(Layer):
    """Keras 1's `Embedding` calls its initializer `init`, too."""

    _keras_1 = MappingProxyType(
        {
            "init": "embeddings_initializer",
            "W_regularizer": "embeddings_regularizer",
            "W_constraint": "embeddings_constraint",
        }
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        weights = kwargs.get("weights")
        kwargs.pop("dropout", None)
        super().__init__(*args, **kwargs)
        if weights is not None:
            self._initial_weights = weights


class Convolution(Layer):
    """A convolution whose kernel may be given as `nb_row, nb_col`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 3 and all(isinstance(value, int) for value in args):
            args = (args[0], args[1:])
        if "nb_row" in kwargs:
            kwargs["kernel_size"] = (kwargs.pop("nb_row"), kwargs.pop("nb_col"))
        super().__init__(*args, **kwargs)


class Training:
    """A model whose `fit` takes Keras 1's arguments too; first of a model's bases."""

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """As Keras's `fit`; `nb_epoch` is `epochs`."""
        return super().fit(*args, **_training(kwargs))  # type: ignore[misc]

    def fit_generator(self, *args: Any, **kwargs: Any) -> Any:
        """As Keras's `fit_generator`; Keras 1 counted examples instead of batches."""
        kwargs = _training(kwargs)
        if "samples_per_epoch" in kwargs:
            # The batch size is the generator's own; Keras 2 assumed the same.
            generator = args[0] if args else kwargs["generator"]
            size = getattr(generator, "batch_size", None) or 1
            kwargs["steps_per_epoch"] = max(kwargs.pop("samples_per_epoch") // size, 1)
        return super().fit_generator(*args, **kwargs)  # type: ignore[misc]

    def evaluate_generator(self, *args: Any, **kwargs: Any) -> Any:
        """As Keras's `evaluate_generator`."""
        return super().evaluate_generator(*args, **_training(kwargs))  # type: ignore[misc]

    def predict_generator(self, *args: Any, **kwargs: Any) -> Any:
        """As Keras's `predict_generator`."""
        return super().predict_generator(*args, **_training(kwargs))  # type: ignore[misc]


def _training(kwargs: dict[str, Any]) -> dict[str, Any]:
    kwargs.pop("show_accuracy", None)
    kwargs.pop("pickle_safe", None)
    return {_TRAINING.get(name, name): value for name, value in kwargs.items()}


def _translated(kwargs: dict[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    table = {**_RENAMED, **own}
    result = {table.get(name, name): value for name, value in kwargs.items()}
    if "data_format" in result:
        given = result["data_format"]
        result["data_format"] = _DATA_FORMATS.get(given, given)
    return result

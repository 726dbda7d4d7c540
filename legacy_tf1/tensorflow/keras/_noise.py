"""Noise while training: `GaussianNoise`, `GaussianDropout` and `AlphaDropout`."""

from __future__ import annotations

import math
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.keras import backend
from tensorflow.python.keras.engine import base_layer

from legacy_tf1.tensorflow.keras import _frozen, _keras_1


class _Noise(_keras_1.Layer, base_layer.Layer):
    """A layer that does nothing outside training."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Returns the disturbed input while training, else the input."""
        return backend.in_train_phase(
            lambda: self._disturbed(inputs), inputs, training=training
        )

    def _disturbed(self, inputs: Any) -> Any:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


@_frozen.register
class GaussianNoise(_Noise):
    """As `tf.keras.layers.GaussianNoise`: adds noise of mean 0."""

    def __init__(self, stddev: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = stddev

    def _disturbed(self, inputs: Any) -> Any:
        return inputs + backend.random_normal(tf.shape(inputs), 0.0, self.stddev)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "stddev": self.stddev}


@_frozen.register
class GaussianDropout(_Noise):
    """As `tf.keras.layers.GaussianDropout`: multiplies by noise of mean 1."""

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def _disturbed(self, inputs: Any) -> Any:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * backend.random_normal(tf.shape(inputs), 1.0, stddev)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


@_frozen.register
class AlphaDropout(_Noise):
    """As `tf.keras.layers.AlphaDropout`: keeps mean and variance behind a SELU."""

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def _disturbed(self, inputs: Any) -> Any:
        # Klambauer et al. 2017, the product of SELU's scale and alpha.
        alpha_p = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        shape = tf.shape(inputs) if self.noise_shape is None else self.noise_shape
        kept = tf.cast(
            backend.random_uniform(shape, seed=self.seed) >= self.rate, inputs.dtype
        )
        a = ((1 - self.rate) * (1 + self.rate * alpha_p**2)) ** -0.5
        b = -a * alpha_p * self.rate
        return a * (inputs * kept + alpha_p * (1 - kept)) + b

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}

"""`tf.contrib.distributions`: what TensorFlow kept as `tf.distributions`.

Today: TensorFlow Probability.
"""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing


def kl(p: Any, q: Any, allow_nan: bool = False, name: str | None = None) -> Any:
    """`tf.distributions.kl_divergence`'s first name."""
    return tf.distributions.kl_divergence(p, q, allow_nan_stats=allow_nan, name=name)


def softplus_inverse(x: Any, name: str | None = None) -> Any:
    """Returns log(exp(x) - 1)."""
    with tf.name_scope(name, "softplus_inverse"):
        return x + tf.log(-tf.math.expm1(-x))


class MultivariateNormalDiag:
    """As `tf.contrib.distributions.MultivariateNormalDiag`: independent normals.

    Today: `tfp.distributions.MultivariateNormalDiag`.

    Args:
        loc: The means, (..., k).
        scale_diag: The standard deviations, (..., k); 1 if None.
        name: Of its operations' scope.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        name: str = "MultivariateNormalDiag",
    ) -> None:
        if loc is None and scale_diag is None:
            raise ValueError("Give `loc`, `scale_diag` or both. Received neither.")
        with tf.name_scope(name):
            loc = (
                tf.zeros_like(scale_diag) if loc is None else tf.convert_to_tensor(loc)
            )
            scale = tf.ones_like(loc) if scale_diag is None else scale_diag
            self._each = tf.distributions.Normal(loc, scale)

    def sample(self, sample_shape: Any = (), seed: int | None = None) -> Any:
        """Draws, (*sample_shape, ..., k)."""
        return self._each.sample(sample_shape, seed=seed)

    def log_prob(self, value: Any) -> Any:
        """The log density."""
        return tf.reduce_sum(self._each.log_prob(value), axis=-1)

    def prob(self, value: Any) -> Any:
        """The density."""
        return tf.exp(self.log_prob(value))

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return tf.reduce_sum(self._each.entropy(), axis=-1)

    def mean(self) -> Any:
        """The means."""
        return self._each.mean()

    def mode(self) -> Any:
        """The means."""
        return self._each.mean()

    def stddev(self) -> Any:
        """The standard deviations."""
        return self._each.stddev()


def __getattr__(name: str) -> Any:
    if not name.startswith("__") and hasattr(tf.distributions, name):
        return getattr(tf.distributions, name)
    raise _missing.error(f"tensorflow.contrib.distributions.{name}")

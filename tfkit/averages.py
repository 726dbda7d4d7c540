r"""Exponentially weighted averages, with and without bias correction.

The average that momentum, RMSprop, Adam and batch normalization keep of what they see.
Nothing here loads TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ExponentiallyWeightedAverage", "ewa", "window"]


def check_beta(beta: float, name: str = "beta") -> float:
    """Returns `beta` as a float, or says why it is no decay rate of an average."""
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.number)):
        raise TypeError(
            f"`{name}` must be a number in [0, 1) (the share of the old average that "
            f"is kept). Received: {name}={beta!r}. 0.9 averages about 10 values."
        )
    if not 0 <= beta < 1:
        raise ValueError(
            f"`{name}` must be in [0, 1) (the share of the old average that is kept). "
            f"Received: {name}={beta!r}. 0.9 averages about 10 values, 0.98 about 50."
        )
    return float(beta)


def window(beta: float) -> float:
    r"""The number of values that an average with `beta` looks back on, roughly.

    $$\frac{1}{1-\beta}$$

    It is a rule of thumb: a value that lies so many steps back still counts with about
    $1/e$ of the newest one's weight ($0.9^{10} = 0.349$, $0.98^{50} = 0.364$); there is
    no sharp edge as a moving window has.

    Args:
        beta: $\beta$, the share of the old average that is kept, in [0, 1).

    Returns:
        The length in steps, 1.0 (no averaging) or more.

    Raises:
        TypeError: If `beta` is not a number.
        ValueError: If `beta` is outside [0, 1).

    Example:
        >>> [round(window(beta)) for beta in (0.5, 0.9, 0.98)]
        [2, 10, 50]

    Reference:
        Course notes, Exponentially weighted averages.
    """
    return 1.0 / (1.0 - check_beta(beta))


def _correction(beta: float, steps: Any) -> Any:
    """1 - beta**t, the summed weight of the first t values."""
    return 1.0 - beta**steps


def ewa(
    values: ArrayLike, beta: float, *, bias_correction: bool = True
) -> NDArray[np.float64]:
    r"""The exponentially weighted averages of a series.

    $$v_0 = 0, \quad v_t = \beta v_{t-1} + (1-\beta)\,\theta_t, \quad
    \hat v_t = \frac{v_t}{1-\beta^t}$$

    $\hat v_t$ is only reported: the recursion goes on from the uncorrected $v_t$ (the
    notes feed the corrected value back, which diverges).

    Args:
        values: $\theta_1 \dots \theta_T$, array of shape `(T, ...)`; the averages run
            along the first axis.
        beta: $\beta$, the share of the old average that is kept, in [0, 1).
        bias_correction: Whether to return $\hat v_t$, which does not start near zero,
            or $v_t$.

    Returns:
        float64 array of the same shape.

    Raises:
        TypeError: If `beta` is not a number.
        ValueError: If `beta` is outside [0, 1), or `values` has no axis to run along.

    Example:
        The temperatures of the notes:

        >>> ewa([40, 49, 45], beta=0.9, bias_correction=False)
        array([ 4.  ,  8.5 , 12.15])
        >>> ewa([40, 49, 45], beta=0.9).round(3)
        array([40.   , 44.737, 44.834])

    Reference:
        Course notes, Exponentially weighted averages and Bias correction in
        exponentially weighted averages.
    """
    beta = check_beta(beta)
    series = np.asarray(values, dtype=np.float64)
    if series.ndim == 0:
        raise ValueError(
            "`values` must be a series of shape (T, ...), oldest first. "
            f"Received: values={values!r}. Use ExponentiallyWeightedAverage to feed "
            "one value at a time."
        )
    if series.shape[0] == 0:
        return series.copy()
    # More than a second to import, and the optimizers only need `check_beta`.
    from scipy.signal import lfilter

    averages = lfilter([1.0 - beta], [1.0, -beta], series, axis=0)
    if bias_correction:
        steps = np.arange(1, len(series) + 1).reshape((-1,) + (1,) * (series.ndim - 1))
        averages = averages / _correction(beta, steps)
    return averages


class ExponentiallyWeightedAverage:
    r"""An exponentially weighted average that is fed one value at a time.

    $$v_t = \beta v_{t-1} + (1-\beta)\,\theta_t, \quad \hat v_t = v_t / (1-\beta^t)$$

    It keeps one number (or one array) however long the series is, where a moving window
    keeps all of its entries. `ewa` does the same for a series that is there already.

    Args:
        beta: $\beta$, the share of the old average that is kept, in [0, 1).
        bias_correction: Whether `update` and `average` give $\hat v_t$ or $v_t$.

    Raises:
        TypeError: If `beta` is not a number.
        ValueError: If `beta` is outside [0, 1).

    Example:
        >>> average = ExponentiallyWeightedAverage(0.5)
        >>> [average.update(10.0), average.update(10.0)]
        [10.0, 10.0]
        >>> average.uncorrected
        7.5

    Reference:
        Course notes, Exponentially weighted averages and Bias correction in
        exponentially weighted averages.
    """

    def __init__(self, beta: float, *, bias_correction: bool = True) -> None:
        self.beta = check_beta(beta)
        self.bias_correction = bias_correction
        self.reset()

    def reset(self) -> None:
        """Forgets every value."""
        self._count = 0
        self._sum: NDArray[np.float64] | None = None

    @property
    def count(self) -> int:
        """$t$, the number of values so far."""
        return self._count

    @property
    def uncorrected(self) -> Any:
        """$v_t$, whatever `bias_correction` says."""
        return _plain(self._values())

    @property
    def average(self) -> Any:
        """The average so far: a float, or a float64 array of the values' shape."""
        values = self._values()
        if self.bias_correction:
            values = values / _correction(self.beta, self._count)
        return _plain(values)

    def update(self, value: ArrayLike) -> Any:
        r"""Takes in the next value.

        Args:
            value: $\theta_t$, a number or an array, of the same shape in every call.

        Returns:
            The average including `value`, as `average` gives it.

        Raises:
            ValueError: If the shape differs from that of the values before.
        """
        new = np.asarray(value, dtype=np.float64)
        if self._sum is None:
            self._sum = np.zeros_like(new)
        elif new.shape != self._sum.shape:
            raise ValueError(
                f"`value` must have the shape of the values before, {self._sum.shape}. "
                f"Received: value of shape {new.shape}. Keep one average per series, "
                "or call reset()."
            )
        self._sum = self.beta * self._sum + (1.0 - self.beta) * new
        self._count += 1
        return self.average

    def get_state(self) -> dict[str, Any]:
        """The state in plain JSON types, for `set_state` of another run."""
        return {
            "count": self._count,
            "uncorrected": None if self._sum is None else self._sum.tolist(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from what `get_state` returned.

        Args:
            state: `{"count": int, "uncorrected": float, nested list or None}`.

        Raises:
            ValueError: If `state` is not such a dictionary.
        """
        count, values = state.get("count"), state.get("uncorrected")
        if not isinstance(count, int) or count < 0 or (values is None) != (count == 0):
            raise ValueError(
                "`state` must be what get_state() returned: a count >= 0 and the "
                f"uncorrected average. Received: state={state!r}."
            )
        self._count = count
        self._sum = None if values is None else np.asarray(values, dtype=np.float64)

    def _values(self) -> NDArray[np.float64]:
        if self._sum is None:
            raise ValueError(
                "There is no average of no values. Received: count=0. "
                "Call update(value) first."
            )
        return self._sum


def _plain(values: NDArray[np.float64]) -> Any:
    """A float for a scalar; a copy of an array, so that nobody edits the state."""
    return float(values) if np.ndim(values) == 0 else np.array(values)

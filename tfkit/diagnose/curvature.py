"""How the cost bends at the present weights: minimum, saddle point or plateau."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count, check_number
from tfkit.diagnose import rehearsal
from tfkit.diagnose.arrays import check_arrays, count_examples, rows
from tfkit.diagnose.model_checks import require_compiled
from tfkit.diagnose.targets import require_labels, require_targets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEWEST_STEPS = 30
# Networks bend a little downwards nearly everywhere, at their start and in the bowl of a
# minimum as well: from this share of the highest curvature on, it counts.
_SUBSTANTIAL = 0.1

Kind = Literal["minimum", "maximum", "saddle point", "plateau", "not stationary"]


@dataclass(frozen=True, eq=False)
class Curvature:
    """What `curvature` found. Printed, it is a table.

    Args:
        cost: Cost at the present weights, penalties included.
        gradient_norm: Euclidean norm of its gradient.
        lowest: Lowest eigenvalue of the Hessian. Of more weights than Lanczos steps, an
            upper bound of it: the curvature along a direction that was found.
        highest: Highest eigenvalue; else a lower bound of it, in the same way.
        lowest_residual: 0 is an exact eigenvalue: the Hessian has one this near to
            `lowest`.
        highest_residual: The same of `highest`.
        rounding: Error of the products by rounding, as measured.
        eigenvalues: All eigenvalues; else the Ritz values of the Lanczos steps,
            ascending.
        shares: Share of the eigenvalues that each of them stands for; the sum is 1.
        exact: Whether `eigenvalues` are all there are.
        weights: Number of trainable weights.
        products: Hessian-vector products that it took.
        mode: "forward over reverse" or "reverse over reverse".
        gradient_tolerance: Gradient norm up to which the point is stationary.
        curvature_tolerance: Curvature up to which a direction is flat; the larger one
            of what was asked for and ten times `rounding`.
    """

    cost: float
    gradient_norm: float
    lowest: float
    highest: float
    lowest_residual: float
    highest_residual: float
    rounding: float
    eigenvalues: np.ndarray
    shares: np.ndarray
    exact: bool
    weights: int
    products: int
    mode: str
    gradient_tolerance: float
    curvature_tolerance: float

    @property
    def negative_share(self) -> float:
        """Share of the eigenvalues that are below zero by more than the tolerance."""
        return float(self.shares[self.eigenvalues < -self.curvature_tolerance].sum())

    @property
    def flat_share(self) -> float:
        """Share of the eigenvalues that are zero within the tolerance."""
        flat = np.abs(self.eigenvalues) <= self.curvature_tolerance
        return float(self.shares[flat].sum())

    @property
    def kind(self) -> Kind:
        """What the point is, in a word."""
        if self.gradient_norm > self.gradient_tolerance:
            return "not stationary"
        down = self.lowest < -self.curvature_tolerance
        up = self.highest > self.curvature_tolerance
        if down:
            return "saddle point" if up else "maximum"
        return "minimum" if up else "plateau"

    @property
    def largest_learning_rate(self) -> float | None:
        """2/highest, above which gradient descent diverges; None without curvature."""
        if self.highest <= self.curvature_tolerance:
            return None
        return 2 / self.highest

    @property
    def verdict(self) -> str:
        """What the point is, with the numbers that say so, in a line."""
        slope = f"gradient norm {self.gradient_norm:.3g}"
        bend = f"curvature {self.lowest:.3g} to {self.highest:.3g}"
        if self.kind == "not stationary":
            return f"not stationary: {slope}, {bend}; go on training"
        if self.kind == "minimum" and self.flat_share > 0:
            bend += f", flat in {_percent(self.flat_share)} of the directions"
        return f"{self.kind}: {slope}, {bend}"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do next."""
        return tuple(self._advice())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        return {
            "verdict": self.verdict,
            "advice": list(self.advice),
            "kind": self.kind,
            **{
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in vars(self).items()
            },
            "negative_share": self.negative_share,
            "flat_share": self.flat_share,
            "largest_learning_rate": self.largest_learning_rate,
        }

    def plot(self) -> Figure:
        """Draws the spectrum: how many directions bend how much."""
        from tfkit.plots.curvature import spectrum

        return spectrum(
            self.eigenvalues, self.shares, self.curvature_tolerance, self.verdict
        )

    def __str__(self) -> str:
        about = "" if self.exact else "estimated, "
        how = "exact" if self.exact else f"{len(self.eigenvalues)} Lanczos steps"
        rate = self.largest_learning_rate
        table = [
            ("cost", f"{self.cost:.6g}", ""),
            ("gradient norm", *self._against(self.gradient_norm)),
            ("lowest curvature", *self._end(self.lowest, self.lowest_residual)),
            ("highest curvature", *self._end(self.highest, self.highest_residual)),
            (
                "directions down",
                _percent(self.negative_share),
                f"{about}of negative curvature",
            ),
            (
                "flat directions",
                _percent(self.flat_share),
                f"{about}zero within the tolerance",
            ),
            (
                "learning rate below",
                "any" if rate is None else f"{rate:.3g}",
                "2/highest, for gradient descent",
            ),
        ]
        lines = [
            self.verdict,
            *(f"  {a:<20} {b:>12}  {c}".rstrip() for a, b, c in table),
            f"  {self.weights} weights, {how}, {self.products} products "
            f"({self.mode}), rounding {self.rounding:.1g}",
            *(
                line
                for each in self.advice
                for line in textwrap.wrap(f"- {each}", 88, subsequent_indent="  ")
            ),
        ]
        return "\n".join(lines)

    def _against(self, slope: float) -> tuple[str, str]:
        return f"{slope:.3g}", f"stationary up to {self.gradient_tolerance:.3g}"

    def _end(self, value: float, residual: float) -> tuple[str, str]:
        return f"{value:.4g}", f"± {max(residual, self.rounding):.1g}"

    def _advice(self) -> Iterator[str]:
        down = self.lowest < -self.curvature_tolerance
        slight = down and -self.lowest < _SUBSTANTIAL * self.highest
        rate = self.largest_learning_rate
        if self.kind == "not stationary":
            yield "train on: the gradient still leads down"
        elif self.kind == "saddle point" and slight:
            yield (
                f"hardly a saddle: the cost bends down by {-self.lowest:.2g} at most, and "
                f"up by {self.highest:.2g}. Where it is low enough, training is done; "
                "else train on"
            )
        elif self.kind == "saddle point":
            yield (
                "train on: in many dimensions a stationary point is nearly always a "
                "saddle point; mini-batches, momentum and Adam leave it"
            )
        elif self.kind == "maximum":
            yield "move the weights at random: every direction leads down"
        elif self.kind == "plateau":
            yield "momentum, RMSprop or Adam, which move on where the slope is small"
            yield (
                "look for saturated or dead units; normalize the inputs, use He "
                "initialization or batch normalization"
            )
            yield (
                "where the cost is low enough, training is done; the second "
                "derivatives cannot tell a plateau from a degenerate saddle point"
            )
        else:
            yield "training is done here: a lower cost needs another model or more data"
        if self.kind == "not stationary" and slight:
            yield (
                f"the cost bends down by {-self.lowest:.2g} at most, little beside "
                f"{self.highest:.2g} up (less than {100 * _SUBSTANTIAL:.0f} %): usual all "
                "through a training, and no sign of a saddle point"
            )
        elif self.kind == "not stationary" and down:
            yield (
                f"the cost also bends downwards, by {100 * _SUBSTANTIAL:.0f} % of the "
                "highest curvature or more: a region of saddle points, not the bowl of a "
                "minimum"
            )
        if rate is not None:
            yield f"keep the learning rate of gradient descent below {rate:.3g}"
        worst = max(self.lowest_residual, self.highest_residual)
        if worst > 0.1 * max(abs(self.lowest), abs(self.highest)):
            yield f"the ends are rough, ± {worst:.1g}: give more `steps`"


def curvature(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    batch_size: int = 1024,
    steps: int = 60,
    precision: float = 1e-3,
    gradient_tolerance: float = 1e-3,
    curvature_tolerance: float = 1e-3,
    seed: int = 0,
) -> Curvature:
    r"""Tells from gradient and Hessian what the point is where training stands.

    With the cost $J(\theta)$ of the compiled model (penalties included, in inference
    mode: no dropout, moving averages in batch normalization), its gradient $g$ and its
    Hessian $H = \nabla^2 J$ with the eigenvalues $\lambda$, it is

    - not stationary if $\|g\|$ is above `gradient_tolerance`,
    - a plateau if all $|\lambda|$ are up to `curvature_tolerance`,
    - a saddle point if there are $\lambda$ beyond it on both sides,
    - a minimum (a maximum) if there are only such above (below).

    The tolerances say what a step of length 1 in the space of weights is to change: less
    than `gradient_tolerance` by the slope, less than half of `curvature_tolerance` by
    the bend. A minimum with flat directions is called minimum, as is usual with networks.

    $H$ is never formed. A product $Hv$ is the derivative of the gradient along $v$, by
    forward mode through the backward pass; where an operation lacks that, backward mode
    twice. With up to `steps` weights all eigenvalues come from the products with the
    unit vectors. With more, the Lanczos method, which needs one product a step and finds
    the extreme ones first; each end comes with its residual $\|Hv-\lambda v\|$. The
    curvature along a direction that was found is real, so that "saddle point" is
    certain, while "minimum" means that no way down was found. The shares are estimated
    by stochastic Lanczos quadrature from one random direction.

    Gradient descent with a constant rate diverges along the steepest direction above
    $2/\lambda_{max}$.

    Args:
        model: A built and compiled model. Nothing of it is changed.
        x: Inputs: an array, or a list or dictionary of arrays. The cost is that of all
            of them; a few thousand examples tell as much as all.
        y: Targets, in the same forms; None where the model needs none.
        sample_weight: A weight for each example.
        batch_size: Examples that are worked on at a time.
        steps: Most Lanczos steps, int >= 2. A step keeps a vector in float64: 60 of
            them take 480 MB for a million weights.
        precision: Lanczos ends after 30 steps or more, as soon as both residuals are
            below this share of the largest eigenvalue's size.
        gradient_tolerance: See above; cost per unit of weight.
        curvature_tolerance: See above; cost per squared unit of weight.
        seed: Of the direction that Lanczos starts from.

    Raises:
        TypeError: If `model` is no Keras model, or a number is none.
        ValueError: If the model is not built, not compiled, or has no trainable
            weights; targets are missing, or labels out of range; lengths differ; a
            number is out of its range; or the cost or its gradient is NaN or infinite.

    Example:
        Half the mean of (w_1 x_1 + w_2 x_2)^2 with a far larger first input bends most
        along w_1:

        >>> model = keras.Sequential(
        ...     [keras.Input((2,)), keras.layers.Dense(1, use_bias=False)]
        ... )
        >>> model.compile("sgd", "mse")
        >>> model.set_weights([np.zeros((2, 1))])
        >>> x = np.array([[3.0, 0.0], [0.0, 1.0]])
        >>> found = curvature(model, x, np.zeros((2, 1)))
        >>> found.kind, found.eigenvalues.round(4).tolist()
        ('minimum', [1.0, 9.0])
        >>> round(found.largest_learning_rate, 4)
        0.2222

    Reference:
        Pearlmutter, 1994, Neural Computation 6:147-160 (the products); Ghorbani,
        Krishnan and Xiao, 2019, https://arxiv.org/abs/1901.10159 (the spectrum).
        Course notes, "The problem of local optima".
    """
    require_compiled(model)
    check_count("batch_size", batch_size, hint="1024 suits most machines.")
    check_count("steps", steps, minimum=2, hint="60 finds both ends of most spectra.")
    check_count("seed", seed, minimum=0, hint="Any such number will do.")
    for name, value in (
        ("precision", precision),
        ("gradient_tolerance", gradient_tolerance),
        ("curvature_tolerance", curvature_tolerance),
    ):
        check_number(name, value, hint="The default is 0.001.")
    require_targets(model, x, y)
    data = check_arrays(x, y, sample_weight)
    require_labels(model, data)
    with rehearsal.restored(model):
        cost = _Cost(model, data, batch_size)
        value, gradient = cost.gradient()
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            raise ValueError(
                "The cost and its gradient must be finite at the present weights. "
                f"Received: cost {value}, {int((~np.isfinite(gradient)).sum())} of "
                f"{gradient.size} derivatives NaN or infinite. "
                "tfkit.diagnose.find_first_bad_layer tells where it begins."
            )
        found = _spectrum(cost.times, cost.size, steps, precision, seed)
    return Curvature(
        cost=value,
        gradient_norm=float(np.linalg.norm(gradient)),
        lowest=float(found.eigenvalues[0]),
        highest=float(found.eigenvalues[-1]),
        lowest_residual=float(found.residuals[0]),
        highest_residual=float(found.residuals[-1]),
        rounding=found.rounding,
        eigenvalues=found.eigenvalues,
        shares=found.shares,
        exact=found.exact,
        weights=cost.size,
        products=cost.products,
        mode=cost.mode,
        gradient_tolerance=float(gradient_tolerance),
        curvature_tolerance=max(float(curvature_tolerance), 10 * found.rounding),
    )


class _Cost:
    """The cost as a function of all trainable weights in one vector.

    Attributes:
        size: Number of weights.
        products: Hessian-vector products so far.
        mode: How they are computed.
    """

    def __init__(self, model: keras.Model, data: Any, batch_size: int) -> None:
        self._model = model
        self._weights = [variable.value for variable in model.trainable_variables]
        self._shapes = [tuple(weight.shape) for weight in self._weights]
        sizes = [math.prod(shape) for shape in self._shapes]
        self._cuts = np.cumsum(sizes)[:-1]
        self.size = sum(sizes)
        examples = count_examples(data[0])
        self._parts = []
        for first in range(0, examples, batch_size):
            part = rows(data, slice(first, first + batch_size))
            share = min(batch_size, examples - first) / examples
            self._parts.append((share, keras.tree.map_structure(_tensor, part)))
        self.products = 0
        self.mode = "forward over reverse"
        self._gradient = tf.function(self._gradient_of, reduce_retracing=True)
        self._product = tf.function(self._forward_over_reverse, reduce_retracing=True)

    def gradient(self) -> tuple[float, np.ndarray]:
        """The cost, and its gradient."""
        cost, total = 0.0, np.zeros(self.size)
        for share, part in self._parts:
            value, gradients = self._gradient(part)
            cost += share * float(value)
            total += share * _joined(gradients)
        return cost, total

    def times(self, vector: np.ndarray) -> np.ndarray:
        """The Hessian times a vector."""
        try:
            product = self._summed(vector)
        except (
            LookupError,
            NotImplementedError,
            TypeError,
            ValueError,
            tf.errors.OpError,
        ):
            if self.mode != "forward over reverse" or self.products:
                raise
            # An operation without forward mode, such as a loop.
            self.mode = "reverse over reverse"
            self._product = tf.function(self._reverse_twice, reduce_retracing=True)
            product = self._summed(vector)
        self.products += 1
        return product

    def _summed(self, vector: np.ndarray) -> np.ndarray:
        pieces = [
            tf.constant(piece.reshape(shape), weight.dtype)
            for piece, shape, weight in zip(
                np.split(vector, self._cuts), self._shapes, self._weights, strict=True
            )
        ]
        total = np.zeros(self.size)
        for share, part in self._parts:
            total += share * _joined(self._product(part, pieces))
        return total

    def _cost_of(self, data: Any) -> tf.Tensor:
        x, y, sample_weight = data
        prediction = self._model(x, training=False)
        return self._model.compute_loss(x, y, prediction, sample_weight, training=False)

    def _gradient_of(self, data: Any) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            cost = self._cost_of(data)
        return cost, self._dense(tape.gradient(cost, self._weights))

    def _forward_over_reverse(self, data: Any, vector: list[tf.Tensor]) -> Any:
        with tf.autodiff.ForwardAccumulator(self._weights, vector) as forward:
            _, gradients = self._gradient_of(data)
        return [
            forward.jvp(each, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            for each in gradients
        ]

    def _reverse_twice(self, data: Any, vector: list[tf.Tensor]) -> Any:
        with tf.GradientTape() as tape:
            _, gradients = self._gradient_of(data)
            along = tf.add_n(
                [
                    tf.reduce_sum(tf.cast(g * tf.stop_gradient(v), tf.float64))
                    for g, v in zip(gradients, vector, strict=True)
                ]
            )
        return self._dense(tape.gradient(along, self._weights))

    def _dense(self, gradients: list[Any]) -> list[tf.Tensor]:
        return [
            tf.zeros(weight.shape, weight.dtype)
            if gradient is None
            else tf.convert_to_tensor(gradient)  # of rows of an embedding, a whole one
            for gradient, weight in zip(gradients, self._weights, strict=True)
        ]


@dataclass(frozen=True)
class _Spectrum:
    eigenvalues: np.ndarray
    residuals: np.ndarray
    shares: np.ndarray
    rounding: float
    exact: bool


def _spectrum(
    times: Callable[[np.ndarray], np.ndarray],
    size: int,
    steps: int,
    precision: float,
    seed: int,
) -> _Spectrum:
    if size <= steps:
        return _all_eigenvalues(times, size)
    return _lanczos(times, size, steps, precision, seed)


def _all_eigenvalues(times: Callable[..., np.ndarray], size: int) -> _Spectrum:
    hessian = np.stack([times(unit) for unit in np.eye(size)])
    return _Spectrum(
        eigenvalues=np.linalg.eigvalsh((hessian + hessian.T) / 2),
        residuals=np.zeros(size),
        shares=np.full(size, 1 / size),
        rounding=float(np.abs(hessian - hessian.T).max()),
        exact=True,
    )


def _lanczos(
    times: Callable[[np.ndarray], np.ndarray],
    size: int,
    steps: int,
    precision: float,
    seed: int,
) -> _Spectrum:
    # Not scipy's eigsh: it keeps neither the tridiagonal matrix, which the shares come
    # from, nor a bound on the number of products when an end lies in a cluster.
    from scipy.linalg import eigh_tridiagonal

    basis = np.zeros((steps, size))
    start = np.random.default_rng(seed).normal(size=size)
    vector, diagonal, off = start / np.linalg.norm(start), [], []
    rounding = 0.0
    for step in range(steps):
        basis[step] = vector
        vector = times(vector)
        parts = basis[: step + 1] @ vector
        diagonal.append(float(parts[step]))
        if step > 1:
            # Zero but for rounding: a symmetric matrix leads to the last two only.
            rounding = max(rounding, float(np.abs(parts[: step - 1]).max()))
        # Twice, without which the vectors lose their right angles and eigenvalues
        # come up again.
        for _ in range(2):
            vector = vector - (basis[: step + 1] @ vector) @ basis[: step + 1]
        off.append(float(np.linalg.norm(vector)))
        values, vectors = eigh_tridiagonal(diagonal, off[:-1])
        residuals = off[-1] * np.abs(vectors[-1])
        largest = np.abs(values).max()
        enough = max(residuals[0], residuals[-1]) <= precision * largest
        # One eigenvalue far out settles within three steps, before the other end shows;
        # and the shares need steps, too.
        if (enough and step >= _FEWEST_STEPS - 1) or off[-1] <= 1e-12 * largest:
            break
        vector = vector / off[-1]
    return _Spectrum(values, residuals, vectors[0] ** 2, rounding, exact=False)


def _tensor(leaf: Any) -> Any:
    return None if leaf is None else tf.convert_to_tensor(leaf)


def _joined(tensors: list[tf.Tensor]) -> np.ndarray:
    return np.concatenate(
        [np.asarray(each).astype(np.float64).ravel() for each in tensors]
    )


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"

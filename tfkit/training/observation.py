"""What is known of one training step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tfkit.training.probes import Quantity


@dataclasses.dataclass(frozen=True)
class Activation:
    """What a layer put out for a mini-batch.

    Attributes:
        mean: Over all units and examples.
        std: Standard deviation over the same.
        dead: Share of ReLU units that are 0 for every example; None for others.
        saturated: Share of outputs of tanh or sigmoid where the derivative is below 5 %
            of its largest value; None for others.
    """

    mean: float
    std: float
    dead: float | None = None
    saturated: float | None = None


@dataclasses.dataclass(frozen=True)
class BatchNorm:
    """What a batch normalization has learnt, each averaged over its units.

    Attributes:
        mean: The moving mean.
        std: Root of the moving variance.
        gamma: The learnt standard deviation, None without.
        beta: The learnt mean, None without.
    """

    mean: float
    std: float
    gamma: float | None = None
    beta: float | None = None


@dataclasses.dataclass(frozen=True)
class Observation:
    r"""Numbers of one training step; layers by name, in the order of depth.

    Attributes:
        step: Training steps since the optimizer began, this one included.
        loss: Cost of this mini-batch with penalties; NaN where a model's own
            `train_step` does not call `compute_loss`.
        learning_rate: $\alpha$ of this step.
        gradient_norm: $\|g\|_2$ over a layer's weights, before clipping.
        total_gradient_norm: The same over all weights.
        weight_norm: $\|w\|_2$ before the step.
        update_ratio: $\|\Delta w\|_2 / \|w\|_2$; empty in a step that only gathers
            gradients, and without layers whose weights are all 0.
        activations: Of layers with an activation function, without the output's.
        batch_norm: Of batch normalizations.
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: Mapping[str, float]
    total_gradient_norm: float
    weight_norm: Mapping[str, float]
    update_ratio: Mapping[str, float]
    activations: Mapping[str, Activation]
    batch_norm: Mapping[str, BatchNorm]

    @classmethod
    def from_row(
        cls, step: int, quantities: Sequence[Quantity], row: np.ndarray
    ) -> Observation:
        """Reads the row of numbers that a step wrote."""
        by_kind: dict[str, dict[str, float]] = {}
        for quantity, number in zip(quantities, row.tolist(), strict=True):
            by_kind.setdefault(quantity.kind, {})[quantity.of] = number
        of = by_kind.get
        norms = dict(of("gradient_norm", {}))
        total = norms.pop("", float("nan"))
        weights, changes = of("weight_norm", {}), of("update_norm", {})
        ratios = {n: changes[n] / w for n, w in weights.items() if w > 0}
        if not any(changes.values()):
            ratios = {}
        means, deviations = of("activation_mean", {}), of("activation_std", {})
        dead, saturated = of("dead_share", {}), of("saturated_share", {})
        gamma, beta = of("batch_norm_gamma", {}), of("batch_norm_beta", {})
        return cls(
            step=step,
            loss=of("loss", {}).get("", float("nan")),
            learning_rate=of("learning_rate", {}).get("", float("nan")),
            gradient_norm=norms,
            total_gradient_norm=total,
            weight_norm=weights,
            update_ratio=ratios,
            activations={
                n: Activation(mean, deviations[n], dead.get(n), saturated.get(n))
                for n, mean in means.items()
            },
            batch_norm={
                n: BatchNorm(m, of("batch_norm_std", {})[n], gamma.get(n), beta.get(n))
                for n, m in of("batch_norm_mean", {}).items()
            },
        )


@dataclasses.dataclass(frozen=True)
class BadStep:
    """The first step with a gradient that is not finite.

    Neither its update nor any later one was applied: the weights are those before it.

    Attributes:
        step: Its number, counted from 1 since the optimizer began.
        batch: `(x, y, sample_weight)` or what else the data gave, as NumPy arrays.
    """

    step: int
    batch: Any

"""The names under which TensorBoard shows a training, and the page that sums it up."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tfkit.callbacks.events.layout import Category, Chart
from tfkit.training.observation import Observation

#: What the charts of each group show; the text appears below a chart's title.
DESCRIPTIONS = {
    "epoch": "By epoch. `train` is Keras's running mean over the epoch, with dropout on; "
    "`train_inference` is measured after it on a fixed sample, with dropout off; "
    "`validation` is the dev set.",
    "error": "Share of examples classified wrongly, in inference mode; fraction. "
    "`train_inference` - `human` is the avoidable bias, `validation` - "
    "`train_inference` the variance.",
    "batch_loss": "Cost of single mini-batches, with penalties.",
    "learning_rate": "Of each training step.",
    "gradient_norm": "L2 norm of a layer's gradient, before clipping.",
    "gradient_norm_total": "L2 norm of the gradient of all weights, before clipping.",
    "gradient_depth_slope": "Slope of ln(gradient norm) over the layers, per layer. Far "
    "above 0, gradients vanish towards the input; far below 0 they explode.",
    "weight_norm": "L2 norm of a layer's weights.",
    "update_ratio": "Norm of a step's change over the norm of the weights. About 0.001 "
    "is usual; far above it the learning rate is too high, far below too low.",
    "activation_mean": "Mean of a layer's outputs over units and examples.",
    "activation_std": "Standard deviation of a layer's outputs.",
    "dead_relu_share": "Share of units that are 0 for all examples of the mini-batch.",
    "saturated_share": "Share of outputs of tanh or sigmoid where the derivative is "
    "below 5 % of its largest value.",
    "batch_norm_mean": "Moving mean of the inputs, averaged over the units.",
    "batch_norm_std": "Root of the moving variance, averaged over the units.",
    "batch_norm_gamma": "Learnt standard deviation, averaged over the units.",
    "batch_norm_beta": "Learnt mean, averaged over the units.",
    "seconds_per_epoch": "Wall time of an epoch with its validation, seconds.",
    "examples_per_second": "Examples trained on per second of the epoch.",
    "waiting_for_data": "Share of the epoch in which training waited for its data.",
    "hours": "Wall time since training began, hours.",
}


def of_observation(observation: Observation) -> dict[str, float]:
    """Returns the scalars of one training step, by tag.

    Args:
        observation: The step.

    Example:
        >>> seen = Observation(
        ...     1, 0.5, 0.01, {"hidden": 3.0}, 3.0, {"hidden": 2.0}, {}, {}, {}
        ... )
        >>> of_observation(seen)["gradient_norm/hidden"]
        3.0
    """
    scalars = {
        "batch_loss": observation.loss,
        "gradient_norm_total": observation.total_gradient_norm,
    }
    for group, by_layer in (
        ("gradient_norm", observation.gradient_norm),
        ("weight_norm", observation.weight_norm),
        ("update_ratio", observation.update_ratio),
    ):
        scalars |= {f"{group}/{layer}": number for layer, number in by_layer.items()}
    for layer, activation in observation.activations.items():
        scalars[f"activation_mean/{layer}"] = activation.mean
        scalars[f"activation_std/{layer}"] = activation.std
        if activation.dead is not None:
            scalars[f"dead_relu_share/{layer}"] = activation.dead
        if activation.saturated is not None:
            scalars[f"saturated_share/{layer}"] = activation.saturated
    for layer, learnt in observation.batch_norm.items():
        scalars[f"batch_norm_mean/{layer}"] = learnt.mean
        scalars[f"batch_norm_std/{layer}"] = learnt.std
        if learnt.gamma is not None:
            scalars[f"batch_norm_gamma/{layer}"] = learnt.gamma
        if learnt.beta is not None:
            scalars[f"batch_norm_beta/{layer}"] = learnt.beta
    return scalars


def described(tag: str) -> str | None:
    """Returns what a tag's chart shows, in Markdown."""
    group = tag.partition("/")[0]
    if group.startswith("epoch_"):
        group = "epoch"
    return DESCRIPTIONS.get(group)


# Charts of the page, by category: title, and the group of tags that it shows.
_PAGE = (
    (
        "Judgement",
        (("error: human, train, dev, test", "error$"),),
    ),
    (
        "Step by step",
        (
            ("learning rate", "learning_rate$"),
            ("cost of mini-batches", "batch_loss$"),
        ),
    ),
    (
        "Gradients and updates, by layer",
        (
            ("gradient norm", "gradient_norm/"),
            ("update-to-weight ratio (about 0.001 is usual at first)", "update_ratio/"),
            ("weight norm", "weight_norm/"),
            ("gradients over depth: slope of ln(norm)", "gradient_depth_slope$"),
        ),
    ),
    (
        "Activations, by layer",
        (
            ("share of dead ReLU units", "dead_relu_share/"),
            ("share of saturated outputs", "saturated_share/"),
            ("standard deviation", "activation_std/"),
            ("mean", "activation_mean/"),
        ),
    ),
    (
        "Batch normalization, by layer",
        (
            ("moving mean", "batch_norm_mean/"),
            ("moving standard deviation", "batch_norm_std/"),
            ("gamma", "batch_norm_gamma/"),
            ("beta", "batch_norm_beta/"),
            ("gradient norm of gamma and beta", "gradient_norm/"),
        ),
    ),
    (
        "Speed",
        (
            ("examples per second", "examples_per_second$"),
            ("seconds per epoch", "seconds_per_epoch$"),
            ("share of time waiting for data", "waiting_for_data$"),
        ),
    ),
)


def page(tags: Iterable[str]) -> list[Category]:
    """Returns the Custom Scalars page: a chart for each group that has a tag.

    Args:
        tags: All tags that are written.

    Example:
        >>> [category.title for category in page(["epoch_loss", "learning_rate"])]
        ['Cost and metrics, train and dev', 'Step by step']
    """
    tags = sorted(tags)
    epochs = [tag for tag in tags if tag.startswith("epoch_")]
    # The cost first, then the metrics by their names.
    epochs.sort(key=lambda tag: (tag != "epoch_loss", tag))
    names = {"epoch_loss": "cost"}
    categories = [
        Category(
            "Cost and metrics, train and dev",
            [
                Chart(names.get(tag, tag.removeprefix("epoch_")), [f"{tag}$"])
                for tag in epochs
            ],
        )
    ]
    # Their two small vectors would only hide the curves of the layers with kernels.
    normalizing = [
        t.partition("/")[2] for t in tags if t.startswith("batch_norm_mean/")
    ]
    for title, charts in _PAGE:
        shown = []
        for name, pattern in charts:
            if pattern.partition("/")[0] in (
                "gradient_norm",
                "weight_norm",
                "update_ratio",
            ):
                pattern = _only(pattern, normalizing, title.startswith("Batch"))
            if any(re.match(pattern, tag) for tag in tags):
                shown.append(Chart(name, [pattern]))
        if shown:
            categories.append(Category(title, shown))
    return [category for category in categories if category.charts]


def _only(pattern: str, layers: list[str], wanted: bool) -> str:
    """A pattern for the tags of these layers alone, or of all others."""
    names = "|".join(map(re.escape, layers)) or "(?!)"  # nothing at all
    return f"{pattern}(?:{names})$" if wanted else f"{pattern}(?!(?:{names})$)"

"""What the names of layers and variables tell."""

from __future__ import annotations

import itertools
import re

# What TensorFlow 1 and its users called what Keras calls by one name.
ROLES = {
    alias: role
    for role, aliases in {
        "kernel": ("kernel", "weights", "weight", "W", "w"),
        "bias": ("bias", "biases", "b"),
        "gamma": ("gamma", "scale"),
        "beta": ("beta", "offset"),
        "moving_mean": ("moving_mean",),
        "moving_variance": ("moving_variance", "moving_var"),
        "embeddings": ("embeddings", "embedding"),
        "recurrent_kernel": ("recurrent_kernel",),
        "depthwise_kernel": ("depthwise_kernel", "depthwise_weights"),
        "pointwise_kernel": ("pointwise_kernel", "pointwise_weights"),
    }.items()
    for alias in aliases
}
SLOT = re.compile(
    r"(^|/)(beta[12]_power|Adam|AdaMax|Momentum|RMSProp|Adagrad|Adadelta|Ftrl"
    r"|accum_grad|accum_var|ExponentialMovingAverage)(_\d+)?$"
)
STEP = re.compile(r"(^|/)global_step$")
# The names that tf.layers and Keras give by themselves, each with its own counter.
AUTOMATIC = re.compile(
    r"^(dense|conv[123]d(?:_transpose)?|separable_conv[12]d|batch_normalization"
    r"|embedding|layer_normalization)(?:_(\d+))?$"
)


def bookkeeping(name: str) -> str:
    """What a variable is that is no parameter: "step", "optimizer", or ""."""
    if STEP.search(name):
        return "step"
    return "optimizer" if SLOT.search(name) else ""


def components(name: str) -> tuple[str, ...]:
    """Scopes, layer and role."""
    *scopes, last = name.split("/")
    return (*scopes, ROLES.get(last, last))


def role_of(name: str) -> str | None:
    """What a weight is to its layer, None where its name does not tell."""
    return ROLES.get(re.sub(r"_?\d+$", "", name.rpartition("/")[2]))


def layer_of(weight: str) -> str:
    """The path of the layer."""
    return weight.rpartition("/")[0]


def beside(one: str, other: str) -> bool:
    """Whether two variables are of one layer: out/weights, out/biases; W2, b2."""
    numbers = [re.search(r"\d*$", name) for name in (one, other)]
    return (
        layer_of(one) == layer_of(other)
        and None not in (role_of(one), role_of(other))
        and len({number and number[0] for number in numbers}) == 1
    )


def agreement(one: tuple[str | None, ...], other: tuple[str, ...]) -> int:
    """How many parts agree, counted from the end; 0 unless layer and role do."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    count = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return count if count > 1 or one == other else 0


def renumbered(
    weights: list[tuple[str, ...]], variables: list[tuple[str, ...]]
) -> dict[str, str | None]:
    """Automatic layer names of the model -> those of the checkpoint; None: unclear.

    Keras counts through the whole process: a second model begins with dense_2. Taken
    by its number it would get the weights of another layer.
    """
    mine, theirs = _automatic(weights), _automatic(variables)
    renamed: dict[str, str | None] = {}
    for base, names in mine.items():
        others = theirs.get(base, [])
        if names == others or (base in names and set(names) <= set(others)):
            continue
        pairs = others if len(names) == len(others) else [None] * len(names)
        renamed.update(zip(names, pairs, strict=True))
    return renamed


def _automatic(names: list[tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in sorted({part for name in names for part in name[:-1]}, key=natural):
        if match := AUTOMATIC.match(part):
            found.setdefault(match[1], []).append(part)
    return found


def is_series(names: list[str]) -> bool:
    """Whether names differ in their numbers only: W1, W2; Variable, Variable_1."""
    return len({re.sub(r"\d+", "#", re.sub(r"_\d+", "", n)) for n in names}) == 1


def natural(name: str) -> list[list[tuple[int, str]]]:
    """A key to sort by: dense, dense_1, ..., dense_10."""
    return [
        [
            (int(piece), "") if piece.isdigit() else (-1, piece.rstrip("_"))
            for piece in re.split(r"(\d+)", component)
        ]
        for component in name.split("/")
    ]

"""TensorFlow-1 checkpoints, read into Keras models.

    report = legacy_tf1.checkpoints.load_into(model, "folder/model.ckpt")
    print(report)  # what came from where, what was left

It needs eager execution, as Keras models do, and so a process that does not import
`legacy_tf1.tensorflow`.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Left", "Match", "Report", "load_into"]

Conversion = str | Callable[[np.ndarray], Any]
Source = str | tuple[str, Conversion] | None

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
CONVERSIONS = ("transpose", "reshape", "rnn", "lstm")


@dataclass(frozen=True)
class Match:
    """A weight of the model and the variable that filled it.

    Args:
        weight: The weight's path in the model, as "sequential/dense/kernel".
        variable: The variable's name in the checkpoint.
        shape: The weight's shape.
        how: "mapping", "name", "shape" (the only one of that shape) or "order" (one of
            a numbered series, as Variable, Variable_1).
        conversion: What was done to the value, "" for nothing.
    """

    weight: str
    variable: str
    shape: tuple[int, ...]
    how: str
    conversion: str = ""


@dataclass(frozen=True)
class Left:
    """A variable of the checkpoint that the model has no place for.

    Args:
        variable: Its name.
        shape: Its shape.
        why: "optimizer", "step", or "no weight takes it".
    """

    variable: str
    shape: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Report:
    """What `load_into` did; `str(report)` is a table.

    Args:
        checkpoint: Path of the checkpoint that was read.
        matched: The weights that were filled, in the model's order.
        unfilled: Paths of the weights that kept their values.
        left: The variables that were not used.
        proposals: For an unfilled weight, the (variable, conversion) pairs that would
            fit it: what to write into `mapping` once you know that it is meant so.
    """

    checkpoint: str
    matched: tuple[Match, ...]
    unfilled: tuple[str, ...]
    left: tuple[Left, ...]
    proposals: Mapping[str, tuple[tuple[str, str], ...]]

    def __str__(self) -> str:
        rows = [
            (m.weight, "<-", m.variable, str(m.shape), f"by {m.how} {m.conversion}")
            for m in self.matched
        ]
        for weight in self.unfilled:
            fits = " or ".join(map(str, self.proposals.get(weight, ())))
            rows.append((weight, "  ", "-", "", f"would fit: {fits}" if fits else ""))
        rows += [("-", "  ", v.variable, str(v.shape), v.why) for v in self.left]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([f"{self.checkpoint}: {self._counts()}", *lines])

    def _counts(self) -> str:
        return (
            f"{len(self.matched)} weights filled, {len(self.unfilled)} not, "
            f"{len(self.left)} variables left"
        )


def load_into(
    model: Any,
    path: str | os.PathLike[str],
    mapping: Mapping[str, Source] | Callable[[str], Source] | None = None,
    *,
    partial: bool = False,
) -> Report:
    """Fills a Keras model with the variables of a TensorFlow-1 checkpoint.

    What `mapping` does not name is matched by name, where layer and role agree
    ("kernel", "weights" and "W" are one role; "biases" is "bias"; scopes around the
    layer do not matter), then by shape, where the choice is the only one or the names
    are a numbered series. A value of another shape is never transposed unasked: the
    report proposes what would fit. Nor are the gates of an LSTM put into Keras's order
    unasked. Nothing is changed in the model if an error is raised.

    Args:
        model: A built Keras model.
        path: A checkpoint of `tf.train.Saver`, of either format: its prefix
            ("model.ckpt-1000"), one of its files, or a folder, whose latest one counts.
        mapping: Where a weight's value comes from: a dict from the weight's path (or
            the end of it, as "dense/kernel") or a function of the path. A source is a
            variable's name, or a pair of the name and a conversion: "transpose",
            "reshape", "rnn" (the rows of a TensorFlow-1 cell's kernel that belong to
            inputs or state), "lstm" (the same, the gates (i, j, f, o) in Keras's order
            (i, f, j, o), and the cell's `forget_bias` of 1 added to the bias), or a
            function from array to array. None leaves a weight in a dict as it is; a
            function's None leaves the choice to the rules above.
        partial: Whether weights may keep their values.

    Returns:
        A `Report`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If `mapping` names what does not exist or does not fit; if a weight
            is not filled and `partial` is False.
        RuntimeError: If the process runs TensorFlow 1, without eager execution.

    Example:
        >>> import keras, tempfile, tensorflow as tf
        >>> v1 = tf.compat.v1
        >>> with tf.Graph().as_default(), v1.Session() as session:
        ...     W = v1.get_variable("W1", initializer=tf.constant([[1.0, 2.0, 3.0]]))
        ...     b = v1.get_variable("b1", initializer=tf.constant([[4.0]]))
        ...     session.run(v1.global_variables_initializer())
        ...     path = v1.train.Saver().save(
        ...         session, tempfile.mkdtemp() + "/model.ckpt"
        ...     )
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> report = load_into(
        ...     model,
        ...     path,
        ...     {"kernel": ("W1", "transpose"), "bias": ("b1", "reshape")},
        ... )
        >>> [(match.variable, match.conversion) for match in report.matched]
        [('W1', 'transpose'), ('b1', 'reshape')]
        >>> print(model(np.ones((1, 3))).numpy())
        [[10.]]
    """
    import tensorflow as tf

    if not tf.executing_eagerly():
        raise RuntimeError(
            "The model's weights must have values, which they have under eager "
            "execution. Received: a process that runs TensorFlow 1 "
            "(legacy_tf1.tensorflow was imported, or eager execution turned off). Load "
            "the checkpoint in a process of its own."
        )
    weights = {weight.path: weight for weight in model.weights}
    if not weights:
        raise ValueError(
            "`model` must be built, so that its weights have shapes. Received: "
            f"{model.name!r} without weights. Give it a keras.Input, or call it once."
        )
    prefix = find(path)
    reader = tf.train.load_checkpoint(prefix)
    shapes = {
        name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()
    }
    matching = _Matching({path: tuple(w.shape) for path, w in weights.items()}, shapes)
    matching.by_mapping(mapping)
    matching.by_name()
    matching.by_shape()
    values = {
        weight: _converted(
            reader.get_tensor(name), conversion, weight, weights[weight].shape, name
        )
        for weight, (name, conversion, _) in matching.found.items()
    }
    report = matching.report(prefix)
    if report.unfilled and not partial:
        raise ValueError(_unfilled_message(report))
    for weight, value in values.items():
        weights[weight].assign(value)
    return report


def find(path: str | os.PathLike[str]) -> str:
    """Returns the prefix of the checkpoint that a path means.

    Args:
        path: A prefix, a file of a checkpoint, or a folder.

    Raises:
        FileNotFoundError: If there is none.
    """
    given = Path(path)
    if given.is_dir():
        return _latest(given)
    prefix = re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", os.fspath(path))
    prefix = re.sub(r"-\d{5}-of-\d{5}$", "-?????-of-?????", prefix)  # old and in parts
    if Path(f"{prefix}.index").exists() or list(given.parent.glob(Path(prefix).name)):
        return prefix
    there = sorted({_prefix(file) for file in given.parent.glob("*.index")})
    raise FileNotFoundError(
        "`path` must be a checkpoint of TensorFlow 1: its prefix, one of its files or "
        f"their folder. Received: {os.fspath(path)!r}. "
        f"Checkpoints there: {', '.join(there) or 'none'}."
    )


def _prefix(file: Path) -> str:
    return file.name.removesuffix(".index")


def _latest(folder: Path) -> str:
    """By the folder's `checkpoint` file; it may name paths of another machine."""
    state = folder / "checkpoint"
    if state.exists():
        latest = re.search(r'^model_checkpoint_path: "(.*)"', state.read_text(), re.M)
        if latest:
            name = re.split(r"[/\\]", latest[1])[-1]
            if (folder / f"{name}.index").exists() or (folder / name).exists():
                return str(folder / name)
    there = sorted(folder.glob("*.index"), key=lambda file: _natural(_prefix(file)))
    if len({re.sub(r"-\d+$", "", _prefix(file)) for file in there}) == 1:
        return str(folder / _prefix(there[-1]))
    raise FileNotFoundError(
        "A folder given as `path` must hold checkpoints of one name, or a `checkpoint` "
        f"file that tells the latest. Received: {str(folder)!r} with "
        f"{', '.join(map(_prefix, there)) or 'no checkpoint'}. Give the prefix of one."
    )


class _Matching:
    """Which variable fills which weight; the rules take their turns."""

    def __init__(
        self,
        weights: dict[str, tuple[int, ...]],
        variables: dict[str, tuple[int, ...]],
    ) -> None:
        self.weights = weights
        self.variables = variables
        #: Weight -> variable, conversion, and the rule that found it.
        self.found: dict[str, tuple[str, Conversion, str]] = {}
        self._kept: set[str] = set()

    def open_weights(self) -> list[str]:
        return [w for w in self.weights if w not in self.found and w not in self._kept]

    def open_variables(self) -> list[str]:
        """Those that are parameters, in the order in which they were numbered."""
        used = {name for name, _, _ in self.found.values()}
        names = (n for n in self.variables if n not in used and not _bookkeeping(n))
        return sorted(names, key=_natural)

    def by_mapping(
        self, mapping: Mapping[str, Source] | Callable[[str], Source] | None
    ) -> None:
        if callable(mapping):
            sources = {w: mapping(w) for w in self.weights}
            chosen = {w: source for w, source in sources.items() if source is not None}
        else:
            chosen = {self._weight(key): v for key, v in (mapping or {}).items()}
        for weight, source in chosen.items():
            if source is None:
                self._kept.add(weight)
                continue
            name, conversion = (source, "") if isinstance(source, str) else source
            if name not in self.variables:
                raise ValueError(
                    "`mapping` must name variables of the checkpoint. Received: "
                    f"{name!r} for {weight!r}. {_did_you_mean(name, self.variables)}"
                )
            self.found[weight] = (name, conversion, "mapping")

    def _weight(self, key: str) -> str:
        """The weight's path, of which the mapping may give the end."""
        if key in self.weights:
            return key
        fitting = [weight for weight in self.weights if weight.endswith(f"/{key}")]
        if len(fitting) == 1:
            return fitting[0]
        raise ValueError(
            "A key of `mapping` must be the path of one weight, or its end. Received: "
            f"{key!r}, which fits {', '.join(fitting) or 'none'}. "
            f"{_did_you_mean(key, self.weights)}"
        )

    def by_name(self) -> None:
        variables = {n: _components(n) for n in self.open_variables()}
        renumbered = _renumbered(
            [_components(weight) for weight in self.weights], list(variables.values())
        )
        wanted = {}
        for weight in self.open_weights():
            parts = tuple(renumbered.get(part, part) for part in _components(weight))
            if None in parts:
                continue
            agreement = {n: _agreement(parts, other) for n, other in variables.items()}
            most = max(agreement.values(), default=0)
            fits = [n for n, parts_alike in agreement.items() if parts_alike == most]
            alone = most > 0 and len(fits) == 1
            if alone and self.variables[fits[0]] == self.weights[weight]:
                wanted[weight] = fits[0]
        for weight, name in wanted.items():
            if list(wanted.values()).count(name) == 1 and not self._foreign(weight):
                self.found[weight] = (name, "", "name")

    def by_shape(self) -> None:
        transposed = self._transposed()
        recurrent = self._recurrent()
        groups: dict[tuple[int, ...], list[str]] = {}
        for weight in self.open_weights():
            shape = self.weights[weight]
            square = len(shape) == 2 and shape[0] == shape[1]
            if not (square and transposed) and _layer(weight) not in recurrent:
                groups.setdefault(shape, []).append(weight)
        for shape, weights in groups.items():
            roles = {_role(weight) for weight in weights}
            for role in roles:
                mine = [weight for weight in weights if _role(weight) == role]
                # A name that tells nothing may be any of them: only if all are alike.
                known = {role, None} if len(roles) == 1 else {role}
                names = [
                    name
                    for name in self.open_variables()
                    if self.variables[name] == shape and _role(name) in known
                ]
                if len(mine) == len(names) and _is_series(names):
                    how = "shape" if len(names) == 1 else "order"
                    for weight, name in zip(mine, names, strict=True):
                        self.found[weight] = (name, "", how)

    def proposals(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What would fit the open weights, were it converted."""
        transposed = self._transposed()
        fits = {w: self._fits(w, transposed) for w in self.open_weights()}
        for weight, options in list(fits.items()):
            alike = [
                w for w in fits if fits[w] == options and _role(w) == _role(weight)
            ]
            if len(alike) == len(options) and _is_series([n for n, _ in options]):
                for one, option in zip(alike, options, strict=True):
                    fits[one] = (option,)
        return {weight: options for weight, options in fits.items() if options}

    def report(self, prefix: str) -> Report:
        used = {name for name, _, _ in self.found.values()}
        return Report(
            checkpoint=prefix,
            matched=tuple(
                Match(weight, name, shape, how, _told(conversion))
                for weight, shape in self.weights.items()
                if weight in self.found
                for name, conversion, how in [self.found[weight]]
            ),
            unfilled=tuple(w for w in self.weights if w not in self.found),
            left=tuple(
                Left(name, shape, _bookkeeping(name) or "no weight takes it")
                for name, shape in sorted(self.variables.items())
                if name not in used
            ),
            proposals=self.proposals(),
        )

    def _fits(self, weight: str, transposed: bool) -> tuple[tuple[str, str], ...]:
        shape, role = self.weights[weight], _role(weight)
        inner = self._recurrent().get(_layer(weight))
        found = []
        for name in self.open_variables():
            other = self.variables[name]
            if _role(name) not in (role, None) and inner is None:
                continue
            if inner is not None:
                if conversion := self._cell(weight, name, inner):
                    found.append((name, conversion))
            elif len(shape) == 2 and other == shape[::-1]:
                if other != shape or transposed:
                    found.append((name, "transpose"))
            elif [n for n in other if n != 1] == [n for n in shape if n != 1]:
                found.append((name, "reshape" if other != shape else ""))
        return tuple(found)

    def _cell(self, weight: str, name: str, units: int) -> str:
        """How a TensorFlow-1 cell's variable fits a recurrent layer's weight."""
        inputs, gates = self.weights[f"{_layer(weight)}/kernel"]
        stacked = (inputs + units, gates)
        expected = (gates,) if _role(weight) == "bias" else stacked
        if self.variables[name] != expected:
            return ""
        return {1: "rnn", 4: "lstm"}.get(gates // units, "")

    def _transposed(self) -> bool:
        """Whether kernels fit turned around only: then square ones may be turned too."""
        names = self.open_variables()
        shapes = {self.variables[name] for name in names}
        return any(
            len(shape) == 2 and shape not in shapes and shape[::-1] in shapes
            for shape in map(self.weights.__getitem__, self.open_weights())
        )

    def _recurrent(self) -> dict[str, int]:
        """The recurrent layers, with their units."""
        return {
            _layer(weight): shape[0]
            for weight, shape in self.weights.items()
            if weight.endswith("/recurrent_kernel")
        }

    def _foreign(self, weight: str) -> bool:
        """Whether weight is a recurrent layer's and the checkpoint not from Keras."""
        of_keras = any(_role(name) == "recurrent_kernel" for name in self.variables)
        return _layer(weight) in self._recurrent() and not of_keras


def _converted(
    value: np.ndarray,
    conversion: Conversion,
    weight: str,
    shape: tuple[int, ...],
    name: str,
) -> np.ndarray:
    """The value as the weight takes it."""
    if callable(conversion):
        result = np.asarray(conversion(value))
    elif conversion == "transpose":
        result = value.T
    elif conversion == "reshape" and value.size == np.prod(shape, dtype=int):
        result = value.reshape(shape)
    elif conversion in ("rnn", "lstm"):
        result = _of_cell(value, weight, shape)
        if conversion == "lstm":
            result = _keras_gates(result)
    elif conversion in ("", "reshape"):
        result = value
    else:
        raise ValueError(
            f"A conversion must be one of {', '.join(CONVERSIONS)}, or a function. "
            f"Received: {conversion!r} for {weight!r}."
        )
    if result.shape == tuple(shape):
        return result
    done = f" after {_told(conversion)}" if conversion else ""
    raise ValueError(
        f"{weight!r} takes values of shape {tuple(shape)}. Received: {name!r} of shape "
        f"{value.shape}{f', {result.shape}{done}' if done else ''}. Choose another "
        f"variable, or a conversion: {', '.join(CONVERSIONS)}, or a function."
    )


def _of_cell(value: np.ndarray, weight: str, shape: tuple[int, ...]) -> np.ndarray:
    """TensorFlow 1 stacks the rows for the inputs on those for the state."""
    if value.ndim == 1:
        return value
    return (
        value[-shape[0] :] if _role(weight) == "recurrent_kernel" else value[: shape[0]]
    )


def _keras_gates(value: np.ndarray) -> np.ndarray:
    """(i, j, f, o) -> (i, f, j, o); TensorFlow 1 adds forget_bias while it runs."""
    i, j, f, o = np.split(value, 4, axis=-1)
    return np.concatenate([i, f + 1 if value.ndim == 1 else f, j, o], axis=-1)


def _bookkeeping(name: str) -> str:
    if STEP.search(name):
        return "step"
    return "optimizer" if SLOT.search(name) else ""


def _components(name: str) -> tuple[str, ...]:
    *scopes, last = name.split("/")
    return (*scopes, ROLES.get(last, last))


def _role(name: str) -> str | None:
    return ROLES.get(re.sub(r"_?\d+$", "", name.rpartition("/")[2]))


def _layer(weight: str) -> str:
    return weight.rpartition("/")[0]


def _agreement(one: tuple[str | None, ...], other: tuple[str, ...]) -> int:
    """How many parts agree, counted from the end; 0 unless layer and role do."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    count = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return count if count > 1 or one == other else 0


def _renumbered(
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
    for part in sorted({part for name in names for part in name[:-1]}, key=_natural):
        if match := AUTOMATIC.match(part):
            found.setdefault(match[1], []).append(part)
    return found


def _is_series(names: list[str]) -> bool:
    """Whether names differ in their numbers only: W1, W2; Variable, Variable_1."""
    return len({re.sub(r"\d+", "#", re.sub(r"_\d+", "", n)) for n in names}) == 1


def _natural(name: str) -> list[list[tuple[int, str]]]:
    """A key to sort by: dense, dense_1, ..., dense_10."""
    return [
        [
            (int(piece), "") if piece.isdigit() else (-1, piece.rstrip("_"))
            for piece in re.split(r"(\d+)", component)
        ]
        for component in name.split("/")
    ]


def _told(conversion: Conversion) -> str:
    if isinstance(conversion, str):
        return conversion
    return getattr(conversion, "__name__", type(conversion).__name__)


def _did_you_mean(name: str, names: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    return (
        f"Did you mean {' or '.join(map(repr, close))}?"
        if close
        else (f"There are: {', '.join(names)}.")
    )


def _unfilled_message(report: Report) -> str:
    unique = {w: p[0] for w, p in report.proposals.items() if len(p) == 1}
    entries = "".join(
        f"\n    {weight!r}: {(name, how) if how else name!r},"
        for weight, (name, how) in unique.items()
    )
    proposal = (
        f"By their shapes these would fit; pass them if they are meant:\n"
        f"mapping={{{entries}\n}}\n"
        if unique
        else ""
    )
    return (
        "Each weight of the model must have a variable in the checkpoint. Received: no "
        f"variable for {', '.join(report.unfilled)}. Say in `mapping` where they come "
        f"from, or pass partial=True to let them keep their values. {proposal}\n{report}"
    )

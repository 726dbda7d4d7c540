"""Which layer went bad first: the forensics of a NaN."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np

from tfkit.diagnose import watched_step as watching
from tfkit.diagnose.watched_step import Call, Numbers, WatchedStep

Kind = Literal["data", "weights", "output", "loss", "gradient", "none"]

# exp of more overflows in float32.
_EXP_OVERFLOWS = 88.0
_LARGE = 1e4
# More examples or rows than these are no help to a reader.
_NAMED, _ROWS = 10, 30

_RATE = (
    "a lower learning rate, a warm-up, or gradient clipping (`clipnorm=1.0`): weights "
    "or outputs have grown"
)


@dataclass(frozen=True)
class LayerReading:
    """What one call of a layer showed.

    Args:
        layer: Name of the layer.
        type: Its class.
        inputs: The numbers it was given.
        outputs: The numbers it returned.
        weights: Its weights.
        gradients: The cost's derivatives with respect to its inputs and weights.
    """

    layer: str
    type: str
    inputs: Numbers
    outputs: Numbers
    weights: Numbers
    gradients: Numbers


@dataclass(frozen=True)
class FailureReport:
    """What `find_first_bad_layer` found.

    Args:
        kind: Where it went bad: "data" (the batch itself), "weights" (before the step),
            "output" (of a layer), "loss", "gradient"; "none" if all was finite.
        layer: Name of the first layer that went bad; None where it is no layer's.
        message: What was seen, in a sentence.
        advice: What to look at, the likeliest first.
        loss: The cost, None for a model that was not compiled.
        examples: Rows of the batch that are concerned, from 0; empty if all or unknown.
        columns: For "data", the columns with NaN (indices of the last axis).
        readings: Every call of a layer, in the order of execution.
    """

    kind: Kind
    layer: str | None
    message: str
    advice: tuple[str, ...]
    loss: float | None
    examples: tuple[int, ...]
    columns: tuple[int, ...]
    readings: tuple[LayerReading, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain types."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"first bad: {self.message}"]
        lines += [f"  try: {advice}" for advice in self.advice]
        return "\n".join([*lines, "", *self._table()])

    def _table(self) -> Iterator[str]:
        bad = [i for i, r in enumerate(self.readings) if r.layer == self.layer]
        first = max(0, (bad[0] if bad else 0) - _ROWS // 2)
        rows = self.readings[first : first + _ROWS]
        width = max([len(row.layer) for row in rows] + [len("layer")])
        yield f"  {'layer':<{width}}  largest  NaN, inf     largest  NaN, inf"
        yield f"  {'':<{width}}   output              gradient"
        for row in rows:
            out, gradient = row.outputs, row.gradients
            yield (
                f"{'>' if row.layer == self.layer else ' '} {row.layer:<{width}}"
                f"  {out.largest:7.2g}  {out.bad:8d}"
                f"     {gradient.largest:7.2g}  {gradient.bad:8d}"
            )
        if len(self.readings) > len(rows):
            yield f"  ({len(rows)} of {len(self.readings)} calls of layers)"


def find_first_bad_layer(model: keras.Model, batch: Any) -> FailureReport:
    """Names the part of a training step in which the first NaN or infinity arises.

    One step is run in training mode outside of any compiled function: forward layer by
    layer, the loss, then backward from the last layer to the first. The first layer
    whose output is not finite although its input is, is the one; where all outputs and
    the loss are finite, it is the first on the way back whose gradient is not finite
    although what comes from behind is. NaN in the data that goes through the model is
    named before anything else.

    The model stays as it is. Dropout draws masks of its own, and a `train_step` of the
    model's class is not followed: it is the model's call, its loss and penalties.

    Args:
        model: A built model on the TensorFlow backend, with the weights before the
            step. Compiled, or only the forward pass is looked at.
        batch: The mini-batch: `(x, y, sample_weight)` as nested arrays; shorter, or
            `x` alone, where there is no more.

    Returns:
        A `FailureReport`; `print` shows a table.

    Raises:
        ValueError: If the model is not built, or the backend is not TensorFlow.

    Example:
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((2,)),
        ...         keras.layers.Dense(4, name="hidden"),
        ...         keras.layers.Activation(keras.ops.log, name="log"),
        ...         keras.layers.Dense(1, name="output"),
        ...     ]
        ... )
        >>> model.compile("sgd", "mse")
        >>> report = find_first_bad_layer(model, (np.zeros((8, 2)), np.zeros((8, 1))))
        >>> report.kind, report.layer
        ('output', 'log')
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "The steps of a model can be looked into on the TensorFlow backend only. "
            f"Received: backend {keras.backend.backend()!r}. Set KERAS_BACKEND."
        )
    if not model.built:
        raise ValueError(
            "`model` must be built, with the weights before the step. Received: "
            f"{model.name!r} without weights. Call it on a batch, or load weights."
        )
    batch = tuple(batch) if isinstance(batch, (list, tuple)) else (batch,)
    x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    step = watching.watched_step(model, x, y, weight)
    return _Investigation(model, (x, y, weight), step).report()


class _Investigation:
    """Goes through a step in the order in which things can go bad."""

    def __init__(
        self, model: keras.Model, batch: tuple[Any, Any, Any], step: WatchedStep
    ) -> None:
        self._model, self._batch, self._step = model, batch, step
        self._size = int(watching.leaves(batch[0])[0].shape[0])

    def report(self) -> FailureReport:
        """The first of the suspects that is found guilty."""
        suspects: tuple[Callable[[], FailureReport | None], ...] = (
            self._inputs,
            self._outputs,
            self._loss,
            self._gradients,
        )
        for suspect in suspects:
            found = suspect()
            if found is not None:
                return found
        what = "" if self._model.compiled else " The model is not compiled: no loss."
        return self._made(
            "none",
            None,
            f"nothing. Inputs, weights, outputs and gradients are all finite.{what}",
            [
                "the step again: dropout and noise drew other numbers than in training",
                "numbers close to overflow, which compiled code rounds otherwise",
                "a `train_step` of the model's own, which is not followed here",
            ],
        )

    def _inputs(self) -> FailureReport | None:
        if not Numbers.of(self._batch[0]).bad:
            return None
        for call in self._inner():
            if _bad(call.outputs):
                # Some layers are there to replace NaN; behind them another one arises.
                passed_on = _bad(call.inputs)
                return self._data("inputs", self._batch[0]) if passed_on else None
        return None

    def _outputs(self) -> FailureReport | None:
        for number, call in enumerate(self._step.calls):
            if not _bad(call.outputs) or _bad(call.inputs):
                continue
            name, inputs = call.part.name, Numbers.of(call.inputs)
            outputs, weights = Numbers.of(call.outputs), Numbers.of(call.weights)
            counts = f"{outputs.bad} of {outputs.count} outputs are NaN or infinite"
            if weights.bad:
                return self._made(
                    "weights",
                    call,
                    f"{name!r}: {weights.bad} of {weights.count} weights were NaN or "
                    f"infinite before the step; {counts}.",
                    [_RATE, "an earlier checkpoint, whose weights are finite"],
                )
            what = f"{name!r} ({type(call.part).__name__})"
            if call.part is self._model:
                what = f"the call of {name!r} itself, {self._between(number)}"
            return self._made(
                "output",
                call,
                f"{what}: {counts}, from finite inputs of at most "
                f"{inputs.largest:.4g}.",
                _advice_on_output(call, inputs, weights),
                examples=_rows_with_nan(call.outputs[0], self._size),
            )
        return None

    def _loss(self) -> FailureReport | None:
        loss = self._step.loss
        if loss is None or np.isfinite(loss):
            return None
        for place, part in zip(
            ("targets", "sample weights"), self._batch[1:], strict=True
        ):
            if Numbers.of(part).bad:
                return self._data(place, part)
        for layer, penalty in self._step.penalties:
            if not np.isfinite(penalty):
                calls = [c for c in self._step.calls if c.part.name == layer]
                return self._made(
                    "loss",
                    calls[0] if calls else None,
                    f"the penalty of {layer!r} is {penalty}; its outputs are finite.",
                    ["the layer's regularizer; very large weights", _RATE],
                )
        alone = watching.losses_of_examples(
            self._model, self._step.prediction, self._batch
        )
        outputs = Numbers.of(self._step.prediction)
        advice = [
            "from_logits=True, with no activation in the output layer: its loss never "
            "takes the logarithm of 0"
        ]
        if outputs.largest > _LARGE:
            advice = [_RATE, "normalized inputs and targets"]
        elif outputs.lowest > 0 and not outputs.zeros:
            advice.append("the loss function itself: log, division, square root")
        return self._made(
            "loss",
            None,
            f"the loss is {loss}, though the model's outputs are finite (from "
            f"{outputs.lowest:.4g}, at most {outputs.largest:.4g} in size).",
            advice,
            examples=[i for i, each in enumerate(alone) if not np.isfinite(each)],
        )

    def _gradients(self) -> FailureReport | None:
        if _bad(self._step.prediction_gradients):
            return self._made(
                "gradient",
                None,
                "the derivative of the loss with respect to the model's outputs; the "
                "loss itself is finite.",
                _advice_on_gradient(self._step.prediction, "the loss"),
                examples=_rows_with_nan(self._step.prediction_gradients[0], self._size),
            )
        # Inner layers begin after outer ones, so backwards they come first.
        for call in sorted(self._inner(), key=lambda call: -call.began):
            inward = Numbers.of([call.input_gradients, call.weight_gradients])
            if not inward.bad or _bad(call.output_gradients):
                continue
            inputs = Numbers.of(call.inputs)
            return self._made(
                "gradient",
                call,
                f"{call.part.name!r} ({type(call.part).__name__}): {inward.bad} of "
                f"{inward.count} derivatives with respect to its inputs and weights are "
                "NaN or infinite; its outputs are finite, from inputs of at most "
                f"{inputs.largest:.4g}.",
                _advice_on_gradient(call.inputs, "the layer"),
                examples=_rows_with_nan(
                    next((g for g in call.input_gradients if _bad([g])), None),
                    self._size,
                ),
            )
        return None

    def _inner(self) -> list[Call]:
        return [call for call in self._step.calls if call.part is not self._model]

    def _between(self, number: int) -> str:
        """Where in the model's own call: after the last finite layer, before a bad one."""
        before = self._step.calls[:number]
        bad = [call for call in before if _bad(call.inputs)]
        fine = [call for call in before if call.began < bad[0].began] if bad else before
        after = f"after {fine[-1].part.name!r}" if fine else "at its beginning"
        return f"{after} and before {bad[0].part.name!r}" if bad else after

    def _data(self, place: str, data: Any) -> FailureReport:
        examples: set[int] = set()
        columns: set[int] = set()
        where: list[str] = []
        for path, leaf in keras.tree.flatten_with_path(data):
            if leaf is None or not _bad([leaf]):
                continue
            bad = np.argwhere(~np.isfinite(watching.floats(leaf)))
            examples |= {int(row) for row in bad[:, 0]}
            if bad.shape[1] > 1:
                columns |= {int(column) for column in bad[:, -1]}
            where += ["/".join(map(str, path))] if path else []
        numbers = Numbers.of(data)
        text = f"{numbers.bad} of {numbers.count} numbers of the {place}"
        if where:
            text += f" ({', '.join(where)})"
        text += f" are NaN or infinite: {_listed('example', examples)}"
        if columns:
            text += f", {_listed('column', columns)}"
        return self._made(
            "data",
            None,
            f"{text} of the batch.",
            [
                "these examples in the data: missing values, division by a standard "
                "deviation of 0, a file read wrongly",
                "removing them, or filling the gaps before training",
            ],
            examples=sorted(examples),
            columns=sorted(columns),
        )

    def _made(
        self,
        kind: Kind,
        call: Call | None,
        message: str,
        advice: Sequence[str],
        *,
        examples: Sequence[int] = (),
        columns: Sequence[int] = (),
    ) -> FailureReport:
        # All of them is no hint, and in the order of a list it would hide the table.
        some = kind != "data" and 0 < len(examples) < self._size
        if some:
            message = f"{message} In {_listed('example', set(examples))} of the batch."
        return FailureReport(
            kind=kind,
            layer=None if call is None else call.part.name,
            message=message,
            advice=tuple(advice),
            loss=self._step.loss,
            examples=tuple(examples) if some or kind == "data" else (),
            columns=tuple(columns),
            readings=tuple(map(_reading, self._inner())),
        )


def _reading(call: Call) -> LayerReading:
    return LayerReading(
        layer=call.part.name,
        type=type(call.part).__name__,
        inputs=Numbers.of(call.inputs),
        outputs=Numbers.of(call.outputs),
        weights=Numbers.of(call.weights),
        gradients=Numbers.of([call.input_gradients, call.weight_gradients]),
    )


def _advice_on_output(call: Call, inputs: Numbers, weights: Numbers) -> list[str]:
    advice = []
    if getattr(call.part, "compute_dtype", None) == "float16":
        advice.append("float16 ends at 65504: mixed_bfloat16, or loss scaling")
    if inputs.largest > _LARGE or weights.largest > _LARGE:
        return [*advice, _RATE]
    if weights.count:
        # What the weights made of the inputs went into it, so these tell nothing.
        return [*advice, "the layer's own formula, and its activation function"]
    if inputs.zeros:
        advice.append(
            f"{inputs.zeros} of its inputs are exactly 0: for log or division, "
            "keras.ops.maximum(x, 1e-7) before it"
        )
    if inputs.lowest < 0:
        advice.append(
            f"its inputs go down to {inputs.lowest:.3g}: log, sqrt and powers of "
            "negative numbers are NaN"
        )
    if inputs.largest > _EXP_OVERFLOWS:
        advice.append("exp of more than 88 overflows: softmax and logsumexp do not")
    return advice or ["the layer's own formula: log, division, square root, exp"]


def _advice_on_gradient(tensors: Any, what: str) -> list[str]:
    numbers = Numbers.of(tensors)
    advice = []
    if numbers.zeros:
        advice.append(
            f"{numbers.zeros} numbers that {what} is given are exactly 0, where sqrt, "
            "norm and powers below 1 have an infinite derivative: "
            "keras.ops.sqrt(x + 1e-7)"
        )
    advice.append(
        "keras.ops.where(ok, f(x), 0) has the gradient NaN where f(x) is not finite: "
        "f(keras.ops.where(ok, x, 1)) has not"
    )
    if numbers.largest > _LARGE:
        advice.append(_RATE)
    return advice


def _bad(tensors: Any) -> bool:
    return any(
        not np.isfinite(watching.floats(each)).all()
        for each in watching.leaves(tensors)
    )


def _rows_with_nan(tensor: Any, size: int) -> list[int]:
    """The examples with a number that is not finite, where the first axis counts them."""
    if tensor is None or not len(tensor.shape) or tensor.shape[0] != size:
        return []
    values = watching.floats(tensor).reshape(size, -1)
    return [int(row) for row in np.flatnonzero(~np.isfinite(values).all(axis=1))]


def _listed(noun: str, numbers: set[int]) -> str:
    named = sorted(numbers)[:_NAMED]
    more = f" and {len(numbers) - len(named)} more" if len(numbers) > len(named) else ""
    plural = "s" if len(numbers) > 1 else ""
    return f"{noun}{plural} {', '.join(map(str, named))}{more}"

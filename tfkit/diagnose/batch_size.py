"""Which mini-batch size suits this model on this machine, by measurement."""

from __future__ import annotations

import math
import os
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfkit._checks import check_count, check_number
from tfkit.data.batch_size import batch_size_advice as course_rule
from tfkit.diagnose import rehearsal
from tfkit.diagnose.arrays import check_arrays, count_examples, rows
from tfkit.diagnose.model_checks import require_compiled
from tfkit.diagnose.targets import require_labels, require_targets
from tfkit.diagnose.watched_step import leaves, watched_step
from tfkit.training.plan import seconds_per_step

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIZES = (32, 64, 128, 256, 512, 1024)
# tfkit's `fit` compiles in the first epoch and, for what it then knows, in the second.
_WARM_UP = 2
# The course: "typical mini-batch sizes are 64, 128, 256, 512".
_TYPICAL = (64, 512)


@dataclass(frozen=True)
class BatchSpeed:
    """How fast a training goes with one batch size.

    Args:
        batch_size: Examples in a batch.
        examples_per_second: In the fastest epoch, compilation left out.
        seconds_per_epoch: For all examples.
        updates_per_epoch: Steps in an epoch, the shorter last one included.
        bytes: Estimate of the memory that training takes.
        engine: What ran it: "xla" or "graph" of tfkit's `fit`, or "keras".
    """

    batch_size: int
    examples_per_second: float
    seconds_per_epoch: float
    updates_per_epoch: int
    bytes: int
    engine: str


@dataclass(frozen=True)
class BatchSizeRange:
    """What `batch_size_range` found. Printed, it is a table.

    Args:
        suggestion: The size to train with.
        reason: Why.
        examples: $m$, the number of training examples.
        speeds: What was measured, ascending sizes.
        too_large: Sizes that were left out as they do not fit into the memory.
        bytes_per_example: Estimate of what an example takes while training: inputs, the
            outputs of all layers, and as much again for their gradients.
        memory_bytes: Memory that there is, None if that is not known.
        target: Share of the highest speed that is fast enough.
    """

    suggestion: int
    reason: str
    examples: int
    speeds: tuple[BatchSpeed, ...]
    too_large: tuple[int, ...]
    bytes_per_example: int
    memory_bytes: int | None
    target: float

    @property
    def verdict(self) -> str:
        """The size and the reason."""
        return f"batch size {self.suggestion}: {self.reason}"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do with it."""
        return tuple(self._advice())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        found = asdict(self)
        found["speeds"] = list(found["speeds"])
        found["too_large"] = list(self.too_large)
        return {"verdict": self.verdict, "advice": list(self.advice), **found}

    def plot(self) -> Figure:
        """Draws the speed over the batch size, with the suggestion marked."""
        from tfkit.plots.batch_size import batch_size_curve

        return batch_size_curve(
            [speed.batch_size for speed in self.speeds],
            [speed.examples_per_second for speed in self.speeds],
            suggestion=self.suggestion,
            target=self.target,
            title=self.verdict,
        )

    def __str__(self) -> str:
        best = max(speed.examples_per_second for speed in self.speeds)
        header = ("batch", "examples/s", "of best", "s/epoch", "updates", "memory")
        table = [
            (
                str(speed.batch_size),
                f"{speed.examples_per_second:,.0f}",
                f"{100 * speed.examples_per_second / best:.0f} %",
                f"{speed.seconds_per_epoch:.3g}",
                str(speed.updates_per_epoch),
                _megabytes(speed.bytes),
            )
            for speed in self.speeds
        ]
        lines = [self.verdict]
        for row in (header, *table):
            cells = (
                f"{cell:>{width}}"
                for cell, width in zip(row, (7, 12, 8, 9, 8, 10), strict=True)
            )
            mark = "  <-" if row[0] == str(self.suggestion) else ""
            lines.append(" ".join(cells) + mark)
        lines += [
            line
            for each in self.advice
            for line in textwrap.wrap(f"- {each}", 88, subsequent_indent="  ")
        ]
        return "\n".join(lines)

    def _of_few_examples(self) -> str:
        best = max(speed.examples_per_second for speed in self.speeds)
        whole = [s for s in self.speeds if s.batch_size == self.examples]
        there = ", the suggestion, too" if self.suggestion == self.examples else ""
        if whole and not there:
            share = whole[0].examples_per_second / best
            there = (
                f": here {100 * share:.0f} % of the top speed, and one update an epoch"
            )
        return (
            f"the course's rule for few examples (below 2000) is all {self.examples} at "
            f"once, batch gradient descent{there}"
        )

    def _advice(self) -> Iterator[str]:
        yield (
            "tune the learning rate with this size; with another size it changes "
            "(learning_rate_range)"
        )
        if course_rule(self.examples).batch_size == self.examples:
            yield self._of_few_examples()
        if self.too_large:
            sizes = ", ".join(map(str, self.too_large))
            yield f"left out, as the memory does not hold them: {sizes}"
        if self.memory_bytes is None:
            yield "the memory is not known: give `memory_bytes` to have it watched"
        if self.speeds[-1].engine == "keras":
            yield "small batches gain from tfkit.accelerate(model), which compiles epochs"


def batch_size_range(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    sizes: Sequence[int] | None = None,
    seconds: float = 1.0,
    epochs: int = 100,
    target: float = 0.85,
    memory_bytes: int | None = None,
) -> BatchSizeRange:
    r"""Trains with several batch sizes for a moment each, and recommends one.

    It is the smallest size that reaches `target` of the highest speed measured with any
    size: a larger one would hardly save time, and gives away updates, of which an epoch
    has $\lceil m / \text{size} \rceil$. As in the course it is a power of two from 64 to
    512 that fits into the memory; if none of these reaches the target, it is the fastest
    of them. With fewer than 2000 examples larger sizes take part, and the course's rule
    for small training sets is told beside the suggestion: to use them as a whole, which
    is batch gradient descent. Sizes given by `sizes` all take part.

    What is timed is the model's own `fit`, callbacks apart: compiled epochs for tfkit's
    models. The first two epochs, in which they are compiled, do not count (where XLA
    pays they take seconds for each size); of the others the fastest does, as other
    programs only ever slow one down. An epoch that would take too long is timed on a
    part of the examples. The learning rate is 0 meanwhile.

    At the end everything is as it was; see `learning_rate_range`.

    Args:
        model: A built and compiled model.
        x: Inputs: an array, or a list or dictionary of arrays.
        y: Targets, in the same forms; None where the model needs none.
        sample_weight: A weight for each example.
        sizes: Batch sizes to try. Default: powers of two from 32 to 1024 that are not
            above $m$; and $m$ itself where that is below 2000.
        seconds: Time for each size, compilation not counted; roughly.
        epochs: Epochs of the training to come. It decides what compiles: XLA pays in a
            long one only.
        target: Share of the highest speed that is fast enough, in (0, 1].
        memory_bytes: Memory that training may take. Default: what the machine has free,
            where that can be known and there is no GPU.

    Raises:
        TypeError: If `model` is no Keras model, or a number is none.
        ValueError: If the model is not built, not compiled, or has no trainable
            weights; targets are missing, or labels out of range; lengths differ; a
            number is out of its range; or no size fits.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.zeros((96, 3), "float32")
        >>> found = batch_size_range(model, x, x[:, :1], sizes=[32, 96], seconds=0.01)
        >>> [(speed.batch_size, speed.updates_per_epoch) for speed in found.speeds]
        [(32, 3), (96, 1)]

    Reference:
        Course notes, "Understanding mini-batch gradient descent".
    """
    require_compiled(model)
    check_number(
        "seconds", seconds, exclusive=True, hint="1 is enough on a quiet machine."
    )
    check_count("epochs", epochs, minimum=3, hint="The first two are for compiling.")
    check_number("target", target, exclusive=True, maximum=1, hint="0.85 is usual.")
    if memory_bytes is not None:
        check_count("memory_bytes", memory_bytes, hint="8 GB are 8 * 10**9.")
    require_targets(model, x, y)
    data = check_arrays(x, y, sample_weight)
    require_labels(model, data)
    examples = count_examples(data[0])
    tried = _sizes(sizes, examples)
    memory = _free_memory() if memory_bytes is None else memory_bytes
    with rehearsal.rehearsal(model) as optimizer:
        # Or a high rate could lead to NaN, with which some machines are slower.
        optimizer.learning_rate = 0.0
        per_example = _bytes_per_example(model, data)
        optimizer.build(model.trainable_variables)
        fixed = 2 * _bytes(model.variables) + _bytes(optimizer.variables)
        fitting = [
            size
            for size in tried
            if memory is None or fixed + size * per_example <= memory
        ]
        speeds = _measured(model, data, fitting, seconds, epochs, fixed, per_example)
    if not speeds:
        raise ValueError(
            "A size at least must fit into the memory. Received: sizes "
            f"{tried}, which take {_megabytes(fixed + tried[0] * per_example)} and more, "
            f"with {_megabytes(memory or 0)} free. Use a smaller model or smaller sizes."
        )
    measured = {speed.batch_size for speed in speeds}
    suggestion, reason = _suggested(speeds, examples, target, given=sizes is not None)
    return BatchSizeRange(
        suggestion=suggestion,
        reason=reason,
        examples=examples,
        speeds=tuple(speeds),
        too_large=tuple(size for size in tried if size not in measured),
        bytes_per_example=per_example,
        memory_bytes=memory,
        target=float(target),
    )


def _suggested(
    speeds: Sequence[BatchSpeed], examples: int, target: float, *, given: bool
) -> tuple[int, str]:
    """The size and the reason."""
    low, high = (0, math.inf) if given else _TYPICAL
    if course_rule(examples).batch_size == examples:
        high = math.inf
    allowed = [speed for speed in speeds if low <= speed.batch_size <= high]
    # None of the usual ones fits, or there are fewer examples.
    allowed = allowed or list(speeds)
    best = max(speeds, key=lambda speed: speed.examples_per_second)
    enough = target * best.examples_per_second
    for speed in allowed:
        if speed.examples_per_second >= enough:
            if speed is best:
                return speed.batch_size, "the smallest that comes near the top speed"
            share = speed.examples_per_second / best.examples_per_second
            return speed.batch_size, (
                f"the smallest with {100 * target:.0f} % of the top speed "
                f"({100 * share:.0f} %, of {best.batch_size}'s)"
            )
    fastest = max(allowed, key=lambda speed: speed.examples_per_second)
    share = fastest.examples_per_second / best.examples_per_second
    return fastest.batch_size, (
        f"the fastest from {allowed[0].batch_size} to {allowed[-1].batch_size} "
        f"({100 * share:.0f} % of {best.batch_size}'s speed)"
    )


def _measured(
    model: keras.Model,
    data: Any,
    sizes: Sequence[int],
    seconds: float,
    epochs: int,
    fixed: int,
    per_example: int,
) -> list[BatchSpeed]:
    examples = count_examples(data[0])
    speeds: list[BatchSpeed] = []
    for size in sizes:
        # A rough estimate: four steps at least, so that one is not all there is.
        steps = max(4, int(seconds / 4 / seconds_per_step(model, size)))
        count = min(examples, steps * size)
        part = rows(data, slice(0, count))
        try:
            watch = _timed(model, part, size, seconds, epochs)
        except tf.errors.ResourceExhaustedError:
            break  # nor do larger ones fit
        plan = getattr(model, "training_plan", None)
        rate = count / watch.fastest
        speeds.append(
            BatchSpeed(
                batch_size=size,
                examples_per_second=rate,
                seconds_per_epoch=examples / rate,
                updates_per_epoch=math.ceil(examples / size),
                bytes=fixed + size * per_example,
                engine="keras" if plan is None else plan.engine,
            )
        )
    return speeds


def _timed(
    model: keras.Model, data: Any, size: int, seconds: float, epochs: int
) -> _Stopwatch:
    x, y, sample_weight = data
    watch = _Stopwatch(seconds)
    model.fit(
        x,
        y,
        sample_weight=sample_weight,
        batch_size=size,
        epochs=epochs,
        verbose=0,
        callbacks=[watch],
    )
    return watch


class _Stopwatch(keras.callbacks.Callback):
    """Takes the time of epochs, and ends training when there is enough of them.

    Attributes:
        fastest: Seconds of the fastest epoch but the first two.
    """

    # tfkit's `fit` would call it after each batch, and be slower for it.
    every_batch = False

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.fastest = math.inf
        self._seconds = seconds
        self._end = math.inf
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if epoch < _WARM_UP:
            self._end = now + self._seconds
            return
        self.fastest = min(self.fastest, now - self._began)
        if now >= self._end:
            self.model.stop_training = True


def _sizes(sizes: Sequence[int] | None, examples: int) -> list[int]:
    if sizes is None:
        tried = [size for size in _SIZES if size <= examples]
        if course_rule(examples).batch_size == examples:
            tried.append(examples)
    else:
        hint = "Give batch sizes such as [64, 128, 256]."
        tried = [check_count("sizes", size, hint=hint) for size in sizes]
        if not tried or max(tried) > examples:
            raise ValueError(
                "`sizes` must hold batch sizes up to the number of examples. Received: "
                f"sizes={list(sizes)} with {examples} examples. {hint}"
            )
    return sorted(set(tried))


def _bytes_per_example(model: keras.Model, data: Any) -> int:
    """Inputs, the outputs of all layers, and their gradients."""
    # Two, as batch normalization of one has no spread.
    x, y, weight = rows(data, slice(0, 2))
    count = count_examples(x)
    step = watched_step(model, x, y, weight)
    # What a model returns is what its last layer returned.
    outputs = {id(tensor): tensor for call in step.calls for tensor in call.outputs}
    inputs = sum(int(leaf.nbytes) for leaf in leaves(x))
    return (inputs + 2 * _bytes(outputs.values())) // count


def _bytes(tensors: Any) -> int:
    return sum(
        math.prod(tensor.shape) * np.dtype(_dtype(tensor)).itemsize
        for tensor in tensors
    )


def _dtype(tensor: Any) -> Any:
    return tf.as_dtype(tensor.dtype).as_numpy_dtype


def _free_memory() -> int | None:
    """Bytes of main memory that are free; None if unknown, or if a GPU does the work."""
    if tf.config.list_logical_devices("GPU"):
        return None
    try:
        # Free pages alone leave out the file cache, which Linux gives up when asked.
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = dict(line.split(":", 1) for line in lines)
        return 1024 * int(sizes["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"

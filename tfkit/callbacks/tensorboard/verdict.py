"""The judgement of a training: errors, verdicts in words, and the pictures at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfkit._predictions import names_of
from tfkit.callbacks.tensorboard.curves import Curves, norms_over_depth
from tfkit.callbacks.tensorboard.failures import Failures
from tfkit.callbacks.tensorboard.judge import Judge, Predictions, _is_classifier

if TYPE_CHECKING:
    from tfkit.callbacks.events.writer import EventWriter
    from tfkit.diagnose import BiasVariance, ErrorRate

#: Share of the training time that measuring in between may take.
SHARE = 0.01
#: The run in which each part's error is drawn.
RUNS = {
    "train": "train_inference",
    "train-dev": "train_dev",
    "dev": "validation",
    "test": "test",
}


class Verdict:
    """Judges one training, and writes what it finds.

    Args:
        judge: What measures the model; None where there is nothing to measure on.
        curves: Where numbers go.
        writer: Where texts and pictures go.
        failures: Where what fails goes: nothing here ends a training.
        human_error: Human-level error, None if not known.
        class_names: Name of each class.
        every: Epochs between two measurements, or "auto".
    """

    def __init__(
        self,
        judge: Judge | None,
        curves: Curves,
        writer: EventWriter,
        failures: Failures,
        *,
        human_error: float | None,
        class_names: Sequence[str] | None,
        every: int | str,
    ) -> None:
        self._judge, self._curves, self._writer = judge, curves, writer
        self._failures = failures
        self._human_error, self._class_names = human_error, class_names
        self._every = every
        self._began, self._spent = time.monotonic(), 0.0
        self._judged = -1
        self._drawn: dict[tuple[str, str], tuple[int, float]] = {}
        self._costs: dict[int, float] = {}

    def epoch(self, number: int) -> None:
        """Measures the model if it is time."""
        if self._judge is None:
            return
        if self._every == "auto":
            passed = time.monotonic() - self._began
            due = self._judged < 0 or self._spent <= SHARE * passed
        else:
            due = (number + 1) % int(self._every) == 0
        if due:
            start = time.monotonic()
            self._measure(number, ("train", "train-dev", "dev"), None)
            # The first time traces the functions, and says nothing of the next.
            self._spent += 0.0 if self._judged < 0 else time.monotonic() - start
            self._judged = number

    def end(self, number: int, model: keras.Model) -> dict[str, float]:
        """Measures and draws the model as it was left.

        Args:
            number: The last epoch's.
            model: The model.

        Returns:
            The errors by part, fractions.
        """
        judge = self._judge
        pictures = Pictures(
            model, self._writer, self._failures, self._class_names, number
        )
        self._writer.flush()
        if self._curves.last is not None:
            pictures.gradients(norms_over_depth(self._curves.last))
        why = self._why_silent(model)
        if why:
            self._curves.say("verdict/at the end", why, number)
        if judge is None:
            return {}
        errors = self._measure(number, tuple(RUNS), model)
        part = next((p for p in ("dev", "train") if p in judge.parts), None)
        pictures.filters(None if part is None else judge.parts[part][0])
        if part is not None:
            what = f"the judgement of the {part} data by class"
            with self._failures.caught(what, _remedy(part, "predict(x)")):
                found = judge.predictions(part)
                if found is not None:
                    pictures.predictions(found, part)
        return errors

    def _draw(self, run: str, scalars: Mapping[str, float], number: int) -> None:
        """Writes numbers, once an epoch: at the end the last one's have been written."""
        new = {
            tag: value
            for tag, value in scalars.items()
            if self._drawn.get((run, tag), (-1,))[0] != number
        }
        self._drawn |= {(run, tag): (number, value) for tag, value in new.items()}
        if new:
            self._curves.add(run, new, number)

    def _measure(
        self, number: int, parts: Sequence[str], final: keras.Model | None
    ) -> dict[str, float]:
        """Measures these parts; `final` is the model, at the end of its training."""
        judge = self._judge
        assert judge is not None
        if "train" in judge.parts:
            what = "the cost and the metrics of the train data in inference mode"
            with self._failures.caught(what, _remedy("train", "evaluate(x, y)")):
                metrics = judge.metrics("train")
                named = {f"epoch_{name}": value for name, value in metrics.items()}
                self._draw(RUNS["train"], named, number)
                self._costs[number] = metrics.get("loss", 0.0)
        errors: dict[str, ErrorRate] = {}
        for part in parts:
            what = f"the error of the {part} data"
            with self._failures.caught(what, _remedy(part, "predict(x)")):
                found = judge.predictions(part, final=final is not None)
                if found is not None:
                    errors[part] = found.error
        for part, error in errors.items():
            self._draw(RUNS[part], {"error": error.rate}, number)
        if errors and self._human_error is not None:
            self._draw("human", {"error": self._human_error}, number)
        what = "the verdict on bias and variance"
        with self._failures.caught(what, "Look at the errors of its parts."):
            self._say(errors, number, final)
        return {name: error.rate for name, error in errors.items()}

    def _why_silent(self, model: keras.Model) -> str:
        """Why there is no verdict on a classifier, and how to get one; "" if there is."""
        parts = {} if self._judge is None else self._judge.parts
        missing = [part for part in ("train", "dev") if part not in parts]
        if not missing or not _is_classifier(model):
            return ""
        data = " and ".join(missing)
        arguments = " and ".join(f"{part}_data=(x, y)" for part in missing)
        return (
            f"No verdict on bias and variance: the {data} data are not known here, as "
            "they are in tfkit's compiled epochs with `validation_data`. Give "
            f"`TensorBoard({arguments})`."
        )

    def _failed(self, verdict: BiasVariance, model: keras.Model | None) -> BiasVariance:
        """The verdict with what the costs say of it, if training did not work."""
        if not self._costs:
            return verdict
        last = next(iter(self._costs.values()))
        costs = []
        for epoch in range(max(self._costs) + 1):
            # Not every epoch is measured.
            last = self._costs.get(epoch, last)
            costs.append(last)
        told = verdict.with_evidence(model=model, history={"loss": costs})
        failed = told.actions is not None and told.actions.training_failed
        return told if failed else verdict

    def _say(
        self,
        errors: Mapping[str, ErrorRate],
        number: int,
        final: keras.Model | None,
    ) -> None:
        """Writes the verdict in words, where there is one."""
        verdict = self._judge.verdict(errors) if self._judge is not None else None
        if verdict is not None:
            verdict = self._failed(verdict, final)
            when = "of the weights that training left" if final else "after this epoch"
            lines = [f"**{verdict.verdict}** {when}", ""]
            lines += ["| | | 95 % interval |", "|---|---|---|"]
            if self._human_error is not None:
                lines.append(f"| human error | {100 * self._human_error:g} % | |")
            lines += [
                _row(f"{name} error", e.rate, e.low, e.high)
                for name, e in errors.items()
            ]
            lines += [
                _row(f"{gap.name}: {gap.level}", gap.value, gap.low, gap.high)
                for gap in verdict.gaps
            ]
            lines += ["", *(f"- try: {step}" for step in verdict.advice)]
            tag = "verdict/at the end" if final else "verdict/bias and variance"
            self._curves.say(tag, "\n".join(lines), number)


def _remedy(part: str, call: str) -> str:
    given = f"{part.replace('-', '_')}_data"
    return (
        f"`model.{call}` must work on `{given}`, or what `fit` got for it, alone, "
        "without sample weights."
    )


def _row(name: str, value: float, low: float, high: float) -> str:
    ends = f"{100 * low:.1f} to {100 * high:.1f} %"
    return f"| {name} | {100 * value:.1f} % | {ends} |"


class Pictures:
    """The pictures of a trained model; drawn in the thread that writes them.

    Args:
        model: The model.
        writer: The thread.
        failures: Where what fails goes.
        class_names: Name of each class.
        step: Number of the last epoch.
    """

    def __init__(
        self,
        model: keras.Model,
        writer: EventWriter,
        failures: Failures,
        class_names: Sequence[str] | None,
        step: int,
    ) -> None:
        self._model, self._writer, self._step = model, writer, step
        self._failures = failures
        self._class_names = class_names

    def gradients(self, norms: Any) -> None:
        """Gradient norms by depth."""
        from tfkit import plots

        if len(norms) > 1:
            self._add(
                "gradients/norm by layer",
                lambda: plots.layer_profile(norms, "gradient norm", "L2", slope=True),
            )

    def filters(self, x: Any) -> None:
        """What the first layer's units look for, if the inputs are images."""
        from tfkit import plots

        shape: tuple[int, ...] = getattr(x, "shape", ())
        tag = "weights/first layer"
        kernel = None
        with self._caught(tag):
            kernel = self._first_kernel(shape)
        if kernel is not None:
            self._add(tag, lambda: plots.first_layer_filters(kernel, shape[1:]))

    def predictions(self, found: Predictions, part: str) -> None:
        """Confusion matrix, mistakes, precision and recall, decision boundary."""
        from tfkit import plots
        from tfkit.callbacks.events import summaries
        from tfkit.diagnose import judge_predictions

        x, labels, p = found.x, found.labels, found.probabilities
        names = None
        with self._failures.caught(
            "the names of the classes", "Its pictures show their numbers instead."
        ):
            # Only now is the output of every kind of model known.
            names = names_of(self._class_names, max(2, p.shape[1]))
        tag = f"verdict/{part} by class"
        try:
            report = judge_predictions(labels, p, names)
        except ValueError as error:
            # Training is over: what the outputs lack must not undo it.
            why = f"The outputs can't be judged by class. {error}"
            self._writer.add("train", summaries.text(tag, why), self._step)
            return
        self._writer.add(
            "train", lambda: summaries.text(tag, report.to_markdown()), self._step
        )
        self._add(
            f"{part}/confusion matrix",
            lambda: plots.confusion_matrix(report.confusion, report.class_names),
        )
        classes = report.confusion.shape[0]
        if classes == 2 and labels.any():
            self._add(
                f"{part}/precision and recall",
                lambda: plots.precision_recall(
                    labels, p, positive=report.class_names[1]
                ),
            )
        shape: tuple[int, ...] = getattr(x, "shape", ())
        if _are_images(shape):
            predicted = p.argmax(1) if p.shape[1] > 1 else (p[:, 0] > 0.5).astype(int)
            self._add(
                f"{part}/worst mistakes",
                lambda: plots.worst_mistakes(x, labels, predicted, p, names),
            )
        if len(shape) == 2 and shape[1] == 2:
            tag = f"{part}/decision boundary"
            # Here, not in the thread: two must not predict at once.
            with self._caught(tag):
                figure = plots.decision_boundary(self._probabilities, x, labels, names)
                self._add(tag, lambda: figure)

    def _probabilities(self, x: np.ndarray) -> np.ndarray:
        from tfkit.callbacks.tensorboard.judge import as_probabilities

        outputs = self._model.predict(x, batch_size=8192, verbose=0)
        return as_probabilities(outputs, self._model.loss)

    def _first_kernel(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """The first layer's kernel, if it looks at images of this shape."""
        if not _are_images(shape):
            return None
        for layer in self._model._flatten_layers(include_self=False):
            kernel = getattr(layer, "kernel", None)
            if kernel is None:
                continue
            size: Any = kernel.shape
            dense = len(size) == 2 and size[0] == int(np.prod(shape[1:]))
            channels = shape[-1] if len(shape) == 4 else 1
            weights = keras.ops.convert_to_numpy(kernel).astype(np.float32)
            fits = dense or (len(size) == 4 and size[2] == channels)
            return weights if fits and np.isfinite(weights).all() else None
        return None

    def _add(self, tag: str, draw: Callable[[], Any]) -> None:
        from tfkit.callbacks.events import summaries

        def drawn() -> Any:
            with self._caught(tag):
                return summaries.figure(tag, draw())
            return []

        self._writer.add("train", drawn, self._step)

    def _caught(self, tag: str) -> AbstractContextManager[None]:
        return self._failures.caught(
            f"the picture {tag!r}", "`tfkit.plots` draws it by hand, with a traceback."
        )


def _are_images(shape: tuple[int, ...]) -> bool:
    """Whether a batch of this shape can be shown: grey or RGB."""
    return len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))

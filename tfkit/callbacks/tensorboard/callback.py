"""The callback: what is written, and when."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfkit import run_folder
from tfkit._checks import check_count
from tfkit._predictions import names_of
from tfkit.training.observe import StepObserver
from tfkit.training.periods import Every

if TYPE_CHECKING:
    from tfkit.callbacks.events.writer import EventWriter
    from tfkit.callbacks.tensorboard.judge import Part

# What may fail beside a training, and what to do then.
_PROFILE = (
    "the profile",
    "There can be only one profiler at a time; `profile_batch=None` leaves it out.",
)
_PAGE = (
    "the run's row in the HParams tab",
    "Its `parameters` and logs must be numbers and texts.",
)


class TensorBoard(StepObserver):
    r"""Logs a training to TensorBoard: costs, gradients, activations, and a verdict.

    What it writes, below `log_dir`:

    - **By epoch**, under the same tag in the runs `train`, `validation` and
      `train_inference`, so that TensorBoard draws them in one chart: the cost and each
      metric. Keras's numbers of the training set are running means with dropout on;
      `train_inference` is measured after the epoch on 1000 fixed examples, dropout off.
    - **By step**: the learning rate. The step goes on where a resumed training stopped,
      since it is the optimizer's; so does the epoch when one callback sees two fits.
    - **By layer, from the real training step**, at `update_freq`: norms of gradients
      and weights, the update-to-weight ratio $\|\Delta w\| / \|w\|$, mean and standard
      deviation of activations, shares of dead ReLU units and saturated outputs, batch
      normalization; histograms at `histogram_freq`; whether gradients vanish or explode
      over depth, in words.
    - **The verdict**: errors of train, train-dev, dev and test as curves beside
      `human_error`, bias or variance with the course's recipe, and at the end the
      confusion matrix, the worst mistakes, precision and recall, the decision boundary
      of 2-D data, the filters of the first layer.
    - The model's graphs, the `parameters` with the results of the best epoch for the
      HParams tab, a page of the charts for the Custom Scalars tab.

    In tfkit's compiled epochs the training and dev data are known; with Keras's own
    `fit` give `train_data` and `dev_data` where errors and pictures are wanted, and
    how long training waits for data is not known.

    A thread writes; an epoch waits for nothing but its numbers. Nothing is lost on an
    exception or Ctrl-C. When the disk is full, training goes on, with one warning; so
    it does when the model can't be measured on a part, or a picture not be drawn.

    Args:
        log_dir: Folder of the event files; created when missing.
        histogram_freq: Epochs from one set of histograms to the next; 0 is none. They
            show the epoch's last observed step.
        write_graph: Whether the model's graphs are written.
        update_freq: Which steps the numbers by layer are taken from: every so many,
            "batch" for each, "epoch" for the first of an epoch, None for none.
        profile_batch: `(first, last)` training step to profile, or one, or None. With compiled
            epochs whole calls are profiled. The Profile tab needs
            `pip install tensorboard-plugin-profile`.
        train_data: `(x, y)` to measure the training error on.
        dev_data: `(x, y)` for the dev error and the pictures.
        train_dev_data: `(x, y)` held out of the training distribution, where dev comes
            from another one.
        test_data: `(x, y)` that is looked at once, at the end.
        human_error: Human-level error, a fraction.
        class_names: Name of each class.
        parameters: What the HParams tab lists for this run, nested or flat.
        main_parameters: Those that the tab shows first; nested ones as
            "optimizer.learning_rate".
        name: Name of the run in that tab. Default: its folder.
        judge_freq: Epochs from one measurement in inference mode to the next; "auto"
            measures as often as takes 1 % of the time, and at the end.
        embeddings: Whether the last hidden layer's outputs for the dev set go to the
            projector, at the end.

    Raises:
        ImportError: If tensorboard is not installed: TensorFlow no longer brings it.
        PermissionError: If `log_dir` cannot be written to.
        ValueError: If a frequency is none of these, or `human_error` not in [0, 1], or
            two `parameters` have one name.

    Example:
        >>> import tempfile, keras
        >>> folder = tempfile.mkdtemp()
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> x = np.ones((8, 1), "float32")
        >>> history = model.fit(
        ...     x, x, validation_data=(x, x), callbacks=[TensorBoard(folder)], verbose=0
        ... )
        >>> sorted(path.name for path in Path(folder).iterdir() if path.is_dir())
        ['train', 'validation']

    Reference:
        Course notes, "Bias / Variance", "Vanishing / Exploding gradients", "Tuning
        process". Update-to-weight ratio: CS231n, "Neural Networks Part 3".
    """

    def __init__(
        self,
        log_dir: str | Path,
        *,
        histogram_freq: int = 0,
        write_graph: bool = True,
        update_freq: int | str | None = 100,
        profile_batch: int | Sequence[int] | None = None,
        train_data: Part | None = None,
        dev_data: Part | None = None,
        train_dev_data: Part | None = None,
        test_data: Part | None = None,
        human_error: float | None = None,
        class_names: Sequence[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        main_parameters: Sequence[str] = (),
        name: str | None = None,
        judge_freq: int | str = "auto",
        embeddings: bool = False,
    ) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise ImportError(
                "tensorboard is not installed, and TensorFlow 2.21 no longer brings "
                "it. Run `pip install tensorboard`, or leave this callback out."
            )
        # Here, where tensorboard is known to be there.
        from tfkit.callbacks.events import hparams
        from tfkit.callbacks.tensorboard.failures import Failures
        from tfkit.callbacks.tensorboard.judge import checked_part
        from tfkit.callbacks.tensorboard.profiler import Profiler

        self.histogram_freq = histogram_freq
        if histogram_freq != 0:
            check_count("histogram_freq", histogram_freq, hint="0 is none.")
            if update_freq is None:
                raise ValueError(
                    "`histogram_freq` needs steps that are observed. Received: "
                    f"histogram_freq={histogram_freq}, update_freq=None. Use "
                    'update_freq="epoch", or histogram_freq=0.'
                )
        if judge_freq != "auto":
            check_count("judge_freq", judge_freq, hint='"auto" is the default.')
        if human_error is not None and not 0 <= human_error <= 1:
            raise ValueError(
                "`human_error` must be a fraction in [0, 1]. Received: "
                f"human_error={human_error!r}. Divide percentages by 100."
            )
        if parameters is not None and not isinstance(parameters, Mapping):
            raise TypeError(
                "`parameters` must be a mapping of names to values, nested or flat. "
                f"Received: {type(parameters).__name__}"
            )
        hparams.flatten(parameters or {})  # raises where two have one name
        if isinstance(class_names, str):
            raise TypeError(
                "`class_names` must be a sequence of names, one for each class. "
                f"Received: the text {class_names!r}"
            )
        if isinstance(profile_batch, int):
            profile_batch = (profile_batch, profile_batch)  # as in Keras
        super().__init__(every=_every(update_freq), samples=histogram_freq > 0)
        self._profiler = Profiler(profile_batch, Path(log_dir))
        run_folder.require_writable(Path(log_dir))
        self.log_dir = Path(log_dir)
        self.write_graph = write_graph
        self.human_error = human_error
        self.class_names = class_names
        self.parameters = parameters
        self.main_parameters = main_parameters
        self.name = name
        self.judge_freq = judge_freq
        self.embeddings = embeddings
        given = {
            "train": train_data,
            "train-dev": train_dev_data,
            "dev": dev_data,
            "test": test_data,
        }
        self._data = {
            name: checked_part(name, part)
            for name, part in given.items()
            if part is not None
        }
        self._failures = Failures()
        self._events: EventWriter | None = None
        self._tags: dict[str, set[str]] = {}
        self._next_epoch = 0
        self._graphs_of: Any = None

    @property
    def writer(self) -> EventWriter:
        """The thread that writes. Add to it what else TensorBoard is to show."""
        if self._events is None:
            from tfkit.callbacks.events.writer import EventWriter

            self._events = EventWriter(self.log_dir)
        return self._events

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Writes the graphs, and starts the clocks."""
        from tfkit.callbacks.tensorboard import description
        from tfkit.callbacks.tensorboard.curves import Curves
        from tfkit.callbacks.tensorboard.judge import Judge
        from tfkit.callbacks.tensorboard.verdict import Verdict

        self._check_names()
        self._failures.forget()
        super().on_train_begin(logs)
        assert self.feed is not None
        self._curves = Curves(self.writer, self._tags, self.feed, self.model)
        parts = {**self.feed.parts, **self._data}
        self._judge = (
            Judge(self.model, parts, human_error=self.human_error) if parts else None
        )
        if self._judge is not None:
            self._judge.require_inputs()
        self._verdict = Verdict(
            self._judge,
            self._curves,
            self.writer,
            self._failures,
            human_error=self.human_error,
            class_names=self.class_names,
            every=self.judge_freq,
        )
        self._epoch_offset: int | None = None
        self._best: tuple[float, int, dict[str, float]] | None = None
        self._has_dev = False
        if self.write_graph and self._graphs_of is not self.model:
            self._graphs_of = self.model
            with self._failures.caught(
                "the graphs of the model", "`write_graph=False` leaves them out."
            ):
                description.write_graphs(self.writer, self.model)
        self._failures.tell()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the epoch's clock."""
        super().on_epoch_begin(epoch, logs)
        if self._epoch_offset is None:
            self._epoch_offset = max(0, self._next_epoch - epoch)
            self._curves.begin()
        self._epoch_began = time.perf_counter()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Starts the profiler when its time has come."""
        if batch == 0:
            self._curves.epoch_begins()
        if self.feed is not None:
            with self._failures.caught(*_PROFILE):
                self._profiler.before(self.feed.step)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Writes what was observed."""
        super().on_train_batch_end(batch, logs)
        self._curves.steps(self.pending())
        self._curves.note_rate()
        if self.feed is not None:
            with self._failures.caught(*_PROFILE):
                self._profiler.after(self.feed.step)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's numbers, and judges the model if it is time."""
        seconds = time.perf_counter() - self._epoch_began
        super().on_epoch_end(epoch, logs)
        logs = dict(logs or {})
        number = epoch + (self._epoch_offset or 0)
        self._next_epoch = number + 1
        self._curves.steps(self.pending())
        self._curves.epoch(number, logs, seconds)
        self._curves.rates()
        if self.histogram_freq and number % self.histogram_freq == 0:
            self._curves.histograms(number)
        self._verdict.epoch(number)
        first = self._best is None
        judged_by = "val_loss" if "val_loss" in logs or self._has_dev else "loss"
        if judged_by == "val_loss" and not self._has_dev:
            # With `validation_freq`, the epochs before it have no dev cost to compare.
            self._has_dev, self._best = True, None
        cost = logs.get(judged_by, np.inf)
        if self._best is None or cost < self._best[0]:
            # A NaN gives way to any number.
            self._best = (cost if np.isfinite(cost) else np.inf, number, logs)
        if first:
            with self._failures.caught(*_PAGE):
                self._describe(logs)
        self._failures.tell()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Judges the model as it was left, draws it, and waits for the thread."""
        from tfkit.callbacks.tensorboard import description

        super().on_train_end(logs)
        failures = self._failures
        with failures.caught(*_PROFILE):
            self._profiler.stop()
        if self._best is not None:
            _, number, best = self._best
            self._curves.rates(last=True)
            errors = self._verdict.end(self._next_epoch - 1, self.model)
            if self.parameters is not None:
                with failures.caught(*_PAGE):
                    description.write_results(self.writer, errors, number + 1, best)
            if self.embeddings:
                with failures.caught(
                    "the embedding", "`embeddings=False` leaves it out."
                ):
                    self._write_embedding()
            # What was judged only now is on the page, too.
            description.write_page(self.writer, self._tags)
        self.writer.flush()
        failures.tell()

    def _check_names(self) -> None:
        """Raises ValueError if there is not one name for each unit of the output."""
        shape = getattr(self.model, "output_shape", None)
        if isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], int):
            names_of(self.class_names, max(2, shape[1]))

    def _describe(self, logs: Mapping[str, float]) -> None:
        """Writes what the run is, once its first epoch tells what its logs hold."""
        from tfkit.callbacks.tensorboard import description

        if self.parameters is not None:
            description.write_session(
                self.writer,
                self.parameters,
                first=self.main_parameters,
                name=self.name or "",
                parts=() if self._judge is None else self._judge.parts,
                logs=logs,
            )
        description.write_page(self.writer, self._tags)
        plan = getattr(self.model, "training_plan", None)
        if plan is not None:
            from tfkit.callbacks.events import summaries

            self.writer.add("train", summaries.text("training plan", f"{plan}"), 0)

    def _write_embedding(self) -> None:
        from tfkit.callbacks.tensorboard.embedding import write_last_hidden

        if self._judge is None:
            return
        part = "dev" if "dev" in self._judge.parts else "train"
        found = self._judge.predictions(part)
        x = self._judge.parts[part][0] if found is None else found.x
        labels = None if found is None else found.labels
        folder = self.log_dir / "train"
        write_last_hidden(folder, self.model, x, labels, self.class_names)


def _every(update_freq: Any) -> Every:
    return 1 if update_freq == "batch" else update_freq

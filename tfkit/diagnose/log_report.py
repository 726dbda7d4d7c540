"""Any report of a diagnosis, as text and picture, for TensorBoard."""

from __future__ import annotations

import operator
import re
import textwrap
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from tfkit import run_folder
from tfkit.callbacks.events import summaries
from tfkit.callbacks.events.writer import EventWriter

#: Run in which the reports are shown. Not one of the training's own: TensorBoard's
#: reader leaves a run's file for good once there is a newer one beside it.
RUN = "diagnosis"


def log_report(
    report: Any, log_dir: str | Path, *, name: str | None = None, step: int = 0
) -> Path:
    """Writes a report for TensorBoard: its text, and its picture where it has one.

    The text tab shows `str(report)` in fixed width under the tag `diagnosis/<name>`,
    the images tab `report.plot()` under `diagnosis/<name>/plot`. TensorFlow is not
    needed.

    Args:
        report: What a function of `tfkit.diagnose` returned; or any object with a
            `__str__` of its own and, if it has a picture, `plot()`, which returns a
            matplotlib figure.
        log_dir: Folder of event files; created when missing. The folder of a run of
            `tfkit train` will do, too: then the events go to those of the run.
        name: Name in the tag. Default: from the type, `bias_variance` of a
            `BiasVariance`.
        step: Where the report stands on TensorBoard's slider; reports of one name at
            several steps are compared there.

    Returns:
        The folder that holds the events.

    Raises:
        TypeError: If `report` has no text of its own, its `plot()` returns no figure,
            or `step` is no int.
        ValueError: If `name` is empty.
        PermissionError: If `log_dir` cannot be written to.

    Example:
        >>> import tempfile
        >>> from tfkit.diagnose import judge_predictions
        >>> report = judge_predictions([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> folder = log_report(report, tempfile.mkdtemp(), name="dev set", step=3)
        >>> folder.name
        'diagnosis'
        >>> from tensorboard.backend.event_processing import event_accumulator
        >>> reader = event_accumulator.EventAccumulator(str(folder)).Reload()
        >>> [event.step for event in reader.Tensors("diagnosis/dev set")]
        [3]
    """
    _check_report(report)
    tag = f"diagnosis/{_checked_name(name, report)}"
    step = _checked_step(step)
    folder = _events_of(Path(log_dir))
    run_folder.require_writable(folder, option="log_dir")
    values = summaries.text(tag, _fixed_width(str(report)))
    if hasattr(report, "plot"):
        values += summaries.figure(f"{tag}/plot", _drawn(report))
    with EventWriter(folder) as writer:
        writer.add(RUN, values, step)
    return folder / RUN


def _check_report(report: Any) -> None:
    to_text: Any = type(report).__str__
    # A plain text is no report: it has no name.
    if isinstance(report, (str, type)) or to_text is object.__str__:
        raise TypeError(
            "`report` must be what a function of tfkit.diagnose returned, or an object "
            f"with a `__str__` of its own. Received: {report!r:.80} of {type(report)}. "
            "For a plain text there is tfkit.callbacks.tensorboard.write_note."
        )


def _checked_name(name: str | None, report: Any) -> str:
    if name is None:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(report).__name__)
        return words.strip("_").lower()
    if not isinstance(name, str) or not name.strip():
        raise ValueError(
            "`name` must be a text that is not empty: the report's name in "
            f"TensorBoard. Received: name={name!r}. Leave it out to take the type's."
        )
    return name


def _checked_step(step: int) -> int:
    try:
        return operator.index(step)
    except TypeError:
        raise TypeError(
            "`step` must be an int, such as the number of an epoch. "
            f"Received: step={step!r}."
        ) from None


def _events_of(log_dir: Path) -> Path:
    folder = run_folder.RunFolder(log_dir)
    return folder.tensorboard if folder.config.is_file() else log_dir


def _fixed_width(text: str) -> str:
    """Markdown's code block by indentation, which no text can end."""
    return textwrap.indent(text, "    ")


def _drawn(report: Any) -> Figure:
    figure = report.plot()
    if not isinstance(figure, Figure):
        raise TypeError(
            "`report.plot()` must return a matplotlib Figure. Received: "
            f"{type(figure)} from {type(report)}. Return the figure that holds what "
            "was drawn (`axes.figure`)."
        )
    return figure

"""Carries out an `Experiment`: load, build, fit, judge, write down."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from rich.console import Console

from tfkit import run_folder
from tfkit.callbacks import EarlyStopping, ManualControl, TrainingHealth
from tfkit.callbacks.progress import ProgressDisplay
from tfkit.callbacks.tensorboard import write_note
from tfkit.diagnose import BiasVariance, ErrorRate
from tfkit.experiment import config_file, environment, report, run_summary, steps
from tfkit.experiment.description import Experiment
from tfkit.experiment.steps import PreparedData
from tfkit.run_folder import RunFolder

_INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Args:
        experiment: Its description.
        folder: Where everything lies.
        model: The network with its best weights.
        errors: Error of train, dev and test, measured in inference mode.
        judgement: Bias, variance, and what to try, ranked for this run.
        epochs: Epochs trained.
        best_epoch: Epoch, counted from 1, whose weights were kept.
        stopped: Why training ended.
        seconds: Wall time of `fit`.
        findings: What was wrong with the training, in words.
    """

    experiment: Experiment
    folder: RunFolder
    model: keras.Model
    errors: dict[str, ErrorRate]
    judgement: BiasVariance
    epochs: int
    best_epoch: int
    stopped: str
    seconds: float
    findings: tuple[str, ...] = ()


def run(experiment: Experiment, console: Console | None = None) -> RunResult:
    """Trains, judges and saves a network as `experiment` describes it.

    Args:
        experiment: The description.
        console: Where progress is shown. Default: standard output;
            `rich.console.Console(quiet=True)` for silence.

    Returns:
        Errors, verdict, and the folder with everything in it.

    Raises:
        ValueError: For data that cannot be trained on (NaN, one class only, ...).
        FileExistsError: If the run's folder exists.
        PermissionError: If it cannot be written.
        KeyboardInterrupt: After Ctrl-C; what was reached until then is judged and
            saved first.

    Example:
        >>> import tempfile
        >>> from tfkit.experiment import Experiment, RunOptions, TrainingOptions
        >>> experiment = Experiment(
        ...     dataset="moons",
        ...     training=TrainingOptions(epochs=2),
        ...     run=RunOptions(logs=tempfile.mkdtemp()),
        ... )
        >>> result = run(experiment, Console(quiet=True))
        >>> result.epochs, sorted(result.errors)
        (2, ['dev', 'test', 'train'])
    """
    console = console or Console()
    place = (experiment.run.logs, experiment.group, experiment.run.name)
    run_folder.require_free(*place)
    steps.make_repeatable(experiment.training.seed)
    prepared = steps.prepare_data(experiment)
    model = steps.build_model(experiment, prepared)

    folder = run_folder.create(*place)
    with run_folder.training(folder):
        return _carry_out(experiment, prepared, model, folder, console)


def _carry_out(
    experiment: Experiment,
    prepared: PreparedData,
    model: keras.Model,
    folder: RunFolder,
    console: Console,
) -> RunResult:
    """Trains and judges, and writes what a run leaves behind."""
    config = config_file.dumps(_unnamed(experiment))
    run_folder.write_text(folder.config, config)
    where = {**environment.record(), "seed": experiment.training.seed}
    folder.write_json(folder.environment, where)
    folder.write_json(folder.data, prepared.record())
    write_note(folder.tensorboard, "run/config", _as_code(config))
    write_note(
        folder.tensorboard, "run/environment", _as_code(json.dumps(where, indent=2))
    )

    fitted = _fit(model, experiment, prepared, folder, console)
    with run_folder.replacing(folder.model) as temporary:
        model.save(temporary)
    errors = steps.measure(model, prepared)
    result = RunResult(
        experiment=experiment,
        folder=folder,
        model=model,
        errors=errors,
        judgement=steps.judge(
            errors,
            experiment,
            model=model,
            prepared=prepared,
            history=run_summary.read_history(folder),
        ),
        epochs=fitted.epochs,
        best_epoch=fitted.best_epoch,
        stopped=fitted.stopped,
        seconds=fitted.seconds,
        findings=fitted.findings,
    )
    _write_results(result)
    if fitted.stopped == _INTERRUPTED:
        raise KeyboardInterrupt
    return result


@dataclass(frozen=True)
class _Fitted:
    """How `fit` ended; the fields of `RunResult` of the same names."""

    epochs: int
    best_epoch: int
    stopped: str
    seconds: float
    findings: tuple[str, ...]


def _fit(
    model: keras.Model,
    experiment: Experiment,
    prepared: PreparedData,
    folder: RunFolder,
    console: Console,
) -> _Fitted:
    """Fits the model and leaves it with its best weights, after Ctrl-C too."""
    options = experiment.early_stopping
    early_stopping = EarlyStopping(
        options.monitor, options.min_delta, patience=options.patience
    )
    health = TrainingHealth(
        action="stop",
        bundle_dir=folder.failures,
        config=_unnamed(experiment).to_dict(),
    )
    history = keras.callbacks.CSVLogger(str(folder.history))
    display = ProgressDisplay(console)
    begun: list[Any] = []
    callbacks = [
        *steps.build_decay(experiment),
        early_stopping,
        health,
        history,
        steps.build_tensorboard(experiment, prepared, folder.tensorboard),
        ManualControl(folder.path),
        display,
        # The last one: when it is told, all are.
        keras.callbacks.LambdaCallback(on_train_begin=begun.append),
    ]
    train, dev = prepared.splits.train, prepared.splits.dev
    start, interrupted = time.monotonic(), False
    try:
        model.fit(
            train.x,
            train.y,
            batch_size=experiment.training.batch_size,
            validation_data=(dev.x, dev.y),
            epochs=experiment.training.epochs,
            verbose=0,
            callbacks=callbacks,
        )
    except KeyboardInterrupt:
        if not begun:
            raise
        # Keras leaves out what ends a training: best weights restored, files closed.
        for callback in callbacks:
            callback.on_train_end()
        if not early_stopping.curves.epochs:
            raise
        interrupted = True
    finally:
        # A live bar left behind would hide the cursor of the terminal.
        display.close()
        # Keras closes it only where a training ends well.
        if getattr(history, "csv_file", None) is not None:
            history.csv_file.close()
    return _Fitted(
        epochs=len(early_stopping.curves.epochs),
        best_epoch=early_stopping.best_epoch + 1,
        stopped=(
            _INTERRUPTED
            if interrupted
            else _why_stopped(early_stopping, health, experiment.training.epochs)
        ),
        seconds=time.monotonic() - start,
        findings=tuple(str(finding) for finding in health.findings),
    )


def _unnamed(experiment: Experiment) -> Experiment:
    """What is to be repeated: the name is this run's own, and taken."""
    return replace(experiment, run=replace(experiment.run, name=None))


def _why_stopped(
    early_stopping: EarlyStopping, health: TrainingHealth, epochs: int
) -> str:
    if health.bundles:
        return (
            "a gradient became NaN or infinite; "
            f"`tfkit replay {health.bundles[-1]}` shows where"
        )
    if not np.isfinite(early_stopping.curves.train[-1]):
        return "the cost became NaN or infinite; try a lower learning rate"
    if health.stopped_for is not None:
        return f"{health.stopped_for.where} jumped; try a lower learning rate"
    if early_stopping.stopped_epoch:
        return "early stopping"
    if len(early_stopping.curves.epochs) < epochs:
        return "stopped by hand"
    return "all epochs"


def _write_results(result: RunResult) -> None:
    from tfkit import plots  # matplotlib: not before there is something to draw

    folder = result.folder
    folder.write_json(
        folder.results,
        {
            "errors": {
                name: {"errors": e.errors, "examples": e.examples, "rate": e.rate}
                for name, e in result.errors.items()
            },
            "judgement": result.judgement.to_dict(),
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "stopped": result.stopped,
            "seconds": round(result.seconds, 3),
            "findings": list(result.findings),
        },
    )
    history = np.genfromtxt(folder.history, delimiter=",", names=True, ndmin=1)
    figure = plots.training_curves(
        {name: history[name].tolist() for name in history.dtype.names or ()},
        best_epoch=result.best_epoch,
    )
    with run_folder.replacing(folder.path / "curves.png") as temporary:
        figure.savefig(temporary, dpi=110)
    text = report.markdown(result)
    run_folder.write_text(folder.report, text)
    # TensorBoard has the curves themselves, and no picture beside the text.
    note = text.replace("![training curves](curves.png)\n", "")
    write_note(folder.tensorboard, "run/report", note)


def _as_code(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())

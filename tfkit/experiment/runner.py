"""Carries out an `Experiment`: load, build, fit, judge, write down.

Each step is a function that can be called by hand.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console

from tfkit import data, layers, models, optimizers, plots, run_folder, schedules
from tfkit.callbacks import (
    EarlyStopping,
    LearningRateDecay,
    ManualControl,
    TensorBoard,
)
from tfkit.callbacks.progress import ProgressDisplay
from tfkit.callbacks.tensorboard import write_note
from tfkit.data import Splits
from tfkit.diagnose import BiasVariance, ErrorRate, bias_variance, error_rate
from tfkit.experiment import config_file, environment, report
from tfkit.experiment.description import Experiment
from tfkit.run_folder import RunFolder


@dataclass(frozen=True)
class PreparedData:
    """A dataset in its three parts.

    Args:
        splits: Train, dev and test, each with `x`, `y` and `indices`.
        class_names: Name of each class, in the order of the class numbers.
    """

    splits: Splits
    class_names: tuple[str, ...]

    def parts(self) -> dict[str, Any]:
        """Returns the parts that hold examples, by name."""
        named = {
            "train": self.splits.train,
            "dev": self.splits.dev,
            "test": self.splits.test,
        }
        return {name: part for name, part in named.items() if len(part.y)}

    def record(self) -> dict[str, Any]:
        """Returns what data.json holds: enough to read inputs and notice a change."""
        train = self.splits.train.x
        return {
            "input_shape": list(train.shape[1:]),
            "input_dtype": str(train.dtype),
            "input_range": [float(train.min()), float(train.max())],
            "class_names": list(self.class_names),
            "examples": {name: len(part.y) for name, part in self.parts().items()},
            "sha256": {
                name: _fingerprint(p.x, p.y) for name, p in self.parts().items()
            },
        }


@dataclass(frozen=True)
class RunResult:
    """What a run came to.

    Args:
        experiment: Its description.
        folder: Where everything lies.
        model: The network with its best weights.
        errors: Error of train, dev and test, measured in inference mode.
        judgement: Bias, variance, and what to try.
        epochs: Epochs trained.
        best_epoch: Epoch, counted from 1, whose weights were kept.
        stopped: Why training ended.
        seconds: Wall time of `fit`.
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
    make_repeatable(experiment.training.seed)
    prepared = prepare_data(experiment)
    model = build_model(experiment, prepared)

    folder = run_folder.create(*place)
    config = config_file.dumps(_unnamed(experiment))
    run_folder.write_text(folder.config, config)
    folder.write_json(folder.environment, environment.record())
    folder.write_json(folder.data, prepared.record())
    write_note(folder.tensorboard, "config", _as_code(config))

    early_stopping = EarlyStopping(
        monitor=experiment.early_stopping.monitor,
        patience=experiment.early_stopping.patience,
        min_delta=experiment.early_stopping.min_delta,
    )
    display = ProgressDisplay(console)
    begun: list[Any] = []
    callbacks = [
        *_decay(experiment),
        early_stopping,
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.CSVLogger(str(folder.history)),
        TensorBoard(folder.tensorboard),
        ManualControl(folder.path),
        display,
        # The last one: when it is told, all are.
        keras.callbacks.LambdaCallback(on_train_begin=begun.append),
    ]
    start, interrupted = time.monotonic(), False
    try:
        model.fit(
            pipeline(experiment, prepared, shuffle=True),
            validation_data=pipeline(experiment, prepared, part="dev"),
            epochs=experiment.training.epochs,
            shuffle=False,  # the pipeline does, and Keras would warn
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
    seconds = time.monotonic() - start

    with run_folder.replacing(folder.model) as temporary:
        model.save(temporary)
    errors = measure(model, prepared)
    result = RunResult(
        experiment=experiment,
        folder=folder,
        model=model,
        errors=errors,
        judgement=judge(errors, experiment.run.human_error),
        epochs=len(early_stopping.curves.epochs),
        best_epoch=early_stopping.best_epoch + 1,
        stopped=(
            "interrupted"
            if interrupted
            else _why_stopped(early_stopping, experiment.training.epochs)
        ),
        seconds=seconds,
    )
    _write_results(result)
    if interrupted:
        raise KeyboardInterrupt
    return result


def make_repeatable(seed: int) -> None:
    """Seeds Python, NumPy and Keras and makes TensorFlow's operations deterministic.

    Args:
        seed: Non-negative int.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def prepare_data(experiment: Experiment) -> PreparedData:
    """Loads the dataset, checks it and splits it.

    Raises:
        ValueError: If the name is unknown, the file is damaged or the data are not
            fit for training.
    """
    options = experiment.data
    dataset = data.load(
        experiment.dataset,
        seed=experiment.training.seed,
        examples=options.examples,
        label=options.label,
        image_size=options.image_size,
    )
    return PreparedData(
        data.split(
            dataset,
            fractions=options.fractions,
            seed=experiment.training.seed,
            stratify=options.stratify,
        ),
        tuple(dataset.class_names),
    )


def build_model(experiment: Experiment, prepared: PreparedData) -> keras.Model:
    """Builds and compiles the network for these data."""
    train = prepared.splits.train
    options, penalty = experiment.model, experiment.regularization
    augmentation = experiment.data.augmentation
    if augmentation != "none" and train.x.ndim != 4:
        raise ValueError(
            "`augmentation` distorts images of shape (height, width, channels). "
            f"Received: augmentation={augmentation!r} for examples of shape "
            f"{train.x.shape[1:]}. Use augmentation='none'."
        )
    model = models.mlp(
        train.x.shape[1:],
        num_classes=len(prepared.class_names),
        hidden=options.hidden,
        activation=options.activation,
        initializer=options.initializer,
        batch_norm=options.batch_norm,
        keep_prob=options.keep_prob,
        input_keep_prob=options.input_keep_prob,
        lambd=penalty.lambd,
        penalty=penalty.penalty,
        examples=len(train.y),
        normalization=(
            data.normalization_layer(train.x) if experiment.data.normalize else None
        ),
        augmentation=(
            None
            if augmentation == "none"
            else layers.augmentation(augmentation, seed=experiment.training.seed)
        ),
        seed=experiment.training.seed,
    )
    model.compile(
        optimizer=build_optimizer(experiment),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def build_optimizer(experiment: Experiment) -> keras.optimizers.Optimizer:
    """Returns the optimizer that the description names."""
    options = experiment.optimizer
    rate, clip = options.learning_rate, options.clip_norm
    match options.name:
        case "adam":
            return optimizers.Adam(
                rate,
                beta_1=options.beta_1,
                beta_2=options.beta_2,
                epsilon=options.epsilon,
                global_clipnorm=clip,
            )
        case "rmsprop":
            return optimizers.RMSprop(
                rate, beta=options.beta, epsilon=options.epsilon, global_clipnorm=clip
            )
        case "momentum":
            return optimizers.Momentum(rate, beta=options.beta, global_clipnorm=clip)
        case "gradient_descent":
            return optimizers.GradientDescent(rate, global_clipnorm=clip)


def pipeline(
    experiment: Experiment,
    prepared: PreparedData,
    *,
    part: str = "train",
    shuffle: bool = False,
) -> tf.data.Dataset:
    """Returns the batches of one part, shuffled anew in each epoch if asked."""
    chosen = prepared.parts()[part]
    return data.pipeline(
        chosen.x,
        chosen.y,
        batch_size=experiment.training.batch_size,
        shuffle=shuffle,
        seed=experiment.training.seed,
    )


def measure(model: keras.Model, prepared: PreparedData) -> dict[str, ErrorRate]:
    """Measures the error of every part in inference mode (no dropout)."""
    parts = prepared.parts()
    # One pass over everything: each new length of a last batch is traced anew.
    predicted = model.predict(
        np.concatenate([part.x for part in parts.values()]), batch_size=1024, verbose=0
    ).argmax(axis=1)
    ends = np.cumsum([len(part.y) for part in parts.values()])
    pieces = np.split(predicted, ends[:-1])
    return {
        name: error_rate(part.y, piece)
        for (name, part), piece in zip(parts.items(), pieces, strict=True)
    }


def judge(errors: dict[str, ErrorRate], human_error: float) -> BiasVariance:
    """Reads bias and variance from the errors that `measure` returns."""
    return bias_variance(
        train_error=errors["train"],
        dev_error=errors["dev"],
        test_error=errors.get("test"),
        human_error=human_error,
    )


def _decay(experiment: Experiment) -> list[keras.callbacks.Callback]:
    options, initial = experiment.decay, experiment.optimizer.learning_rate
    match options.name:
        case "inverse_time":
            schedule = schedules.InverseTimeDecay(initial, options.rate)
        case "exponential":
            schedule = schedules.ExponentialDecay(initial, options.base)
        case "square_root":
            schedule = schedules.SquareRootDecay(initial, options.k)
        case "staircase":
            schedule = schedules.StaircaseDecay(
                initial, drop=options.drop, every=options.every
            )
        case "none":
            return []
    return [LearningRateDecay(schedule)]


def _unnamed(experiment: Experiment) -> Experiment:
    """What is to be repeated: the name is this run's own, and taken."""
    return replace(experiment, run=replace(experiment.run, name=None))


def _why_stopped(early_stopping: EarlyStopping, epochs: int) -> str:
    if not np.isfinite(early_stopping.curves.train[-1]):
        return "the cost became NaN or infinite; try a lower learning rate"
    if early_stopping.stopped_epoch:
        return "early stopping"
    if len(early_stopping.curves.epochs) < epochs:
        return "stopped by hand"
    return "all epochs"


def _write_results(result: RunResult) -> None:
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
    write_note(folder.tensorboard, "report", text)


def _fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(x).data)
    digest.update(np.ascontiguousarray(y).data)
    return digest.hexdigest()


def _as_code(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())

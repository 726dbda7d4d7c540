"""What can be done with a finished run: measure it again, predict with it."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfkit import data
from tfkit.data.csv_file import read_table
from tfkit.data.npz_file import read_arrays
from tfkit.diagnose import BiasVariance, ErrorRate
from tfkit.experiment import config_file, run_summary, steps
from tfkit.experiment.description import Experiment
from tfkit.experiment.steps import PreparedData
from tfkit.run_folder import RunFolder
from tfkit.saving import load_model

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A finished run, ready to be measured again.

    Args:
        experiment: What was trained.
        model: The model that came of it.
        data: The dataset as it is now, in its three parts.
    """

    experiment: Experiment
    model: keras.Model
    data: PreparedData


@dataclass(frozen=True)
class Evaluation:
    """Errors of a saved run, measured again.

    Args:
        errors: Error of each part.
        judgement: Bias and variance.
    """

    errors: dict[str, ErrorRate]
    judgement: BiasVariance


@dataclass(frozen=True)
class Predictions:
    """Classes predicted for new examples.

    Args:
        class_names: Name of each class, by class number.
        probabilities: Shape `(m, classes)`.
    """

    class_names: tuple[str, ...]
    probabilities: np.ndarray

    @property
    def table(self) -> pd.DataFrame:
        """One row an example: the class, its probability, and those of all classes."""
        best = self.probabilities.argmax(axis=1)
        names = np.asarray(self.class_names, dtype=object)
        columns: dict[str, Any] = {
            "class": names[best],
            "probability": self.probabilities.max(axis=1),
        }
        for number, name in enumerate(self.class_names):
            columns[f"p({name})"] = self.probabilities[:, number]
        # Takes half a second to import, and `evaluate` has no table.
        import pandas as pd

        return pd.DataFrame(columns)


def load(folder: RunFolder) -> SavedRun:
    """Loads a run's model, and its data as they are now.

    Warns when the data are no longer those the run was trained on.

    Raises:
        ValueError: If the model file or the config is damaged.
        FileNotFoundError: If one is missing.
    """
    experiment = config_file.load(folder.config)
    model = load_model(folder.model)
    prepared = steps.prepare_data(experiment)
    if prepared.record()["sha256"] != _data_record(folder).get("sha256"):
        warnings.warn(
            f"The data of {experiment.dataset!r} have changed since {folder.path} was "
            "trained on them: the parts differ from those recorded in data.json, so "
            "the errors are not comparable with those of the training.",
            stacklevel=3,
        )
    return SavedRun(experiment, model, prepared)


def evaluate(folder: RunFolder) -> Evaluation:
    """Loads a run's model and data and measures the errors of all parts.

    Warns and raises as `load` does.
    """
    run = load(folder)
    errors = steps.measure(run.model, run.data)
    return Evaluation(errors, judge(folder, run, errors))


def judge(
    folder: RunFolder, run: SavedRun, errors: dict[str, ErrorRate]
) -> BiasVariance:
    """Judges a loaded run as it was judged at the end of its training.

    Args:
        folder: Where it lies.
        run: What `load` returned.
        errors: What `steps.measure` returned.
    """
    history = run_summary.read_history(folder) if folder.history.exists() else None
    return steps.judge(
        errors, run.experiment, model=run.model, prepared=run.data, history=history
    )


def predict(folder: RunFolder, file: str | Path) -> Predictions:
    """Predicts the classes of the examples in a file.

    Args:
        folder: A finished run.
        file: `.npz` with an array `x`; `.csv` with one column a feature, a header or
            none; `.png`, `.jpg` or `.jpeg`, which is resized, and turned to gray if
            the run's images are.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or its examples have another shape than
            those of the run.
    """
    record = _data_record(folder)
    x = read_examples(Path(file), record)
    model: keras.Model = load_model(folder.model)
    return Predictions(
        tuple(record["class_names"]), model.predict(x, batch_size=1024, verbose=0)
    )


def read_examples(file: Path, record: dict[str, Any]) -> np.ndarray:
    """Reads a file of examples into the shape that a run's model takes.

    Args:
        file: As for `predict`.
        record: What the run's data.json holds.

    Returns:
        Array `(m, *input_shape)`.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    readers = {
        ".npz": _read_npz,
        ".csv": _read_csv,
        ".png": _read_image,
        ".jpg": _read_image,
        ".jpeg": _read_image,
    }
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise ValueError(
            f"Cannot predict from {file}: expected one of {', '.join(readers)}. "
            f"Received: {file.suffix or 'no suffix'}"
        )
    x = reader(file, record)
    shape = tuple(record["input_shape"])
    if x.shape[1:] != shape and np.prod(x.shape[1:]) == np.prod(shape):
        x = x.reshape(len(x), *shape)
    if x.shape[1:] != shape:
        raise ValueError(
            f"The run's model takes examples of shape {shape}. Received: "
            f"{file} with examples of shape {x.shape[1:]}"
        )
    if not len(x):
        raise ValueError(f"{file} must hold at least one example. Received: none.")
    if not np.isfinite(x).all():
        raise ValueError(
            f"{file} holds {np.count_nonzero(~np.isfinite(x))} values that are NaN or "
            "infinite; fill them in or drop these examples."
        )
    return x


def _read_npz(file: Path, record: dict[str, Any]) -> np.ndarray:
    arrays = read_arrays(file)
    if "x" not in arrays:
        raise ValueError(
            f"{file} must hold an array named `x`. Received: {sorted(arrays)}. "
            "Write it with np.savez(file, x=examples)."
        )
    x = arrays["x"]
    if x.ndim == 0 or x.dtype.kind not in "buif":
        raise ValueError(
            f"`x` of {file} must hold numbers, an example a row. Received: "
            f"x.dtype={x.dtype}, x.shape={x.shape}."
        )
    return x.astype("float32")


def _read_csv(file: Path, record: dict[str, Any]) -> np.ndarray:
    table = _in_the_order_of_training(
        read_table(file, labelled=False), record.get("feature_names", []), file
    )
    text = [name for name in table if table[name].dtype.kind not in "buif"]
    if text:
        raise ValueError(
            f"{file} must hold numbers only, one column a feature and none for labels. "
            f"Received: text in column {', '.join(map(repr, text))}."
        )
    return table.to_numpy("float32")


def _in_the_order_of_training(
    table: pd.DataFrame, names: list[str], file: Path
) -> pd.DataFrame:
    """Goes by the names of the columns where both tables have a header."""
    if names and set(names) <= set(table.columns):
        return table[names]  # without the labels, say
    known = [name for name in names if name in table.columns]
    if known:
        missing = [name for name in names if name not in known]
        raise ValueError(
            f"{file} must have the columns the run was trained on: {', '.join(names)}. "
            f"Received: {', '.join(table.columns)}; missing: {', '.join(missing)}."
        )
    return table


def _read_image(file: Path, record: dict[str, Any]) -> np.ndarray:
    shape = record["input_shape"]
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ValueError(
            f"The run's model takes examples of shape {tuple(shape)}, not images. "
            f"Received: {file}. Give a csv or npz file."
        )
    pixels = data.read_image(
        file,
        image_size=(shape[0], shape[1]),
        color_mode="grayscale" if shape[2] == 1 else "rgb",
    )
    # Image files hold 0 to 255; the run's data may count otherwise (digits: 0 to 16,
    # others -1 to 1).
    low, high = record["input_range"]
    if record["input_dtype"] == "uint8":
        low, high = 0.0, 255.0
    low = min(low, 0.0)
    return low + pixels[np.newaxis].astype("float32") * ((high - low) / 255.0)


def _data_record(folder: RunFolder) -> dict[str, Any]:
    try:
        return json.loads(folder.data.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{folder.path} has no {folder.data.name}; the run did not get as far as "
            "training. Start it again with its config.toml."
        ) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{folder.data} is damaged: {error}") from None

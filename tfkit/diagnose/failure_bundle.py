"""A training step that failed, kept as a folder.

So that it can be looked at after the process has gone:

    BUNDLE/
        model.keras     the model with the weights before the step
        weights.npz     in its place, where the model can't be saved whole
        batch.npz       the mini-batch: x, y, sample_weight
        failure.json    step, loss, optimizer, learning rate, versions, configuration
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfkit import run_folder

MODEL, WEIGHTS, BATCH, FACTS = (
    "model.keras",
    "weights.npz",
    "batch.npz",
    "failure.json",
)


@dataclass(frozen=True)
class FailureBundle:
    """What `load_bundle` found.

    Args:
        model: The model with the weights before the step.
        batch: The mini-batch `(x, y, sample_weight)`; None for what there was not.
        step: Number of the step, counted from 1.
        facts: The rest: names, versions, learning rate, configuration.
    """

    model: keras.Model
    batch: tuple[Any, Any, Any]
    step: int
    facts: Mapping[str, Any]


def save_bundle(
    folder: str | Path,
    model: keras.Model,
    batch: Any,
    step: int,
    config: Mapping[str, Any] | None = None,
) -> Path:
    """Keeps a training step that failed, so that it can be replayed.

    The folder appears whole or not at all. A model that can't be saved, say with a
    layer that has no `get_config`, leaves its weights in place of `model.keras`, and
    `failure.json` says why.

    Args:
        folder: The new folder.
        model: The model, with the weights before the step.
        batch: The mini-batch: `(x, y, sample_weight)` as nested arrays; shorter, or
            `x` alone, where there is no more.
        step: Number of the step, counted from 1.
        config: What else is to be kept, in plain JSON types: the run's configuration.

    Returns:
        The folder.

    Raises:
        FileExistsError: If the folder exists.
        OSError: If it can't be written.

    Example:
        >>> import tempfile
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> batch = np.array([[1.0, np.nan]]), np.array([[0.0]]), None
        >>> folder = save_bundle(f"{tempfile.mkdtemp()}/bundle", model, batch, step=7)
        >>> sorted(path.name for path in folder.iterdir())
        ['batch.npz', 'failure.json', 'model.keras']
        >>> load_bundle(folder).step
        7
    """
    folder = Path(folder)
    if folder.exists():
        raise FileExistsError(
            f"The folder {folder} exists already and is never overwritten. Give another "
            "one, or move the old one away."
        )
    run_folder.require_writable(folder.parent, option="folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        temporary.mkdir()
        facts = {"step": int(step), **_facts(model), "config": dict(config or {})}
        facts["model"] = _save_model(model, temporary)
        arrays: dict[str, np.ndarray] = {}
        x, y, weight = keras.utils.unpack_x_y_sample_weight(_as_tuple(batch))
        facts["batch"] = _packed((x, y, weight), arrays)
        np.savez(temporary / BATCH, **arrays)  # type: ignore[arg-type]
        text = json.dumps(facts, indent=2, default=str)
        (temporary / FACTS).write_text(text + "\n", encoding="utf-8")
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def load_bundle(
    folder: str | Path, *, model: keras.Model | None = None
) -> FailureBundle:
    """Reads what `save_bundle` wrote; nothing in the files is executed.

    Args:
        folder: The bundle's folder.
        model: A model of the same architecture, built and compiled, to put the kept
            weights into: for a bundle whose model could not be saved whole, or can't be
            loaded here.

    Returns:
        A `FailureBundle`.

    Raises:
        FileNotFoundError: If the folder is no bundle.
        ValueError: If the model can't be loaded, or `model` has other weights.

    Example:
        >>> import tempfile
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> folder = save_bundle(
        ...     f"{tempfile.mkdtemp()}/bundle", model, np.ones((1, 2)), step=3
        ... )
        >>> load_bundle(folder).batch[0].tolist()
        [[1.0, 1.0]]
    """
    folder = Path(folder)
    if not (folder / FACTS).is_file():
        raise FileNotFoundError(
            f"{folder} holds no {FACTS}, so it is no failure bundle. "
            "tfkit.callbacks.TrainingHealth(bundle_dir=...) writes one when a step "
            "gives NaN."
        )
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    with np.load(folder / BATCH, allow_pickle=False) as arrays:
        batch = _unpacked(facts.pop("batch"), arrays)
    return FailureBundle(
        _load_model(folder, facts["model"], model), batch, facts.pop("step"), facts
    )


def _facts(model: keras.Model) -> dict[str, Any]:
    """What the model was compiled with, and where it ran."""
    facts: dict[str, Any] = {
        "versions": {
            "python": platform.python_version(),
            "keras": keras.__version__,
            "numpy": np.__version__,
            keras.backend.backend(): _backend_version(),
        },
        "dtype_policy": model.dtype_policy.name,
    }
    if not model.compiled:
        return facts
    optimizer = model.optimizer
    rate = getattr(optimizer, "learning_rate", None)
    rate = getattr(rate, "value", rate)  # of a Keras variable
    facts["optimizer"] = type(optimizer).__name__
    facts["optimizer_config"] = keras.saving.serialize_keras_object(optimizer)["config"]
    # Several optimizers in one have no one rate.
    facts["learning_rate"] = (
        None if rate is None else float(keras.ops.convert_to_numpy(rate))
    )
    facts["loss"] = _name(model.loss)
    return facts


def _backend_version() -> str:
    import importlib.metadata

    return importlib.metadata.version(keras.backend.backend())


def _name(loss: Any) -> Any:
    if loss is None or isinstance(loss, str):
        return loss
    if isinstance(loss, dict):
        return {key: _name(each) for key, each in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [_name(each) for each in loss]
    return getattr(loss, "name", None) or getattr(loss, "__name__", str(loss))


def _save_model(model: keras.Model, folder: Path) -> dict[str, Any]:
    try:
        model.save(folder / MODEL)
        return {"file": MODEL}
    except OSError:
        raise
    # Parts raise what they like when they can't be serialized.
    except Exception as error:
        (folder / MODEL).unlink(missing_ok=True)
        arrays: dict[str, np.ndarray] = {}
        weights = [variable.numpy() for variable in model.weights]
        spec = _packed(weights, arrays)
        np.savez(folder / WEIGHTS, **arrays)  # type: ignore[arg-type]
        reason = f"{type(error).__name__}: {error}"
        return {
            "file": WEIGHTS,
            "weights": spec,
            "names": [variable.path for variable in model.weights],
            "note": f"The model could not be saved whole, only its weights. {reason}",
        }


def _load_model(
    folder: Path, facts: Mapping[str, Any], model: keras.Model | None
) -> keras.Model:
    from tfkit import saving

    if facts["file"] == MODEL and model is None:
        try:
            return saving.load_model(folder / MODEL)
        except ValueError as error:
            # Keras repeats the whole configuration at each level; the last is the cause.
            cause = str(error).rsplit("Exception encountered:", 1)[-1].strip()
            raise ValueError(
                f"The model in {folder} could not be loaded: {cause[:200]} Import the "
                "modules of your own parts first (`tfkit replay --imports MODULE`), or "
                "build the model: load_bundle(folder, model=model), `--build "
                "MODULE:FUNCTION`."
            ) from error
    if model is None:
        raise ValueError(
            f"{folder} holds only weights. {facts['note']} Build and compile the model: "
            "load_bundle(folder, model=model), `tfkit replay --build MODULE:FUNCTION`."
        )
    if facts["file"] == MODEL:
        model.load_weights(folder / MODEL)
        return model
    with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
        weights = _unpacked(facts["weights"], arrays)
    try:
        model.set_weights(weights)
    except ValueError as error:
        raise ValueError(
            f"`model` must have the weights of the one that failed: {facts['names']}. "
            f"Received: {[variable.path for variable in model.weights]}. {error}"
        ) from error
    return model


def _as_tuple(batch: Any) -> Any:
    return tuple(batch) if isinstance(batch, (list, tuple)) else (batch,)


def _packed(data: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Puts the arrays of nested data into `arrays`; returns where, as plain JSON."""
    if data is None:
        return None
    if isinstance(data, Mapping):
        return {"dict": {key: _packed(part, arrays) for key, part in data.items()}}
    if isinstance(data, (list, tuple)):
        kind = "tuple" if isinstance(data, tuple) else "list"
        return {kind: [_packed(part, arrays) for part in data]}
    array = np.asarray(keras.ops.convert_to_numpy(data) if _is_tensor(data) else data)
    if array.dtype == object:
        array = array.astype(bytes)  # TensorFlow's strings; NumPy would pickle objects
    name = f"array_{len(arrays)}"
    arrays[name] = array
    # NumPy's archives drop the names of types that it does not know, bfloat16 say.
    return {"array": name, "dtype": array.dtype.name}


def _unpacked(spec: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if spec is None:
        return None
    if "dict" in spec:
        return {key: _unpacked(part, arrays) for key, part in spec["dict"].items()}
    if "array" in spec:
        array = arrays[spec["array"]]
        if array.dtype.kind == "V":
            array = array.view(np.dtype(spec["dtype"]))
        return array
    ((kind, parts),) = spec.items()
    return (tuple if kind == "tuple" else list)(_unpacked(p, arrays) for p in parts)


def _is_tensor(data: Any) -> bool:
    return not isinstance(data, np.ndarray) and keras.ops.is_tensor(data)

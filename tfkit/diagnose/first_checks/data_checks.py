"""Checks of the inputs and of the targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tfkit.diagnose.first_checks.finding import Finding
from tfkit.diagnose.first_checks.promises import to_numpy
from tfkit.diagnose.first_checks.subject import Subject

# Root mean square of what reaches the first kernel. 1 is meant; the initializers'
# promises are off by as much as it is.
_USUAL, _POSSIBLE = (0.05, 5.0), (0.005, 20.0)
# |mean| of a feature in its standard deviations: all of it then looks like a bias.
_OFF_CENTRE = 10.0
# Largest over smallest standard deviation of the features.
_UNEVEN = 100.0
_RARE = 0.02


def finite(name: str, data: Any) -> Finding:
    """NaN and infinity in inputs or targets."""
    arrays = keras.tree.flatten(data)
    bad = sum(
        int((~np.isfinite(array)).sum()) for array in arrays if array.dtype.kind == "f"
    )
    total = sum(array.size for array in arrays)
    if not bad:
        return Finding(f"finite {name}", "ok", f"all of {total} values")
    return Finding(
        f"finite {name}",
        "fault",
        f"NaN or infinity in {bad} of {total} values",
        "finite numbers",
        "fill them in, or drop these examples: one of them makes the cost NaN",
    )


def input_scale(subject: Subject) -> Iterator[Finding]:
    """What reaches the first layer with a kernel: normalized or not."""
    first = next(
        (
            call
            for call in subject.calls
            if any(len(weight.shape) >= 2 for weight in call.layer.weights)
        ),
        None,
    )
    if first is None or isinstance(first.layer, keras.layers.Embedding):
        return
    given = next((t for t in first.inputs if t.dtype.is_floating), None)
    if given is None:
        return
    values = to_numpy(given).reshape(-1, given.shape[-1])
    if values.shape[0] < 2:
        return
    rms = float(np.sqrt(np.square(values).mean()))
    std = values.std(axis=0)
    varied = std > 0
    if not varied.any():
        yield Finding(
            "varied inputs",
            "fault",
            "every example is the same",
            "examples that differ",
            "look at how the inputs are loaded, and at what is in front of "
            f"{first.layer.name!r}",
        )
        return
    raw = keras.tree.flatten(subject.x)[0]
    whole = (
        f"; raw integers {raw.min()} to {raw.max()}" if raw.dtype.kind in "iu" else ""
    )
    measured = (
        f"mean {values.mean():.3g}, std {values.std():.3g} before "
        f"{first.layer.name!r}{whole}"
    )
    expected = "about mean 0, std 1"
    advice = (
        "normalize: tfkit.data.normalization_layer(x_train) or keras.layers.Rescaling "
        "in front, with the training set's statistics"
    )
    # Few ones among zeros (one-hot, bags of words) are small on average, and fine.
    is_binary = bool(np.isin(values, (0, 1)).all())
    low, high = _POSSIBLE
    if rms > high or (rms < low and not is_binary):
        yield Finding("input scale", "fault", measured, expected, advice)
        return
    low, high = _USUAL
    off = np.abs(values.mean(axis=0)[varied]) / std[varied]
    spread = float(std[varied].max() / std[varied].min())
    if rms > high or (rms < low and not is_binary):
        yield Finding("input scale", "warning", measured, expected, advice)
    elif subject_is_table(raw) and not is_binary and off.max() > _OFF_CENTRE:
        feature = int(np.flatnonzero(varied)[off.argmax()])
        yield Finding(
            "input scale",
            "warning",
            f"mean of feature {feature} is {off.max():.3g} of its standard deviations",
            expected,
            advice,
        )
    elif raw.ndim == 2 and raw.shape[1] <= 32 and spread > _UNEVEN:
        yield Finding(
            "input scale",
            "warning",
            f"standard deviations of the features differ by a factor of {spread:.3g}",
            expected,
            advice,
        )
    else:
        yield Finding("input scale", "ok", measured, expected)


def subject_is_table(x: np.ndarray) -> bool:
    """Whether inputs are columns, few enough not to be the pixels of an image."""
    return x.ndim == 2 and x.shape[1] <= 32


def constant_features(subject: Subject) -> Iterator[Finding]:
    """Columns of a table that never change; blank pixels are no fault."""
    for x in keras.tree.flatten(subject.x):
        if not subject_is_table(x) or x.dtype.kind != "f":
            continue
        constant = np.flatnonzero(np.ptp(x, axis=0) == 0)
        if constant.size:
            shown = ", ".join(map(str, constant[:5]))
            yield Finding(
                "constant features",
                "warning",
                f"{constant.size} of {x.shape[1]} features never change: {shown}",
                "features that tell examples apart",
                "drop them, and see whether they were loaded right",
            )
        else:
            yield Finding("constant features", "ok", f"none of {x.shape[1]}")


def label_encoding(subject: Subject) -> Finding | None:
    """Whether the targets are what the loss takes."""
    if subject.prediction is None:
        return None
    y = np.asarray(subject.y)
    problem = {
        "sparse": _sparse,
        "categorical": _categorical,
        "binary": _binary,
        "regression": _regression,
    }.get(subject.loss_kind)
    found = None if problem is None else problem(subject, y)
    if found is None:
        return Finding("label encoding", "ok", f"{_range(y)} for {subject.loss_name}")
    measured, expected, advice = found
    return Finding("label encoding", "fault", measured, expected, advice)


def label_balance(subject: Subject) -> Finding | None:
    """Whether the targets vary, and every class has examples."""
    y = np.asarray(subject.y)
    if subject.loss_kind == "regression":
        if y.std() == 0:
            return Finding(
                "varied targets",
                "fault",
                f"all targets are {y.flat[0]:g}",
                "targets that differ",
                "look at how they are loaded",
            )
        return _target_scale(y)
    if not subject.is_classifier:
        return None
    counts = _class_counts(subject, y)
    if counts is None:
        return None
    shares = counts / counts.sum()
    present = np.flatnonzero(counts)
    if present.size == 1:
        return Finding(
            "classes",
            "fault",
            f"all examples are of class {present[0]}",
            f"examples of all {len(counts)} classes",
            "shuffle before you split, and look at how the labels are loaded",
        )
    missing = np.flatnonzero(counts == 0)
    if missing.size:
        return Finding(
            "classes",
            "warning",
            f"no example of {missing.size} of {len(counts)} outputs, the first "
            f"{missing[0]}",
            f"{len(counts)} classes for {len(counts)} outputs",
            f"{present.size} units in the last layer, with the classes numbered from 0; "
            "or more examples",
        )
    if shares.min() < _RARE / len(counts) * 2:
        return Finding(
            "classes",
            "warning",
            f"class {shares.argmin()} has {100 * shares.min():.2g} % of the examples",
            "classes of comparable size",
            "class_weight in fit, and precision and recall beside accuracy",
        )
    return Finding(
        "classes",
        "ok",
        f"{len(counts)} classes, {100 * shares.min():.0f} to "
        f"{100 * shares.max():.0f} % each",
    )


def class_of(subject: Subject, y: np.ndarray) -> np.ndarray | None:
    """The class number of each target, flat; None where there are none."""
    if subject.loss_kind == "sparse":
        return y.astype(np.int64).ravel()
    if subject.loss_kind == "categorical":
        return y.argmax(axis=-1).ravel()
    if subject.loss_kind == "binary" and subject.units == 1:
        return (y > 0.5).astype(np.int64).ravel()
    return None


def _class_counts(subject: Subject, y: np.ndarray) -> np.ndarray | None:
    classes = class_of(subject, y)
    if classes is None:
        return None
    number = 2 if subject.loss_kind == "binary" else subject.units
    return np.bincount(classes, minlength=number)


def _target_scale(y: np.ndarray) -> Finding:
    size = max(float(y.std()), float(np.abs(y.mean())))
    measured = f"targets of mean {y.mean():.3g}, std {y.std():.3g}"
    advice = (
        "train on (y - mean) / std of the training set, and undo it in predictions; a "
        "network begins near 0 and takes steps of the learning rate"
    )
    expected = "about mean 0, std 1"
    if size > 100 or y.std() < 1e-3:
        return Finding("target scale", "fault", measured, expected, advice)
    if size > 10 or y.std() < 1e-2:
        return Finding("target scale", "warning", measured, expected, advice)
    return Finding("target scale", "ok", measured, expected)


_Problem = tuple[str, str, str] | None


def _sparse(subject: Subject, y: np.ndarray) -> _Problem:
    units = subject.units
    expected = f"class numbers from 0 to {units - 1}"
    assert subject.prediction is not None
    places = subject.prediction.ndim - 1
    if y.ndim == places + 1 and y.shape[-1] == units > 1:
        return (
            f"rows of {units} numbers",
            expected,
            "categorical_crossentropy for one-hot labels, or y.argmax(axis=-1)",
        )
    if y.ndim not in (places, places + 1) or (
        y.ndim == places + 1 and y.shape[-1] != 1
    ):
        return f"labels of shape {y.shape}", expected, "one class number an example"
    if (y != np.floor(y)).any():
        return (
            f"fractions, such as {y[y != np.floor(y)][0]:g}",
            expected,
            "mse for real-valued targets; class numbers for classes",
        )
    low, high = int(y.min()), int(y.max())
    if low == 1 and high == units:
        return f"class numbers {low} to {high}", expected, "number from 0: y - 1"
    if low < 0 or high >= units:
        return (
            f"class numbers {low} to {high}",
            expected,
            f"a last layer of {high + 1} units, or classes numbered from 0 "
            "(np.unique(y, return_inverse=True)[1])",
        )
    return None


def _categorical(subject: Subject, y: np.ndarray) -> _Problem:
    units = subject.units
    expected = f"one-hot rows of {units} numbers"
    if y.ndim < 2 or y.shape[-1] == 1 != units:
        return (
            f"class numbers, shape {y.shape}",
            expected,
            "sparse_categorical_crossentropy, or keras.utils.to_categorical(y)",
        )
    if y.shape[-1] != units:
        return (
            f"rows of {y.shape[-1]} numbers",
            expected,
            f"a last layer of {y.shape[-1]} units",
        )
    sums = y.sum(axis=-1)
    if y.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        return (
            f"rows that sum to {sums.min():g} to {sums.max():g}",
            f"{expected} that sum to 1",
            "sigmoid and binary_crossentropy where several classes may be on at once",
        )
    return None


def _binary(subject: Subject, y: np.ndarray) -> _Problem:
    expected = "0 and 1"
    if y.min() < 0 or y.max() > 1:
        if set(np.unique(y)) == {-1, 1}:
            return "-1 and 1", expected, "(y + 1) / 2, or hinge loss"
        return (
            _range(y),
            expected,
            "labels 0 and 1; sparse_categorical_crossentropy for more classes",
        )
    return _same_shape(subject, y)


def _regression(subject: Subject, y: np.ndarray) -> _Problem:
    return _same_shape(subject, y)


def _same_shape(subject: Subject, y: np.ndarray) -> _Problem:
    assert subject.prediction is not None
    wanted = subject.prediction.shape[1:]
    shape = y.shape[1:]
    if shape in (wanted, wanted[:-1] if wanted[-1:] == (1,) else wanted):
        return None
    if shape == (*wanted, 1):
        return None
    return (
        f"targets of shape {shape} for outputs of shape {wanted}",
        "one shape",
        "as many units in the last layer as numbers in a target: another shape is "
        "broadcast in silence, or fails",
    )


def _range(y: np.ndarray) -> str:
    form = f"of shape {y.shape[1:]}" if y.ndim > 1 else "one number"
    return f"values {y.min():g} to {y.max():g}, {form} for each example"

"""Which datasets there are, and which of them need no network. Imports nothing heavy."""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import dataclass
from pathlib import Path

_FILE_FORMATS = (
    ".h5, .mat, .npz, .csv, or a folder with a sub-folder of pictures per class"
)
# Real names that someone will try, and that need another answer than "unknown".
_REGRESSION = {"diabetes", "california_housing", "boston", "boston_housing", "linnerud"}


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a dataset without loading it.

    Args:
        name: What `tfkit.data.load` takes.
        description: What it is, in a line.
        examples: How many there are; for a generated set how many are made by default.
            None: known after loading.
        shape: Shape of one example, or None.
        classes: Number of classes, or None.
        source: "scikit-learn" (its own files), "generated", "tfds" or "file".
        task: Always "classification"; tfkit.data has no other.
    """

    name: str
    description: str
    examples: int | None
    shape: tuple[int, ...] | None
    classes: int | None
    source: str
    task: str = "classification"


_TABLE = (
    DatasetInfo(
        "digits",
        "Handwritten digits (UCI optical)",
        1797,
        (8, 8, 1),
        10,
        "scikit-learn",
    ),
    DatasetInfo("iris", "Three species of iris", 150, (4,), 3, "scikit-learn"),
    DatasetInfo(
        "wine", "Chemistry of wines of 3 growers", 178, (13,), 3, "scikit-learn"
    ),
    DatasetInfo(
        "breast_cancer", "Malignant or benign tumours", 569, (30,), 2, "scikit-learn"
    ),
    DatasetInfo(
        "circles", "Two noisy circles, one in the other", 300, (2,), 2, "generated"
    ),
    DatasetInfo("moons", "Two noisy interleaved half moons", 300, (2,), 2, "generated"),
    DatasetInfo("spirals", "Three interleaved spirals", 300, (2,), 3, "generated"),
    DatasetInfo(
        "planar_flower", "A flower of petals in two colours", 400, (2,), 2, "generated"
    ),
    DatasetInfo("mnist", "Handwritten digits (MNIST)", 70_000, (28, 28, 1), 10, "tfds"),
)


def available() -> list[DatasetInfo]:
    """Lists the datasets: those with a name of their own, then prepared TFDS sets.

    Any other set of TensorFlow Datasets loads as `tfds:NAME`, files by their path.

    Returns:
        What is known of each.

    Example:
        >>> [info.name for info in available()][:4]
        ['digits', 'iris', 'wine', 'breast_cancer']
    """
    named = {info.name for info in _TABLE}
    root = tfds_data_dir()
    folders = sorted(root.iterdir()) if root.is_dir() else []
    prepared = [
        _prepared_info(folder.name)
        for folder in folders
        if folder.name not in named and prepared_folders(folder.name)
    ]
    return [*_TABLE, *prepared]


def is_offline(info: DatasetInfo) -> bool:
    """Whether a dataset loads without a network.

    For a TFDS set: whether its prepared files lie in the data directory. This is looked up
    on the disk, without importing TFDS.

    Args:
        info: One of `available()`, or what `resolve` returned.

    Returns:
        True if nothing has to be downloaded.

    Example:
        >>> is_offline(resolve("digits"))
        True
    """
    if info.source != "tfds":
        return True
    return bool(prepared_folders(info.name.removeprefix("tfds:")))


def resolve(name: str | os.PathLike[str]) -> DatasetInfo:
    """Finds what a name means: a listed dataset, `tfds:NAME`, or a file or folder.

    Args:
        name: What the user typed.

    Returns:
        What is known of it without loading it.

    Raises:
        ValueError: If there is no such dataset, file or folder; the message has the
            nearest names.

    Example:
        >>> resolve("iris").examples
        150
        >>> resolve("irsi")
        Traceback (most recent call last):
        ...
        ValueError: Unknown dataset 'irsi'. Did you mean 'iris'? ...
    """
    text = os.fspath(name)
    for info in _TABLE:
        if info.name == text:
            return info
    if text.startswith("tfds:") and len(text) > len("tfds:"):
        return _prepared_info(text.removeprefix("tfds:"))
    path = Path(text).expanduser()
    if path.exists():
        return DatasetInfo(text, "A file of yours", None, None, None, "file")
    if path.suffix or os.sep in text:
        raise ValueError(
            f"No such file or folder: {text!r} (looked in {Path.cwd()}). "
            f"A dataset is a file of format {_FILE_FORMATS}."
        )
    if text in _REGRESSION:
        raise ValueError(
            f"{text!r} has real-valued targets. tfkit.data is for classification; "
            "regression is not supported."
        )
    names = [info.name for info in _TABLE]
    raise ValueError(
        f"Unknown dataset {text!r}. {did_you_mean(text, names)}"
        f"There are: {', '.join(names)}; any set of TensorFlow Datasets as 'tfds:NAME'; "
        f"and files ({_FILE_FORMATS})."
    )


def did_you_mean(name: str, names: list[str]) -> str:
    """Returns "Did you mean ...? " with up to three near names, or an empty string."""
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.65)
    return f"Did you mean {' or '.join(map(repr, near))}? " if near else ""


def tfds_data_dir() -> Path:
    """Returns where prepared TFDS sets lie: TFDS_DATA_DIR, or ~/tensorflow_datasets.

    Read at each call: TFDS itself reads the variable once, when it is imported.
    """
    return Path(
        os.environ.get("TFDS_DATA_DIR") or Path.home() / "tensorflow_datasets"
    ).expanduser()


def prepared_folders(name: str, data_dir: Path | None = None) -> list[Path]:
    """Returns the folders that hold prepared versions of a TFDS set, oldest first.

    Args:
        name: `mnist`, `mnist:3.0.1`, `glue/cola` or `glue/cola:2.0.0`.
        data_dir: Where to look; None: `tfds_data_dir()`.
    """
    folder, _, version = name.partition(":")
    root = (data_dir or tfds_data_dir()) / folder
    if not root.is_dir():
        return []
    # A version, or a configuration and a version; "incomplete.*" is a broken preparation.
    found = [*root.glob("*/dataset_info.json"), *root.glob("*/*/dataset_info.json")]
    folders = [path.parent for path in found if "incomplete" not in str(path.parent)]
    return sorted(f for f in folders if not version or f.name == version)


def _prepared_info(name: str) -> DatasetInfo:
    examples, description = None, "A set of TensorFlow Datasets"
    folders = prepared_folders(name)
    if folders:
        try:
            record = json.loads((folders[-1] / "dataset_info.json").read_text("utf-8"))
            examples = sum(
                int(length)
                for split in record["splits"]
                for length in split["shardLengths"]
            )
            text = record.get("description", "").strip()
            description = text.splitlines()[0][:70] if text else description
        # A listing must not fail for one damaged file; loading it will.
        except (OSError, ValueError, KeyError, TypeError):
            pass
    return DatasetInfo(f"tfds:{name}", description, examples, None, None, "tfds")

"""One door to every dataset."""

from __future__ import annotations

import os
from pathlib import Path

from tfkit.data.dataset import Dataset
from tfkit.data.registry import resolve


def load(
    name: str | os.PathLike[str],
    *,
    seed: int = 0,
    examples: int | None = None,
    label: str | None = None,
    image_size: tuple[int, int] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Loads a classification dataset by name or path.

    Names are those of `tfkit.data.available()`; `mnist` and `tfds:NAME` come from
    TensorFlow Datasets. A path is a file of the course's HDF5 or MATLAB layout, a NumPy
    archive, a CSV file, or a folder with a sub-folder of pictures per class. Nothing is
    ever replaced by something else: what cannot be loaded is an error that says what to
    do.

    Args:
        name: A name or a path.
        seed: Seed of what is generated, and of the draw of `examples`.
        examples: How many to generate, or to draw at random from what there is (an
            official test part stays whole). None: all; the course's number if generated.
        label: The column with the labels of a CSV file. None: the last one.
        image_size: Height and width to resize pictures to (folders and TFDS). None: as
            they are.
        data_dir: Where prepared TFDS sets lie. None: TFDS_DATA_DIR, or
            ~/tensorflow_datasets.

    Returns:
        The dataset.

    Raises:
        ValueError: If there is no such dataset or file, it is damaged, unfit for
            training, or an option does not apply to it.
        DatasetNotPreparedError: (a ValueError) if it has to be downloaded and there is no
            network.

    Example:
        >>> load("circles", seed=1, examples=100).x.shape
        (100, 2)
        >>> load("iris").class_names
        ('setosa', 'versicolor', 'virginica')
    """
    info = resolve(name)
    path = Path(os.fspath(name)).expanduser()
    suffix = path.suffix.lower()
    is_folder = info.source == "file" and path.is_dir()
    allowed = {
        "label": info.source == "file" and suffix == ".csv",
        "image_size": info.source == "tfds" or is_folder,
        "data_dir": info.source == "tfds",
    }
    given = {"label": label, "image_size": image_size, "data_dir": data_dir}
    for option, value in given.items():
        if value is not None and not allowed[option]:
            raise ValueError(
                f"`{option}` does not apply to {os.fspath(name)!r}. "
                f"Received: {option}={value!r}. Leave it out: it is for "
                + {
                    "label": "CSV files.",
                    "image_size": "folders of pictures and TFDS sets.",
                    "data_dir": "TFDS sets.",
                }[option]
            )
    if info.source == "generated":
        from tfkit.data import generated

        generate = getattr(generated, info.name)
        if examples is None:
            return generate(seed=seed)
        return generate(seed=seed, examples=examples)
    dataset = _load_all(info.source, info.name, label, image_size, data_dir)
    return dataset if examples is None else dataset.sample(examples, seed=seed)


def _load_all(
    source: str,
    name: str,
    label: str | None,
    image_size: tuple[int, int] | None,
    data_dir: str | os.PathLike[str] | None,
) -> Dataset:
    # Each loader brings a library that takes seconds to import; only one is needed.
    if source == "scikit-learn":
        from tfkit.data.bundled import load_bundled

        return load_bundled(name)
    if source == "tfds":
        from tfkit.data.tfds_source import load_tfds

        set_name = name.removeprefix("tfds:")
        return load_tfds(set_name, image_size=image_size, data_dir=data_dir)
    path = Path(name).expanduser()
    if path.is_dir():
        from tfkit.data.image_folder import load_images

        return load_images(path, image_size=image_size)
    match path.suffix.lower():
        case ".h5" | ".hdf5":
            from tfkit.data.h5_file import load_h5

            return load_h5(path)
        case ".mat":
            from tfkit.data.mat_file import load_mat

            return load_mat(path)
        case ".npz":
            from tfkit.data.npz_file import load_npz

            return load_npz(path)
        case ".csv":
            from tfkit.data.csv_file import load_csv

            return load_csv(path, label=label)
    raise ValueError(
        f"{name!r} must be a .h5, .mat, .npz or .csv file, or a folder with a sub-folder "
        f"of pictures per class. Received: a file with suffix {path.suffix!r}."
    )

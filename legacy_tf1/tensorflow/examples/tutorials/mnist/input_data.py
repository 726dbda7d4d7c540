"""The reader of MNIST that the tutorials brought: `input_data.read_data_sets(...)`.

As `tf.examples.tutorials.mnist.input_data` of TensorFlow 1.15: the same order, shuffles
and seeds. Today: `keras.datasets.mnist.load_data()` or `tfkit.data.load("mnist")`.

The digits are looked for, in this order:

1. as the four IDX files (`train-images-idx3-ubyte.gz`, ... or without `.gz`) in the
   folder that the program names;
2. in the folder that the environment variable `LEGACY_TF1_MNIST` names;
3. as the prepared set `mnist` of TensorFlow Datasets (`TFDS_DATA_DIR`, or
   `~/tensorflow_datasets`);
4. at `source_url`, as TensorFlow 1 did, if its host answers within two seconds.

Where none has them, a `FileNotFoundError` says so: digits are never made up.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf

# Looked up at each call: legacy_tf1.compat.seeds puts TensorFlow 1's rule there.
from tensorflow.python.framework import random_seed

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
#: The environment variable with a folder of IDX files for programs that bring none.
FOLDER_VARIABLE = "LEGACY_TF1_MNIST"
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049


class Datasets(NamedTuple):
    """The three parts that `read_data_sets` returns."""

    train: Any
    validation: Any
    test: Any


class DataSet:
    """One part of MNIST, handed out batch by batch.

    Args:
        images: uint8, (n, 28, 28, 1).
        labels: (n,), or (n, 10) one-hot.
        fake_data: As TensorFlow 1's own tests used it: batches of ones, no digits.
        one_hot: Used for `fake_data` only.
        dtype: `tf.float32` scales the pixels to [0, 1]; `tf.uint8` leaves them.
        reshape: Whether an image becomes a row of 784.
        seed: Of the shuffles, which NumPy's global generator does: `numpy.random.seed`
            is called with it, or with `tf.set_random_seed`'s value, or with None.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = tf.float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        graph_seed, op_seed = random_seed.get_seed(seed)
        np.random.seed(graph_seed if seed is None else op_seed)  # noqa: NPY002
        dtype = tf.as_dtype(dtype).base_dtype
        if dtype not in (tf.uint8, tf.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self.one_hot = one_hot
        if fake_data:
            self._num_examples = 10000
        else:
            if len(images) != len(labels):
                raise ValueError(
                    "Each image must have a label. Received: images of shape "
                    f"{images.shape} and labels of shape {labels.shape}."
                )
            self._num_examples = len(images)
            if reshape:
                images = images.reshape(len(images), int(np.prod(images.shape[1:])))
            if dtype == tf.float32:
                images = np.multiply(images.astype(np.float32), np.float32(1 / 255))
        self._images, self._labels = images, labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self) -> Any:
        """All images, in the order of the present epoch."""
        return self._images

    @property
    def labels(self) -> Any:
        """All labels, in the order of the present epoch."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many examples there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often all examples have been handed out."""
        return self._epochs_completed

    def next_batch(
        self, batch_size: int, fake_data: bool = False, shuffle: bool = True
    ) -> tuple[Any, Any]:
        """Returns the next images and labels.

        A batch that goes over the end of an epoch takes the rest of it and its other
        examples from the newly shuffled next one.
        """
        if fake_data:
            label: Any = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * 784] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if shuffle and start == 0 and self._epochs_completed == 0:
            self._shuffle()
        end = start + batch_size
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._images[start:end], self._labels[start:end]
        self._epochs_completed += 1
        rest_images, rest_labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = end = batch_size - len(rest_images)
        return (
            np.concatenate([rest_images, self._images[:end]]),
            np.concatenate([rest_labels, self._labels[:end]]),
        )

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)  # noqa: NPY002
        self._images, self._labels = self._images[order], self._labels[order]


def read_data_sets(
    train_dir: str | os.PathLike[str],
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = tf.float32,
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str = DEFAULT_SOURCE_URL,
) -> Datasets:
    """Returns MNIST's train, validation and test parts.

    The validation part is the first `validation_size` of the 60000 training examples.

    Args:
        train_dir: The folder of the four IDX files. Where the digits lie elsewhere, see
            this module's beginning.
        fake_data: Batches of ones, as TensorFlow 1's own tests used them.
        one_hot: Labels as rows of 10 instead of class numbers.
        dtype: `tf.float32` for pixels in [0, 1], `tf.uint8` for [0, 255].
        reshape: Images as rows of 784 instead of (28, 28, 1).
        validation_size: How many examples validation takes from training.
        seed: Of the shuffles.
        source_url: Where the files are downloaded from if they are nowhere else.

    Raises:
        FileNotFoundError: If the digits are nowhere.
        ValueError: If `validation_size` is not between 0 and 60000, or a file is not
            what its name says.
    """
    options: dict[str, Any] = {"dtype": dtype, "seed": seed}
    if fake_data:
        fake = {"fake_data": True, "one_hot": one_hot, **options}
        return Datasets(*(DataSet([], [], **fake) for _ in range(3)))
    train_images, train_labels, test_images, test_labels = load_arrays(
        train_dir, source_url=source_url
    )
    if not 0 <= validation_size <= len(train_images):
        raise ValueError(
            f"Validation size should be between 0 and {len(train_images)}. "
            f"Received: {validation_size}."
        )
    if one_hot:
        train_labels = dense_to_one_hot(train_labels, 10)
        test_labels = dense_to_one_hot(test_labels, 10)
    options["reshape"] = reshape
    first = slice(validation_size)
    rest = slice(validation_size, None)
    train = DataSet(train_images[rest], train_labels[rest], **options)
    validation = DataSet(train_images[first], train_labels[first], **options)
    return Datasets(train, validation, DataSet(test_images, test_labels, **options))


def load_mnist(train_dir: str | os.PathLike[str] = "MNIST-data") -> Datasets:
    """As `tf.contrib.learn.datasets.mnist.load_mnist`."""
    return read_data_sets(train_dir)


def load_arrays(
    folder: str | os.PathLike[str] | None = None,
    *,
    source_url: str = DEFAULT_SOURCE_URL,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns train images, train labels, test images and test labels, all uint8.

    Args:
        folder: Where the program expects the IDX files, and where they would be
            downloaded to.
        source_url: Where to download them from.

    Raises:
        FileNotFoundError: If the digits are nowhere.
    """
    folders = [folder, os.environ.get(FOLDER_VARIABLE)]
    for candidate in folders:
        paths = _idx_files(Path(candidate)) if candidate else None
        if paths:
            return _read_idx_files(paths)
    from tfkit.data import registry, tfds_source

    if registry.prepared_folders("mnist", registry.tfds_data_dir()):
        return _read_tfds()
    if folder is not None and tfds_source.is_reachable(source_url):
        work = os.fspath(folder)
        return _read_idx_files(
            [Path(maybe_download(name, work, source_url + name)) for name in FILES]
        )
    raise FileNotFoundError(
        f"MNIST must be in the folder that the program names, {os.fspath(folder or '')!r}"
        f", as {', '.join(FILES)}. Received: no such files there, no {FOLDER_VARIABLE} "
        "that names a folder with them, no prepared set 'mnist' of TensorFlow Datasets, "
        f"and no answer from {source_url}. Copy the four files there, or set "
        f"{FOLDER_VARIABLE} to their folder, or run `tfds build mnist` on a machine with "
        "a network and set TFDS_DATA_DIR to the folder that it fills."
    )


def _idx_files(folder: Path) -> list[Path] | None:
    """The four files, packed or not, if all are there."""
    paths = []
    for name in FILES:
        choices = (folder / name, folder / name.removesuffix(".gz"))
        found = [path for path in choices if path.is_file()]
        if not found:
            return None
        paths.append(found[0])
    return paths


def _read_idx_files(
    paths: list[Path],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    train_images, train_labels, test_images, test_labels = map(os.fspath, paths)
    return (
        extract_images(train_images),
        extract_labels(train_labels),
        extract_images(test_images),
        extract_labels(test_labels),
    )


def _read_tfds() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    import tensorflow_datasets as tfds

    from legacy_tf1.compat import modern
    from tfkit.data import registry

    root = registry.tfds_data_dir()
    print("Reading MNIST of TensorFlow Datasets in", root)
    arrays: list[np.ndarray] = []
    with modern.behavior():
        for split in ("train", "test"):
            part = tfds.load("mnist", split=split, data_dir=root, batch_size=-1)
            arrays += [part["image"].numpy(), part["label"].numpy().astype(np.uint8)]
    return arrays[0], arrays[1], arrays[2], arrays[3]


def maybe_download(filename: str, work_directory: str, source_url: str) -> str:
    """Downloads a file unless the folder has it already, and returns its path."""
    # Kept out of the start of every program: few download.
    import urllib.request

    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        temporary, _ = urllib.request.urlretrieve(source_url)
        tf.gfile.Copy(temporary, path)
        print("Successfully downloaded", filename, os.path.getsize(path), "bytes.")
    return path


def extract_images(f: Any) -> np.ndarray:
    """Returns the images of an IDX file as uint8, (n, rows, columns, 1).

    Args:
        f: A file open in binary mode, or its name; packed by gzip or not.

    Raises:
        ValueError: If it is not a file of images.
    """
    data = _unpack(f)
    magic, count, rows, columns = np.frombuffer(data[:16], ">u4").tolist()
    if magic != _IMAGES_MAGIC:
        raise ValueError(
            f"Invalid magic number {magic} in MNIST image file: {_name(f)}"
        )
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, rows, columns, 1)


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """Returns the labels of an IDX file, uint8 (n,), or one-hot rows.

    Args:
        f: A file open in binary mode, or its name; packed by gzip or not.
        one_hot: Whether each label becomes a row.
        num_classes: The length of such a row.

    Raises:
        ValueError: If it is not a file of labels.
    """
    data = _unpack(f)
    magic, count = np.frombuffer(data[:8], ">u4").tolist()
    if magic != _LABELS_MAGIC:
        raise ValueError(
            f"Invalid magic number {magic} in MNIST label file: {_name(f)}"
        )
    labels = np.frombuffer(data, np.uint8, count=count, offset=8)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int = 10) -> np.ndarray:
    """Returns float64 rows with a 1 at each label's place.

    >>> dense_to_one_hot(np.array([1, 0]), 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    return np.eye(num_classes)[labels_dense.ravel()]


def _unpack(f: str | IO[bytes]) -> bytes:
    print("Extracting", _name(f))
    data = Path(f).read_bytes() if isinstance(f, str) else f.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def _name(f: Any) -> str:
    return f if isinstance(f, str) else str(f.name)

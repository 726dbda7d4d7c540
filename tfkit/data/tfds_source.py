"""TensorFlow Datasets, offline first: what is not prepared fails in seconds, not minutes."""

from __future__ import annotations

import os
import socket
import threading
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from tfkit.data.dataset import Dataset, from_parts
from tfkit.data.registry import did_you_mean, prepared_folders, tfds_data_dir
from tfkit.data.validation import encode_labels

# Seconds. TFDS itself retries for minutes; a host that is there answers in a fraction of one.
_PROBE_TIMEOUT = 2.0
# TFDS keeps what it hosts itself here.
_DEFAULT_URL = "https://storage.googleapis.com"
# The splits of TFDS that are parts; others ("unsupervised", "extra") are left out.
_PARTS = {"train": "train", "validation": "dev", "dev": "dev", "test": "test"}
_BATCH = 1024


class DatasetNotPreparedError(ValueError):
    """A TFDS set has to be downloaded first, and that cannot be done here and now."""


def load_tfds(
    name: str,
    *,
    image_size: tuple[int, int] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Loads a classification set of TensorFlow Datasets into memory.

    A prepared set is read from the disk. Any other is downloaded and prepared, once, if
    its host answers within two seconds.

    Args:
        name: Its name there, such as `mnist`, `glue/cola` or `mnist:3.0.1`.
        image_size: Height and width to resize pictures to; needed where they vary.
        data_dir: Where prepared sets lie. None: TFDS_DATA_DIR (read now, not when TFDS
            was imported), or ~/tensorflow_datasets.

    Returns:
        The dataset; TFDS's own train, validation and test splits are its official parts.

    Raises:
        ValueError: If there is no such set, or it is not a classification set with one
            numeric input of a fixed shape.
        DatasetNotPreparedError: (a ValueError) if it has to be downloaded and there is no
            network, or the download failed.

    Example:
        >>> load_tfds("mnits")
        Traceback (most recent call last):
        ...
        ValueError: TFDS has no set called 'mnits'. Did you mean 'mnist' ...
    """
    import tensorflow_datasets as tfds

    require_available(name, data_dir=data_dir)
    root = _root(data_dir)
    try:
        builder = tfds.builder(name, data_dir=root)
    except tfds.core.registered.DatasetNotFoundError as error:
        raise _unknown(name) from error
    except (AssertionError, ValueError) as error:
        raise ValueError(
            f"TFDS could not find {name!r} (a wrong version or configuration?): {error}"
        ) from error
    if not builder.is_prepared():
        if prepared_folders(name, root):
            # Prepared in another version or configuration than the one that is wanted.
            _require_preparable(name, root)
        _prepare(builder, name, root)
    return _read(builder, f"tfds:{name}", image_size)


def require_available(
    name: str, *, data_dir: str | os.PathLike[str] | None = None
) -> None:
    """Raises unless a TFDS set is prepared, or can be. It doesn't load TensorFlow.

    Args:
        name: As for `load_tfds`.
        data_dir: As for `load_tfds`.

    Raises:
        ValueError: If there is no such set.
        DatasetNotPreparedError: (a ValueError) if its host does not answer.
    """
    # Registers tfkit's own builders with TFDS.
    import tfkit.data.tfds_builders  # noqa: F401

    root = _root(data_dir)
    if not prepared_folders(name, root):
        _require_preparable(name, root)


def _root(data_dir: str | os.PathLike[str] | None) -> Path:
    return Path(data_dir).expanduser() if data_dir is not None else tfds_data_dir()


def _require_preparable(name: str, root: Path) -> None:
    """Raises if the set is unknown, or must be downloaded and its host does not answer."""
    import tensorflow_datasets as tfds

    base = name.partition(":")[0].partition("/")[0]
    try:
        builder_class = tfds.builder_cls(base)
    except tfds.core.registered.DatasetNotFoundError as error:
        raise _unknown(name) from error
    if builder_class.__module__.startswith("tfkit."):
        return
    url = next(iter(builder_class.url_infos or {}), _DEFAULT_URL)
    if not is_reachable(url):
        raise DatasetNotPreparedError(
            f"TFDS set {name!r} must be prepared or downloadable. Received: no prepared "
            f"files in {str(root)!r}, and {urllib.parse.urlsplit(url).hostname} did not "
            f"answer within {_PROBE_TIMEOUT:g} s. {_way_out(name, root)}"
        )


def _way_out(name: str, root: Path) -> str:
    return (
        f"On a machine with a network run `tfds build {name}`, copy the folder "
        f"~/tensorflow_datasets/{name.partition(':')[0]} into {str(root)!r}, or set "
        "TFDS_DATA_DIR to a folder that holds it. Without any network: `tfkit datasets` "
        "lists what is here."
    )


def is_reachable(url: str, *, timeout: float = _PROBE_TIMEOUT) -> bool:
    """Whether a connection to a URL's host, or to the proxy that leads there, opens.

    Args:
        url: Any URL.
        timeout: Seconds for everything together, the look-up of the name included.

    Returns:
        True if a connection was made in time. Nothing is sent.

    Example:
        >>> is_reachable("http://127.0.0.1:1")
        False
    """
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    port = parts.port or {"https": 443, "ftp": 21}.get(parts.scheme, 80)
    connected = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((parts.hostname, port), timeout=timeout).close()
            connected.set()
        except OSError:
            pass

    # A thread, because no timeout applies to the look-up of the name.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(timeout)
    return connected.is_set()


def _unknown(name: str) -> ValueError:
    import tensorflow_datasets as tfds

    base = name.partition(":")[0].partition("/")[0]
    return ValueError(
        f"TFDS has no set called {base!r}. "
        f"{did_you_mean(base, tfds.list_builders(with_community_datasets=False))}"
        "The catalogue: https://www.tensorflow.org/datasets/catalog/overview"
    )


def _prepare(builder: Any, name: str, root: Path) -> None:
    import tensorflow_datasets as tfds

    config = tfds.download.DownloadConfig(try_download_gcs=False)
    try:
        builder.download_and_prepare(download_config=config)
    # Whatever TFDS and its two hundred builders can raise: sockets, checksums, imports.
    except Exception as error:
        raise DatasetNotPreparedError(
            f"TFDS set {name!r} could not be prepared in {str(root)!r}: {error}. "
            f"{_way_out(name, root)}"
        ) from error


def _read(builder: Any, name: str, image_size: tuple[int, int] | None) -> Dataset:
    import tensorflow_datasets as tfds

    keys = builder.info.supervised_keys
    if keys is None or len(keys) != 2 or not all(isinstance(k, str) for k in keys):
        raise ValueError(
            f"{name!r} must have one input and one label. Received: supervised_keys={keys}. "
            "Read it with tfds.load and arrange x and y yourself."
        )
    inputs, label = (builder.info.features[key] for key in keys)
    _check_features(name, inputs, label, image_size)
    parts: dict[str, Any] = {}
    for split, part in _PARTS.items():
        if split in builder.info.splits and part not in parts:
            parts[part] = _read_split(builder, split, image_size)
    if not parts:
        raise ValueError(
            f"{name!r} must have a split called train, validation or test. "
            f"Received: {', '.join(builder.info.splits)}."
        )
    if isinstance(label, tfds.features.ClassLabel):
        class_names = list(label.names)
    else:
        y, names = encode_labels(
            np.concatenate([y for _, y in parts.values()]), name=name
        )
        ends = np.cumsum([len(y) for _, y in parts.values()])[:-1]
        pieces = np.split(y, ends)
        parts = {
            p: (x, y) for (p, (x, _)), y in zip(parts.items(), pieces, strict=True)
        }
        class_names = list(names)
    description = f"TensorFlow Datasets {builder.info.full_name}."
    return from_parts(name, parts, class_names, description=description)


def _check_features(
    name: str, inputs: Any, label: Any, image_size: tuple[int, int] | None
) -> None:
    shape = inputs.shape
    if isinstance(shape, dict) or np.dtype(inputs.np_dtype).kind not in "buif":
        raise ValueError(
            f"The input of {name!r} must be one array of numbers. Received: {inputs}. "
            "Read it with tfds.load and encode it yourself."
        )
    is_picture = len(shape) == 3
    if image_size is not None and not is_picture:
        raise ValueError(
            f"`image_size` is for pictures. Received: image_size={image_size!r} for "
            f"{name!r}, whose inputs have shape {shape}."
        )
    if None in shape and not (is_picture and image_size is not None and shape[2]):
        raise ValueError(
            f"Inputs of {name!r} must have one shape. Received: {shape}. "
            "If they are pictures pass image_size=(height, width)."
        )
    if np.dtype(label.np_dtype).kind not in "buiOSU" or label.shape != ():
        raise ValueError(
            f"The label of {name!r} must be a class. Received: {label}. tfkit.data is for "
            "classification; real-valued (regression) targets are not supported."
        )


def _read_split(
    builder: Any, split: str, image_size: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    # Files unshuffled: the order of the examples is that of the prepared files, always.
    batches = builder.as_dataset(split=split, as_supervised=True, shuffle_files=False)
    if image_size is not None:

        def resize(x: Any, y: Any) -> Any:
            resized = tf.image.resize(x, image_size)
            return tf.saturate_cast(tf.round(resized), x.dtype), y

        batches = batches.map(resize, num_parallel_calls=tf.data.AUTOTUNE)
    pairs = list(tfds.as_numpy(batches.batch(_BATCH).prefetch(tf.data.AUTOTUNE)))
    x = np.concatenate([x for x, _ in pairs])
    y = np.concatenate([y for _, y in pairs])
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    if y.dtype == object:
        y = np.array([value.decode("utf-8", "replace") for value in y])
    return x, y.astype(np.int64) if y.dtype.kind in "bui" else y

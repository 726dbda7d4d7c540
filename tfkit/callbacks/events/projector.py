"""Points with labels and pictures for TensorBoard's Projector tab."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from google.protobuf import text_format  # type: ignore[import-untyped]
from tensorboard.plugins.projector import metadata as projector_metadata
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tfkit import run_folder
from tfkit.callbacks.events import summaries

# What a browser's WebGL is sure to take as one texture.
MAX_SPRITE_PIXELS = 8192


def write_embedding(
    folder: str | Path,
    name: str,
    vectors: Any,
    metadata: Mapping[str, Sequence[Any]] | None = None,
    images: Any = None,
) -> None:
    r"""Writes points that TensorBoard's projector shows in two or three dimensions.

    The files are `projector_config.pbtxt` and, in a subfolder by the embedding's name,
    `tensors.tsv`, `metadata.tsv` and `sprite.png`. Each is replaced in one step, the
    configuration last. Other embeddings of the folder stay.

    All pictures go into one of at most 8192 x 8192 pixels, in a square: there is room
    for $\lfloor 8192/h \rfloor \cdot \lfloor 8192/w \rfloor$ of $h \times w$ pixels,
    85,264 of 28 x 28. The browser itself becomes slow beyond about 10,000 points.

    Args:
        folder: A run's folder, or the log directory; created when missing.
        name: What the embedding is called in TensorBoard. Writing it again replaces it.
        vectors: The points, shape `(count, dimensions)`, finite.
        metadata: Columns by their names, each with `count` values: labels by which the
            points are coloured and searched.
        images: A picture for each point, shape `(count, height, width)` or
            `(count, height, width, channels)`; floats from 0 to 1, or uint8.

    Raises:
        ValueError: If `name` is empty, shapes do not agree, vectors are not finite, or
            the pictures do not fit.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_embedding(
        ...     folder, "last hidden", np.eye(3), {"class": ["a", "b", "c"]}
        ... )
        >>> sorted(path.name for path in folder.rglob("*.*"))
        ['metadata.tsv', 'projector_config.pbtxt', 'tensors.tsv']
    """
    if not name:
        raise ValueError(
            "`name` must be what TensorBoard calls the embedding. Received: name=''"
        )
    folder = Path(folder)
    vectors = _checked_vectors(vectors)
    columns = _checked_columns(metadata or {}, len(vectors))
    pixels = None if images is None else _checked_pixels(images, len(vectors))
    # Everything that can be wrong with the arguments has been found by now.
    subfolder = Path("projector", quote(name, safe="").replace(".", "%2E"))
    (folder / subfolder).mkdir(parents=True, exist_ok=True)
    config_file = folder / projector_metadata.PROJECTOR_FILENAME
    config = ProjectorConfig()
    if config_file.is_file():
        text_format.Parse(config_file.read_text(encoding="utf-8"), config)
    kept = [one for one in config.embeddings if one.tensor_name != name]
    del config.embeddings[:]
    config.embeddings.extend(kept)
    embedding = config.embeddings.add(
        tensor_name=name,
        tensor_shape=vectors.shape,
        # Relative to the configuration: TensorBoard reads nothing outside its folder.
        tensor_path=(subfolder / "tensors.tsv").as_posix(),
    )
    with run_folder.replacing(folder / embedding.tensor_path) as file:
        np.savetxt(file, vectors, fmt="%.7g", delimiter="\t")
    if columns:
        embedding.metadata_path = (subfolder / "metadata.tsv").as_posix()
        run_folder.write_text(folder / embedding.metadata_path, _table(columns))
    if pixels is not None:
        embedding.sprite.image_path = (subfolder / "sprite.png").as_posix()
        # Width, then height.
        embedding.sprite.single_image_dim.extend([pixels.shape[2], pixels.shape[1]])
        with run_folder.replacing(folder / embedding.sprite.image_path) as file:
            file.write_bytes(summaries.png(_sprite(pixels)))
    run_folder.write_text(config_file, text_format.MessageToString(config))


def _checked_vectors(vectors: Any) -> np.ndarray:
    array = np.asarray(vectors, np.float32)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            "`vectors` must have the shape (count, dimensions), neither of them 0. "
            f"Received: shape={array.shape}. Flatten what has more axes."
        )
    broken = np.count_nonzero(~np.isfinite(array).all(axis=1))
    if broken:
        raise ValueError(
            "`vectors` must be finite: the projector shows nothing otherwise. Received: "
            f"{broken} of {len(array)} with NaN or infinity. Leave those out."
        )
    return array


def _checked_columns(
    metadata: Mapping[str, Sequence[Any]], count: int
) -> dict[str, list[str]]:
    for name, values in metadata.items():
        if len(values) != count:
            raise ValueError(
                f"Each column of `metadata` must have a value for each of the {count} "
                f"vectors. Received: {len(values)} in metadata[{name!r}]"
            )
    return {
        _cell(name): [_cell(value) for value in values]
        for name, values in metadata.items()
    }


def _checked_pixels(images: Any, count: int) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim not in (3, 4) or len(images) != count or 0 in images.shape:
        raise ValueError(
            "`images` must have the shape (count, height, width) or (count, height, "
            f"width, channels) for {count} vectors. Received: shape={images.shape}"
        )
    height, width = images.shape[1:3]
    room = (MAX_SPRITE_PIXELS // height) * (MAX_SPRITE_PIXELS // width)
    if count > room:
        raise ValueError(
            f"There must be at most {room} `images` of {height} x {width} pixels: all "
            f"together are one picture of {MAX_SPRITE_PIXELS} x {MAX_SPRITE_PIXELS}. "
            f"Received: {count}. Write fewer points, or smaller images."
        )
    return summaries.to_pixels(images[..., None] if images.ndim == 3 else images)


def _cell(value: Any) -> str:
    """Returns a value as text without the characters that separate cells."""
    return " ".join(str(value).split()) or "(empty)"


def _table(columns: dict[str, list[str]]) -> str:
    """Returns the metadata file. By TensorBoard's format, one column has no head."""
    lines = ["\t".join(row) for row in zip(*columns.values(), strict=True)]
    if len(columns) > 1:
        lines.insert(0, "\t".join(columns))
    return "\n".join(lines) + "\n"


def _sprite(pixels: np.ndarray) -> np.ndarray:
    """Returns one picture with all in it, row by row."""
    count, height, width, channels = pixels.shape
    across = min(math.ceil(math.sqrt(count)), MAX_SPRITE_PIXELS // width)
    down = math.ceil(count / across)
    if down > MAX_SPRITE_PIXELS // height:
        down = MAX_SPRITE_PIXELS // height
        across = math.ceil(count / down)
    filled = np.zeros((down * across, height, width, channels), np.uint8)
    filled[:count] = pixels
    grid = filled.reshape(down, across, height, width, channels).swapaxes(1, 2)
    return grid.reshape(down * height, across * width, channels)

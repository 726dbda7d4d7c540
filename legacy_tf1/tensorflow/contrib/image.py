"""`tf.contrib.image`: rotations, translations and projective transforms of pictures.

Today: the layers `keras.layers.RandomRotation` and `RandomTranslation`, or
`keras.ops.image.affine_transform`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing


def angles_to_projective_transforms(
    angles: Any, image_height: Any, image_width: Any, name: str | None = None
) -> Any:
    """Returns the 8 numbers of each rotation, around the middle and anti-clockwise."""
    with tf.name_scope(name, "angles_to_projective_transforms"):
        angles = tf.reshape(tf.convert_to_tensor(angles, tf.float32), [-1])
        height = tf.cast(image_height, tf.float32) - 1.0
        width = tf.cast(image_width, tf.float32) - 1.0
        cosine, sine = tf.cos(angles), tf.sin(angles)
        zeros = tf.zeros_like(angles)
        x_offset = (width - (cosine * width - sine * height)) / 2.0
        y_offset = (height - (sine * width + cosine * height)) / 2.0
        rows = [cosine, -sine, x_offset, sine, cosine, y_offset, zeros, zeros]
        return tf.stack(rows, axis=1)


def translations_to_projective_transforms(
    translations: Any, name: str | None = None
) -> Any:
    """Returns the 8 numbers of each shift by (dx, dy)."""
    with tf.name_scope(name, "translations_to_projective_transforms"):
        shift = tf.reshape(tf.convert_to_tensor(translations, tf.float32), [-1, 2])
        ones, zeros = tf.ones_like(shift[:, 0]), tf.zeros_like(shift[:, 0])
        dx, dy = -shift[:, 0], -shift[:, 1]
        return tf.stack([ones, zeros, dx, zeros, ones, dy, zeros, zeros], axis=1)


def transform(
    images: Any,
    transforms: Any,
    interpolation: str = "NEAREST",
    output_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Applies projective transforms of 8 numbers, from output to input pixels.

    Args:
        images: (height, width), (height, width, channels) or a batch of the latter.
        transforms: 8 numbers, or as many rows of them as there are pictures.
        interpolation: "NEAREST" or "BILINEAR".
        output_shape: Height and width of the result; the input's if None.
        name: Of the operation's scope.
    """
    with tf.name_scope(name, "transform"):
        images = tf.convert_to_tensor(images, name="images")
        rank = images.shape.ndims
        if rank not in (2, 3, 4):
            raise TypeError(
                f"Images should have rank between 2 and 4. Received: {rank}."
            )
        batch = images
        if rank == 2:
            batch = images[None, :, :, None]
        elif rank == 3:
            batch = images[None]
        transforms = tf.convert_to_tensor(transforms, tf.float32, name="transforms")
        transforms = tf.reshape(transforms, [-1, 8])
        if output_shape is None:
            output_shape = tf.shape(batch)[1:3]
        result = tf.raw_ops.ImageProjectiveTransformV2(
            images=batch,
            transforms=transforms,
            output_shape=output_shape,
            interpolation=interpolation.upper(),
        )
        if rank == 2:
            return result[0, :, :, 0]
        return result[0] if rank == 3 else result


def rotate(
    images: Any, angles: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Any:
    """Rotates pictures anti-clockwise by angles in radians."""
    with tf.name_scope(name, "rotate"):
        images = tf.convert_to_tensor(images, name="images")
        first = 0 if images.shape.ndims in (2, 3) else 1
        shape = tf.shape(images)
        transforms = angles_to_projective_transforms(
            angles, shape[first], shape[first + 1]
        )
        return transform(images, transforms, interpolation=interpolation)


def translate(
    images: Any,
    translations: Any,
    interpolation: str = "NEAREST",
    name: str | None = None,
) -> Any:
    """Shifts pictures by (dx, dy) pixels, to the right and down."""
    with tf.name_scope(name, "translate"):
        shifts = translations_to_projective_transforms(translations)
        return transform(images, shifts, interpolation=interpolation)


def bipartite_match(
    distance_mat: Any,
    num_valid_rows: Any,
    top_k: int = -1,
    name: str | None = "bipartite_match",
) -> tuple[Any, Any]:
    """As `tf.contrib.image.bipartite_match`: pairs by least distance, one after another.

    Args:
        distance_mat: (rows, columns).
        num_valid_rows: Only so many rows are looked at.
        top_k: How many pairs to find; as many as there can be if negative.
        name: Of the operations.

    Returns:
        The column of each row, and the row of each column; -1 where there is none.
    """
    with tf.name_scope(name, "bipartite_match", [distance_mat]):
        distance_mat = tf.convert_to_tensor(distance_mat, tf.float32)
        rows, columns = tf.numpy_function(
            lambda distances, valid: _match(distances, valid, top_k),
            [distance_mat, tf.reshape(num_valid_rows, [-1])[0]],
            [tf.int32, tf.int32],
        )
        rows.set_shape([distance_mat.shape[0]])
        columns.set_shape([distance_mat.shape[1]])
        return rows, columns


def _match(
    distances: np.ndarray, valid: Any, top_k: int
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.full(distances.shape[0], -1, np.int32)
    columns = np.full(distances.shape[1], -1, np.int32)
    valid = int(valid) if valid >= 0 else len(rows)
    most = min(valid, len(columns))
    most = most if top_k < 0 else min(most, top_k)
    left = np.array(distances[:valid], np.float64)
    for _ in range(most):
        row, column = np.unravel_index(np.argmin(left), left.shape)
        rows[row], columns[column] = column, row
        left[row], left[:, column] = np.inf, np.inf
    return rows, columns


__path__: list[str] = []  # so that tf.contrib.image.python can be imported


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.image.{name}")

"""One random geometric distortion per image, by a single interpolation."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
from keras import ops

from tfkit._checks import check_number
from tfkit.layers.random_state import SavesRandomState

__all__ = ["RandomWarp"]

_FILL_MODES = ("constant", "nearest", "reflect")


@keras.saving.register_keras_serializable(package="tfkit")
class RandomWarp(SavesRandomState):
    r"""Crops, shifts, rotates and elastically distorts each image at random.

    The pixel $p$ of the output is read (bilinearly) from the input at

    $$q = c + s\, R_\theta\, (p - c) + t + u(p)$$

    with $c$ the image's center and, drawn anew for each image,

    - $s \sim U[1 - \text{crop}, 1]$ and $\theta \sim U[-\text{rotation},
      \text{rotation}]$: scale and rotation of the window that is cut out;
    - $t$, uniform over $\pm(\text{shift} + (1 - s)/2)$ of height and width: any place of
      the cropped window inside the image, and the shift on top;
    - $u$, a smooth random field: white noise smoothed by a Gaussian of width
      `smoothness`, scaled so that the root of its mean square is `elastic`, in both
      directions independently and at every pixel alike.

    It acts in training only, on batches of any size. It exists beside Keras's layers
    because `RandomElasticTransform` moves both directions by the same field and, when
    the batch size is unknown (as in `fit`), replaces every image by the first one;
    `RandomRotation` and `RandomTranslation` cannot be compiled by XLA; `RandomCrop`
    cuts all images of a batch at one place; and each of them in a row blurs again.

    Args:
        rotation: Largest angle in degrees, 0 to 180.
        crop: Largest share of height and width that is cut away, in [0, 1).
        shift: Largest shift as a share of height and width, 0 to 1.
        elastic: Root mean square of the elastic displacement, as a share of the image's
            longer side, 0 to 1. Simard et al. use 0.05 for digits.
        smoothness: Width (standard deviation) of the Gaussian that smooths the elastic
            displacement, as a share of the longer side, in (0, 1]. Simard et al. use
            0.14; small values tear the image, large ones only shift it.
        fill_mode: What lies outside of the image: "constant" (`fill_value`), "nearest"
            (the edge's pixel) or "reflect" (`d c b a | a b c d | d c b a`).
        fill_value: The value outside for "constant".
        seed: Int that makes the distortions reproducible, or None.
        **kwargs: `name`, `dtype` and `trainable`, as for every layer.

    Call arguments:
        inputs: Images `(batch, height, width, channels)`.
        training: Whether to distort; `fit` sets it.

    Raises:
        TypeError: If a number is none.
        ValueError: If one is outside its range, or `fill_mode` unknown.

    Example:
        >>> import keras
        >>> warp = RandomWarp(rotation=10, elastic=0.03, seed=0)
        >>> warp(keras.ops.ones((2, 28, 28, 1)), training=True).shape
        TensorShape([2, 28, 28, 1])

    Reference:
        Simard et al., 2003, https://doi.org/10.1109/ICDAR.2003.1227801 (for 29 x 29
        digits: uniform noise, Gaussian of 4 pixels, times 34, which makes 1.4 pixels);
        Course notes, Other regularization methods.
    """

    def __init__(
        self,
        *,
        rotation: float = 0.0,
        crop: float = 0.0,
        shift: float = 0.0,
        elastic: float = 0.0,
        smoothness: float = 0.14,
        fill_mode: Literal["constant", "nearest", "reflect"] = "constant",
        fill_value: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rotation = check_number(
            "rotation", rotation, maximum=180.0, hint="It is in degrees."
        )
        share = "It is a share of the image's side: 0.1 is a tenth of it."
        self.crop = check_number("crop", crop, maximum=0.99, hint=share)
        self.shift = check_number("shift", shift, maximum=1.0, hint=share)
        self.elastic = check_number("elastic", elastic, maximum=1.0, hint=share)
        self.smoothness = check_number(
            "smoothness", smoothness, exclusive=True, maximum=1.0, hint=share
        )
        if fill_mode not in _FILL_MODES:
            raise ValueError(
                f"`fill_mode` must be one of {', '.join(map(repr, _FILL_MODES))}. "
                f"Received: fill_mode={fill_mode!r}"
            )
        self.fill_mode = fill_mode
        self.fill_value = float(fill_value)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Distorts the images if `training`."""
        if not training:
            return ops.cast(inputs, self.compute_dtype)
        # Half precision cannot tell the pixels of a large image apart.
        images = ops.cast(inputs, "float32")
        rows, columns = self._sources(images)
        return ops.cast(self._read(images, rows, columns), self.compute_dtype)

    def _sources(self, images: Any) -> tuple[Any, Any]:
        """Where each output pixel is read from, both `(batch, height, width)`."""
        batch, height, width = ops.shape(images)[:3]
        size = [ops.cast(height, "float32"), ops.cast(width, "float32")]
        grid = ops.meshgrid(
            ops.arange(height, dtype="float32") - (size[0] - 1) / 2,
            ops.arange(width, dtype="float32") - (size[1] - 1) / 2,
            indexing="ij",
        )
        angle = self._uniform((batch, 1, 1)) * math.radians(self.rotation)
        scale = 1 - self.crop * (1 + self._uniform((batch, 1, 1))) / 2
        cosine, sine = scale * ops.cos(angle), scale * ops.sin(angle)
        turned = (
            cosine * grid[0] + sine * grid[1],
            cosine * grid[1] - sine * grid[0],
        )
        room = self.shift + (1 - scale) / 2
        sources = [
            along + (side - 1) / 2 + self._uniform((batch, 1, 1)) * room * side
            for along, side in zip(turned, size, strict=True)
        ]
        if self.elastic:
            longer = ops.maximum(*size)
            smooth = [self._smoothing(side, longer) for side in (height, width)]
            for direction in range(2):
                noise = keras.random.normal(
                    (batch, height, width), dtype="float32", seed=self.seed_generator
                )
                field = ops.matmul(
                    ops.matmul(smooth[0], noise), ops.transpose(smooth[1])
                )
                sources[direction] += self.elastic * longer * field
        return sources[0], sources[1]

    def _smoothing(self, side: Any, longer: Any) -> Any:
        """A matrix that smooths unit white noise along one axis to unit variance."""
        position = ops.arange(side, dtype="float32")
        distance = (position[:, None] - position[None, :]) / (self.smoothness * longer)
        weights = ops.exp(-0.5 * distance**2)
        # Rows of unit length: at the edges, where the Gaussian is cut, as elsewhere.
        return weights / ops.sqrt(ops.sum(weights**2, axis=1, keepdims=True))

    def _read(self, images: Any, rows: Any, columns: Any) -> Any:
        """Reads the images at these places, between pixels by bilinear interpolation."""
        top, left = ops.floor(rows), ops.floor(columns)
        down, right = (rows - top)[..., None], (columns - left)[..., None]
        upper = (1 - right) * self._pixels(images, top, left)
        upper += right * self._pixels(images, top, left + 1)
        lower = (1 - right) * self._pixels(images, top + 1, left)
        lower += right * self._pixels(images, top + 1, left + 1)
        return (1 - down) * upper + down * lower

    def _pixels(self, images: Any, rows: Any, columns: Any) -> Any:
        """The pixels at whole positions, inside of the image or not."""
        batch, height, width, channels = ops.shape(images)
        row, column = self._inside(rows, height), self._inside(columns, width)
        first = ops.arange(batch, dtype="int32")[:, None, None] * (height * width)
        pixels = ops.take(
            ops.reshape(images, (-1, channels)), first + row * width + column, axis=0
        )
        if self.fill_mode != "constant":
            return pixels
        is_inside = (
            (rows >= 0)
            & (rows < ops.cast(height, "float32"))
            & (columns >= 0)
            & (columns < ops.cast(width, "float32"))
        )
        return ops.where(is_inside[..., None], pixels, self.fill_value)

    def _inside(self, position: Any, side: Any) -> Any:
        """Maps positions to those of the pixels that stand for them."""
        position = ops.cast(position, "int32")
        if self.fill_mode == "reflect":
            position = ops.mod(position, 2 * side)
            return ops.minimum(position, 2 * side - 1 - position)
        return ops.clip(position, 0, side - 1)

    def _uniform(self, shape: Any) -> Any:
        return keras.random.uniform(
            shape, minval=-1.0, maxval=1.0, dtype="float32", seed=self.seed_generator
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Images keep their shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "rotation": self.rotation,
            "crop": self.crop,
            "shift": self.shift,
            "elastic": self.elastic,
            "smoothness": self.smoothness,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "seed": self.seed,
        }

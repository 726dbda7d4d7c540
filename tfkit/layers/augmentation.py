"""Data augmentation: new training images from old ones."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np

from tfkit._checks import check_count, check_number
from tfkit.layers.random_state import SavesRandomState
from tfkit.layers.random_warp import RandomWarp

__all__ = ["Augmentation", "augmentation"]

_PRESETS: dict[str, dict[str, Any]] = {
    "photos": {"flip": True, "rotation": 10.0, "crop": 0.2, "fill_mode": "reflect"},
    "digits": {"flip": False, "rotation": 10.0, "shift": 0.06, "elastic": 0.03},
}
_AMOUNTS = ("rotation", "crop", "shift", "elastic")


@keras.saving.register_keras_serializable(package="tfkit")
class Augmentation(SavesRandomState, keras.layers.Pipeline):
    """A row of layers that change images at random, in training only.

    Keras's `Pipeline` and random layers take `training=True` for granted: a model that
    holds them augments when it is called as `model(x)`, though not in `model.predict`.
    This one does nothing unless told to train.

    Args:
        layers: Keras layers, in order.
        name: Name of the layer.

    Call arguments:
        inputs: Images `(batch, height, width, channels)`.
        training: Whether to change them; `fit` sets it.

    Example:
        >>> import keras, numpy as np
        >>> layer = Augmentation([keras.layers.RandomFlip("horizontal", seed=0)])
        >>> x = np.random.default_rng(0).random((8, 4, 4, 1), "float32")
        >>> bool(np.all(np.asarray(layer(x)) == x))
        True
        >>> bool(np.all(np.asarray(layer(x, training=True)) == x))
        False
    """

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Changes the images if `training`."""
        return super().call(inputs, training=bool(training), mask=mask)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape behind the last layer."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape


def augmentation(
    preset: Literal["photos", "digits"],
    *,
    strength: float = 1.0,
    fill_value: float = 0.0,
    seed: int | None = None,
    name: str | None = None,
) -> Augmentation:
    """A layer that augments training images of the given kind.

    - "photos": horizontal flip of every second image; a random crop of 80 to 100 % of
      height and width, brought back to full size; rotation by up to 10 degrees. What a
      rotation leaves empty is filled by reflection.
    - "digits" (and letters): elastic distortion by 3 % of the side, shift by up to 6 %,
      rotation by up to 10 degrees, on an empty background. No flip: that makes other
      characters or none.

    Put it into the model as its first layer, where it runs in `fit` only and as fast as
    the rest (XLA can compile it), or into the data's pipeline:
    `dataset.map(lambda x, y: (augment(x, training=True), y))` on batches. The images may
    have any range of values; none leaves it but by `fill_value`. Augmented examples are worth less than as
    many new ones: they regularize.

    Args:
        preset: "photos" or "digits".
        strength: Multiplies angles, crop, shift and distortion; 0 to 2. The flip stays.
        fill_value: Background around digits.
        seed: Int that makes the changes reproducible, or None.
        name: Name of the layer.

    Returns:
        An `Augmentation`, which can be saved and loaded with its model.

    Raises:
        TypeError: If `strength` is not a number, or `seed` not an int.
        ValueError: If `preset` is unknown, or `strength` out of range.

    Example:
        >>> import keras
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((28, 28, 1)),
        ...         augmentation("digits", seed=1),
        ...         keras.layers.Flatten(),
        ...         keras.layers.Dense(10, activation="softmax"),
        ...     ]
        ... )
        >>> model.output_shape
        (None, 10)

    Reference:
        Course notes, Other regularization methods.
    """
    if preset not in _PRESETS:
        raise ValueError(
            f"`preset` must be one of {', '.join(map(repr, _PRESETS))}. Received: "
            f"preset={preset!r}. Other mixtures: "
            "`Augmentation([keras.layers.RandomFlip(), RandomWarp(...)])`."
        )
    strength = check_number(
        "strength", strength, maximum=2.0, hint="1 is the preset, 0.5 half of it."
    )
    options = dict(_PRESETS[preset])
    flip = options.pop("flip")
    for amount in _AMOUNTS:
        options[amount] = options.get(amount, 0.0) * strength
    flip_seed, warp_seed = _seeds(seed)
    layers: list[keras.Layer] = []
    if flip:
        layers.append(keras.layers.RandomFlip("horizontal", seed=flip_seed))
    layers.append(RandomWarp(**options, fill_value=fill_value, seed=warp_seed))
    return Augmentation(layers, name=name)


def _seeds(seed: int | None) -> tuple[int | None, int | None]:
    """One seed for each layer: equal ones would tie the flip to the angle."""
    if seed is None:
        return None, None
    check_count("seed", seed, minimum=0, hint="Use seed=None for a random one.")
    first, second = np.random.SeedSequence(seed).generate_state(2) >> 1
    return int(first), int(second)

"""`tf.keras.callbacks`, with TensorFlow 1's `TensorBoard` and `EarlyStopping`."""

from typing import Any

from tensorflow.python.keras import callbacks, callbacks_v1

from legacy_tf1.tensorflow.keras import _frozen

__all__ = ["EarlyStopping", "TensorBoard"]

TensorBoard = callbacks_v1.TensorBoard


class EarlyStopping(callbacks.EarlyStopping):
    """As `tf.keras.callbacks.EarlyStopping`."""

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        **kwargs: Any,
    ) -> None:
        # The copy of Keras stops after its first epoch at a patience of 0. In
        # TensorFlow 1 that meant: after the first epoch without an improvement.
        super().__init__(monitor, min_delta, max(patience, 1), **kwargs)


__getattr__, __dir__ = _frozen.attach(__name__, "callbacks")

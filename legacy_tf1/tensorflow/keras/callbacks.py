"""`tf.keras.callbacks`, with TensorFlow 1's `TensorBoard`."""

from tensorflow.python.keras import callbacks_v1

from legacy_tf1.tensorflow.keras import _frozen

__all__ = ["TensorBoard"]

TensorBoard = callbacks_v1.TensorBoard

__getattr__, __dir__ = _frozen.attach(__name__, "callbacks")

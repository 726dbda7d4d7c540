"""`tf.keras.losses`, as TensorFlow's own copy of Keras 2 has them."""

from typing import Any

from tensorflow.python.keras import losses as _losses

from legacy_tf1.tensorflow.keras import _frozen


def cosine_proximity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Keras 1's name of the negative cosine similarity, which is a loss to minimize."""
    return _losses.cosine_similarity(y_true, y_pred, axis=axis)


__getattr__, __dir__ = _frozen.attach(
    __name__,
    "losses",
    also={
        "cosine": cosine_proximity,
        "logcosh": _losses.log_cosh,
        "kullback_leibler_divergence": _losses.kl_divergence,
    },
)

"""`tf.keras.constraints`, with Keras's names in small letters."""

from tensorflow.python.keras import constraints as _constraints

from legacy_tf1.tensorflow.keras import _frozen

__getattr__, __dir__ = _frozen.attach(
    __name__,
    "constraints",
    also={
        "maxnorm": _constraints.MaxNorm,
        "max_norm": _constraints.MaxNorm,
        "nonneg": _constraints.NonNeg,
        "non_neg": _constraints.NonNeg,
        "unitnorm": _constraints.UnitNorm,
        "unit_norm": _constraints.UnitNorm,
        "min_max_norm": _constraints.MinMaxNorm,
    },
)

"""`tf.keras.regularizers`; `WeightRegularizer` and its like are Keras 1's."""

from tensorflow.python.keras import regularizers as _regularizers

from legacy_tf1.tensorflow.keras import _frozen

__getattr__, __dir__ = _frozen.attach(
    __name__,
    "regularizers",
    also={
        "l1": _regularizers.L1,
        "l2": _regularizers.L2,
        "l1l2": _regularizers.l1_l2,
        "WeightRegularizer": _regularizers.L1L2,
    },
)

"""`tf.feature_column`; today Keras's preprocessing layers, or `keras.utils.FeatureSpace`."""

import warnings as _warnings
from typing import Any

import tensorflow.compat.v1 as _v1

from legacy_tf1.compat import namespace as _namespace


def linear_model(features: Any, feature_columns: Any, *args: Any, **kwargs: Any) -> Any:
    """The weighted sum of columns, as `tf.feature_column.linear_model`.

    TensorFlow's own, without its warning about a method that it calls itself.
    """
    with _warnings.catch_warnings():
        _warnings.filterwarnings("ignore", ".*add_variable", UserWarning)
        return _v1.feature_column.linear_model(
            features, feature_columns, *args, **kwargs
        )


__getattr__, __dir__ = _namespace.attach(__name__)

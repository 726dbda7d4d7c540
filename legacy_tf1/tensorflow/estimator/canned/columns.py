"""Feature columns as the canned estimators use them.

`tf.feature_column.input_layer` and `linear_model` are of the older of two forms, with
reference variables; the canned estimators of TensorFlow 1.15 had the newer one, whose
variables are resources and come before the operations on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.feature_column import feature_column_v2 as fc

from legacy_tf1.compat import seeds


class Variables(fc.StateManager):
    """Keeps the variables and tables of the columns."""

    def __init__(self) -> None:
        self._variables: dict[Any, Any] = {}
        self._resources: dict[Any, Any] = {}

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Makes a variable in the current scope."""
        variable = tf.get_variable(
            name,
            shape,
            dtype or tf.float32,
            initializer,
            trainable=trainable,
            use_resource=use_resource,
        )
        self._variables[feature_column, name] = variable
        return variable

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """The variable of that name."""
        return self._variables[feature_column, name]

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Keeps a table."""
        self._resources[feature_column, name] = resource

    def has_resource(self, feature_column: Any, name: str) -> bool:
        """Whether there is such a table."""
        return (feature_column, name) in self._resources

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """The table of that name."""
        return self._resources[feature_column, name]


def dense_features(features: dict[str, Any], feature_columns: Sequence[Any]) -> Any:
    """Returns the dense columns side by side, in the order of their names."""
    columns = _in_order(feature_columns)
    for column in columns:
        if not isinstance(column, fc.DenseColumn):
            raise ValueError(
                "Items of feature_columns must be a DenseColumn. You can wrap a "
                "categorical column with an embedding_column or indicator_column. "
                f"Given: {column}"
            )
    state = Variables()
    with tf.variable_scope("input_layer"):
        for column in columns:
            with _pure_scope(column.name):
                column.create_state(state)
        cache = fc.FeatureTransformationCache(features)
        outputs = []
        for column in columns:
            with tf.name_scope(column.name or "column"):
                tensor = column.get_dense_tensor(cache, state)
                _count_missing_operations(column)
                size = column.variable_shape.num_elements()
                outputs.append(tf.reshape(tensor, (tf.shape(tensor)[0], size)))
        return tf.concat(outputs, -1)


def _count_missing_operations(column: Any) -> None:
    """TensorFlow 2 builds these columns of fewer operations, see `compat.seeds`."""
    if isinstance(column, (fc.IndicatorColumn, fc.EmbeddingColumn)):
        seeds.count(2)


def linear_model(
    features: dict[str, Any],
    feature_columns: Sequence[Any],
    units: int,
    sparse_combiner: str,
) -> tuple[Any, list[Any], Any]:
    """Returns the weighted sum of all columns, the weights and the bias."""
    columns = _in_order(feature_columns)
    state = Variables()
    zeros = tf.zeros_initializer()
    with tf.variable_scope("linear_model"):
        weights = []
        for column in columns:
            with _pure_scope(column.name):
                column.create_state(state)
                if isinstance(column, fc.CategoricalColumn):
                    inputs = column.num_buckets
                else:
                    inputs = column.variable_shape.num_elements()
                weights.append(
                    state.create_variable(
                        column, "weights", (inputs, units), initializer=zeros
                    )
                )
        bias = tf.get_variable(
            "bias_weights", [units], initializer=zeros, use_resource=True
        )
        cache = fc.FeatureTransformationCache(features)
        sums = []
        for column, weight in zip(columns, weights, strict=True):
            with tf.name_scope(column.name or "column"):
                sums.append(
                    fc._create_weighted_sum(
                        column, cache, state, sparse_combiner, weight
                    )
                )
        total = tf.add_n(sums, name="weighted_sum_no_bias")
        return tf.nn.bias_add(total, bias, name="weighted_sum"), weights, bias


def _in_order(feature_columns: Sequence[Any]) -> list[Any]:
    if isinstance(feature_columns, dict):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    if not feature_columns:
        raise ValueError("feature_columns must not be empty.")
    for column in feature_columns:
        if not isinstance(column, (fc.DenseColumn, fc.CategoricalColumn)):
            raise ValueError(
                "Items of feature_columns must be feature columns, as "
                f"tf.feature_column.numeric_column makes them. Given: {column!r}"
            )
    columns = sorted(feature_columns, key=lambda column: column.name)
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Duplicate feature column name found for columns: {twice}")
    return columns


def _pure_scope(name: str) -> Any:
    """A scope of variables only: the operations keep the layer's."""
    return tf.variable_scope(name, auxiliary_name_scope=False)

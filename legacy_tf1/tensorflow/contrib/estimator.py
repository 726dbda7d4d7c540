"""`tf.contrib.estimator`: boosted trees on data that are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import missing as _missing
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.base import (
    BoostedTrees,
    classifier_parts,
    regression_head,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.growers import tree_parameters


def boosted_trees_classifier_train_in_memory(
    train_input_fn: Callable[[], Any],
    feature_columns: Iterable[Any],
    model_dir: Any = None,
    n_classes: int = 2,
    weight_column: Any = None,
    label_vocabulary: Sequence[str] | None = None,
    n_trees: int = 100,
    max_depth: int = 6,
    learning_rate: float = 0.1,
    l1_regularization: float = 0.0,
    l2_regularization: float = 0.0,
    tree_complexity: float = 0.0,
    min_node_weight: float = 0.0,
    config: Any = None,
    train_hooks: Iterable[Any] | None = None,
    center_bias: bool = False,
    pruning_mode: str = "none",
    quantile_sketch_epsilon: float = 0.01,
) -> BoostedTrees:
    """Trains trees on one batch of all data, and returns their estimator.

    As `tf.contrib.estimator.boosted_trees_classifier_train_in_memory` of TensorFlow
    1.15. Today: `sklearn.ensemble.HistGradientBoostingClassifier`.

    Args:
        train_input_fn: Returns a dataset of a single element with all examples.
    """
    trees = BoostedTrees(
        feature_columns,
        1,
        **classifier_parts(n_classes, weight_column, label_vocabulary),
        parameters=tree_parameters(
            n_trees,
            max_depth,
            learning_rate,
            l1_regularization,
            l2_regularization,
            tree_complexity,
            min_node_weight,
            center_bias,
            pruning_mode,
            quantile_sketch_epsilon,
        ),
        model_dir=model_dir,
        config=config,
        train_in_memory=True,
    )
    trees.train(_repeated(train_input_fn), train_hooks)
    return trees


def boosted_trees_regressor_train_in_memory(
    train_input_fn: Callable[[], Any],
    feature_columns: Iterable[Any],
    model_dir: Any = None,
    label_dimension: int = 1,
    weight_column: Any = None,
    n_trees: int = 100,
    max_depth: int = 6,
    learning_rate: float = 0.1,
    l1_regularization: float = 0.0,
    l2_regularization: float = 0.0,
    tree_complexity: float = 0.0,
    min_node_weight: float = 0.0,
    config: Any = None,
    train_hooks: Iterable[Any] | None = None,
    center_bias: bool = False,
    pruning_mode: str = "none",
    quantile_sketch_epsilon: float = 0.01,
) -> BoostedTrees:
    """Trains trees on one batch of all data, and returns their estimator.

    As `tf.contrib.estimator.boosted_trees_regressor_train_in_memory` of TensorFlow
    1.15. Today: `sklearn.ensemble.HistGradientBoostingRegressor`.

    Args:
        train_input_fn: Returns a dataset of a single element with all examples.
    """
    trees = BoostedTrees(
        feature_columns,
        1,
        regression_head(label_dimension, weight_column),
        parameters=tree_parameters(
            n_trees,
            max_depth,
            learning_rate,
            l1_regularization,
            l2_regularization,
            tree_complexity,
            min_node_weight,
            center_bias,
            pruning_mode,
            quantile_sketch_epsilon,
        ),
        model_dir=model_dir,
        config=config,
        train_in_memory=True,
    )
    trees.train(_repeated(train_input_fn), train_hooks)
    return trees


def _repeated(input_fn: Callable[[], Any]) -> Callable[[], Any]:
    def repeated() -> Any:
        result = input_fn()
        return result.repeat() if isinstance(result, tf.data.Dataset) else result

    return repeated


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.estimator.{name}")

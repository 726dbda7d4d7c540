"""`tf.estimator.BoostedTrees*`: trees that grow by the gradients of the loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.base import (
    BoostedTrees,
    classifier_parts,
    regression_head,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.growers import tree_parameters


class BoostedTreesEstimator(BoostedTrees):
    """Boosted trees under a head of one's own, as `tf.estimator.BoostedTreesEstimator`.

    The head weighs the examples: `weight_column` was never used, and is not here.

    Today: `sklearn.ensemble.HistGradientBoostingClassifier` and
    `HistGradientBoostingRegressor`, or TensorFlow Decision Forests.
    """

    def __init__(
        self,
        feature_columns: Iterable[Any],
        n_batches_per_layer: int,
        head: heads.Head,
        model_dir: Any = None,
        weight_column: Any = None,
        n_trees: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.1,
        l1_regularization: float = 0.0,
        l2_regularization: float = 0.0,
        tree_complexity: float = 0.0,
        min_node_weight: float = 0.0,
        config: Any = None,
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
    ) -> None:
        del weight_column
        super().__init__(
            feature_columns,
            n_batches_per_layer,
            head,
            tree_parameters(
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
        )


class BoostedTreesClassifier(BoostedTrees):
    """Two classes by boosted trees, as `tf.estimator.BoostedTreesClassifier`.

    Today: `sklearn.ensemble.HistGradientBoostingClassifier`, or TensorFlow Decision
    Forests.

    Raises:
        ValueError: If there are more than two classes.
    """

    def __init__(
        self,
        feature_columns: Iterable[Any],
        n_batches_per_layer: int,
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
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
        train_in_memory: bool = False,
    ) -> None:
        if n_classes > 2 and pruning_mode is not None:
            raise ValueError(
                "For now pruning is not supported with multi class. n_classes given as "
                f"{n_classes}: boosted trees of TensorFlow 1.15 know two classes."
            )
        super().__init__(
            feature_columns,
            n_batches_per_layer,
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
            weight_column=weight_column,
            train_in_memory=train_in_memory,
            **classifier_parts(n_classes, weight_column, label_vocabulary),
        )


class BoostedTreesRegressor(BoostedTrees):
    """A number by boosted trees, as `tf.estimator.BoostedTreesRegressor`.

    Today: `sklearn.ensemble.HistGradientBoostingRegressor`, or TensorFlow Decision
    Forests.

    Raises:
        ValueError: If there is more than one number.
    """

    def __init__(
        self,
        feature_columns: Iterable[Any],
        n_batches_per_layer: int,
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
        center_bias: bool = False,
        pruning_mode: str = "none",
        quantile_sketch_epsilon: float = 0.01,
        train_in_memory: bool = False,
    ) -> None:
        if label_dimension > 1 and pruning_mode is not None:
            raise ValueError(
                "For now pruning is not supported with multi-dimension regression. "
                f"label_dimension given as {label_dimension}: boosted trees of "
                "TensorFlow 1.15 know one number."
            )
        super().__init__(
            feature_columns,
            n_batches_per_layer,
            regression_head(label_dimension, weight_column),
            tree_parameters(
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
            weight_column=weight_column,
            train_in_memory=train_in_memory,
        )

"""When trees grow: at once, or when enough batches have been seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned.boosted_trees.columns import Groups
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.resources import (
    QuantileAccumulator,
    TreeEnsemble,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.splits import Regularization


class TreeParameters(NamedTuple):
    """What trees are to be like, under TensorFlow 1's names."""

    n_trees: int
    max_depth: int
    learning_rate: float
    regularization: Regularization
    center_bias: bool
    pruning_mode: str
    quantile_sketch_epsilon: float

    def check(self) -> None:
        """Raises a `ValueError` if nothing can be grown like this."""
        if self.max_depth < 1:
            raise ValueError(f"max_depth must be at least 1, given: {self.max_depth}")
        if not 0 < self.quantile_sketch_epsilon < 1:
            raise ValueError(
                "quantile_sketch_epsilon must be between 0 and 1, given: "
                f"{self.quantile_sketch_epsilon}"
            )

    def check_pruning(self) -> None:
        """Raises a `ValueError` if mode and cost of the pruning do not fit."""
        complexity = self.regularization.tree_complexity
        if self.pruning_mode not in ("none", "pre", "post"):
            raise ValueError(
                "pruning_mode mode must be one of: none, post, pre. Given: "
                f"{self.pruning_mode!r}"
            )
        if complexity > 0 and self.pruning_mode == "none":
            raise ValueError(
                "Tree complexity have no effect unless pruning mode is chosen. Given: "
                f"tree_complexity={complexity}, pruning_mode='none'"
            )
        if complexity <= 0 and self.pruning_mode != "none":
            raise ValueError(
                "For pruning, tree_complexity must be positive. Given: "
                f"{complexity} with pruning_mode={self.pruning_mode!r}"
            )

    @property
    def max_splits(self) -> int:
        """The most nodes that a tree has before its last layer."""
        return (1 << self.max_depth) - 1

    @property
    def num_quantiles(self) -> int:
        """How many buckets a number's values are put in."""
        return int(1.0 / self.quantile_sketch_epsilon)


def tree_parameters(
    n_trees: int,
    max_depth: int,
    learning_rate: float,
    l1: float,
    l2: float,
    tree_complexity: float,
    min_node_weight: float,
    center_bias: bool,
    pruning_mode: str,
    quantile_sketch_epsilon: float,
) -> TreeParameters:
    """Puts the arguments in the order of `tf.estimator.BoostedTrees*`."""
    return TreeParameters(
        n_trees,
        max_depth,
        learning_rate,
        Regularization(l1, l2, tree_complexity, min_node_weight),
        center_bias,
        pruning_mode,
        quantile_sketch_epsilon,
    )


class InMemoryGrower:
    """Every batch is all data: each step grows a layer.

    Args:
        trees: What grows.
        quantiles: The boundaries of the numbers, None where there are none.
        parameters: Those of the trees.
        groups: The features.
    """

    def __init__(
        self,
        trees: TreeEnsemble,
        quantiles: QuantileAccumulator | None,
        parameters: TreeParameters,
        groups: Groups,
    ) -> None:
        parameters.check_pruning()
        self._trees = trees
        self._quantiles = quantiles
        self._parameters = parameters
        self._groups = groups

    def initializer(self) -> Any:
        """What a new session must run first."""
        return tf.no_op()

    def accumulate_quantiles(
        self, numbers: Sequence[Any], weights: Any, ready: Any
    ) -> Any:
        """Adds a batch of numbers, and makes their boundaries when it is time."""
        with tf.control_dependencies([self._added(numbers, weights)]):
            return self._flush(ready)

    def center_bias(self, needed: Any, gradients: Any, hessians: Any) -> Any:
        """Shifts the bias when it is time, and says when that is no longer needed."""
        means = [tf.reduce_mean(gradients), tf.reduce_mean(hessians)]
        return needed.assign(self._centered(means)).op

    def grow_tree(self, stats: Sequence[Any]) -> Any:
        """Grows a layer when it is time."""
        return self._grown(stats)

    def _added(self, numbers: Sequence[Any], weights: Any) -> Any:
        assert self._quantiles is not None  # there are numbers
        return self._quantiles.add_summaries(numbers, weights)

    def _flush(self, ready: Any) -> Any:
        assert self._quantiles is not None
        flush = self._quantiles.flush(self._parameters.num_quantiles)
        return tf.group(flush, ready.assign(True).op)

    def _centered(self, means: Sequence[Any]) -> Any:
        gradient, hessian = means
        l1, l2 = self._parameters.regularization[:2]
        return self._trees.center_bias(gradient, hessian, l1, l2)

    def _grown(self, stats: Sequence[Any]) -> Any:
        parameters = self._parameters
        return self._trees.grow(
            stats,
            self._groups.feature_ids,
            parameters.regularization,
            parameters.learning_rate,
            parameters.max_depth,
            parameters.pruning_mode,
        )


class AccumulatorGrower(InMemoryGrower):
    """Means over so many batches decide.

    Args:
        trees: As of `InMemoryGrower`.
        quantiles: As there.
        parameters: As there.
        groups: As there.
        n_batches_per_layer: How many batches.
    """

    def __init__(
        self,
        trees: TreeEnsemble,
        quantiles: QuantileAccumulator | None,
        parameters: TreeParameters,
        groups: Groups,
        n_batches_per_layer: int,
    ) -> None:
        super().__init__(trees, quantiles, parameters, groups)
        self._batches = n_batches_per_layer
        self._stamp = trees.stamp
        self._growing = [
            _accumulator(
                [len(ids), parameters.max_splits, num_buckets, 2],
                f"numeric_stats_summary_accumulator_{i}",
            )
            for i, (num_buckets, ids) in enumerate(zip(*groups, strict=True))
        ]
        self._bias = None
        if parameters.center_bias:
            self._bias = _accumulator([2], "bias_accumulator")

    def initializer(self) -> Any:
        """Lets the accumulators take gradients of the trees as they are now."""
        every = self._growing + ([self._bias] if self._bias else [])
        return tf.group(*(one.set_global_step(self._stamp) for one in every))

    def accumulate_quantiles(
        self, numbers: Sequence[Any], weights: Any, ready: Any
    ) -> Any:
        """Adds a batch of numbers, and makes their boundaries when it is time."""
        count = _accumulator([], "quantile_summary_accum")
        counted = tf.group(
            self._added(numbers, weights),
            count.set_global_step(self._stamp),
            count.apply_grad(tf.constant(0.0), self._stamp),
        )

        def flush() -> Any:
            return tf.group(count.take_grad(1), self._flush(ready))

        return self._when_enough([count], [counted], flush)

    def center_bias(self, needed: Any, gradients: Any, hessians: Any) -> Any:
        """Shifts the bias when it is time, and says when that is no longer needed."""
        assert self._bias is not None  # the bias is to be centered
        bias = self._bias
        means = tf.stack([tf.reduce_mean(gradients), tf.reduce_mean(hessians)])
        applied = bias.apply_grad(means, self._stamp)

        def center() -> Any:
            again = self._centered(tf.unstack(bias.take_grad(1)))
            started = tf.cond(again, tf.no_op, self._accept_next)
            return tf.group(needed.assign(again).op, started)

        return self._when_enough([bias], [applied], center)

    def grow_tree(self, stats: Sequence[Any]) -> Any:
        """Grows a layer when it is time."""
        pairs = zip(self._growing, stats, strict=True)
        applied = [one.apply_grad(value, self._stamp) for one, value in pairs]

        def grow() -> Any:
            return self._grown([one.take_grad(1) for one in self._growing])

        return self._when_enough(self._growing, applied, grow)

    def _accept_next(self) -> Any:
        # The accumulators of the layers slept while the bias changed the trees.
        following = self._stamp + 1
        return tf.group(*(one.set_global_step(following) for one in self._growing))

    def _when_enough(
        self, accumulators: Sequence[Any], after: Sequence[Any], then: Callable[[], Any]
    ) -> Any:
        with tf.control_dependencies(list(after)):
            counts = [one.num_accumulated() for one in accumulators]
            least = tf.reduce_min(tf.stack(counts))
            return tf.cond(least >= self._batches, then, tf.no_op)


def _accumulator(shape: Sequence[int], name: str) -> Any:
    return tf.ConditionalAccumulator(tf.float32, shape=shape, shared_name=name)

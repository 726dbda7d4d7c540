"""The model function of boosted trees."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.boosted_trees import columns
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.growers import (
    AccumulatorGrower,
    InMemoryGrower,
    TreeParameters,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.resources import (
    QuantileAccumulator,
    TreeEnsemble,
    kernel,
    variable,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.splits import stats_summary
from legacy_tf1.tensorflow.estimator.canned.dnn import check_features
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec, ModeKeys

#: With it begin the names in the checkpoint.
NAME = "boosted_trees"
#: The key of the predictions' explanations.
EXPLANATIONS = "_serialized_debug_outputs_proto"
_NO_NODE = -1

#: From logits and labels to gradients and hessians.
Derivatives = Callable[[Any, Any], tuple[Any, Any]]


class _Stop(tf.train.SessionRunHook):
    """Ends the training when all trees are grown, or will not grow."""

    def __init__(self, states: Any, parameters: TreeParameters) -> None:
        self._counts = [states.num_finalized_trees, states.num_attempted_layers]
        self._trees = parameters.n_trees
        self._layers = 2 * parameters.n_trees * parameters.max_depth

    def before_run(self, run_context: Any) -> Any:
        """Asks for the counts before the step."""
        return tf.train.SessionRunArgs(self._counts)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Asks for those after the step where they may be the last ones."""
        trees, layers = run_values.results
        if trees >= self._trees - 1 or layers > self._layers - 1:
            trees, layers = run_context.session.run(self._counts)
        if trees >= self._trees or layers > self._layers:
            run_context.request_stop()


class _Start(tf.train.SessionRunHook):
    """Prepares the grower in each new session."""

    def __init__(self, initializer: Any) -> None:
        self._initializer = initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Runs the grower's initializer."""
        session.run(self._initializer)


class _Cache:
    """How far the examples of a training in memory have come, and their logits."""

    def __init__(self, batch: Any) -> None:
        self._tree_ids = variable(tf.zeros([batch], tf.int32), "tree_ids_cache")
        nodes = tf.fill([batch], _NO_NODE)
        self._node_ids = variable(nodes, "node_ids_cache")
        self._logits = variable(tf.zeros([batch, 1]), "logits_cache")
        self._variables = [self._tree_ids, self._node_ids, self._logits]

    def read(self) -> list[Any]:
        """Tree ids, node ids and logits."""
        return [one.read_value() for one in self._variables]

    def write(self, values: Sequence[Any]) -> Any:
        """Keeps those of this step."""
        pairs = zip(self._variables, values, strict=True)
        return tf.group(*(one.assign(value) for one, value in pairs))


def model_fn(
    features: Any,
    labels: Any,
    mode: str,
    *,
    head: heads.Head,
    feature_columns: Sequence[Any],
    parameters: TreeParameters,
    n_batches_per_layer: int,
    derivatives: Derivatives | None = None,
    weight_column: Any = None,
    train_in_memory: bool = False,
) -> EstimatorSpec:
    """The trees under their head."""
    check_features(features)
    with tf.name_scope(NAME):
        trees, quantiles = _resources(feature_columns, parameters)
        boundaries = quantiles.boundaries if quantiles else ()
        inputs = tf.stack(columns.buckets(features, feature_columns, boundaries))
        if mode != ModeKeys.TRAIN:
            logits = trees.predict(inputs)
            return head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=lambda loss: tf.no_op()
            )
        batch = tf.shape(labels)[0]
        ready = variable(quantiles is None, "are_boundaries_ready")
        cache = _Cache(_size_in_memory(labels)) if train_in_memory else None
        if cache:
            tree_ids, node_ids, cached = cache.read()
        else:
            tree_ids = tf.zeros([batch], tf.int32)
            node_ids = tf.fill([batch], _NO_NODE)
            cached = tf.zeros([batch, 1])
        states = trees.states()
        partial, tree_ids, node_ids = trees.training_predict(tree_ids, node_ids, inputs)
        logits = cached + partial
        groups = columns.groups(feature_columns, parameters.num_quantiles)
        grower = (
            InMemoryGrower(trees, quantiles, parameters, groups)
            if train_in_memory
            else AccumulatorGrower(
                trees, quantiles, parameters, groups, n_batches_per_layer
            )
        )
        for name, count in list(states._asdict().items())[:3]:
            tf.summary.scalar(f"ensemble/{name}", count)
        centering = variable(parameters.center_bias, "center_bias_needed")
        weights = _weights(features, weight_column)

    def train_op(loss: Any) -> Any:
        gradients, hessians = (derivatives or _derived(loss))(logits, labels)
        stats = [
            _stats(node_ids, gradients, hessians, inputs, ids, buckets, parameters)
            for buckets, ids in zip(*groups, strict=True)
        ]

        def grow() -> Any:
            before = centering.read_value()
            update = grower.grow_tree
            if parameters.center_bias:
                changed = tf.cond(
                    before,
                    lambda: grower.center_bias(centering, gradients, hessians),
                    lambda: update(stats),
                )
            else:
                changed = update(stats)
            done = [changed]
            if cache:
                # Logits are kept from the centered bias on.
                values = [tree_ids, node_ids, logits]
                done.append(tf.cond(before, tf.no_op, lambda: cache.write(values)))
            with tf.control_dependencies([changed]):
                done.append(tf.assign_add(tf.train.get_global_step(), 1).op)
            return tf.group(*done)

        if quantiles is None:
            return grow()
        values = columns.raw(features, columns.numbers(feature_columns))
        return tf.cond(
            ready.read_value(),
            grow,
            lambda: grower.accumulate_quantiles(values, weights, ready),
        )

    spec = head.create_estimator_spec(
        features, mode, logits, labels, train_op_fn=train_op
    )
    return spec._replace(
        training_hooks=(*spec.training_hooks, _Stop(states, parameters)),
        training_chief_hooks=(
            _Start(grower.initializer()),
            *spec.training_chief_hooks,
        ),
    )


def explanation_fn(
    features: Any,
    *,
    head: heads.Head,
    feature_columns: Sequence[Any],
    parameters: TreeParameters,
) -> EstimatorSpec:
    """Predictions with the examples' paths through the trees."""
    check_features(features)
    with tf.name_scope(NAME):
        trees, quantiles = _resources(feature_columns, parameters)
        boundaries = quantiles.boundaries if quantiles else ()
        inputs = tf.stack(columns.buckets(features, feature_columns, boundaries))
        spec = head.create_estimator_spec(
            features, ModeKeys.PREDICT, trees.predict(inputs)
        )
        spec.predictions[EXPLANATIONS] = trees.explain(inputs)
        return spec


def _resources(
    feature_columns: Sequence[Any], parameters: TreeParameters
) -> tuple[TreeEnsemble, QuantileAccumulator | None]:
    trees = TreeEnsemble(NAME)
    streams = len(columns.names(columns.numbers(feature_columns)))
    if not streams:
        return trees, None
    return trees, QuantileAccumulator(
        parameters.quantile_sketch_epsilon, streams, f"{NAME}/QuantileAccumulator"
    )


def _size_in_memory(labels: Any) -> int:
    size = labels.shape[0].value if labels.shape.ndims else None
    if size is None:
        raise ValueError(
            "train_in_memory needs all examples as one batch of known size, got labels "
            f"of shape {labels.shape}: let input_fn return "
            "tf.data.Dataset.from_tensors((features, labels)).repeat(), which is not "
            "batched."
        )
    return size


def _weights(features: Any, weight_column: Any) -> Any:
    if weight_column is None:
        return tf.constant(1.0, shape=[1])
    if isinstance(weight_column, str):
        weight_column = tf.feature_column.numeric_column(weight_column)
    return columns.raw(features, [weight_column])[0]


def _derived(loss: Any) -> Derivatives:
    def derivatives(logits: Any, labels: Any) -> tuple[Any, Any]:
        del labels
        gradients = tf.gradients(loss, logits, name="Gradients")[0]
        return gradients, tf.gradients(gradients, logits, name="Hessians")[0]

    return derivatives


def _stats(
    node_ids: Any,
    gradients: Any,
    hessians: Any,
    inputs: Any,
    feature_ids: list[int],
    num_buckets: int,
    parameters: TreeParameters,
) -> Any:
    nodes = parameters.max_splits
    return kernel(
        functools.partial(stats_summary, max_splits=nodes, num_buckets=num_buckets),
        [node_ids, gradients, hessians, tf.gather(inputs, feature_ids)],
        [(tf.float32, [len(feature_ids), nodes, num_buckets, 2])],
        "stats_summary",
    )[0]

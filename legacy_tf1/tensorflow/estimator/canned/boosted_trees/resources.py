"""Trees and bucket boundaries in the graph, under the names of their checkpoints.

TensorFlow 1.15 kept both in resources of their own kinds. Here they are variables of
no collection: a checkpoint holds them only by the names that they had there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import resources
from tensorflow.python.training.saving.saveable_object import SaveableObject, SaveSpec

from legacy_tf1.tensorflow.estimator.canned.boosted_trees import (
    ensemble,
    growth,
    quantiles,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.splits import (
    Regularization,
    best_splits,
)


def kernel(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[tuple[Any, Any]],
    name: str,
) -> list[Any]:
    """Runs a function of arrays in the graph.

    Args:
        function: Called with the inputs' values.
        inputs: Tensors.
        outputs: The types and shapes of what it returns.
        name: That of the operation.
    """
    types = [dtype for dtype, _ in outputs]
    tensors = tf.numpy_function(function, inputs, types, name=name)
    for tensor, (_, shape) in zip(tensors, outputs, strict=True):
        tensor.set_shape(shape)
    return tensors


def variable(value: Any, name: str, shape: Any = None) -> Any:
    """A variable that is not trained and may have any shape."""
    return tf.Variable(
        value,
        trainable=False,
        validate_shape=False,
        name=name,
        use_resource=True,
        shape=shape,
    )


class _Saved(SaveableObject):
    """Variables that are saved under other names than their own."""

    def __init__(self, variables: dict[str, Any], name: str) -> None:
        self._variables = list(variables.values())
        specs = [SaveSpec(v.read_value(), "", key) for key, v in variables.items()]
        super().__init__(self._variables[0].handle, specs, name)

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """Gives the variables the values of the checkpoint."""
        del restored_shapes
        pairs = zip(self._variables, restored_tensors, strict=True)
        return tf.group(*(v.assign(tensor) for v, tensor in pairs))


def _hidden(value: Any, name: str, shape: Any = None, saved: bool = True) -> Any:
    """A variable that is initialized, and perhaps saved, as a resource."""
    hidden = tf.Variable(
        value,
        trainable=False,
        collections=[],
        validate_shape=False,
        name=name,
        use_resource=True,
        shape=shape,
    )
    resources.register_resource(
        hidden.handle, hidden.initializer, hidden.is_initialized(), is_shared=saved
    )
    return hidden


class TreeEnsemble:
    """The trees, and a stamp that counts their changes.

    Args:
        name: With it begin the names in the checkpoint.
    """

    def __init__(self, name: str) -> None:
        with tf.name_scope("ensemble"):
            self._stamp = _hidden(tf.constant(0, tf.int64), "stamp")
            self._serialized = _hidden(tf.constant(b""), "serialized")
            saved = {
                f"{name}:0_stamp": self._stamp,
                f"{name}:0_serialized": self._serialized,
            }
            tf.add_to_collection(
                tf.GraphKeys.SAVEABLE_OBJECTS, _Saved(saved, f"{name}:0")
            )
            # Read once: what a step is about are the trees before it.
            self.stamp = self._stamp.read_value()
            self._before = self._serialized.read_value()

    def states(self) -> Any:
        """How many trees and layers there are, as `ensemble.States` of tensors."""
        outputs = [(tf.int32, []), (tf.int32, []), (tf.int32, []), (tf.int32, [2])]
        return ensemble.States(
            *kernel(ensemble.states, [self._before], outputs, "states")
        )

    def predict(self, features: Any) -> Any:
        """The logits of examples of shape [features, batch]."""
        inputs, outputs = [self._before, features], [(tf.float32, [None, 1])]
        return kernel(ensemble.predict, inputs, outputs, "predict")[0]

    def training_predict(self, tree_ids: Any, node_ids: Any, features: Any) -> Any:
        """What to add to cached logits, and the trees and nodes reached."""
        inputs = [self._before, tree_ids, node_ids, features]
        outputs = [(tf.float32, [None, 1]), (tf.int32, [None]), (tf.int32, [None])]
        return kernel(ensemble.training_predict, inputs, outputs, "training_predict")

    def explain(self, features: Any) -> Any:
        """The path of each example through the trees."""
        inputs, outputs = [self._before, features], [(tf.string, [None])]
        return kernel(ensemble.explain, inputs, outputs, "explain")[0]

    def grow(
        self,
        stats: Sequence[Any],
        feature_ids: Sequence[list[int]],
        regularization: Regularization,
        learning_rate: float,
        max_depth: int,
        pruning_mode: str,
    ) -> Any:
        """Adds a layer, by the statistics of groups of features."""

        def grown(serialized: bytes, *groups: np.ndarray) -> bytes:
            first, end = ensemble.states(serialized).last_layer
            splits = (
                split
                for group, ids in zip(groups, feature_ids, strict=True)
                for split in best_splits(group, ids, range(first, end), regularization)
            )
            return growth.grow(
                serialized, splits, learning_rate, max_depth, pruning_mode
            )

        inputs = [self._serialized.read_value(), *stats]
        (serialized,) = kernel(grown, inputs, [(tf.string, [])], "grow")
        return self._changed(serialized)

    def center_bias(self, gradient: Any, hessian: Any, l1: float, l2: float) -> Any:
        """Shifts the first root's value; returns whether to shift it again."""

        def centered(
            serialized: bytes, gradient: np.ndarray, hessian: np.ndarray
        ) -> tuple[bytes, np.bool_]:
            return growth.center_bias(serialized, gradient, hessian, l1, l2)

        inputs = [self._serialized.read_value(), gradient, hessian]
        outputs: list[Any] = [(tf.string, []), (tf.bool, [])]
        serialized, again = kernel(centered, inputs, outputs, "center_bias")
        with tf.control_dependencies([self._changed(serialized)]):
            return tf.identity(again)

    def _changed(self, serialized: Any) -> Any:
        return tf.group(self._serialized.assign(serialized), self._stamp.assign_add(1))


class QuantileAccumulator:
    """Bucket boundaries of numbers, from the quantiles of the first batches.

    Args:
        epsilon: The quantiles' error.
        num_streams: How many numbers an example has.
        name: With it begin the names in the checkpoint.
    """

    def __init__(self, epsilon: float, num_streams: int, name: str) -> None:
        self._epsilon = epsilon
        with tf.name_scope("QuantileAccumulator"):
            streams = range(num_streams)
            self._boundaries = [
                _hidden(tf.zeros([0]), f"bucket_boundaries_{i}", [None])
                for i in streams
            ]
            # Not saved, as in TensorFlow 1.15: these batches are counted anew.
            self._states = [
                _hidden(tf.zeros([0, 5]), f"summary_{i}", [None, 5], saved=False)
                for i in streams
            ]
            key = f"{name}:0_bucket_boundaries_"
            saved = {f"{key}{i}": v for i, v in enumerate(self._boundaries)}
            tf.add_to_collection(
                tf.GraphKeys.SAVEABLE_OBJECTS, _Saved(saved, f"{name}:0")
            )
            self.boundaries = [one.read_value() for one in self._boundaries]

    def add_summaries(self, numbers: Sequence[Any], weights: Any) -> Any:
        """Adds a batch, whose numbers are tensors of shape [batch]."""

        def added(
            state: np.ndarray, values: np.ndarray, weights: np.ndarray
        ) -> np.ndarray:
            summary = quantiles.batch_summary(values, weights, self._epsilon)
            return quantiles.add(state, summary, self._epsilon)

        updates = []
        for state, values in zip(self._states, numbers, strict=True):
            inputs = [state.read_value(), values, weights]
            outputs = [(tf.float32, [None, 5])]
            updates.append(state.assign(kernel(added, inputs, outputs, "add")[0]))
        return tf.group(*updates)

    def flush(self, num_buckets: int) -> Any:
        """Makes boundaries of the batches so far, and forgets the batches."""
        updates = []
        for state, boundaries in zip(self._states, self._boundaries, strict=True):
            (values,) = kernel(
                lambda rows: quantiles.boundaries(rows, num_buckets),
                [state.read_value()],
                [(tf.float32, [None])],
                "boundaries",
            )
            with tf.control_dependencies([boundaries.assign(values)]):
                updates.append(state.assign(tf.zeros([0, 5])).op)
        return tf.group(*updates)

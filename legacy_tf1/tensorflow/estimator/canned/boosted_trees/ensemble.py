"""What trees say of examples.

An ensemble is the serialized message of TensorFlow 1.15; examples are the buckets of
their features, of shape [features, batch].
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from legacy_tf1.tensorflow.estimator.canned.boosted_trees import protos


class _Tree(NamedTuple):
    """A tree's nodes as columns; a leaf is where `split` is false."""

    weight: np.float32
    split: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    # Per node before the pruning: what it became, and how its value changed.
    pruned_to: np.ndarray
    pruned_by: np.ndarray


class States(NamedTuple):
    """How far an ensemble has grown."""

    num_trees: np.int32
    num_finalized_trees: np.int32
    num_attempted_layers: np.int32
    last_layer: np.ndarray


def states(serialized: bytes) -> States:
    """Returns the counts of trees and layers, and the nodes that grow next."""
    ensemble = protos.TreeEnsemble.FromString(serialized)
    count = finalized = len(ensemble.trees)
    if count and not ensemble.tree_metadata[-1].is_finalized:
        finalized -= 1
    growing = ensemble.growing_metadata
    nodes = [growing.last_layer_node_start, max(1, growing.last_layer_node_end)]
    return States(
        np.int32(count),
        np.int32(finalized),
        np.int32(growing.num_layers_attempted),
        np.array(nodes, np.int32),
    )


def predict(serialized: bytes, features: np.ndarray) -> np.ndarray:
    """Returns the logits, of shape [batch, 1]."""
    logits = np.zeros(features.shape[1], np.float32)
    for tree in _trees(serialized):
        start = np.zeros(len(logits), np.int32)
        logits += tree.weight * tree.value[_ends(tree, features, start)]
    return logits[:, None]


def training_predict(
    serialized: bytes, tree_ids: np.ndarray, node_ids: np.ndarray, features: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns what to add to cached logits, and the tree and node of each example.

    Args:
        serialized: The ensemble.
        tree_ids: The tree up to which the cached logits count, of shape [batch].
        node_ids: Its node there, -1 where nothing is cached.
        features: The examples.
    """
    trees = _trees(serialized)
    batch = features.shape[1]
    logits = np.zeros(batch, np.float32)
    ends = np.zeros(batch, np.int32)
    if not trees:
        return logits[:, None], tree_ids, ends
    first = int(tree_ids.min()) if batch else 0
    for i, tree in enumerate(trees[first:], start=first):
        start, change = np.zeros_like(ends), np.zeros_like(logits)
        cached = (tree_ids == i) & (node_ids >= 0)
        start[cached] = node_ids[cached]
        if len(tree.pruned_to):
            change[cached] = tree.pruned_by[start[cached]]
            start[cached] = tree.pruned_to[start[cached]]
        change[cached] -= tree.value[start[cached]]
        ends = _ends(tree, features, start)
        change += tree.value[ends]
        logits += np.where(tree_ids <= i, tree.weight * change, np.float32(0))
    latest = np.full(batch, len(trees) - 1, np.int32)
    return logits[:, None], latest, ends


def explain(serialized: bytes, features: np.ndarray) -> np.ndarray:
    """Returns for each example a `DebugOutput`: the features asked, the logits after."""
    trees = _trees(serialized)
    batch = features.shape[1]
    paths = [protos.DebugOutput() for _ in range(batch)]
    for example, path in enumerate(paths):
        logit = trees[0].weight * trees[0].value[0] if trees else np.float32(0)
        path.logits_path.append(logit)
        before = np.float32(0)
        for i, tree in enumerate(trees):
            node = 0
            while tree.split[node]:
                feature = tree.feature[node]
                goes_left = features[feature, example] <= tree.threshold[node]
                node = (tree.left if goes_left else tree.right)[node]
                logit = tree.weight * tree.value[node]
                path.feature_ids.append(feature)
                path.logits_path.append(logit + before)
            # A root alone says nothing, but for the bias in the first tree.
            if i == 0 or node > 0:
                before += logit
    return np.array([path.SerializeToString() for path in paths], object)


def gains(serialized: bytes, num_features: int) -> np.ndarray:
    """Returns the sum of each feature's gains over all splits."""
    ensemble = protos.TreeEnsemble.FromString(serialized)
    result = np.zeros(num_features)
    for tree, weight in zip(ensemble.trees, ensemble.tree_weights, strict=True):
        for node in tree.nodes:
            if node.HasField("bucketized_split"):
                gain = weight * node.metadata.gain
                result[node.bucketized_split.feature_id] += gain
    return result


def _ends(tree: _Tree, features: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The leaves at which the examples arrive."""
    nodes, examples = start, np.arange(len(start))
    while tree.split[nodes].any():
        left = features[tree.feature[nodes], examples] <= tree.threshold[nodes]
        below = np.where(left, tree.left[nodes], tree.right[nodes])
        nodes = np.where(tree.split[nodes], below, nodes)
    return nodes


@functools.lru_cache(maxsize=4)
def _trees(serialized: bytes) -> list[_Tree]:
    ensemble = protos.TreeEnsemble.FromString(serialized)
    return [
        _tree(weight, tree.SerializeToString(), metadata.SerializeToString())
        for weight, tree, metadata in zip(
            ensemble.tree_weights, ensemble.trees, ensemble.tree_metadata, strict=True
        )
    ]


# A step changes the last tree only: the others are found here.
@functools.lru_cache(maxsize=4096)
def _tree(weight: float, tree: bytes, metadata: bytes) -> _Tree:
    nodes = protos.TreeEnsemble().trees.add()
    nodes.ParseFromString(tree)
    pruned = protos.TreeEnsemble().tree_metadata.add()
    pruned.ParseFromString(metadata)
    rows = [_row(node) for node in nodes.nodes]
    split, feature, threshold, left, right, value = zip(*rows, strict=True)
    updates = pruned.post_pruned_nodes_meta
    return _Tree(
        weight=np.float32(weight),
        split=np.array(split),
        feature=np.array(feature, np.int32),
        threshold=np.array(threshold, np.int32),
        left=np.array(left, np.int32),
        right=np.array(right, np.int32),
        value=np.array(value, np.float32),
        pruned_to=np.array([u.new_node_id for u in updates], np.int32),
        pruned_by=np.array([sum(u.logit_change) for u in updates], np.float32),
    )


def _row(node: Any) -> tuple[bool, int, int, int, int, float]:
    if node.HasField("leaf"):
        return False, 0, 0, 0, 0, node.leaf.scalar
    split = node.bucketized_split
    value = node.metadata.original_leaf.scalar
    return (
        True,
        split.feature_id,
        split.threshold,
        split.left_id,
        split.right_id,
        value,
    )

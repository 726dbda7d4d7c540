"""How trees grow: layer by layer, the best split of each node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from legacy_tf1.tensorflow.estimator.canned.boosted_trees import protos
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.splits import (
    Split,
    larger,
    weights_and_gains,
)

#: The shift of the bias, relative to the bias, from which on it is shifted again.
_SHIFT = 0.01


def grow(
    serialized: bytes,
    splits: Iterable[Split],
    learning_rate: float,
    max_depth: int,
    pruning_mode: str,
) -> bytes:
    """Returns the ensemble with one more layer in its last tree.

    Args:
        serialized: The ensemble.
        splits: Candidates; the one of the largest gain splits its node.
        learning_rate: By which the splits' changes are multiplied.
        max_depth: A tree of so many layers is followed by a new one.
        pruning_mode: "pre" leaves out splits of negative gain, "post" takes them back
            when the tree is finished, "none" keeps them.
    """
    ensemble = protos.TreeEnsemble.FromString(serialized)
    growing = ensemble.growing_metadata
    growing.num_layers_attempted += 1
    if _at_a_root(ensemble):
        growing.num_trees_attempted += 1
    if not ensemble.trees:
        _add_tree(ensemble)
    tree, metadata = ensemble.trees[-1], ensemble.tree_metadata[-1]
    first_new = len(tree.nodes)
    for node, split in sorted(_best_of_each_node(splits).items()):
        if pruning_mode != "pre" or split.gain >= 0:
            _split(tree, tree.nodes[node], split, np.float32(learning_rate))
    if len(tree.nodes) > first_new:
        metadata.num_layers_grown += 1
        growing.last_layer_node_start = first_new
        growing.last_layer_node_end = len(tree.nodes)
        if metadata.num_layers_grown >= max_depth:
            metadata.is_finalized = True
            if pruning_mode == "post":
                _prune(tree, metadata)
            _add_tree(ensemble)
            growing.last_layer_node_start, growing.last_layer_node_end = 0, 1
    return ensemble.SerializeToString()


def center_bias(
    serialized: bytes, gradient: np.ndarray, hessian: np.ndarray, l1: float, l2: float
) -> tuple[bytes, np.bool_]:
    """Shifts the first tree's root; returns whether it should be shifted again."""
    ensemble = protos.TreeEnsemble.FromString(serialized)
    shift = np.float32(weights_and_gains(gradient, hessian, l1, l2)[0])
    if not ensemble.trees:
        _add_tree(ensemble, shift)
        return ensemble.SerializeToString(), np.bool_(True)
    leaf = ensemble.trees[0].nodes[0].leaf
    bias = np.float32(leaf.scalar)
    with np.errstate(divide="ignore", invalid="ignore"):
        again = np.abs(shift / bias) > np.float32(_SHIFT)
    leaf.scalar = bias + shift
    return ensemble.SerializeToString(), np.bool_(again)


def _at_a_root(ensemble: Any) -> bool:
    """Whether the next layer is a tree's first."""
    count = len(ensemble.trees)
    if not count:
        return True
    follows = count == 1 or ensemble.tree_metadata[count - 2].is_finalized
    return follows and len(ensemble.trees[-1].nodes) == 1


def _add_tree(ensemble: Any, value: Any = 0.0) -> None:
    leaf = ensemble.trees.add().nodes.add().leaf
    leaf.SetInParent()
    leaf.scalar = value
    ensemble.tree_weights.append(1.0)
    ensemble.tree_metadata.add()


def _best_of_each_node(splits: Iterable[Split]) -> dict[int, Split]:
    best: dict[int, Split] = {}
    for split in splits:
        other = best.get(split.node)
        # Of equal gains the feature of the smaller number has it.
        if (
            other is None
            or larger(split.gain, other.gain)
            or (not larger(other.gain, split.gain) and split.feature < other.feature)
        ):
            best[split.node] = split
    return best


def _split(tree: Any, node: Any, split: Split, rate: np.float32) -> None:
    value = np.float32(node.leaf.scalar)
    if split.node != 0 or value != 0:
        node.metadata.original_leaf.CopyFrom(node.leaf)
    node.metadata.gain = split.gain
    choice = node.bucketized_split
    choice.feature_id, choice.threshold = split.feature, split.threshold
    choice.left_id = len(tree.nodes)
    choice.right_id = choice.left_id + 1
    tree.nodes.add().leaf.scalar = value + rate * split.left
    tree.nodes.add().leaf.scalar = value + rate * split.right


def _prune(tree: Any, metadata: Any) -> None:
    """Takes back, from below, splits of negative gain whose sides are leaves.

    `metadata` is told what each node became, for logits that are cached.
    """
    # By node: the one that it was taken back to, and its value's change then.
    parents: dict[int, tuple[int, np.float32]] = {}
    # Children come after their parents, so backwards they are done first.
    for i, node in reversed(list(enumerate(tree.nodes))):
        if node.HasField("leaf") or not node.metadata.gain < 0:
            continue
        sides = [node.bucketized_split.left_id, node.bucketized_split.right_id]
        if not all(tree.nodes[side].HasField("leaf") for side in sides):
            continue
        value = np.float32(node.metadata.original_leaf.scalar)
        for side in sides:
            parents[side] = i, value - np.float32(tree.nodes[side].leaf.scalar)
        node.leaf.SetInParent()
        node.leaf.scalar = value
        node.ClearField("metadata")
    if not parents:
        return
    kept = [i for i in range(len(tree.nodes)) if i not in parents]
    new_ids = {old: new for new, old in enumerate(kept)}
    for i in range(len(tree.nodes)):
        node, change = i, np.float32(0)
        while node in parents:
            node, step = parents[node]
            change += step
        update = metadata.post_pruned_nodes_meta.add(new_node_id=new_ids[node])
        update.logit_change.append(change)
    for node in tree.nodes:
        if node.HasField("bucketized_split"):
            split = node.bucketized_split
            # Those of nodes that go are not looked at again.
            split.left_id = new_ids.get(split.left_id, 0)
            split.right_id = new_ids.get(split.right_id, 0)
    for i in sorted(parents, reverse=True):
        del tree.nodes[i]

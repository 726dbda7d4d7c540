"""Gradient statistics of the nodes, and the best split of each node by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

_SMALLEST = np.float32(1e-15)


class Split(NamedTuple):
    """A split of a node: examples of up to the threshold's bucket go left.

    Args:
        node: The node's id.
        feature: Which feature.
        threshold: The last bucket of the left side.
        gain: By how much the loss gets smaller, to second order.
        left: What the left side adds to the node's value.
        right: What the right side adds.
    """

    node: int
    feature: int
    threshold: int
    gain: np.float32
    left: np.float32
    right: np.float32


class Regularization(NamedTuple):
    """What holds the trees small, under TensorFlow 1's names."""

    l1: float
    l2: float
    tree_complexity: float
    min_node_weight: float


def larger(gain: Any, than: Any) -> Any:
    """Whether a gain is larger by more than nothing."""
    return gain - than >= _SMALLEST


def stats_summary(
    nodes: np.ndarray,
    gradients: np.ndarray,
    hessians: np.ndarray,
    features: np.ndarray,
    max_splits: int,
    num_buckets: int,
) -> np.ndarray:
    """Sums gradients and hessians by feature, node and bucket.

    A number's quantiles may be one bucket more than `num_buckets`. TensorFlow 1.15
    wrote that bucket past the end of the node's row, so that it counted for the first
    bucket of the next node, and past the last node for nothing. That is kept: the
    trees are TensorFlow 1.15's.

    Args:
        nodes: The examples' nodes, of shape [batch].
        gradients: Of shape [batch, 1].
        hessians: Of shape [batch, 1].
        features: The examples' buckets, of shape [features, batch].
        max_splits: The number of nodes.
        num_buckets: The number of buckets of each feature.

    Returns:
        Sums of shape [features, max_splits, num_buckets, 2], in float32 at the end.
    """
    cells = max_splits * num_buckets
    sums = np.zeros((len(features), cells, 2), np.float32)
    for row, buckets in zip(sums, features, strict=True):
        places = nodes.astype(np.int64) * num_buckets + buckets
        inside = places < cells
        for i, values in enumerate((gradients, hessians)):
            weights = values[inside, 0]
            row[:, i] = np.bincount(places[inside], weights, minlength=cells)
    return sums.reshape(len(features), max_splits, num_buckets, 2)


def weights_and_gains(
    gradients: np.ndarray, hessians: np.ndarray, l1: float, l2: float
) -> tuple[np.ndarray, np.ndarray]:
    """Minimizes `g w + (h + l2) w^2 / 2 + l1 |w|` for each pair of sums.

    Returns:
        The minima `w`, and twice how far they lie below zero.
    """
    g = np.asarray(gradients, np.float32)
    h = np.asarray(hessians, np.float32) + np.float32(l2)
    if l1 > 0:
        g = np.sign(g) * np.maximum(np.abs(g) - np.float32(l1), np.float32(0))
    curved = h > _SMALLEST
    weights = np.where(curved, -g / np.where(curved, h, np.float32(1)), np.float32(0))
    return weights, -g * weights


def best_splits(
    stats: np.ndarray,
    feature_ids: list[int],
    nodes: range,
    regularization: Regularization,
) -> Iterator[Split]:
    """Yields for each feature and each of the nodes the split of the largest gain.

    Args:
        stats: As of `stats_summary`.
        feature_ids: The features' numbers.
        nodes: Those that may be split.
        regularization: A node of less hessian than `min_node_weight` is left out.
    """
    l1, l2 = regularization.l1, regularization.l2
    sums = np.cumsum(
        stats[:, nodes.start : nodes.stop], axis=2, dtype=np.float32
    )  # left of and with each bucket
    whole = sums[:, :, -1:]
    _, parent = weights_and_gains(whole[:, :, 0, 0], whole[:, :, 0, 1], l1, l2)
    rest = whole - sums
    left, left_gain = weights_and_gains(sums[..., 0], sums[..., 1], l1, l2)
    right, right_gain = weights_and_gains(rest[..., 0], rest[..., 1], l1, l2)
    gains = left_gain + right_gain
    best = np.zeros(gains.shape[:2], np.intp)
    best_gain = gains[:, :, 0]
    for bucket in range(1, gains.shape[2]):
        better = larger(gains[:, :, bucket], best_gain)
        best = np.where(better, bucket, best)
        best_gain = np.where(better, gains[:, :, bucket], best_gain)
    gain = best_gain - parent - np.float32(regularization.tree_complexity)
    heavy = ~(whole[:, :, 0, 1] < np.float32(regularization.min_node_weight))
    for i, feature in enumerate(feature_ids):
        for j, node in enumerate(nodes):
            if heavy[i, j]:
                at = int(best[i, j])
                yield Split(
                    node, feature, at, gain[i, j], left[i, j, at], right[i, j, at]
                )

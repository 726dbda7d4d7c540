"""Bucket boundaries of a number's approximate quantiles, over several batches.

A summary is an array of rows (value, weight, least rank, largest rank) in the order of
the values. Summaries are merged on levels, each of about twice as many batches as the
one below, and compressed when they get longer than a block.
"""

from __future__ import annotations

import math

import numpy as np

#: So many examples TensorFlow 1.15 prepared its streams for.
_MAX_ELEMENTS = 1 << 40
_EMPTY = np.zeros((0, 4), np.float32)


def batch_summary(
    values: np.ndarray, weights: np.ndarray, epsilon: float
) -> np.ndarray:
    """Returns the summary of a batch of one feature.

    Args:
        values: Of shape [batch].
        weights: Of shape [batch], or [1] for all.
        epsilon: The error that is allowed, as a share of the whole weight.
    """
    epsilon = float(np.float32(epsilon))
    block = _block_size(epsilon, len(values) + 1)
    weights = np.broadcast_to(weights, values.shape)
    length = min(2 * block, len(values) + 1)
    levels: list[np.ndarray] = []
    # Examples of no weight are left out before they fill a block.
    counted = weights > 0
    values, weights = values[counted], weights[counted]
    for i in range(0, len(values), length):
        part = _exact_summary(values[i : i + length], weights[i : i + length])
        _push(levels, _compressed(part, block, epsilon), block, epsilon)
    return _merged(levels)


def add(state: np.ndarray, summary: np.ndarray, epsilon: float) -> np.ndarray:
    """Returns the state of a stream with one more batch.

    Args:
        state: Rows of (level, value, weight, least rank, largest rank).
        summary: As of `batch_summary`.
        epsilon: As there.
    """
    epsilon = float(np.float32(epsilon))
    block = _block_size(epsilon, _MAX_ELEMENTS)
    levels = _levels(state)
    _push(levels, _compressed(summary, block, epsilon), block, epsilon)
    return np.concatenate(
        [np.zeros((0, 5), np.float32)]
        + [np.insert(level, 0, i, axis=1) for i, level in enumerate(levels)]
    ).astype(np.float32)


def boundaries(state: np.ndarray, count: int) -> np.ndarray:
    """Returns about `count` values that part the stream evenly."""
    summary = _merged(_levels(state))
    if not len(summary):
        return np.zeros(0, np.float32)
    epsilon = np.float32(_error(summary) + 1.0 / count)
    values = _compressed(summary, count, float(epsilon))[:, 0]
    return values[np.insert(values[1:] != values[:-1], 0, True)]


def _levels(state: np.ndarray) -> list[np.ndarray]:
    depth = int(state[:, 0].max()) + 1 if len(state) else 0
    return [state[state[:, 0] == level, 1:] for level in range(depth)]


def _block_size(epsilon: float, elements: int) -> int:
    """The block that holds the error down for so many elements."""
    level, block = 1, 2
    while (1 << level) * block < elements:
        block = math.ceil(level / epsilon) + 1
        level += 1
    return block


def _exact_summary(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    unique, first = np.unique(values[order], return_index=True)
    weight = np.add.reduceat(weights[order].astype(np.float32), first)
    ends = np.cumsum(weight, dtype=np.float32)
    starts = np.insert(ends[:-1], 0, np.float32(0))
    return np.stack([unique, weight, starts, ends], axis=1).astype(np.float32)


def _push(
    levels: list[np.ndarray], summary: np.ndarray, block: int, epsilon: float
) -> None:
    """Merges a summary into the levels, upwards as long as they are full."""
    if not len(summary):
        return
    level = 0
    while True:
        if level == len(levels):
            levels.append(_EMPTY)
        free = not len(levels[level])
        summary = _merge(summary, levels[level])
        if free or len(summary) <= block + 1:
            levels[level] = summary
            return
        summary = _compressed(summary, block, epsilon)
        levels[level] = _EMPTY
        level += 1


def _merged(levels: list[np.ndarray]) -> np.ndarray:
    result = _EMPTY
    for level in levels:
        result = _merge(result, level)
    return result


def _merge(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The summary of both: ranks add up, at each value of either."""
    if not len(one) or not len(other):
        return one if len(one) else other
    values = np.union1d(one[:, 0], other[:, 0])
    pair = [_at(one, values), _at(other, values)]
    return np.concatenate([values[:, None], pair[0] + pair[1]], axis=1)


def _at(summary: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Weight and bounds of the rank of each value, which a summary need not hold."""
    held, weight, least, largest = summary.T
    place = np.searchsorted(held, values)
    near = np.minimum(place, len(held) - 1)
    exact = held[near] == values
    # Between two rows: after the one before, and before the one after.
    after = np.insert(least + weight, 0, np.float32(0))[place]
    before = np.append(largest - weight, largest[-1])[place]
    return np.stack(
        [
            np.where(exact, weight[near], np.float32(0)),
            np.where(exact, least[near], after),
            np.where(exact, largest[near], before),
        ],
        axis=1,
    )


def _compressed(summary: np.ndarray, size: int, epsilon: float) -> np.ndarray:
    """Leaves rows out, evenly and as far as the error allows; the ends stay."""
    size, rows = max(size, 2), len(summary)
    if rows <= size:
        return summary
    allowed = float(summary[-1, 3]) * max(1.0 / size, epsilon)
    after = summary[:, 2] + summary[:, 1]
    before = summary[:, 3] - summary[:, 1]
    kept, at, budget = [0], 0, 0
    while at + 1 < rows:
        following = at + 1
        while (
            following < rows
            and budget < rows
            and before[following] - after[at] <= allowed
        ):
            budget += size
            following += 1
        at = max(following - 1, at + 1)
        kept.append(at)
        budget -= rows
    return summary[kept]


def _error(summary: np.ndarray) -> float:
    """The largest uncertainty of a rank, as a share of the weight."""
    _, weight, least, largest = summary.T
    within = largest[1:] - least[1:] - weight[1:]
    between = (largest - weight)[1:] - (least + weight)[:-1]
    gaps = np.concatenate([[np.float32(0)], within, between])
    return float(gaps.max()) / float(largest[-1])

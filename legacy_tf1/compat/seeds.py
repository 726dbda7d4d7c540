"""TensorFlow 1's rule for the seeds of random operations that have none of their own.

Under `tf.set_random_seed(s)` TensorFlow 1 gave such an operation the number of
operations already in the graph as its second seed. TensorFlow 2 counts 0, 1, 2, ...
instead, so that every number that a seeded program of that time printed comes out
different, without a word. With the rule put back the numbers return, as long as the
graph has as many operations as it had then: `counting` sees to that where TensorFlow 2
builds the same function of more or fewer of them.
"""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from tensorflow.python.framework import ops, random_seed

_Rule = Callable[[int | None], tuple[int | None, int | None]]

#: What TensorFlow 1 would have had more (or fewer) operations in a graph.
_surplus: MutableMapping[Any, int] = weakref.WeakKeyDictionary()


def install() -> None:
    """Puts TensorFlow 1's rule back in graph mode; a second call does nothing.

    Eager execution, and functions called from it, keep the rule of TensorFlow 2.

    Example:
        >>> import tensorflow.compat.v1 as tf
        >>> install()
        >>> with tf.Graph().as_default():
        ...     tf.set_random_seed(7)
        ...     _ = tf.constant(1.0), tf.constant(2.0)
        ...     random_seed.get_seed(None), random_seed.get_seed(3)
        ((7, 2), (7, 3))
    """
    # Every random operation of TensorFlow asks this one function, by its module.
    if not hasattr(random_seed.get_seed, "of_tensorflow_1"):
        random_seed.get_seed = _by_operations(random_seed.get_seed)


def operations(graph: Any) -> int:
    """Returns how many operations TensorFlow 1 would have had in a graph by now."""
    return graph.version + _surplus.get(graph, 0)


@contextlib.contextmanager
def counting(number: int) -> Iterator[None]:
    """Counts all operations that are added inside as `number`, as TensorFlow 1 had it.

    Example:
        >>> import tensorflow.compat.v1 as tf
        >>> with tf.Graph().as_default() as graph:
        ...     with counting(4):  # TensorFlow 2 needs some seventy
        ...         _ = tf.linspace(0.0, 1.0, 3)
        ...     operations(graph)
        4
    """
    graph = ops.get_default_graph()
    before = operations(graph)
    yield
    _surplus[graph] = before + number - graph.version


def count(number: int) -> None:
    """Counts that many operations more (fewer, if negative) than the graph has."""
    graph = ops.get_default_graph()
    _surplus[graph] = _surplus.get(graph, 0) + number


def _by_operations(rule: _Rule) -> _Rule:
    @functools.wraps(rule)
    def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
        if op_seed is None and not ops.executing_eagerly_outside_functions():
            graph = ops.get_default_graph()
            if graph.seed is not None:
                op_seed = operations(graph)
        return rule(op_seed)

    vars(get_seed)["of_tensorflow_1"] = True
    return get_seed

"""`--seed`: as if the program had begun with `tf.set_random_seed`, and kept it."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def given(seed: int) -> Iterator[None]:
    """Seeds `random` and NumPy once, and every graph that has no seed of its own.

    `tf.set_random_seed` holds for one graph. Here each graph gets the seed when its
    first random operation is added, so that `tf.reset_default_graph()` and `tf.Graph()`
    do not lose it; a seed that the program sets itself goes before.

    Args:
        seed: From 0 to 2**32 - 1.
    """
    import numpy as np
    from tensorflow.python.eager import context
    from tensorflow.python.framework import ops, random_seed

    import legacy_tf1.tensorflow  # noqa: F401 - its own rule for seeds comes first

    rule = random_seed.get_seed

    @functools.wraps(rule)
    def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
        if not context.executing_eagerly():
            graph = ops.get_default_graph()
            if graph.seed is None:
                graph.seed = seed
        return rule(op_seed)

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the programs draw from this one
    context.set_global_seed(seed)
    random_seed.get_seed = get_seed
    try:
        yield
    finally:
        random_seed.get_seed = rule

"""`tf.enable_eager_execution()`: TensorFlow 1's own eager mode, switched on by the program."""

from __future__ import annotations

from typing import Any

from tensorflow.python.framework import ops


def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """As `tf.enable_eager_execution` of TensorFlow 1: operations run at once.

    Called at a program's start. Today nothing needs to be called: it is the default.

    Raises:
        ValueError: If the program has built operations in the default graph already.
    """
    stack = ops._default_graph_stack
    graph = stack._global_default_graph
    if graph is not None and graph.version == 0:
        # Only looked at so far: the runner sets its seed, imports read it.
        seed = graph.seed
        stack.reset()
        ops.enable_eager_execution_internal(config, device_policy, execution_mode)
        if seed is not None:
            from tensorflow.python.framework import random_seed

            random_seed.set_random_seed(seed)
        return
    ops.enable_eager_execution_internal(config, device_policy, execution_mode)

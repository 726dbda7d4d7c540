"""TensorFlow 1 as the lecture knew it, on TensorFlow 2.

    python -m legacy_tf1 list                 # the lecture's own examples
    python -m legacy_tf1 run minimize_cost    # one of them
    python -m legacy_tf1 run old_script.py    # or any script or notebook of 2016 to 2019
    python -m legacy_tf1 explain old_script.py

As a library: `import legacy_tf1.tensorflow as tf` in a file of one's own, and
`%load_ext legacy_tf1` in a notebook, whose cells then speak TensorFlow 1.

Importing this package imports no TensorFlow.
"""

from legacy_tf1.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

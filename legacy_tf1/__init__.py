"""TensorFlow 1 as the lecture knew it, on TensorFlow 2.

    python -m legacy_tf1 list                 # the lecture's own examples
    python -m legacy_tf1 run minimize_cost    # one of them
    python -m legacy_tf1 run old_script.py    # or any script or notebook of 2016 to 2019

As a library: `import legacy_tf1.tensorflow as tf` in a file of one's own, and
`%load_ext legacy_tf1` in a notebook, whose cells then speak TensorFlow 1.
"""

"""TensorFlow-1 checkpoints, read into Keras models.

    report = legacy_tf1.checkpoints.load_into(model, "folder/model.ckpt")
    print(report)  # what came from where, what was left

It needs eager execution, as Keras models do, and so a process that does not import
`legacy_tf1.tensorflow`.
"""

from .files import find
from .loading import load_into
from .report import Left, Match, Report

__all__ = ["Left", "Match", "Report", "find", "load_into"]

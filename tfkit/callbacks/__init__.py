"""Callbacks: learning-rate decay, early stopping, snapshots, and a hand on the run."""

import lazy_loader as _lazy

# Lazy, so that `tfkit.callbacks.control_file` can be had without Keras.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

"""Boosted trees of `tf.estimator`, whose kernels TensorFlow 2.21 no longer has.

The trees grow in NumPy, on the statistics and in the order of TensorFlow 1.15, and lie
in its checkpoints as they lay there.
"""

"""Runs unmodified TensorFlow-1 scripts and notebooks."""

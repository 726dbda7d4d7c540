"""`sklearn.learning_curve`: `sklearn.model_selection` since 0.18, gone since 0.20."""

from sklearn.model_selection import learning_curve, validation_curve

__all__ = ["learning_curve", "validation_curve"]

"""`keras.wrappers` of Keras 1 and 2."""

from legacy_tf1.tensorflow.keras.wrappers import scikit_learn as scikit_learn

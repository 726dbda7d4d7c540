"""`tf.keras.preprocessing.sequence`: `pad_sequences` and `skipgrams`.

Keras 3 keeps these functions for old programs. Today: `keras.utils.pad_sequences`.
"""

from keras._tf_keras.keras.preprocessing.sequence import *  # noqa: F403

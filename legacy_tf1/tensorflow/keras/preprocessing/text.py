"""`tf.keras.preprocessing.text`: `Tokenizer` and `one_hot`.

Keras 3 keeps these functions for old programs. Today: `keras.layers.TextVectorization`.
"""

from keras._tf_keras.keras.preprocessing.text import *  # noqa: F403

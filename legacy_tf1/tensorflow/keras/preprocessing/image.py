"""`tf.keras.preprocessing.image`, `ImageDataGenerator` first of all.

Keras 3 keeps these functions for old programs. Today: `keras.utils.image_dataset_from_directory`
and the layers `RandomFlip`, `RandomRotation`, ...
"""

from keras._tf_keras.keras.preprocessing.image import *  # noqa: F403

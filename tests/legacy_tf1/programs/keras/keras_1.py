"""Names of Keras 1, some of which TensorFlow 1.15 itself had dropped."""

import numpy as np
from tensorflow.keras.layers import (
    Activation,
    Convolution2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from tensorflow.keras.layers.core import Reshape
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import SGD
from tensorflow.keras.utils import np_utils

x = np.random.RandomState(0).rand(16, 64)
y = np_utils.to_categorical(np.arange(16) % 2, 2)
model = Sequential()
model.add(Reshape((8, 8, 1), input_shape=(64,)))
model.add(
    Convolution2D(4, 3, 3, border_mode="same", init="he_normal", subsample=(1, 1))
)
model.add(MaxPooling2D(pool_size=(2, 2), border_mode="valid"))
model.add(Dropout(p=0.1))
model.add(Flatten())
model.add(Dense(output_dim=2, init="uniform"))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, decay=1e-6))
history = model.fit(x, y, nb_epoch=2, batch_size=8, verbose=0)
assert len(history.history["loss"]) == 2
assert model.layers[1].kernel_size == (3, 3)
assert model.output_shape == (None, 2)

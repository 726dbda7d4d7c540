"""A Keras model compiled with an optimizer of tf.train."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

tf.set_random_seed(1)
x = np.random.RandomState(0).rand(64, 8)
y = np.eye(3)[np.random.RandomState(1).randint(0, 3, 64)]
model = keras.Sequential(
    [
        keras.layers.Dense(5, activation=tf.nn.relu, input_shape=(8,)),
        keras.layers.Dense(3),
    ]
)
model.compile(optimizer=tf.train.AdamOptimizer(0.01), loss="mse", metrics=["accuracy"])
history = model.fit(x, y, epochs=2, verbose=0, shuffle=False)
print(history.history)
loss, accuracy = model.evaluate(x, y, verbose=0)

assert np.allclose(history.history["loss"], [0.31491396, 0.2803890], atol=1e-5)
assert 0 < accuracy < 1

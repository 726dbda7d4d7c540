"""Embedding and LSTM on sequences of words, with K.function and saving."""

import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K  # noqa: N812
from tensorflow.keras.layers import LSTM, Dense, Embedding, Input
from tensorflow.keras.models import Model, load_model

tf.set_random_seed(1)
words = np.random.RandomState(0).randint(0, 20, (32, 10))
inputs = Input((10,))
embedded = Embedding(20, 4)(inputs)
state = LSTM(6)(embedded)
outputs = Dense(1, activation="sigmoid")(state)
model = Model(inputs, outputs)
print(model.get_weights()[-2].ravel())
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["acc"])
history = model.fit(
    words, words[:, 0] > 9, batch_size=8, epochs=2, shuffle=False, verbose=0
)
print(history.history)

features = K.function([model.input], [state])([words])[0]
assert features.shape == (32, 6)
assert [v.name for v in model.weights][1:3] == [
    "lstm/kernel:0",
    "lstm/recurrent_kernel:0",
]
path = os.path.join(tempfile.mkdtemp(), "model.h5")
model.save(path)
assert np.allclose(load_model(path).predict(words), model.predict(words), atol=1e-6)
assert np.allclose(history.history["loss"], [0.69315477, 0.69186936], atol=1e-4)

"""A Sequential classifier with dropout: the losses under a graph seed."""

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Dropout
from tensorflow.keras.models import Sequential

tf.set_random_seed(1)
x = np.random.RandomState(0).rand(64, 8).astype("f")
y = np.random.RandomState(1).randint(0, 3, 64)

model = Sequential()
model.add(Dense(5, activation=tf.nn.relu, input_dim=8))
model.add(Dropout(0.5))
model.add(Dense(3, activation="softmax"))
first = model.get_weights()[0][0]
model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.25, shuffle=False)
print(first, history.history)

assert np.allclose(
    first, [-0.1557278, -0.18751529, -0.07157725, -0.62592775, 0.26861286], atol=1e-6
)
# float32 sums in another order differ in the last digits
assert np.allclose(history.history["loss"], [1.5924170, 1.2125553], atol=1e-5)
assert np.allclose(history.history["val_loss"], [1.0661711, 1.0628107], atol=1e-5)
assert sorted(history.history) == ["acc", "loss", "val_acc", "val_loss"]

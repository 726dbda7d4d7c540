"""The functional API on pictures, with batch normalization."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(2)
r = np.random.RandomState(5)
images, labels = r.rand(20, 8, 8, 1), tf.keras.utils.to_categorical(r.randint(0, 3, 20))

inputs = tf.keras.layers.Input(shape=(8, 8, 1))
net = tf.keras.layers.Conv2D(4, (3, 3))(inputs)
net = tf.keras.layers.BatchNormalization()(net)
net = tf.keras.layers.Activation("relu")(net)
net = tf.keras.layers.MaxPooling2D((2, 2))(net)
net = tf.keras.layers.Flatten()(net)
net = tf.keras.layers.Dropout(0.25)(net)
net = tf.keras.layers.Dense(6, activation="relu")(net)
outputs = tf.keras.layers.Dense(3, activation="softmax")(net)
model = tf.keras.models.Model(inputs=inputs, outputs=outputs)
model.compile(
    optimizer=tf.keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True),
    loss="categorical_crossentropy",
    metrics=["accuracy"],
)
history = model.fit(images, labels, epochs=3, batch_size=10, shuffle=False, verbose=0)
print(history.history["loss"])
print(model.layers[2].get_weights()[2])
model.summary()

assert "acc" in history.history
assert [v.name for v in model.weights][:3] == [
    "conv2d/kernel:0",
    "conv2d/bias:0",
    "batch_normalization/gamma:0",
]
assert np.allclose(
    history.history["loss"], [1.3726373, 1.0900172, 1.0114576], atol=1e-4
)

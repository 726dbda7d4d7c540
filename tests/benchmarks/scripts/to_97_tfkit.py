"""tfkit, from nothing to a dev accuracy on the digits: SEED TARGET MAX_EPOCHS."""

import json
import sys

import tfkit
import keras
import numpy as np

seed, target, epochs = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])


class StopAt(keras.callbacks.Callback):
    """Ends training once the dev accuracy is reached."""

    def on_epoch_end(self, epoch, logs=None):
        self.reached, self.epochs = logs["val_accuracy"], epoch + 1
        if self.reached >= target:
            self.model.stop_training = True


digits = tfkit.data.load("digits")
order = np.random.default_rng(0).permutation(len(digits.y))
x, y = digits.x[order].reshape(-1, 64) / 16, digits.y[order]

keras.utils.set_random_seed(seed)
model = tfkit.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
stop = StopAt()
model.fit(
    x[:1437],
    y[:1437],
    batch_size=64,
    epochs=epochs,
    validation_data=(x[1437:], y[1437:]),
    verbose=0,
    callbacks=[stop],
)
print(json.dumps({"epochs": stop.epochs, "dev accuracy": round(stop.reached, 3)}))

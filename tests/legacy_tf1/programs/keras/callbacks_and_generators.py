"""fit_generator, callbacks, checkpoints and predict_classes."""

import os
import tempfile

import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint, TensorBoard

x = np.linspace(-1, 1, 40).reshape(-1, 1)
y = (x[:, 0] > 0).astype(int)


def batches():
    while True:
        for start in range(0, 40, 10):
            yield x[start : start + 10], y[start : start + 10]


folder = tempfile.mkdtemp()
path = os.path.join(folder, "weights.h5")
model = keras.models.Sequential()
model.add(keras.layers.Dense(2, input_shape=(1,), activation="softmax"))
model.compile(
    optimizer=keras.optimizers.Adam(lr=0.3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
history = model.fit_generator(
    batches(),
    steps_per_epoch=4,
    epochs=8,
    verbose=0,
    validation_data=(x, y),
    callbacks=[
        EarlyStopping(patience=3),
        TensorBoard(log_dir=folder),
        ModelCheckpoint(path, save_best_only=True, save_weights_only=True),
    ],
)
assert set(history.history) >= {"loss", "acc", "val_loss", "val_acc"}
assert len(history.epoch) == 8  # the loss goes down all the time
model.load_weights(path)
assert (model.predict_classes(x) == y).mean() > 0.9
assert np.allclose(model.predict_proba(x).sum(axis=1), 1, atol=1e-6)
assert model.evaluate_generator(batches(), steps=4)[1] > 0.9

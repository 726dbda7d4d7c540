"""One epoch on the digits: tfkit's parts beside Keras's own, in plain `fit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

import tfkit

BATCH_SIZE = 64


def epoch(short: bool) -> Mapping[str, Callable[[], object]]:
    """`fit` for one epoch of the course-size network, stock parts against tfkit's."""
    digits = tfkit.data.load("digits")
    x, y = digits.x.reshape(len(digits.y), -1), digits.y
    if short:
        x, y = x[:128], y[:128]

    def stock() -> keras.Model:
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input((64,)),
                layers.Dense(128, use_bias=False, kernel_initializer="he_normal"),
                layers.BatchNormalization(),
                layers.Activation("relu"),
                layers.Dropout(0.2),
                layers.Dense(64, use_bias=False, kernel_initializer="he_normal"),
                layers.BatchNormalization(),
                layers.Activation("relu"),
                layers.Dropout(0.2),
                layers.Dense(10, activation="softmax"),
            ]
        )

    def fit(
        model: keras.Model, optimizer: keras.optimizers.Optimizer
    ) -> Callable[[], object]:
        model.compile(
            optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return lambda: model.fit(x, y, batch_size=BATCH_SIZE, verbose=0)

    return {
        "Keras": fit(stock(), keras.optimizers.Adam(3e-3)),
        "tfkit": fit(
            tfkit.mlp((64,), 10, hidden=(128, 64), keep_prob=0.8),
            tfkit.optimizers.Adam(3e-3),
        ),
    }


def batches(short: bool) -> Mapping[str, Callable[[], object]]:
    """All batches of an epoch in a shuffled order, without a model."""
    examples = 1_000 if short else 60_000
    x = np.zeros((examples, 28, 28, 1), "uint8")
    y = np.zeros(examples, "int64")
    stock = (
        tf.data.Dataset.from_tensor_slices((x, y))
        .shuffle(examples, seed=0)
        .batch(BATCH_SIZE)
        .prefetch(tf.data.AUTOTUNE)
    )
    ours = tfkit.data.pipeline(x, y, batch_size=BATCH_SIZE, shuffle=True, seed=0)

    def drain(dataset: tf.data.Dataset) -> Callable[[], object]:
        return lambda: dataset.reduce(0, lambda count, _: count + 1)

    return {"tf.data shuffle + batch": drain(stock), "tfkit.data.pipeline": drain(ours)}

"""Keras's models as scikit-learn's estimators."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from legacy_tf1.tensorflow import keras
from legacy_tf1.tensorflow.keras.wrappers.scikit_learn import (
    KerasClassifier,
    KerasRegressor,
)


def line(rate=0.1):
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


def classes():
    model = keras.Sequential(
        [keras.layers.Dense(2, activation="softmax", input_shape=(1,))]
    )
    model.compile(
        keras.optimizers.SGD(0.5), "categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def test_keras_models_as_estimators():
    x = np.linspace(-1, 1, 32).reshape(-1, 1).astype(np.float32)
    regressor = KerasRegressor(line, nb_epoch=60, batch_size=8, verbose=0)
    search = GridSearchCV(regressor, {"rate": [1e-5, 0.2]}, cv=2).fit(x, 2 * x[:, 0])
    assert search.best_params_ == {"rate": 0.2}
    np.testing.assert_allclose(search.predict(x), 2 * x[:, 0], atol=0.01)

    classifier = KerasClassifier(classes, epochs=30, batch_size=8, verbose=0)
    names = np.where(x[:, 0] > 0, "up", "down")
    classifier.fit(x, names)
    assert classifier.score(x, names) == np.mean(classifier.predict(x) == names) > 0.8
    assert classifier.predict_proba(x).shape == (32, 2)
    with pytest.raises(ValueError, match="momentun is not a legal parameter"):
        KerasClassifier(classes, momentun=0.9)
    with pytest.raises(ValueError, match="needs build_fn"):
        KerasClassifier()

"""`TensorFlowEstimator`, which `tf.contrib.learn` had until TensorFlow 0.10.

Today: a Keras model, and `keras.wrappers.SKLearnRegressor` or `SKLearnClassifier`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.layers.optimizers import optimize_loss
from legacy_tf1.tensorflow.contrib.learn.estimators.estimator import Estimator
from legacy_tf1.tensorflow.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps

__all__ = ["TensorFlowEstimator"]


class TensorFlowEstimator:
    """As `tf.contrib.learn.TensorFlowEstimator`: scikit-learn's methods for a model.

    Args:
        model_fn: `model_fn(X, y)` that returns predictions and loss.
        n_classes: How many classes there are, whose labels `model_fn` gets one-hot; 0
            or 1 for a regression.
        batch_size: How many examples a step takes.
        steps: How many steps `fit` takes.
        optimizer: Its name or class.
        learning_rate: A number, or a function of the global step.
        clip_gradients: The greatest norm of the gradients.
        class_weight: Of each class, as the graph's tensor `class_weight:0`.
        continue_training: Whether another `fit` goes on where the last one ended.
        config: A `tf.contrib.learn.RunConfig`.
        verbose: Taken, and without effect.
    """

    def __init__(
        self,
        model_fn: Callable[[Any, Any], tuple[Any, Any]],
        n_classes: int,
        batch_size: int = 32,
        steps: int = 200,
        optimizer: Any = "Adagrad",
        learning_rate: Any = 0.1,
        clip_gradients: float | None = 5.0,
        class_weight: Sequence[float] | None = None,
        continue_training: bool = False,
        config: Any = None,
        verbose: int = 1,
    ) -> None:
        self.model_fn, self.n_classes = model_fn, n_classes
        self.batch_size, self.steps = batch_size, steps
        self.optimizer, self.learning_rate = optimizer, learning_rate
        self.clip_gradients, self.class_weight = clip_gradients, class_weight
        self.continue_training, self.config = continue_training, config
        self.verbose = verbose
        self._estimator: Estimator | None = None

    def fit(
        self,
        X: Any,
        y: Any,
        steps: int | None = None,
        monitors: Any = None,
        logdir: Any = None,
    ) -> TensorFlowEstimator:
        """Trains on arrays, anew unless `continue_training`."""
        if self._estimator is None or not self.continue_training:
            self._estimator = Estimator(self._model, logdir, self.config)
        labels = np.asarray(y, np.float32 if self.n_classes < 2 else np.int64)
        if monitors is not None and not isinstance(monitors, list | tuple):
            monitors = [monitors]  # a single one was taken then
        self._estimator.fit(
            np.asarray(X),
            labels,
            steps=steps or self.steps,
            batch_size=self.batch_size,
            monitors=monitors,
        )
        return self

    def partial_fit(self, X: Any, y: Any) -> TensorFlowEstimator:
        """Goes on with the training."""
        before, self.continue_training = self.continue_training, True
        try:
            return self.fit(X, y)
        finally:
            self.continue_training = before

    def predict(
        self,
        X: Any,
        axis: int = 1,
        batch_size: int | None = None,
    ) -> Any:
        """Returns the predictions; of a classifier the most probable class."""
        result = self._predicted(X, batch_size)
        return result.argmax(axis=axis) if self.n_classes > 1 else result

    def predict_proba(self, X: Any, batch_size: int | None = None) -> Any:
        """Returns the probability of each class."""
        return self._predicted(X, batch_size)

    def score(self, X: Any, y: Any) -> float:
        """Returns the accuracy, or the coefficient of determination."""
        from sklearn import metrics

        measure = metrics.accuracy_score if self.n_classes > 1 else metrics.r2_score
        return float(measure(y, self.predict(X)))

    def _predicted(self, data: Any, batch_size: int | None) -> Any:
        if self._estimator is None:
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("Call fit before predict: nothing is trained yet.")
        found = self._estimator.predict(
            np.asarray(data),
            batch_size=batch_size or self.batch_size,
            as_iterable=False,
        )
        return np.asarray(found)

    def _model(self, features: Any, labels: Any, mode: str) -> ModelFnOps:
        if self.class_weight is not None:
            tf.constant(self.class_weight, tf.float32, name="class_weight")
        if labels is None:  # the model asks for its labels also when it predicts
            shape = tf.shape(features)[:1]
            labels = tf.zeros(shape, tf.int64 if self.n_classes > 1 else tf.float32)
            labels.set_shape(features.shape[:1])
        if self.n_classes > 1:
            labels = tf.one_hot(tf.cast(labels, tf.int64), self.n_classes)
        predictions, loss = self.model_fn(features, labels)
        if mode == ModeKeys.INFER:
            return ModelFnOps(mode, predictions)
        train_op = optimize_loss(
            loss,
            tf.train.get_global_step(),
            self.learning_rate,
            self.optimizer,
            clip_gradients=self.clip_gradients,
        )
        return ModelFnOps(mode, predictions, loss, train_op)

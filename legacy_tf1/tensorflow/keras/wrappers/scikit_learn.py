"""Keras's models as scikit-learn's estimators, as `keras.wrappers.scikit_learn`.

Today: `keras.wrappers.SKLearnClassifier` and `SKLearnRegressor`, which take a model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from legacy_tf1.tensorflow.keras.models import Sequential
from legacy_tf1.tensorflow.keras.utils import to_categorical

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

_METHODS = ("fit", "predict", "evaluate")


class BaseWrapper(BaseEstimator):
    """What the two have in common.

    Args:
        build_fn: A function that returns a compiled model, or an object that is called.
        sk_params: Arguments of `build_fn`, and of the model's `fit`, `predict` and
            `evaluate`, as `epochs` and `batch_size`.
    """

    def __init__(
        self, build_fn: Callable[..., Any] | None = None, **sk_params: Any
    ) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.check_params(sk_params)

    def check_params(self, params: dict[str, Any]) -> None:
        """Refuses arguments that nothing takes.

        Raises:
            ValueError: If there is one.
        """
        known = {"nb_epoch"}.union(
            *(_of_model(name) for name in _METHODS),
            _names(self._builder()),
        )
        for name in params:
            if name not in known:
                raise ValueError(f"{name} is not a legal parameter")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Returns all arguments."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Changes arguments, and returns the estimator."""
        if "build_fn" in params:
            self.build_fn = params.pop("build_fn")
        self.check_params(params)
        self.sk_params.update(params)
        return self

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds a new model and trains it; returns its history."""
        builder = self._builder()
        self.model = builder(**self.filter_sk_params(builder))
        loss = getattr(self.model.loss, "__name__", self.model.loss)
        if loss == "categorical_crossentropy" and np.ndim(y) != 2:
            y = to_categorical(y)
        options = {**self._chosen("fit"), **kwargs}
        return self.model.fit(x, y, **options)

    def filter_sk_params(
        self, fn: Callable[..., Any], override: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Returns those arguments that a function takes."""
        names = _names(fn)
        own = {key: value for key, value in self.sk_params.items() if key in names}
        return {**own, **(override or {})}

    def _chosen(self, method: str) -> dict[str, Any]:
        """The arguments for a method of the model."""
        names = _of_model(method)
        own = {key: value for key, value in self.sk_params.items() if key in names}
        if "epochs" in names and "nb_epoch" in self.sk_params:
            own.setdefault("epochs", self.sk_params["nb_epoch"])  # Keras 1's name
        return own

    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is None:
            if not callable(self):
                raise ValueError(
                    f"{type(self).__name__} needs build_fn: a function that returns a "
                    "compiled model, or a method `__call__` that does."
                )
            return self.__call__
        if inspect.isfunction(self.build_fn) or inspect.ismethod(self.build_fn):
            return self.build_fn
        return self.build_fn.__call__  # type: ignore[operator]

    def _evaluated(self, x: Any, y: Any, kwargs: dict[str, Any]) -> Any:
        options = {**self._chosen("evaluate"), **kwargs}
        return self.model.evaluate(x, y, **options)


class KerasClassifier(ClassifierMixin, BaseWrapper):
    """As `keras.wrappers.scikit_learn.KerasClassifier`.

    Args:
        build_fn: As in `BaseWrapper`; the model has one output for each class, or one
            for the probability of the second.
        sk_params: As in `BaseWrapper`.
    """

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Trains a new model; labels may be of any type, or one-hot."""
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            self.classes_, places = np.unique(y, return_inverse=True)
            y = places.reshape(y.shape)
        else:
            raise ValueError(f"Invalid shape for y: {y.shape}")
        self.n_classes_ = len(self.classes_)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """Returns the most probable class of each row."""
        found = self._probabilities(x, kwargs)
        if found.shape[-1] > 1:
            return self.classes_[found.argmax(axis=-1)]
        return self.classes_[(found > 0.5).astype("int32")]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """Returns the probability of each class."""
        found = self._probabilities(x, kwargs)
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Returns the accuracy.

        Raises:
            ValueError: If the model was not compiled with `metrics=["accuracy"]`.
        """
        y = np.searchsorted(self.classes_, y)
        loss = getattr(self.model.loss, "__name__", self.model.loss)
        if loss == "categorical_crossentropy" and y.ndim != 2:
            y = to_categorical(y)
        outputs = self._evaluated(x, y, kwargs)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        values = dict(zip(self.model.metrics_names, outputs, strict=True))
        for name in ("acc", "accuracy"):
            if name in values:
                return float(values[name])
        raise ValueError(
            "The model is not configured to compute accuracy. You should pass "
            "`metrics=['accuracy']` to the `model.compile()` method."
        )

    def _probabilities(self, x: Any, kwargs: dict[str, Any]) -> Any:
        options = {**self._chosen("predict"), **kwargs}
        return self.model.predict(x, **options)


class KerasRegressor(RegressorMixin, BaseWrapper):
    """As `keras.wrappers.scikit_learn.KerasRegressor`.

    Args:
        build_fn: As in `BaseWrapper`.
        sk_params: As in `BaseWrapper`.
    """

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """Returns the predictions, without a last dimension of 1."""
        options = {**self._chosen("predict"), **kwargs}
        return np.squeeze(self.model.predict(x, **options))

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Returns the loss with the other sign, so that more is better."""
        outputs = self._evaluated(x, y, kwargs)
        return -float(outputs[0] if isinstance(outputs, list) else outputs)


def _names(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def _of_model(method: str) -> set[str]:
    """The arguments of a model's method, with those that it hands on to its base."""
    return set().union(
        *(
            _names(vars(each)[method])
            for each in Sequential.__mro__
            if method in vars(each)
        )
    )

"""`tf.keras.models`: models that train in graph mode, in the program's own session."""

from __future__ import annotations

from typing import Any

import numpy as np
from tensorflow.python.keras import backend
from tensorflow.python.keras.engine import functional as _functional
from tensorflow.python.keras.engine import sequential as _sequential
from tensorflow.python.keras.engine import training as _training

from legacy_tf1.tensorflow.keras import _frozen, _keras_1

__all__ = ["Model", "Sequential"]


class _AnyModel(type(_training.Model)):  # type: ignore[misc]
    """Makes every model an instance of `Model`, however it was made."""

    def __instancecheck__(cls, instance: Any) -> bool:
        """Whether it is one of Keras's models, if the question is as general as that."""
        if vars(cls).get("_is_any_model"):
            return isinstance(instance, _training.Model)
        return super().__instancecheck__(instance)


class Model(_keras_1.Training, _training.Model, metaclass=_AnyModel):
    """As `tf.keras.Model`; `Model(input=..., output=...)` was Keras 1's spelling."""

    _is_any_model = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A model of layers for inputs and outputs, else one whose class says `call`."""
        if cls is Model and (len(args) >= 2 or {"inputs", "input"} & set(kwargs)):
            renamed = {
                {"input": "inputs", "output": "outputs"}.get(name, name): value
                for name, value in kwargs.items()
            }
            if len(args) < 3 and renamed.get("name") is None:
                # "model", "model_1", ... as TensorFlow 1 called them.
                renamed["name"] = backend.unique_object_name("model", zero_based=True)
            return Functional(*args, **renamed)
        return super().__new__(cls, *args, **kwargs)


@_frozen.register
class Functional(_keras_1.Training, _functional.Functional):
    """What `Model(inputs, outputs)` returns."""


@_frozen.register
class Sequential(_keras_1.Training, _sequential.Sequential):
    """As `tf.keras.models.Sequential` of TensorFlow 1."""

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """As `predict`."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """Returns the likeliest class, or whether a single output is over 0.5."""
        outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
        if outputs.shape[-1] > 1:
            return np.argmax(outputs, axis=-1)
        return (outputs > 0.5).astype("int32")


__getattr__, __dir__ = _frozen.attach(__name__, "models", "engine.training")

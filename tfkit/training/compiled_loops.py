"""The methods that a model gets: Keras's `fit`, `evaluate` and `predict`, compiled."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Literal

import keras

from tfkit.training.keras_loops import KerasEngine, KerasLoops
from tfkit.training.plan import TrainingPlan

if TYPE_CHECKING:
    from keras import Model as _Base  # the one that follows as a base

    from tfkit.training.engine import Engine
else:
    _Base = object  # so that the class can stand before any


class CompiledLoops(_Base):
    """Puts the compiled loops before those of the Keras model that follows as a base."""

    def compile(
        self, *args: Any, jit_compile: bool | Literal["auto"] = "auto", **kwargs: Any
    ) -> None:
        """Configures training, as in Keras.

        Args:
            *args: The optimizer, loss and so on, as for `keras.Model.compile`.
            jit_compile: True for XLA, False for TensorFlow's graph, "auto" for what is
                faster.
            **kwargs: As for `keras.Model.compile`. A `steps_per_execution` above 1
                fixes how many steps go into one call.
        """
        super().compile(*args, jit_compile=jit_compile, **kwargs)
        self._engine.jit_compile = jit_compile

    def get_compile_config(self) -> dict[str, Any]:
        """Returns what a file keeps of `compile`'s arguments."""
        config = super().get_compile_config()
        if config:
            # Keras keeps what "auto" came to, and it would be asked for when loaded.
            config["jit_compile"] = self._engine.jit_compile
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as the model was compiled that the file was written from."""
        if type(self).compile is not CompiledLoops.compile:
            super().compile_from_config(config)
            return
        # Keras refuses this for every class with a `compile` that is not its own.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def _engine(self) -> Engine | KerasEngine:
        engine = self.__dict__.get("_compiled_engine")
        if engine is None:
            keras_loops = KerasLoops(super().fit, super().evaluate, super().predict)
            own = type(self).evaluate is not CompiledLoops.evaluate
            engine = _engine(self, keras_loops, own_evaluate=own)
            self.__dict__["_compiled_engine"] = engine
        return engine

    @property
    def training_plan(self) -> TrainingPlan | None:
        """How the last `fit` ran and why, or None before the first."""
        return self._engine.plan

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> keras.callbacks.History:
        """Trains, in compiled epochs; arguments and result are those of Keras."""
        arguments = {**locals()}
        del arguments["self"]
        return self._engine.fit(arguments)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Returns the loss and metrics; arguments and result are those of Keras."""
        return self._engine.evaluate(
            x,
            y,
            batch_size,
            verbose,
            sample_weight,
            steps,
            callbacks,
            return_dict,
            **kwargs,
        )

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Returns the outputs as arrays; arguments and result are those of Keras."""
        return self._engine.predict(x, batch_size, verbose, steps, callbacks)


def accelerate(
    model: keras.Model, *, jit_compile: bool | Literal["auto"] = "auto"
) -> keras.Model:
    """Gives an existing Keras model the `fit`, `evaluate` and `predict` of tfkit's.

    The model stays what it is: same class, same weights, same file when saved. Only
    these three methods of this one object change, and `model.training_plan` is added.

    Args:
        model: Any Keras model, compiled or not. One loaded from a file has to be
            accelerated again.
        jit_compile: True for XLA, False for TensorFlow's graph, "auto" for what is
            faster. What `model.compile` was told does not count: Keras does not keep
            whether it was asked for.

    Returns:
        The same model.

    Raises:
        TypeError: If it is no Keras model.

    Example:
        >>> import keras, numpy as np, tfkit
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 2), "float32")
        >>> history = tfkit.accelerate(model).fit(x, x[:, :1], epochs=2, verbose=0)
        >>> model.training_plan.engine
        'graph'
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`model` must be a keras.Model. Received: {model!r} "
            f"(of type {type(model).__name__})."
        )
    if isinstance(model, CompiledLoops) or "_compiled_engine" in model.__dict__:
        return model
    engine = _engine(
        model,
        KerasLoops(model.fit, model.evaluate, model.predict),
        jit_compile=jit_compile,
        own_evaluate=type(model).evaluate is not keras.Model.evaluate,
        shows_plan=True,
    )
    model.__dict__["_compiled_engine"] = engine
    model.training_plan = None
    # What the methods below need of `self` is the engine alone.
    stand_in = types.SimpleNamespace(_engine=engine)
    for name in ("fit", "evaluate", "predict"):
        # What the model's class does in a way of its own stays.
        if getattr(type(model), name) is getattr(keras.Model, name):
            method = types.MethodType(getattr(CompiledLoops, name), stand_in)
            model.__dict__[name] = method
    return model


def _engine(
    model: keras.Model,
    loops: KerasLoops,
    *,
    shows_plan: bool = False,
    **options: Any,
) -> Engine | KerasEngine:
    """What runs the model's loops on this backend."""
    if keras.backend.backend() != "tensorflow":
        return KerasEngine(model, loops, shows_plan=shows_plan)
    from tfkit.training.engine import Engine

    return Engine(model, loops, shows_plan=shows_plan, **options)

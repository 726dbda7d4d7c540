"""`tf.contrib.learn.Estimator`: fit, evaluate and predict, on arrays too."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf
from sklearn.exceptions import NotFittedError
from tensorflow.python.training import training_util
from tensorflow.python.util import function_utils

from legacy_tf1.tensorflow.contrib.layers.feature_column import real_valued_column
from legacy_tf1.tensorflow.contrib.learn.estimators import feeding
from legacy_tf1.tensorflow.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from legacy_tf1.tensorflow.contrib.learn.estimators.run_config import RunConfig
from legacy_tf1.tensorflow.contrib.learn.metric_spec import metric_ops
from legacy_tf1.tensorflow.estimator import loops

_Input = Callable[[], Any]
_Feed = Callable[[], dict[Any, np.ndarray]] | None


class BaseEstimator:
    """What the estimators of `tf.contrib.learn` share."""

    def __init__(self, model_dir: Any = None, config: Any = None) -> None:
        if config is None:
            config = RunConfig()
            tf.logging.info("Using default config.")
        if None not in (model_dir, config.model_dir) and model_dir != config.model_dir:
            raise ValueError(
                "model_dir are set both in constructor and RunConfig, but with "
                f"different values. In constructor: '{model_dir}', in RunConfig: "
                f"'{config.model_dir}' "
            )
        folder = model_dir or config.model_dir
        if folder is None:
            folder = tempfile.mkdtemp()
            tf.logging.warning("Using temporary folder as model directory: %s", folder)
        self._model_dir = os.fspath(folder)
        self._labels: Any = None  # what they were like when it was trained
        self._config = config.replace(model_dir=self._model_dir)
        self._session_config = config.session_config or tf.ConfigProto(
            allow_soft_placement=True
        )
        tf.logging.info("Using config: %s", str(vars(self._config)))

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and summaries."""
        return self._model_dir

    @property
    def config(self) -> Any:
        """A copy of the settings."""
        return copy.deepcopy(self._config)

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, metrics: Any = None
    ) -> ModelFnOps:
        raise NotImplementedError

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: _Input | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        monitors: Sequence[Any] | None = None,
        max_steps: int | None = None,
    ) -> Any:
        """Trains on arrays or on what `input_fn` returns, from the last checkpoint on."""
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        make_input, feed = _input(x, y, input_fn, batch_size, shuffle=True, epochs=None)
        if max_steps is not None and max_steps <= self._trained_steps():
            tf.logging.info("Skipping training since max_steps has already saved.")
            return self
        hooks = [] if feed is None else [feeding.FeedFn(feed)]
        for monitor in monitors or ():
            if hasattr(monitor, "set_estimator"):
                monitor.set_estimator(self)
            hooks.append(monitor)
        if steps is not None or max_steps is not None:
            hooks.append(tf.train.StopAtStepHook(steps, max_steps))

        def build() -> tuple[ModelFnOps, list[Any]]:
            features, labels, input_hooks = loops.as_features_and_labels(make_input())
            self._labels = _each(_Signature.of, labels)
            training_util._get_or_create_global_step_read()
            ops = self._call_model_fn(features, labels, ModeKeys.TRAIN)
            return ops, input_hooks

        loss = loops.train(self._place(), build, hooks)
        tf.logging.info("Loss for final step: %s.", loss)
        return self

    def partial_fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: _Input | None = None,
        steps: int | None = 1,
        batch_size: int | None = None,
        monitors: Sequence[Any] | None = None,
    ) -> Any:
        """One more step, or several."""
        return self.fit(x, y, input_fn, steps, batch_size, monitors)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: _Input | None = None,
        feed_fn: _Feed = None,
        batch_size: int | None = None,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
        checkpoint_path: str | None = None,
        hooks: Sequence[Any] | None = None,
        log_progress: bool = True,
    ) -> dict[str, Any]:
        """Returns the metrics over the input."""
        del log_progress
        if metrics is not None and not isinstance(metrics, dict):
            raise ValueError(f"Metrics argument should be None or dict. Got {metrics}.")
        make_input, feed = _input(x, y, input_fn, batch_size, shuffle=False, epochs=1)
        feed = feed_fn or feed
        checkpoint = checkpoint_path or self._checkpoint()
        all_hooks = [] if feed is None else [feeding.FeedFn(feed)]

        def build() -> tuple[ModelFnOps, list[Any]]:
            features, labels, input_hooks = loops.as_features_and_labels(make_input())
            self._labels = _each(_Signature.of, labels)
            ops = self._call_model_fn(features, labels, ModeKeys.EVAL, metrics)
            if "loss" not in ops.eval_metric_ops:
                ops.eval_metric_ops["loss"] = tf.metrics.mean(ops.loss)
            return ops, input_hooks

        return loops.evaluate(
            self._place(),
            build,
            [*all_hooks, *(hooks or ())],
            steps=steps or None,
            checkpoint=checkpoint,
            output_dir=loops.evaluation_dir(self._model_dir, name),
        )

    def predict(
        self,
        x: Any = None,
        input_fn: _Input | None = None,
        batch_size: int | None = None,
        outputs: Sequence[str] | None = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        """Predictions one by one, or all together where `as_iterable` is False."""
        batches = self._batches(x, input_fn, batch_size, outputs)
        if as_iterable:
            return batches if iterate_batches else _one_by_one(batches)
        if x is None:  # an input_fn need not end: one batch, as it was then
            return next(batches)
        every = list(batches)
        if not isinstance(every[0], dict):
            return np.concatenate(every)
        return {name: np.concatenate([one[name] for one in every]) for name in every[0]}

    def _batches(
        self, x: Any, input_fn: _Input | None, batch_size: int | None, outputs: Any
    ) -> Iterator[Any]:
        make_input, feed = _input(x, None, input_fn, batch_size, False, 1)
        checkpoint = self._checkpoint()
        endless = []

        def build() -> tuple[ModelFnOps, Any, list[Any]]:
            features, _, hooks = loops.as_features_and_labels(make_input())
            queues = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
            if not (hooks or queues or feed):
                endless.append(True)  # constants: they are one batch
            # A model_fn that asks for no mode computes its loss here too.
            labels = _each(_Signature.placeholder, self._labels)
            ops = self._call_model_fn(features, labels, ModeKeys.INFER)
            return ops, loops.chosen(ops.predictions, outputs), hooks

        hooks = [] if feed is None else [feeding.FeedFn(feed)]
        for batch in loops.predict(self._place(), build, hooks, checkpoint):
            yield batch
            if endless:
                return

    def get_variable_value(self, name: str) -> np.ndarray:
        """Reads a variable from the last checkpoint."""
        return tf.train.load_variable(self._model_dir, name)

    def get_variable_names(self) -> list[str]:
        """The names of the last checkpoint's variables."""
        return [name for name, _ in tf.train.list_variables(self._model_dir)]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments as far as they are kept, as in scikit-learn."""
        del deep
        return {"model_dir": self._model_dir, "config": self._config}

    def _place(self) -> loops.Place:
        return loops.Place(self._model_dir, self._config, self._session_config)

    def _checkpoint(self) -> str:
        path = tf.train.latest_checkpoint(self._model_dir)
        if path is None:
            raise NotFittedError(f"Couldn't find trained model at {self._model_dir}.")
        return path

    def _trained_steps(self) -> int:
        try:
            return int(self.get_variable_value(tf.GraphKeys.GLOBAL_STEP))
        except (tf.errors.NotFoundError, ValueError):
            return 0


class _Signature(NamedTuple):
    """What is known of labels before there are any."""

    dtype: tf.DType
    shape: list[int | None] | None
    is_sparse: bool

    @classmethod
    def of(cls, labels: Any) -> _Signature:
        """The signature of a tensor, sparse or not."""
        if isinstance(labels, tf.SparseTensor):
            return cls(labels.dtype, None, True)
        known = labels.shape.ndims is not None
        # The rows of one batch say nothing of another's.
        shape = [None, *labels.shape.as_list()[1:]] if known else None
        return cls(labels.dtype, shape, False)

    def placeholder(self) -> Any:
        """What stands for labels where a program has none to give."""
        if self.is_sparse:
            return tf.sparse_placeholder(self.dtype)
        return tf.placeholder(self.dtype, self.shape)


def _each(function: Callable[[Any], Any], labels: Any) -> Any:
    """Applies it to labels, or to each of those in a dictionary."""
    if isinstance(labels, dict):
        return {name: function(each) for name, each in labels.items()}
    return None if labels is None else function(labels)


def _one_by_one(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        yield from loops.examples(batch)


def _input(
    x: Any,
    y: Any,
    input_fn: _Input | None,
    batch_size: int | None,
    shuffle: bool,
    epochs: int | None,
) -> tuple[_Input, _Feed]:
    if input_fn is not None:
        if x is not None or y is not None:
            raise ValueError("Can not provide both input_fn and x or y.")
        if batch_size is not None:
            raise ValueError("Can not provide both input_fn and batch_size.")
        return input_fn, None
    if x is None:
        raise ValueError("Either x or input_fn must be provided.")
    if tf.is_tensor(x) or tf.is_tensor(y):
        raise ValueError("Inputs cannot be tensors. Please provide input_fn.")
    feeder = feeding.DataFeeder(x, y, batch_size, shuffle, epochs)
    return feeder.input_fn, feeder.feed


class Estimator(BaseEstimator):
    """The model of a function, as `tf.contrib.learn.Estimator`.

    Args:
        model_fn: `model_fn(features, labels[, mode, params, config, model_dir])` that
            returns `ModelFnOps` or a tuple of predictions, loss and train op.
        model_dir: Checkpoints and summaries; a temporary folder where it is None.
        config: A `tf.contrib.learn.RunConfig`.
        params: Handed to `model_fn`.
        feature_engineering_fn: Changes features and labels first.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any],
        model_dir: Any = None,
        config: Any = None,
        params: dict[str, Any] | None = None,
        feature_engineering_fn: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    ) -> None:
        super().__init__(model_dir, config)
        if params is not None and "params" not in function_utils.fn_args(model_fn):
            raise ValueError(
                f"Estimator's model_fn ({model_fn}) does not have a params argument, but "
                f"params ({params}) were passed to the Estimator's constructor."
            )
        self._model_fn, self.params = model_fn, params
        self._engineer = feature_engineering_fn or (lambda x, y: (x, y))

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, metrics: Any = None
    ) -> ModelFnOps:
        features, labels = self._engineer(features, labels)
        names = function_utils.fn_args(self._model_fn)
        offered = {
            "mode": mode,
            "params": self.params,
            "config": self.config,
            "model_dir": self.model_dir,
        }
        given = {name: value for name, value in offered.items() if name in names}
        result = self._model_fn(features, labels, **given)
        if not isinstance(result, ModelFnOps):
            if not isinstance(result, tuple) or len(result) != 3:
                raise ValueError(
                    "Unrecognized value returned by model_fn, please return ModelFnOps."
                )
            predictions, loss, train_op = result
            result = ModelFnOps(mode, predictions, loss, train_op)
        if metrics:
            result.eval_metric_ops.update(
                metric_ops(metrics, features, labels, result.predictions)
            )
        return result


class SKCompat:
    """An estimator with scikit-learn's methods, as `tf.contrib.learn.SKCompat`."""

    def __init__(self, estimator: BaseEstimator) -> None:
        self._estimator = estimator

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 128,
        steps: int | None = None,
        max_steps: int | None = None,
        monitors: Sequence[Any] | None = None,
    ) -> SKCompat:
        """Trains on arrays."""
        self._estimator.fit(
            x, y, None, steps, batch_size, monitors=monitors, max_steps=max_steps
        )
        return self

    def score(
        self,
        x: Any,
        y: Any,
        batch_size: int = 128,
        steps: int | None = None,
        metrics: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Returns the metrics over arrays."""
        return BaseEstimator.evaluate(
            self._estimator,
            x,
            y,
            batch_size=batch_size,
            steps=steps,
            metrics=metrics,
            name=name,
        )

    def predict(
        self, x: Any, batch_size: int = 128, outputs: Sequence[str] | None = None
    ) -> Any:
        """Predictions of all rows in one array, or one for each name."""
        return BaseEstimator.predict(
            self._estimator, x, None, batch_size, outputs, as_iterable=False
        )


def infer_real_valued_columns_from_input(x: Any) -> list[Any]:
    """One column for an array, or one for each of a dictionary."""
    feeder = feeding.DataFeeder(x, None, None, shuffle=False, epochs=1)
    return infer_real_valued_columns_from_input_fn(feeder.input_fn)


def infer_real_valued_columns_from_input_fn(input_fn: _Input) -> list[Any]:
    """The same for what an `input_fn` returns."""
    with tf.Graph().as_default():
        features, _, _ = loops.as_features_and_labels(input_fn())
        named = features if isinstance(features, dict) else {"": features}
        return [
            real_valued_column(
                name,
                tensor.shape[-1].value if tensor.shape.ndims > 1 else 1,
                dtype=tf.float32 if not tensor.dtype.is_integer else tensor.dtype,
            )
            for name, tensor in sorted(named.items())
        ]

"""`tf.estimator.Estimator`: a model function with its checkpoints and its three loops."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.training import training_util
from tensorflow.python.util import function_utils

from legacy_tf1.tensorflow.estimator import loops
from legacy_tf1.tensorflow.estimator.export import saved_models
from legacy_tf1.tensorflow.estimator.model_fn import (
    LOSS_METRIC_KEY,
    EstimatorSpec,
    ModeKeys,
    checked_hooks,
)
from legacy_tf1.tensorflow.estimator.run_config import RunConfig

_MODEL_FN_ARGUMENTS = {"features", "labels", "mode", "params", "self", "config"}


class WarmStartSettings(NamedTuple):
    """Which variables start from which checkpoint, as `tf.estimator.WarmStartSettings`."""

    ckpt_to_initialize_from: str
    vars_to_warm_start: Any = ".*"
    var_name_to_vocab_info: Any = None
    var_name_to_prev_var_name: Any = None


#: How a vocabulary changed between two checkpoints.
VocabInfo = tf.train.VocabInfo


class Estimator:
    """Trains, evaluates and uses the model of a function, as `tf.estimator.Estimator`.

    Args:
        model_fn: `model_fn(features, labels, mode, params, config)` that returns an
            `EstimatorSpec`; the last three arguments are passed if it has them.
        model_dir: Checkpoints and summaries; a temporary folder where it is None.
        config: A `RunConfig`.
        params: Handed to `model_fn`.
        warm_start_from: A checkpoint, a SavedModel or `WarmStartSettings`.

    Raises:
        ValueError: If `model_fn` has arguments that no estimator gives.
    """

    def __init__(
        self,
        model_fn: Callable[..., EstimatorSpec],
        model_dir: Any = None,
        config: Any = None,
        params: dict[str, Any] | None = None,
        warm_start_from: Any = None,
    ) -> None:
        _refuse_overrides(type(self))
        self._config = _config_with_folder(config, model_dir)
        self._model_dir: str = self._config.model_dir
        self._session_config = self._config.session_config or _session_config()
        tf.logging.info("Using config: %s", str(vars(self._config)))
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        _check_model_fn(model_fn, params)
        self._model_fn = model_fn
        self._params = copy.deepcopy(params or {})
        self._warm_start = _warm_start_settings(warm_start_from)

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and summaries."""
        return self._model_dir

    @property
    def config(self) -> Any:
        """A copy of the settings."""
        return copy.deepcopy(self._config)

    @property
    def params(self) -> dict[str, Any]:
        """A copy of what `model_fn` is given."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model function with its parameters filled in."""

        def bound(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return self._call_model_fn(features, labels, mode, config)

        return bound

    def get_variable_value(self, name: str) -> np.ndarray:
        """Reads a variable from the last checkpoint."""
        self._needs_checkpoint()
        return tf.train.load_variable(self._model_dir, name)

    def get_variable_names(self) -> list[str]:
        """The names of the last checkpoint's variables."""
        self._needs_checkpoint()
        return [name for name, _ in tf.train.list_variables(self._model_dir)]

    def latest_checkpoint(self) -> str | None:
        """The path of the last checkpoint, None if there is none."""
        return tf.train.latest_checkpoint(self._model_dir)

    def eval_dir(self, name: str | None = None) -> str:
        """The folder of an evaluation's summaries."""
        return loops.evaluation_dir(self._model_dir, name)

    def train(
        self,
        input_fn: Callable[..., Any],
        hooks: Iterable[Any] | None = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Iterable[Any] | None = None,
    ) -> Estimator:
        """Trains from the last checkpoint on, if there is one.

        Args:
            input_fn: Returns a dataset or `(features, labels)`.
            hooks: Session run hooks.
            steps: So many more steps.
            max_steps: So many steps in all.
            saving_listeners: Told before and after each checkpoint.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        for name, value in (("steps", steps), ("max_steps", max_steps)):
            if value is not None and value <= 0:
                raise ValueError(f"Must specify {name} > 0, given: {value}")
        if max_steps is not None and max_steps <= self._trained_steps():
            tf.logging.info("Skipping training since max_steps has already saved.")
            return self
        all_hooks = list(checked_hooks(hooks))
        if steps is not None or max_steps is not None:
            all_hooks.append(tf.train.StopAtStepHook(steps, max_steps))

        def build() -> tuple[EstimatorSpec, list[Any]]:
            training_util._get_or_create_global_step_read()
            spec, input_hooks = self._build(input_fn, ModeKeys.TRAIN)
            self._start_warm()
            return spec, input_hooks

        listeners = list(saving_listeners or ())
        loss = loops.train(self._place(), build, all_hooks, listeners)
        tf.logging.info("Loss for final step: %s.", loss)
        return self

    def evaluate(
        self,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Iterable[Any] | None = None,
        checkpoint_path: str | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Returns the metrics over the input, with `loss` and `global_step`."""
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        checkpoint = self._checkpoint(checkpoint_path, "evaluate")

        def build() -> tuple[EstimatorSpec, list[Any]]:
            spec, input_hooks = self._build(input_fn, ModeKeys.EVAL)
            if LOSS_METRIC_KEY in spec.eval_metric_ops:
                raise ValueError(
                    f'Metric with name "{LOSS_METRIC_KEY}" is not allowed, because '
                    "Estimator already defines a default metric with the same name."
                )
            spec.eval_metric_ops[LOSS_METRIC_KEY] = tf.metrics.mean(spec.loss)
            if not checkpoint:
                self._start_warm()
            return spec, input_hooks

        return loops.evaluate(
            self._place(),
            build,
            checked_hooks(hooks),
            steps=steps,
            checkpoint=checkpoint,
            output_dir=self.eval_dir(name),
        )

    def predict(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Iterable[Any] | None = None,
        checkpoint_path: str | None = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """Yields the predictions, one example or one batch at a time."""
        checkpoint = self._checkpoint(checkpoint_path, "predict")

        def build() -> tuple[EstimatorSpec, Any, list[Any]]:
            result = self._call_input_fn(input_fn, ModeKeys.PREDICT)
            features, _, input_hooks = loops.as_features_and_labels(result)
            if not (input_hooks or tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)):
                tf.logging.warning(
                    "Input graph does not use tf.data.Dataset or contain a QueueRunner. "
                    "That means predict yields forever. This is probably a mistake."
                )
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            if not checkpoint:
                self._start_warm()
            return spec, loops.chosen(spec.predictions, predict_keys), input_hooks

        batches = loops.predict(self._place(), build, checked_hooks(hooks), checkpoint)
        for batch in batches:
            if yield_single_examples:
                yield from loops.examples(batch)
            else:
                yield batch

    def export_saved_model(
        self,
        export_dir_base: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        experimental_mode: str = ModeKeys.PREDICT,
    ) -> bytes:
        """Writes a SavedModel into a folder named by the time; returns its path."""
        receivers = {experimental_mode: serving_input_receiver_fn}
        return self.experimental_export_all_saved_models(
            export_dir_base, receivers, assets_extra, as_text, checkpoint_path
        )

    def experimental_export_all_saved_models(
        self,
        export_dir_base: str,
        input_receiver_fn_map: dict[str, Callable[[], Any]],
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
    ) -> bytes:
        """Writes one SavedModel with a graph for each of the modes."""
        checkpoint = checkpoint_path or self.latest_checkpoint()
        if not checkpoint:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")
        return saved_models.write(
            self._call_model_fn,
            export_dir_base,
            input_receiver_fn_map,
            checkpoint,
            config=self.config,
            session_config=self._session_config,
            assets_extra=assets_extra,
            as_text=as_text,
        )

    def export_savedmodel(
        self,
        export_dir_base: str,
        serving_input_receiver_fn: Callable[[], Any],
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
        strip_default_attrs: bool = False,
    ) -> bytes:
        """The older name of `export_saved_model`."""
        del strip_default_attrs  # always done
        return self.export_saved_model(
            export_dir_base,
            serving_input_receiver_fn,
            assets_extra,
            as_text,
            checkpoint_path,
        )

    def _place(self) -> loops.Place:
        return loops.Place(self._model_dir, self._config, self._session_config)

    def _needs_checkpoint(self) -> None:
        if self.latest_checkpoint() is None:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")

    def _trained_steps(self) -> int:
        try:
            return int(
                tf.train.load_variable(self._model_dir, tf.GraphKeys.GLOBAL_STEP)
            )
        except (tf.errors.NotFoundError, ValueError):
            return 0

    def _checkpoint(self, path: str | None, purpose: str) -> str | None:
        path = path or self.latest_checkpoint()
        if not path:
            tf.logging.info(
                "Could not find trained model in model_dir: %s, running initialization "
                "to %s.",
                self._model_dir,
                purpose,
            )
        return path

    def _start_warm(self) -> None:
        if self._warm_start:
            tf.logging.info(
                "Warm-starting with WarmStartSettings: %s", self._warm_start
            )
            tf.train.warm_start(*self._warm_start)

    def _build(
        self, input_fn: Callable[..., Any], mode: str
    ) -> tuple[EstimatorSpec, list[Any]]:
        result = self._call_input_fn(input_fn, mode)
        features, labels, hooks = loops.as_features_and_labels(result)
        return self._call_model_fn(features, labels, mode, self.config), hooks

    def _call_input_fn(self, input_fn: Callable[..., Any], mode: str) -> Any:
        names = function_utils.fn_args(input_fn)
        offered = {"mode": mode, "params": self.params, "config": self.config}
        with tf.device("/cpu:0"):
            return input_fn(**{n: value for n, value in offered.items() if n in names})

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, config: Any
    ) -> EstimatorSpec:
        names = function_utils.fn_args(self._model_fn)
        if labels is not None and "labels" not in names:
            raise ValueError(
                "model_fn does not take labels, but input_fn returns labels."
            )
        offered = {
            "labels": labels,
            "mode": mode,
            "params": self.params,
            "config": config,
        }
        tf.logging.info("Calling model_fn.")
        spec = self._model_fn(
            features=features, **{n: v for n, v in offered.items() if n in names}
        )
        tf.logging.info("Done calling model_fn.")
        if not isinstance(spec, EstimatorSpec):
            raise ValueError(
                f"model_fn should return an EstimatorSpec. Received: {spec!r}"
            )
        return spec


def _refuse_overrides(cls: type) -> None:
    """Methods of an estimator call one another: a subclass brings a model_fn only."""
    if not issubclass(cls, Estimator):
        return
    own = {name for name in vars(Estimator) if not name.startswith("__")} - {"model_fn"}
    for base in cls.__mro__:
        if base is Estimator:
            return
        if base.__module__.startswith("legacy_tf1."):
            continue
        overridden = sorted(own & vars(base).keys())
        if overridden:
            raise ValueError(
                "Subclasses of Estimator cannot override members of Estimator. "
                f"{base} does override {', '.join(overridden)}"
            )


def _config_with_folder(config: Any, model_dir: Any) -> Any:
    if isinstance(config, dict):
        config = RunConfig(**config)
    if config is None:
        config = RunConfig()
        tf.logging.info("Using default config.")
    if model_dir is not None:
        model_dir = os.fspath(model_dir)
        if not model_dir:
            raise ValueError("model_dir should be non-empty")
        if config.model_dir is not None and config.model_dir != model_dir:
            raise ValueError(
                "`model_dir` are set both in constructor and `RunConfig`, but with "
                f"different values. In constructor: '{model_dir}', in `RunConfig`: "
                f"'{config.model_dir}' "
            )
    folder = model_dir or config.model_dir
    if folder is None:
        folder = tempfile.mkdtemp()
        tf.logging.warning("Using temporary folder as model directory: %s", folder)
    return config.replace(model_dir=folder)


def _session_config() -> Any:
    config = tf.ConfigProto(allow_soft_placement=True)
    # One pass of the optimizer of graphs, as TensorFlow 1 had it for estimators.
    config.graph_options.rewrite_options.meta_optimizer_iterations = 1
    return config


def _check_model_fn(model_fn: Callable[..., Any], params: Any) -> None:
    names = set(function_utils.fn_args(model_fn))
    if "features" not in names:
        raise ValueError(f"model_fn ({model_fn}) must include features argument.")
    if params is not None and "params" not in names:
        raise ValueError(
            f"model_fn ({model_fn}) does not include params argument, but params "
            f"({params}) is passed to Estimator."
        )
    if params is None and "params" in names:
        tf.logging.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not "
            "passed to Estimator.",
            model_fn,
        )
    unknown = sorted(names - _MODEL_FN_ARGUMENTS)
    if unknown:
        raise ValueError(
            f"model_fn ({model_fn}) has following not expected args: {unknown}"
        )


def _warm_start_settings(given: Any) -> WarmStartSettings | None:
    if given is None or isinstance(given, WarmStartSettings):
        return given
    if isinstance(given, (str, bytes)):
        path = tf.compat.as_str_any(given)
        variables = os.path.join(path, "variables", "variables")
        if tf.gfile.Exists(f"{variables}.index"):
            tf.logging.info("Warm-starting from a SavedModel")
            path = variables
        return WarmStartSettings(path)
    raise ValueError(
        "warm_start_from must be a string or a WarmStartSettings, instead got "
        f"{type(given)}"
    )

"""Linear models and networks of `tf.contrib.learn`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.learn.estimators import head as heads
from legacy_tf1.tensorflow.contrib.learn.estimators.estimator import Estimator
from legacy_tf1.tensorflow.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from legacy_tf1.tensorflow.estimator.canned import columns
from legacy_tf1.tensorflow.estimator.canned.optimizers import get_optimizer_instance

_ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.nn.tanh, "sigmoid": tf.nn.sigmoid}


def _named(features: Any) -> dict[str, Any]:
    """Features by name: those that are one tensor have an empty one."""
    return dict(features) if isinstance(features, dict) else {"": features}


def _deep(
    features: dict[str, Any],
    mode: str,
    units: int,
    hidden_units: Sequence[Any],
    feature_columns: Sequence[Any],
    activation_fn: Any,
    dropout: float | None,
) -> Any:
    if isinstance(activation_fn, str):
        activation_fn = _ACTIVATIONS[activation_fn]
    with tf.variable_scope("input_from_feature_columns"):
        net = columns.dense_features(features, feature_columns)
    for i, width in enumerate(hidden_units):
        with tf.variable_scope(f"hiddenlayer_{i}"):
            net = _fully_connected(net, int(width), activation_fn)
        if dropout is not None and mode == ModeKeys.TRAIN:
            net = tf.nn.dropout(net, rate=dropout)
    with tf.variable_scope("logits"):
        return _fully_connected(net, units, None)


def _fully_connected(net: Any, width: int, activation_fn: Any) -> Any:
    """A layer whose variables are `weights` and `biases`."""
    shape = [net.shape[-1].value, width]
    weights = tf.get_variable(
        "weights", shape, initializer=tf.glorot_uniform_initializer()
    )
    biases = tf.get_variable("biases", [width], initializer=tf.zeros_initializer())
    net = tf.nn.bias_add(tf.matmul(net, weights), biases)
    return net if activation_fn is None else activation_fn(net)


def _minimizer(
    parts: Sequence[tuple[Any, str]], clip_norm: float | None
) -> Callable[[Any], Any]:
    """The train op of a loss: each optimizer has the variables of its scope."""

    def train_op(loss: Any) -> Any:
        updates = []
        for optimizer, scope in parts:
            variables = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope)
            pairs = optimizer.compute_gradients(loss, variables)
            if clip_norm is not None:
                gradients, variables = zip(*pairs, strict=True)
                clipped, _ = tf.clip_by_global_norm(gradients, clip_norm)
                pairs = list(zip(clipped, variables, strict=True))
            updates.append(optimizer.apply_gradients(pairs))
        with tf.control_dependencies(updates):
            return tf.assign_add(tf.train.get_global_step(), 1).op

    return train_op


class _DNNLinear(Estimator):
    """A linear part, a deep part, or both under one head."""

    def __init__(
        self,
        head: heads.Head,
        *,
        model_dir: Any,
        config: Any,
        feature_engineering_fn: Any,
        wide: Sequence[Any] | None = None,
        wide_optimizer: Any = None,
        deep: Sequence[Any] | None = None,
        deep_optimizer: Any = None,
        hidden_units: Sequence[Any] | None = None,
        activation_fn: Any = None,
        dropout: float | None = None,
        clip_norm: float | None = None,
        rates: tuple[float, float] = (0.2, 0.05),
    ) -> None:
        if not (wide or deep):
            raise ValueError(
                "Either linear_feature_columns or dnn_feature_columns must be defined."
            )
        wide, deep = tuple(wide or ()), tuple(deep or ())

        def model_fn(features: Any, labels: Any, mode: str) -> ModelFnOps:
            named = _named(features)
            parts, logits = [], []
            if deep:
                with tf.variable_scope("dnn"):
                    logits.append(
                        _deep(
                            named,
                            mode,
                            head.logits_dimension,
                            hidden_units or (),
                            deep,
                            activation_fn,
                            dropout,
                        )
                    )
                optimizer = get_optimizer_instance(
                    deep_optimizer or "Adagrad", rates[1]
                )
                parts.append((optimizer, "dnn/"))
            if wide:
                with tf.variable_scope("linear"):
                    total, _, _ = columns.linear_model(
                        named, wide, head.logits_dimension, "sum"
                    )
                logits.append(total)
                rate = min(rates[0], 1.0 / math.sqrt(len(wide)))
                optimizer = get_optimizer_instance(wide_optimizer or "Ftrl", rate)
                parts.append((optimizer, "linear/"))
            return head.create_model_fn_ops(
                named,
                mode,
                labels,
                _minimizer(parts, clip_norm),
                tf.add_n(logits) if len(logits) > 1 else logits[0],
            )

        super().__init__(
            model_fn, model_dir, config, feature_engineering_fn=feature_engineering_fn
        )


class _Classifier(_DNNLinear):
    def predict(
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        outputs: Any = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        """Classes, or what `outputs` names."""
        if outputs:
            return super().predict(
                x, input_fn, batch_size, outputs, as_iterable, iterate_batches
            )
        return self.predict_classes(x, input_fn, batch_size, as_iterable)

    def predict_classes(
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        as_iterable: bool = True,
    ) -> Any:
        """The most likely class of each example."""
        return self._one(
            heads.PredictionKey.CLASSES, x, input_fn, batch_size, as_iterable
        )

    def predict_proba(
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        as_iterable: bool = True,
    ) -> Any:
        """The probabilities of the classes."""
        key = heads.PredictionKey.PROBABILITIES
        return self._one(key, x, input_fn, batch_size, as_iterable)

    def _one(
        self, key: str, x: Any, input_fn: Any, batch_size: int | None, as_iterable: bool
    ) -> Any:
        result = Estimator.predict(self, x, input_fn, batch_size, [key], as_iterable)
        return (one[key] for one in result) if as_iterable else result[key]


class _Regressor(_DNNLinear):
    def predict(
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        outputs: Any = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        """Scores, or what `outputs` names."""
        if outputs:
            return super().predict(
                x, input_fn, batch_size, outputs, as_iterable, iterate_batches
            )
        return self.predict_scores(x, input_fn, batch_size, as_iterable)

    def predict_scores(
        self,
        x: Any = None,
        input_fn: Any = None,
        batch_size: int | None = None,
        as_iterable: bool = True,
    ) -> Any:
        """The predicted number of each example."""
        key = heads.PredictionKey.SCORES
        result = Estimator.predict(self, x, input_fn, batch_size, [key], as_iterable)
        return (one[key] for one in result) if as_iterable else result[key]

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The metrics; plain functions among them are of the scores."""
        metrics = kwargs.get("metrics")
        if isinstance(metrics, dict):
            kwargs["metrics"] = {
                (key, heads.PredictionKey.SCORES)
                if callable(metric) and not isinstance(key, tuple)
                else key: metric
                for key, metric in metrics.items()
            }
        return super().evaluate(*args, **kwargs)


class DNNClassifier(_Classifier):
    """Classes by a network; after it came `tf.estimator.DNNClassifier`."""

    def __init__(
        self,
        hidden_units: Sequence[Any],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        activation_fn: Any = tf.nn.relu,
        dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Any = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        label_keys: Sequence[str] | None = None,
    ) -> None:
        del enable_centered_bias, embedding_lr_multipliers, input_layer_min_slice_size
        super().__init__(
            heads.multi_class_head(
                n_classes, weight_column_name=weight_column_name, label_keys=label_keys
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            deep=feature_columns,
            deep_optimizer=optimizer,
            hidden_units=hidden_units,
            activation_fn=activation_fn,
            dropout=dropout,
            clip_norm=gradient_clip_norm,
        )


class DNNRegressor(_Regressor):
    """Numbers by a network; after it came `tf.estimator.DNNRegressor`."""

    def __init__(
        self,
        hidden_units: Sequence[Any],
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        activation_fn: Any = tf.nn.relu,
        dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Any = None,
        label_dimension: int = 1,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
    ) -> None:
        del enable_centered_bias, embedding_lr_multipliers, input_layer_min_slice_size
        super().__init__(
            heads.regression_head(
                weight_column_name=weight_column_name, label_dimension=label_dimension
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            deep=feature_columns,
            deep_optimizer=optimizer,
            hidden_units=hidden_units,
            activation_fn=activation_fn,
            dropout=dropout,
            clip_norm=gradient_clip_norm,
        )


class LinearClassifier(_Classifier):
    """Logistic or softmax regression; after it came `tf.estimator.LinearClassifier`."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        _joint_weight: bool = False,
        config: Any = None,
        feature_engineering_fn: Any = None,
        label_keys: Sequence[str] | None = None,
    ) -> None:
        del enable_centered_bias, _joint_weight
        super().__init__(
            heads.multi_class_head(
                n_classes, weight_column_name=weight_column_name, label_keys=label_keys
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            wide=feature_columns,
            wide_optimizer=optimizer,
            clip_norm=gradient_clip_norm,
        )


class LinearRegressor(_Regressor):
    """Linear regression; after it came `tf.estimator.LinearRegressor`."""

    def __init__(
        self,
        feature_columns: Sequence[Any],
        model_dir: Any = None,
        weight_column_name: str | None = None,
        optimizer: Any = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        label_dimension: int = 1,
        _joint_weights: bool = False,
        config: Any = None,
        feature_engineering_fn: Any = None,
    ) -> None:
        del enable_centered_bias, _joint_weights
        super().__init__(
            heads.regression_head(
                weight_column_name=weight_column_name, label_dimension=label_dimension
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            wide=feature_columns,
            wide_optimizer=optimizer,
            clip_norm=gradient_clip_norm,
        )


class DNNLinearCombinedClassifier(_Classifier):
    """Wide and deep, for classes."""

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column_name: str | None = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = None,
        _joint_linear_weights: bool = False,
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = None,
        dnn_hidden_units: Sequence[Any] | None = None,
        dnn_activation_fn: Any = tf.nn.relu,
        dnn_dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        config: Any = None,
        feature_engineering_fn: Any = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        label_keys: Sequence[str] | None = None,
        fix_global_step_increment_bug: bool = False,
    ) -> None:
        del enable_centered_bias, _joint_linear_weights, fix_global_step_increment_bug
        del embedding_lr_multipliers, input_layer_min_slice_size
        super().__init__(
            heads.multi_class_head(
                n_classes, weight_column_name=weight_column_name, label_keys=label_keys
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            wide=linear_feature_columns,
            wide_optimizer=linear_optimizer,
            deep=dnn_feature_columns,
            deep_optimizer=dnn_optimizer,
            hidden_units=dnn_hidden_units,
            activation_fn=dnn_activation_fn,
            dropout=dnn_dropout,
            clip_norm=gradient_clip_norm,
        )


class DNNLinearCombinedRegressor(_Regressor):
    """Wide and deep, for numbers."""

    def __init__(
        self,
        model_dir: Any = None,
        weight_column_name: str | None = None,
        linear_feature_columns: Sequence[Any] | None = None,
        linear_optimizer: Any = None,
        _joint_linear_weights: bool = False,
        dnn_feature_columns: Sequence[Any] | None = None,
        dnn_optimizer: Any = None,
        dnn_hidden_units: Sequence[Any] | None = None,
        dnn_activation_fn: Any = tf.nn.relu,
        dnn_dropout: float | None = None,
        gradient_clip_norm: float | None = None,
        enable_centered_bias: bool = False,
        label_dimension: int = 1,
        config: Any = None,
        feature_engineering_fn: Any = None,
        embedding_lr_multipliers: Any = None,
        input_layer_min_slice_size: int | None = None,
        fix_global_step_increment_bug: bool = False,
    ) -> None:
        del enable_centered_bias, _joint_linear_weights, fix_global_step_increment_bug
        del embedding_lr_multipliers, input_layer_min_slice_size
        super().__init__(
            heads.regression_head(
                weight_column_name=weight_column_name, label_dimension=label_dimension
            ),
            model_dir=model_dir,
            config=config,
            feature_engineering_fn=feature_engineering_fn,
            wide=linear_feature_columns,
            wide_optimizer=linear_optimizer,
            deep=dnn_feature_columns,
            deep_optimizer=dnn_optimizer,
            hidden_units=dnn_hidden_units,
            activation_fn=dnn_activation_fn,
            dropout=dnn_dropout,
            clip_norm=gradient_clip_norm,
        )


class LogisticRegressor(Estimator):
    """Two classes of a model that predicts their probability.

    As `tf.contrib.learn.LogisticRegressor`: the function's first result is between 0 and
    1, and its evaluation has accuracy and AUC.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any],
        thresholds: Sequence[float] | None = None,
        model_dir: Any = None,
        config: Any = None,
        feature_engineering_fn: Any = None,
    ) -> None:
        super().__init__(
            model_fn, model_dir, config, feature_engineering_fn=feature_engineering_fn
        )
        self._thresholds = thresholds or (0.5,)

    def _call_model_fn(
        self, features: Any, labels: Any, mode: str, metrics: Any = None
    ) -> ModelFnOps:
        ops = super()._call_model_fn(features, labels, mode, metrics)
        if mode == ModeKeys.EVAL:
            probability = ops.predictions
            labels = tf.reshape(tf.cast(labels, tf.float32), tf.shape(probability))
            ops.eval_metric_ops["auc"] = tf.metrics.auc(labels, probability)
            for at in self._thresholds:
                above = tf.cast(probability >= at, tf.float32)
                accuracy = tf.metrics.accuracy(labels, above)
                ops.eval_metric_ops[heads.MetricKey.ACCURACY_MEAN % at] = accuracy
                ops.eval_metric_ops.setdefault("accuracy", accuracy)
        return ops

"""Heads: from logits to predictions, loss, metrics and the train op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.weights_broadcast_ops import broadcast_weights
from tensorflow.python.util import function_utils

from legacy_tf1.tensorflow.estimator import export
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec, ModeKeys

_SUM = tf.losses.Reduction.SUM
_DEFAULT_SERVING = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY


class Head:
    """What the heads have in common.

    Args:
        weight_column: The feature of the examples' weights: its name or a numeric column.
        loss_reduction: How the examples' losses become one.
        loss_fn: `loss_fn(labels, logits[, features])` instead of the head's own.
        name: Ends the names of the metrics, for models of several heads.
    """

    logits_dimension = 1
    _allow_per_logit_weights = False

    def __init__(
        self,
        weight_column: Any = None,
        loss_reduction: str = _SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        if loss_reduction not in tf.losses.Reduction.all() or loss_reduction == "none":
            raise ValueError(f"Invalid loss_reduction: {loss_reduction}")
        if loss_fn is not None:
            names = function_utils.fn_args(loss_fn)
            if (
                not {"labels", "logits"}
                <= set(names)
                <= {"labels", "logits", "features"}
            ):
                raise ValueError(
                    "loss_fn must have the arguments labels and logits, and may have "
                    f"features. Given arguments: {names}"
                )
        self._weight_column = weight_column
        self._loss_reduction = loss_reduction
        self._loss_fn = loss_fn
        self.name = name

    # What a kind of head decides.

    def _label_ids(self, labels: Any) -> Any:
        raise NotImplementedError

    def _unweighted_loss(self, labels: Any, logits: Any) -> Any:
        raise NotImplementedError

    def _predictions(self, logits: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _metrics(
        self, labels: Any, predictions: dict[str, Any], weights: Any
    ) -> dict[str, Any]:
        raise NotImplementedError

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    # What they share.

    def create_loss(
        self, features: Any, mode: str, logits: Any, labels: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Returns the loss, the examples' losses, their weights and the label ids."""
        del mode
        logits = tf.convert_to_tensor(logits)
        width = (
            1
            if self.logits_dimension > 1 and not self._allow_per_logit_weights
            else (self.logits_dimension)
        )
        labels = self._label_ids(_labels_like_logits(labels, logits, width))
        if self._loss_fn is None:
            losses = self._unweighted_loss(labels, logits)
        else:
            arguments = {"labels": labels, "logits": logits}
            if "features" in function_utils.fn_args(self._loss_fn):
                arguments["features"] = features
            losses = self._loss_fn(**arguments)
        weights = self._weights(features, logits)
        loss = tf.losses.compute_weighted_loss(
            losses, weights=weights, reduction=self._loss_reduction
        )
        return loss, losses, weights, labels

    def create_estimator_spec(
        self,
        features: Any,
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        train_op_fn: Callable[[Any], Any] | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> EstimatorSpec:
        """Returns the spec of a model with these logits.

        Args:
            features: Those of the model, for the weights.
            mode: A key of `ModeKeys`.
            logits: Of shape [batch, `logits_dimension`].
            labels: None for predictions.
            optimizer: Minimizes the loss; or else
            train_op_fn: Makes the train op from the loss.
            regularization_losses: Added to the loss.

        Raises:
            ValueError: If for training there is not exactly one of `optimizer` and
                `train_op_fn`, or logits or labels have the wrong shape.
        """
        with tf.name_scope(self.name or "head"):
            logits = _checked_logits(logits, self.logits_dimension)
            predictions = self._predictions(logits)
            if mode == ModeKeys.PREDICT:
                outputs = self._export_outputs(predictions)
                outputs["predict"] = export.PredictOutput(predictions)
                return EstimatorSpec(mode, predictions, export_outputs=outputs)
            loss, losses, weights, labels = self.create_loss(
                features, mode, logits, labels
            )
            total, extra = loss, None
            if regularization_losses:
                extra = tf.add_n(list(regularization_losses))
                total = tf.add_n([loss, extra])
            if mode == ModeKeys.EVAL:
                metrics = {"average_loss": tf.metrics.mean(losses, weights=weights)}
                metrics.update(self._metrics(labels, predictions, weights))
                if extra is not None:
                    metrics["regularization_loss"] = tf.metrics.mean(extra)
                metrics = {self._key(name): value for name, value in metrics.items()}
                return EstimatorSpec(
                    mode, predictions, loss=total, eval_metric_ops=metrics
                )
            train_op = _train_op(total, optimizer, train_op_fn)
            scalars = {"loss": total, "regularization_loss": extra}
            if self._loss_reduction == _SUM:
                count = tf.reduce_sum(weights * tf.ones_like(losses))
                scalars["average_loss"] = loss / count
        with tf.name_scope(""):
            for name, value in scalars.items():
                if value is not None:
                    tf.summary.scalar(self._key(name), value)
        return EstimatorSpec(mode, predictions, loss=total, train_op=train_op)

    def _key(self, name: str) -> str:
        return f"{name}/{self.name}" if self.name else name

    def _weights(self, features: Any, logits: Any) -> Any:
        if self._weight_column is None:
            return 1.0
        column = self._weight_column
        if isinstance(column, str):
            column = tf.feature_column.numeric_column(column)
        key = getattr(column, "key", None)
        if not isinstance(key, str):
            raise TypeError(
                "Weight column must be either a string or _NumericColumn. Given type: "
                f"{type(column)}."
            )
        weights = tf.cast(tf.convert_to_tensor(features[key]), tf.float32)
        if getattr(column, "normalizer_fn", None):
            weights = column.normalizer_fn(weights)
        if weights.shape.ndims == logits.shape.ndims - 1:
            weights = tf.expand_dims(weights, -1)
        if not self._allow_per_logit_weights:
            weights.shape.with_rank_at_least(2)[-1:].assert_is_compatible_with([1])
        return weights


class RegressionHead(Head):
    """Mean squared error of one or several numbers.

    Args:
        label_dimension: How many numbers.
        weight_column: As in `Head`.
        loss_reduction: As in `Head`.
        loss_fn: As in `Head`.
        inverse_link_fn: From logits to predictions, as `tf.exp` of a Poisson regression.
        name: As in `Head`.
    """

    _allow_per_logit_weights = True

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = _SUM,
        loss_fn: Callable[..., Any] | None = None,
        inverse_link_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        if label_dimension < 1:
            raise ValueError(f"Invalid label_dimension {label_dimension}.")
        self.logits_dimension = label_dimension
        self._inverse_link_fn = inverse_link_fn

    def _label_ids(self, labels: Any) -> Any:
        return tf.cast(labels, tf.float32)

    def _unweighted_loss(self, labels: Any, logits: Any) -> Any:
        return tf.losses.mean_squared_error(labels, logits, reduction="none")

    def _predictions(self, logits: Any) -> dict[str, Any]:
        if self._inverse_link_fn is None:
            return {"predictions": logits}
        return {"predictions": self._inverse_link_fn(logits), "logits": logits}

    def _metrics(
        self, labels: Any, predictions: dict[str, Any], weights: Any
    ) -> dict[str, Any]:
        value = predictions["predictions"]
        return {
            "prediction/mean": _mean_like(value, value, weights),
            "label/mean": _mean_like(labels, labels, weights),
        }

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, Any]:
        output = export.RegressionOutput(predictions["predictions"])
        return {_DEFAULT_SERVING: output, "regression": output}


class _ClassifierHead(Head):
    """Classes by their number, or by their names in a vocabulary."""

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(weight_column, loss_reduction, loss_fn, name)
        if label_vocabulary is not None and not isinstance(
            label_vocabulary, (list, tuple)
        ):
            raise ValueError(
                "label_vocabulary should be a list or a tuple. Given type: "
                f"{type(label_vocabulary)}"
            )
        self._n_classes = n_classes
        self._label_vocabulary = label_vocabulary

    def _numbers(self, labels: Any) -> Any:
        """Labels as numbers that are known to be of classes."""
        if self._label_vocabulary is not None:
            labels = tf.lookup.StaticVocabularyTable(
                tf.lookup.KeyValueTensorInitializer(
                    list(self._label_vocabulary),
                    tf.range(self._n_classes, dtype=tf.int64),
                ),
                num_oov_buckets=1,
            ).lookup(labels)
        last = tf.constant(self._n_classes - 1, labels.dtype)
        known = [
            tf.assert_less_equal(labels, last, message="Labels must <= n_classes - 1"),
            tf.assert_non_negative(labels, message="Labels must >= 0"),
        ]
        with tf.control_dependencies(known):
            return tf.identity(labels)

    def _class_predictions(self, logits: Any) -> dict[str, Any]:
        """Class ids and classes, from logits of all classes."""
        ids = tf.expand_dims(tf.argmax(logits, axis=-1, name="class_ids"), axis=-1)
        names = self._class_names()
        if self._label_vocabulary is None:
            classes = tf.as_string(ids, name="str_classes")
        else:
            classes = tf.gather(names, ids, name="str_classes")
        batch = tf.shape(logits)[0]
        every = tf.range(self._n_classes)
        return {
            "probabilities": tf.nn.softmax(logits, name="probabilities"),
            "class_ids": ids,
            "classes": classes,
            "all_class_ids": tf.tile(tf.expand_dims(every, 0), [batch, 1]),
            "all_classes": tf.tile(tf.expand_dims(names, 0), [batch, 1]),
        }

    def _class_names(self) -> Any:
        if self._label_vocabulary is None:
            return tf.as_string(tf.range(self._n_classes))
        return tf.constant(list(self._label_vocabulary))

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, Any]:
        output = export.ClassificationOutput(
            scores=predictions["probabilities"], classes=predictions["all_classes"]
        )
        return {_DEFAULT_SERVING: output, "classification": output}


class BinaryClassHead(_ClassifierHead):
    """Sigmoid cross-entropy of two classes on one logit.

    Args:
        weight_column: As in `Head`.
        thresholds: Accuracy, precision and recall are told at these too.
        label_vocabulary: The two labels, if they are not 0 and 1.
        loss_reduction: As in `Head`.
        loss_fn: As in `Head`.
        name: As in `Head`.
    """

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Sequence[float] | None = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            2, weight_column, label_vocabulary, loss_reduction, loss_fn, name
        )
        self._thresholds = tuple(thresholds or ())
        for threshold in self._thresholds:
            if not 0.0 < threshold < 1.0:
                raise ValueError(f"thresholds not in (0, 1): {self._thresholds}.")

    def _label_ids(self, labels: Any) -> Any:
        if self._label_vocabulary is None:
            labels = tf.cast(labels, tf.float32)
        return tf.cast(self._numbers(labels), tf.float32)

    def _unweighted_loss(self, labels: Any, logits: Any) -> Any:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def _predictions(self, logits: Any) -> dict[str, Any]:
        with tf.name_scope("predictions"):
            logistic = tf.sigmoid(logits, name="logistic")
            both = tf.concat(
                (tf.zeros_like(logits), logits), -1, name="two_class_logits"
            )
            named = self._class_predictions(both)
        return {"logits": logits, "logistic": logistic, **named}

    def _metrics(
        self, labels: Any, predictions: dict[str, Any], weights: Any
    ) -> dict[str, Any]:
        ids, logistic = predictions["class_ids"], predictions["logistic"]
        mean = _mean_like(labels, labels, weights)
        common = {"labels": labels, "weights": weights}
        spread = {"labels": labels, "weights": broadcast_weights(weights, logistic)}
        result = {
            "accuracy": tf.metrics.accuracy(predictions=ids, **common),
            "precision": tf.metrics.precision(predictions=ids, **common),
            "recall": tf.metrics.recall(predictions=ids, **common),
            "prediction/mean": _mean_like(logistic, logistic, weights),
            "label/mean": mean,
            # That of always saying the more frequent class.
            "accuracy_baseline": tuple(tf.maximum(value, 1 - value) for value in mean),
            "auc": tf.metrics.auc(predictions=logistic, **spread),
            "auc_precision_recall": tf.metrics.auc(
                predictions=logistic, curve="PR", **spread
            ),
        }
        for at in self._thresholds:
            above = tf.cast(logistic >= at, tf.float32)
            result[f"accuracy/positive_threshold_{at:g}"] = tf.metrics.accuracy(
                predictions=above, **common
            )
            for name, metric in (
                ("precision", tf.metrics.precision_at_thresholds),
                ("recall", tf.metrics.recall_at_thresholds),
            ):
                pair = metric(predictions=logistic, thresholds=(at,), **common)
                key = f"{name}/positive_threshold_{at:g}"
                result[key] = tuple(tf.squeeze(value) for value in pair)
        return result

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, Any]:
        regression = export.RegressionOutput(predictions["logistic"])
        return {**super()._export_outputs(predictions), "regression": regression}


class MultiClassHead(_ClassifierHead):
    """Softmax cross-entropy of more than two classes.

    Args:
        n_classes: How many.
        weight_column: As in `Head`.
        label_vocabulary: The labels, if they are not 0, 1, ...
        loss_reduction: As in `Head`.
        loss_fn: As in `Head`.
        name: As in `Head`.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[str] | None = None,
        loss_reduction: str = _SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        if n_classes is None or n_classes <= 2:
            raise ValueError(f"n_classes must be > 2: {n_classes}.")
        super().__init__(
            n_classes, weight_column, label_vocabulary, loss_reduction, loss_fn, name
        )
        self.logits_dimension = n_classes

    def _label_ids(self, labels: Any) -> Any:
        if self._label_vocabulary is None and not labels.dtype.is_integer:
            raise ValueError(
                f"Labels dtype should be integer. Instead got {labels.dtype}."
            )
        if self._label_vocabulary is not None and labels.dtype != tf.string:
            raise ValueError(
                "Labels dtype should be string if there is a vocabulary. Instead got "
                f"{labels.dtype}"
            )
        return self._numbers(labels)

    def _unweighted_loss(self, labels: Any, logits: Any) -> Any:
        loss = tf.losses.sparse_softmax_cross_entropy(labels, logits, reduction="none")
        return tf.expand_dims(loss, axis=-1)

    def _predictions(self, logits: Any) -> dict[str, Any]:
        with tf.name_scope("predictions"):
            return {"logits": logits, **self._class_predictions(logits)}

    def _metrics(
        self, labels: Any, predictions: dict[str, Any], weights: Any
    ) -> dict[str, Any]:
        ids = predictions["class_ids"]
        return {"accuracy": tf.metrics.accuracy(labels, ids, weights=weights)}


def classifier_head(
    n_classes: int,
    weight_column: Any = None,
    label_vocabulary: Sequence[str] | None = None,
    loss_reduction: str = _SUM,
) -> Head:
    """The head of two classes, or of more."""
    if n_classes == 2:
        return BinaryClassHead(
            weight_column,
            label_vocabulary=label_vocabulary,
            loss_reduction=loss_reduction,
        )
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)


def _train_op(
    loss: Any, optimizer: Any, train_op_fn: Callable[[Any], Any] | None
) -> Any:
    if (optimizer is None) == (train_op_fn is None):
        raise ValueError("Exactly one of train_op_fn and optimizer must be set.")
    if train_op_fn is None:
        train_op = optimizer.minimize(loss, global_step=tf.train.get_global_step())
    else:
        train_op = train_op_fn(loss)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    return tf.group(train_op, *updates) if updates else train_op


def _mean_like(values: Any, shape_of: Any, weights: Any) -> Any:
    values = tf.cast(values, tf.float32)
    return tf.metrics.mean(values, weights=broadcast_weights(weights, shape_of))


def _labels_like_logits(labels: Any, logits: Any, width: int) -> Any:
    if labels is None:
        raise ValueError(
            "You must provide a labels Tensor. Given: None. Suggested troubleshooting "
            "steps: Check that your data contain your label feature. Check that your "
            "input_fn properly parses and returns labels."
        )
    if isinstance(labels, tf.SparseTensor):
        raise ValueError(
            "SparseTensor labels are not supported. labels must be a Tensor of shape "
            f"[D0, D1, ..., DN, {width}], e.g. [batch_size, {width}]."
        )
    labels = tf.convert_to_tensor(labels)
    if labels.shape.ndims is not None and labels.shape.ndims == logits.shape.ndims - 1:
        labels = tf.expand_dims(labels, -1)
    if labels.shape.ndims is not None and labels.shape[-1].value not in (None, width):
        raise ValueError(
            f"Mismatched label shape. Expected labels dimension={width}.  Received "
            f"{labels.shape[-1]}. Suggested Fix:If your classifier expects one-hot "
            "encoding label,check your n_classes argument to the estimator and/or the "
            "shape of your label. Otherwise, check the shape of your label."
        )
    expected = tf.concat([tf.shape(logits)[:-1], [width]], axis=0)
    message = (
        f"labels shape must be [D0, D1, ... DN, {width}]. Suggested Fix: check your "
        "n_classes argument to the estimator and/or the shape of your label."
    )
    same = tf.assert_equal(expected, tf.shape(labels), message=message)
    with tf.control_dependencies([same]):
        return tf.identity(labels)


def _checked_logits(logits: Any, width: int) -> Any:
    logits = tf.cast(logits, tf.float32)
    if logits.shape.ndims is not None and logits.shape[-1].value not in (None, width):
        raise ValueError(
            "logits shape must be [D0, D1, ... DN, logits_dimension], got "
            f"{logits.shape} for logits_dimension={width}."
        )
    return logits

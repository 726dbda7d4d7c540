"""What the estimators of boosted trees share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.estimator.canned import head as heads
from legacy_tf1.tensorflow.estimator.canned.boosted_trees import (
    columns,
    ensemble,
    model,
    protos,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.growers import TreeParameters
from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec

_MEAN = tf.losses.Reduction.SUM_OVER_BATCH_SIZE


class BoostedTrees(Estimator):
    """Trees under a head.

    The trees are TensorFlow 1.15's, and so are the names and bytes in a checkpoint. They
    cannot be exported as a SavedModel: they grow and predict in NumPy.

    Args:
        feature_columns: Numeric, bucketized and indicator columns.
        n_batches_per_layer: So many batches decide on a layer.
        head: From logits to loss and metrics.
        parameters: Those of the trees.
        model_dir: As of `Estimator`.
        config: As there.
        weight_column: Of the weights by which the quantiles of numbers are taken.
        train_in_memory: Whether each batch is all data, whose logits are kept.
        derivatives: Of the loss, instead of those that TensorFlow finds.

    Raises:
        ValueError: If a column is of another kind, or a parameter out of range.
    """

    def __init__(
        self,
        feature_columns: Iterable[Any],
        n_batches_per_layer: int,
        head: heads.Head,
        parameters: TreeParameters,
        *,
        model_dir: Any = None,
        config: Any = None,
        weight_column: Any = None,
        train_in_memory: bool = False,
        derivatives: model.Derivatives | None = None,
    ) -> None:
        parameters.check()
        self._columns = columns.in_order(feature_columns)
        self._names = columns.names(self._columns)
        self._head = head
        self._parameters = parameters

        def _model_fn(
            features: Any, labels: Any, mode: str, config: Any
        ) -> EstimatorSpec:
            del config
            if train_in_memory and n_batches_per_layer != 1:
                raise AssertionError(
                    "When train_in_memory is enabled, input_fn should return the "
                    "entire dataset as a single batch, and n_batches_per_layer should "
                    f"be set as 1. Given: {n_batches_per_layer}"
                )
            return model.model_fn(
                features,
                labels,
                mode,
                head=head,
                feature_columns=self._columns,
                parameters=parameters,
                n_batches_per_layer=n_batches_per_layer,
                derivatives=derivatives,
                weight_column=weight_column,
                train_in_memory=train_in_memory,
            )

        super().__init__(_model_fn, model_dir, config)

    def experimental_feature_importances(
        self, normalize: bool = False
    ) -> OrderedDict[str, float]:
        """Returns the columns' gains over all splits, the largest first.

        Args:
            normalize: Whether they are to sum up to one.

        Raises:
            ValueError: If nothing was trained.
            AssertionError: If there is nothing to normalize, or a sum is negative.
        """
        reader = tf.train.load_checkpoint(self._model_dir)
        serialized = reader.get_tensor(f"{model.NAME}:0_serialized")
        if not serialized:
            raise ValueError(
                "Found empty serialized string for TreeEnsemble. You should only call "
                "this method after training."
            )
        gains = ensemble.gains(serialized, len(self._names))
        if normalize:
            if (gains < 0).any():
                raise AssertionError("feature_importances must be non-negative.")
            if not gains.sum() > 0:
                raise AssertionError("Trees are all empty or contain only a root node.")
            gains = gains / gains.sum()
        return self._by_column(gains)

    def experimental_predict_with_explanations(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Iterable[Any] | None = None,
        checkpoint_path: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yields predictions with `bias` and `dfc`, what each column adds to it.

        Raises:
            ValueError: If the bias was not centered, or the head is that of a regression
                with a link function.
        """
        if not self._parameters.center_bias:
            raise ValueError(
                "center_bias must be enabled during estimator instantiation when using "
                "experimental_predict_with_explanations."
            )
        classes = isinstance(self._head, (heads.BinaryClassHead, heads.MultiClassHead))
        link = getattr(self._head, "_inverse_link_fn", None)
        if not classes and link not in (None, tf.identity):
            raise ValueError(
                "For now only identity inverse_link_fn in regression_head is supported "
                "for experimental_predict_with_explanations."
            )

        def _explanation_fn(features: Any, labels: Any, mode: str) -> EstimatorSpec:
            del labels, mode
            return model.explanation_fn(
                features,
                head=self._head,
                feature_columns=self._columns,
                parameters=self._parameters,
            )

        explaining = Estimator(_explanation_fn, self.model_dir, self.config)
        if predict_keys is not None:
            predict_keys = {*predict_keys, model.EXPLANATIONS}
        for prediction in explaining.predict(
            input_fn, predict_keys, hooks, checkpoint_path
        ):
            path = protos.DebugOutput.FromString(prediction.pop(model.EXPLANATIONS))
            values = np.array(list(path.logits_path))
            if classes:
                values = 1 / (1 + np.exp(-values))
            changes = np.bincount(
                path.feature_ids, weights=np.diff(values), minlength=len(self._names)
            )
            yield {**prediction, "bias": values[0], "dfc": self._by_column(changes)}

    def experimental_export_all_saved_models(
        self,
        export_dir_base: str,
        input_receiver_fn_map: dict[str, Callable[[], Any]],
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: str | None = None,
    ) -> bytes:
        """Raises a `NotImplementedError`."""
        raise NotImplementedError(
            "Boosted trees cannot be exported as a SavedModel: TensorFlow 2 has no "
            "operations for them, they predict in NumPy. Keep the folder of the "
            f"checkpoints, {self._model_dir}, and construct the estimator on it."
        )

    def _by_column(self, values: np.ndarray) -> OrderedDict[str, float]:
        """Sums of the features' values by column, the largest in size first."""
        sums: dict[str, float] = {}
        for name, value in zip(self._names, values, strict=True):
            sums[name] = sums.get(name, 0) + value
        return OrderedDict(
            sorted(sums.items(), key=lambda pair: abs(pair[1]), reverse=True)
        )


def classifier_parts(
    n_classes: int, weight_column: Any, label_vocabulary: Any
) -> dict[str, Any]:
    """Returns the head of a classifier, and the derivatives of its loss.

    Raises:
        ValueError: If there are not two classes.
    """
    if n_classes != 2:
        raise ValueError(
            "For now only binary classification is supported. n_classes given as "
            f"{n_classes}"
        )
    plain = weight_column is None and label_vocabulary is None
    return {
        "head": heads.classifier_head(2, weight_column, label_vocabulary, _MEAN),
        "derivatives": _log_loss_derivatives if plain else None,
    }


def regression_head(label_dimension: int, weight_column: Any) -> heads.Head:
    """Returns the head of a regressor; a `ValueError` tells that it has one number."""
    if label_dimension != 1:
        raise ValueError(
            "For now only 1 dimension regression is supported. label_dimension given as "
            f"{label_dimension}"
        )
    return heads.RegressionHead(1, weight_column, _MEAN)


def _log_loss_derivatives(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Those of the mean log loss, in the form in which TensorFlow 1.15 had them."""
    probabilities = 1.0 / (tf.exp(-logits) + 1.0)
    share = 1.0 / tf.cast(tf.size(probabilities), tf.float32)
    labels = tf.reshape(tf.cast(labels, tf.float32), tf.shape(logits))
    gradients = (probabilities - labels) * share
    return gradients, probabilities * (1.0 - probabilities) * share

"""k-means as an estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import clustering_ops

from legacy_tf1.tensorflow.estimator.estimator import Estimator
from legacy_tf1.tensorflow.estimator.export import PredictOutput
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec, ModeKeys

_SERVING = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY


class _InitializeClusters(tf.train.SessionRunHook):
    """Chooses the first clusters from the first batch."""

    def __init__(self, init_op: Any, is_initialized: Any) -> None:
        self._init_op, self._is_initialized = init_op, is_initialized

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Runs the choice until the clusters are there."""
        while not session.run(self._is_initialized):
            session.run(self._init_op)


class _StopWhenLossSettles(tf.train.SessionRunHook):
    """Stops when the loss changes by less than a share of itself."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance, self._last = tolerance, None

    def begin(self) -> None:
        """Looks for the loss."""
        self._loss = tf.get_default_graph().get_tensor_by_name("kmeans_loss:0")

    def before_run(self, run_context: Any) -> Any:
        """Asks for the loss."""
        return tf.train.SessionRunArgs(self._loss)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Compares it with the one before."""
        loss = run_values.results
        if self._last is not None:
            change = abs(loss - self._last) / (self._last or 1.0)
            if change <= self._tolerance:
                run_context.request_stop()
        self._last = loss


class KMeansClustering(Estimator):
    """k-means, as `tf.contrib.factorization.KMeansClustering` of TensorFlow 1.15.

    Args:
        num_clusters: How many.
        model_dir: As in `tf.estimator.Estimator`.
        initial_clusters: "random", "kmeans_plus_plus", "kmc2", an array, or a function.
        distance_metric: "squared_euclidean" or "cosine".
        random_seed: Of the first choice.
        use_mini_batch: Whether the centres move after each batch.
        mini_batch_steps_per_iteration: After so many batches they are synchronized.
        kmeans_plus_plus_num_retries: Candidates for each centre.
        relative_tolerance: Training stops when the loss changes less.
        config: As in `tf.estimator.Estimator`.
    """

    SQUARED_EUCLIDEAN_DISTANCE = clustering_ops.SQUARED_EUCLIDEAN_DISTANCE
    COSINE_DISTANCE = clustering_ops.COSINE_DISTANCE
    RANDOM_INIT = clustering_ops.RANDOM_INIT
    KMEANS_PLUS_PLUS_INIT = clustering_ops.KMEANS_PLUS_PLUS_INIT
    KMC2_INIT = clustering_ops.KMC2_INIT
    SCORE = "score"
    CLUSTER_INDEX = "cluster_index"
    ALL_DISTANCES = "all_distances"
    CLUSTER_CENTERS_VAR_NAME = clustering_ops.CLUSTERS_VAR_NAME

    def __init__(
        self,
        num_clusters: int,
        model_dir: Any = None,
        initial_clusters: Any = clustering_ops.RANDOM_INIT,
        distance_metric: str = clustering_ops.SQUARED_EUCLIDEAN_DISTANCE,
        random_seed: int = 0,
        use_mini_batch: bool = True,
        mini_batch_steps_per_iteration: int = 1,
        kmeans_plus_plus_num_retries: int = 2,
        relative_tolerance: float | None = None,
        config: Any = None,
        feature_columns: Any = None,
    ) -> None:
        def model_fn(features: Any, mode: str) -> EstimatorSpec:
            points = _points(features, feature_columns)
            outputs = clustering_ops.KMeans(
                points,
                num_clusters,
                initial_clusters,
                distance_metric,
                use_mini_batch,
                mini_batch_steps_per_iteration,
                random_seed,
                kmeans_plus_plus_num_retries,
            ).training_graph()
            distances, indices, scores, is_initialized, init_op, update = outputs
            loss = tf.reduce_sum(scores, name="kmeans_loss")
            tf.summary.scalar("loss/raw", loss)
            step = tf.train.get_or_create_global_step()
            with tf.control_dependencies([update]):
                train_op = tf.assign_add(step, 1, name="train_op")
            hooks: list[Any] = [_InitializeClusters(init_op, is_initialized)]
            if relative_tolerance is not None:
                hooks.append(_StopWhenLossSettles(relative_tolerance))
            predictions = {
                self.ALL_DISTANCES: distances[0],
                self.CLUSTER_INDEX: indices[0],
            }
            return EstimatorSpec(
                mode,
                predictions,
                loss,
                train_op,
                {self.SCORE: tf.metrics.mean(loss)},
                {_SERVING: PredictOutput(predictions)}
                if mode == ModeKeys.PREDICT
                else None,
                training_hooks=hooks,
            )

        super().__init__(model_fn, model_dir, config)

    def predict_cluster_index(self, input_fn: Callable[..., Any]) -> Iterator[int]:
        """Yields the cluster of each point."""
        for point in self.predict(input_fn):
            yield point[self.CLUSTER_INDEX]

    def transform(self, input_fn: Callable[..., Any]) -> Iterator[np.ndarray]:
        """Yields each point's distances from all centres."""
        for point in self.predict(input_fn):
            yield point[self.ALL_DISTANCES]

    def score(self, input_fn: Callable[..., Any]) -> float:
        """The sum of the distances, of one step."""
        return self.evaluate(input_fn, steps=1)[self.SCORE]

    def cluster_centers(self) -> np.ndarray:
        """The centres, one in a row."""
        return self.get_variable_value(self.CLUSTER_CENTERS_VAR_NAME)


def _points(features: Any, feature_columns: Any) -> Any:
    """The features as a matrix."""
    if feature_columns is not None:
        return tf.feature_column.input_layer(features, feature_columns)
    if isinstance(features, dict):
        return tf.concat([features[name] for name in sorted(features)], axis=1)
    return features

"""`tf.contrib.factorization`: k-means; today scikit-learn's `KMeans`."""

from tensorflow.python.ops.clustering_ops import (
    COSINE_DISTANCE,
    KMC2_INIT,
    KMEANS_PLUS_PLUS_INIT,
    RANDOM_INIT,
    SQUARED_EUCLIDEAN_DISTANCE,
    KMeans,
)

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.factorization.kmeans import KMeansClustering

__all__ = [
    "COSINE_DISTANCE",
    "KMC2_INIT",
    "KMEANS_PLUS_PLUS_INIT",
    "RANDOM_INIT",
    "SQUARED_EUCLIDEAN_DISTANCE",
    "KMeans",
    "KMeansClustering",
]

__getattr__, __dir__ = _namespace.attach(__name__)

"""k-means, as graph and as estimator."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib.factorization import KMeans

rng = np.random.RandomState(0)
points = np.concatenate([rng.randn(30, 2) + c for c in ([0, 8], [8, 0], [-8, -8])])
points = points.astype(np.float32)
means = sorted(p.mean(axis=0).tolist() for p in np.split(points, 3))

x = tf.placeholder(tf.float32, [None, 2])
kmeans = KMeans(
    inputs=x,
    num_clusters=3,
    distance_metric="squared_euclidean",
    initial_clusters=points[[0, 30, 60]],
    use_mini_batch=False,
)
graph = kmeans.training_graph()
all_scores, cluster_index, scores, initialized, init_op, train_op = graph
cluster_index = cluster_index[0]
average = tf.reduce_mean(scores)
with tf.Session() as session:
    session.run(tf.global_variables_initializer(), {x: points})
    session.run(init_op, {x: points})
    for _ in range(10):
        _, distance, index = session.run(
            [train_op, average, cluster_index], {x: points}
        )
assert index.tolist() == [0] * 30 + [1] * 30 + [2] * 30
expected = np.mean([np.sum((p - p.mean(axis=0)) ** 2, 1) for p in np.split(points, 3)])
assert abs(distance - expected) < 1e-4  # float32 distances of points near 10


def input_fn():
    return tf.train.limit_epochs(tf.convert_to_tensor(points), num_epochs=1)


estimator = tf.contrib.factorization.KMeansClustering(
    num_clusters=3, initial_clusters=points[[0, 30, 60]], use_mini_batch=False
)
for _ in range(3):
    estimator.train(input_fn)
np.testing.assert_allclose(
    sorted(estimator.cluster_centers().tolist()), means, atol=1e-4
)
assert list(estimator.predict_cluster_index(input_fn)) == index.tolist()
print("ok")

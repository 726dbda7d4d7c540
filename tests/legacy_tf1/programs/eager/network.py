"""tfe.Network (gone before 1.15) with tf.layers, on batches of tfe.Iterator."""

import numpy as np
import tensorflow as tf
import tensorflow.contrib.eager as tfe

tf.enable_eager_execution()


class NeuralNet(tfe.Network):
    def __init__(self):
        super().__init__()
        self.layer1 = self.track_layer(tf.layers.Dense(16, activation=tf.nn.relu))
        self.out_layer = self.track_layer(tf.layers.Dense(2))

    def call(self, x):
        return self.out_layer(self.layer1(x))


random = np.random.RandomState(0)
x = random.randn(100, 3).astype(np.float32)
y = (x[:, 0] > x[:, 1]).astype(np.int64)
dataset = tf.data.Dataset.from_tensor_slices((x, y)).repeat().batch(20).prefetch(20)
dataset_iter = tfe.Iterator(dataset)
neural_net = NeuralNet()


def loss_fn(inference_fn, inputs, labels):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(
            logits=inference_fn(inputs), labels=labels
        )
    )


optimizer = tf.train.AdamOptimizer(learning_rate=0.05)
grad = tfe.implicit_gradients(loss_fn)
for _ in range(60):
    batch = dataset_iter.next()
    optimizer.apply_gradients(grad(neural_net, batch[0], batch[1]))
right = tf.equal(tf.argmax(neural_net(x), 1), y)
accuracy = tf.reduce_mean(tf.cast(right, tf.float32)).numpy()
assert accuracy > 0.95
assert len(neural_net.variables) == 4

"""Keras as a simpler way to write a TensorFlow graph: layers called on placeholders."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K  # noqa: N812
from tensorflow.keras.layers import Dense, Dropout
from tensorflow.keras.losses import categorical_crossentropy

tf.set_random_seed(1)
sess = tf.Session()
K.set_session(sess)
x = np.random.RandomState(0).rand(64, 8)
y = np.eye(3)[np.random.RandomState(1).randint(0, 3, 64)]

img = tf.placeholder(tf.float32, shape=(None, 8))
labels = tf.placeholder(tf.float32, shape=(None, 3))
net = Dense(5, activation="relu")(img)
net = Dropout(0.5)(net)
preds = Dense(3, activation="softmax")(net)
loss = tf.reduce_mean(categorical_crossentropy(labels, preds))
train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

sess.run(tf.global_variables_initializer())
with sess.as_default():
    for _ in range(10):
        train_step.run(feed_dict={img: x, labels: y, K.learning_phase(): 1})
    value = loss.eval(feed_dict={img: x, labels: y, K.learning_phase(): 0})
print(value)

assert [v.name for v in tf.trainable_variables()] == [
    "dense/kernel:0",
    "dense/bias:0",
    "dense_1/kernel:0",
    "dense_1/bias:0",
]
assert abs(value - 1.0759109) < 1e-5

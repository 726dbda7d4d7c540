"""The three-layer network of the SIGNS exercise, trained by mini-batches with Adam.

    python -m legacy_tf1 run signs_network                   # bundled digits, seconds
    python -m legacy_tf1 run signs_network --data FOLDER     # the course's pictures

FOLDER holds the course's train_signs.h5 and test_signs.h5. Without it the network reads
scikit-learn's handwritten digits. A column is an example, as everywhere in the course.

Forward propagation stops at Z3: the loss function takes logits and does the softmax
itself, so that A3 is not needed.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np
import tensorflow as tf


def load_signs(folder: str) -> tuple:
    """Reads the course's two files: pixels from 0 to 1, one-hot labels."""
    import h5py

    arrays = []
    for part in ("train", "test"):
        with h5py.File(os.path.join(folder, part + "_signs.h5"), "r") as file:
            images = file[part + "_set_x"][()]
            labels = file[part + "_set_y"][()]
        X = images.reshape(len(images), -1).T / np.float32(255)
        arrays += [X, np.eye(6)[labels].T]
    return tuple(arrays)


def load_digits() -> tuple:
    """Gives scikit-learn's digits in the same form: 1440 to train on, 357 to test."""
    from sklearn import datasets

    digits = datasets.load_digits()
    order = np.random.RandomState(0).permutation(len(digits.target))
    X, Y = digits.data[order].T / 16, np.eye(10)[digits.target[order]].T
    return X[:, :1440], Y[:, :1440], X[:, 1440:], Y[:, 1440:]


def random_mini_batches(X: np.ndarray, Y: np.ndarray, size: int, seed: int) -> list:
    """Shuffles the columns of X and Y together and cuts them into mini-batches."""
    m = X.shape[1]
    order = np.random.RandomState(seed).permutation(m)
    cuts = [order[start : start + size] for start in range(0, m, size)]
    return [(X[:, cut], Y[:, cut]) for cut in cuts]


def create_placeholders(n_x: int, n_y: int) -> tuple:
    """Makes the inputs; None leaves the number of examples open."""
    X = tf.placeholder(tf.float32, [n_x, None], name="X")
    Y = tf.placeholder(tf.float32, [n_y, None], name="Y")
    return X, Y


def initialize_parameters(n_x: int, n_y: int) -> dict[str, Any]:
    """Makes weights by Xavier's rule and biases of zero."""
    sizes = [n_x, 25, 12, n_y]
    parameters = {}
    for layer in (1, 2, 3):
        n_in, n_out = sizes[layer - 1], sizes[layer]
        # One seed for all layers is the exercise's choice, not a good one: W2 and W3
        # are the first numbers of W1, scaled.
        xavier = tf.contrib.layers.xavier_initializer(seed=1)
        W, b = "W" + str(layer), "b" + str(layer)
        parameters[W] = tf.get_variable(W, [n_out, n_in], initializer=xavier)
        parameters[b] = tf.get_variable(
            b, [n_out, 1], initializer=tf.zeros_initializer()
        )
    return parameters


def forward_propagation(X: Any, parameters: dict[str, Any]) -> Any:
    """Computes linear, ReLU, linear, ReLU, linear, up to Z3."""
    Z1 = tf.add(tf.matmul(parameters["W1"], X), parameters["b1"])
    A1 = tf.nn.relu(Z1)
    Z2 = tf.add(tf.matmul(parameters["W2"], A1), parameters["b2"])
    A2 = tf.nn.relu(Z2)
    return tf.add(tf.matmul(parameters["W3"], A2), parameters["b3"])


def compute_cost(Z3: Any, Y: Any) -> Any:
    """Computes the mean loss; the function wants a row per example."""
    logits, labels = tf.transpose(Z3), tf.transpose(Y)
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=labels)
    )


def model(
    data: tuple, learning_rate: float, epochs: int, batch_size: int, every: int
) -> None:
    """Builds the graph anew and trains the network."""
    X_train, Y_train, X_test, Y_test = data
    n_x, m = X_train.shape
    n_y = Y_train.shape[0]

    # Without this, a second call would find the variables W1 ... of the first.
    tf.reset_default_graph()
    tf.set_random_seed(1)

    X, Y = create_placeholders(n_x, n_y)
    parameters = initialize_parameters(n_x, n_y)
    Z3 = forward_propagation(X, parameters)
    cost = compute_cost(Z3, Y)
    optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(cost)
    correct = tf.equal(tf.argmax(Z3), tf.argmax(Y))
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
    print(X, parameters["W1"], Z3, cost, sep="\n")

    init = tf.global_variables_initializer()
    with tf.Session() as session:
        session.run(init)
        for epoch in range(epochs):
            total = 0.0
            batches = random_mini_batches(X_train, Y_train, batch_size, seed=4 + epoch)
            for batch_X, batch_Y in batches:
                feed = {X: batch_X, Y: batch_Y}
                _, batch_cost = session.run([optimizer, cost], feed_dict=feed)
                total += batch_cost * batch_X.shape[1]
            if epoch % every == 0 or epoch == epochs - 1:
                print(f"cost in epoch {epoch}: {total / m:.6f}")

        train = accuracy.eval({X: X_train, Y: Y_train})
        test = accuracy.eval({X: X_test, Y: Y_test})
        print(f"train accuracy: {train:.4f}")
        print(f"test accuracy: {test:.4f}")


def main() -> None:
    """Reads the options, and trains."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="folder of train_signs.h5 and test_signs.h5")
    parser.add_argument("--epochs", type=int, help="1500 with --data, 100 without")
    parser.add_argument(
        "--learning-rate", type=float, help="0.0001 with --data, 0.001 without"
    )
    parser.add_argument("--batch-size", type=int, default=32)
    options = parser.parse_args()
    for part in ("train", "test") if options.data else ():
        path = os.path.join(options.data, part + "_signs.h5")
        if not os.path.exists(path):
            parser.error(
                f"--data must be the folder of train_signs.h5 and test_signs.h5; there "
                f"is no {path}. Without --data the network reads bundled digits."
            )

    if options.data:
        data, epochs, rate = load_signs(options.data), 1500, 0.0001
    else:
        data, epochs, rate = load_digits(), 100, 0.001
    epochs = epochs if options.epochs is None else options.epochs
    model(
        data,
        rate if options.learning_rate is None else options.learning_rate,
        epochs,
        options.batch_size,
        every=100 if epochs > 500 else 10,
    )


if __name__ == "__main__":
    main()

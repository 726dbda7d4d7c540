"""slim's training loop, its checkpoint in other variables, and an evaluation."""

import shutil
import tempfile

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim
folder = tempfile.mkdtemp()
inputs = np.linspace(-1, 1, 20).reshape(20, 1).astype(np.float32)
targets = 2 * inputs + 0.5


def line(x):
    x = slim.batch_norm(x, decay=0.5, scope="bn")
    return slim.fully_connected(x, 1, activation_fn=None, scope="line")


try:
    tf.set_random_seed(9)
    loss = tf.losses.mean_squared_error(targets, line(tf.constant(inputs)))
    optimizer = tf.train.GradientDescentOptimizer(0.2)
    train_op = slim.learning.create_train_op(loss, optimizer, clip_gradient_norm=10.0)
    last = slim.learning.train(
        train_op, folder, number_of_steps=30, log_every_n_steps=10
    )
    assert last < 1e-3

    tf.reset_default_graph()
    with slim.arg_scope([slim.batch_norm], is_training=False):
        prediction = line(tf.constant(inputs))
    checkpoint = tf.train.latest_checkpoint(folder)
    assert checkpoint.endswith("-30")
    restore = slim.assign_from_checkpoint_fn(checkpoint, slim.get_model_variables())
    with tf.Session() as sess:
        restore(sess)
        predicted = sess.run(prediction)
    slim.get_or_create_global_step()
    result = slim.evaluation.evaluate_once(
        "",
        checkpoint,
        folder,
        final_op=tf.reduce_mean(tf.abs(prediction - targets)),
    )
    # The moving variance is that of a sample: n / (n - 1) times the batch's own.
    variance = inputs.var()
    shrink = np.sqrt((variance + 1e-3) / (variance * 20 / 19 + 1e-3))
    expected = 2 * inputs * shrink + 0.5
    # After 30 steps (1 - 0.4)**30 = 2e-7 of the error is left; float32 rounds above it.
    np.testing.assert_allclose(predicted, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(result, np.abs(expected - targets).mean(), atol=1e-5)
    assert "line/weights" in dict(tf.contrib.framework.list_variables(folder))
finally:
    shutil.rmtree(folder)

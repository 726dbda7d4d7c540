"""Threads, classes and closures of a script use TensorFlow 1; exact values."""

import os
import shutil
import tempfile
import threading

import tensorflow as tf

graph = tf.Graph()
with graph.as_default():
    total = tf.Variable(0, name="total")
    step = tf.assign_add(total, 1, use_locking=True)
    init = tf.global_variables_initializer()
    saver = tf.train.Saver()

folder = tempfile.mkdtemp()
with tf.Session(graph=graph) as sess:
    sess.run(init)

    def work():
        import tensorflow as tf_of_thread

        assert tf_of_thread.VERSION == tf.VERSION
        for _ in range(5):
            sess.run(step)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sess.run(total) == 15
    path = saver.save(sess, os.path.join(folder, "model"), global_step=15)
assert os.path.basename(path) == "model-15"
assert tf.train.latest_checkpoint(folder) == path
shutil.rmtree(folder)

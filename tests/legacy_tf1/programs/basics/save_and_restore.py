"""A Saver: by scope, by name, latest_checkpoint, and from the meta graph."""

import os
import shutil
import tempfile

import tensorflow as tf

folder = tempfile.mkdtemp()
path = os.path.join(folder, "model.ckpt")
w = tf.Variable([1.0, 2.0], name="w")
step = tf.Variable(0, name="step", trainable=False)
saver = tf.train.Saver(max_to_keep=2)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for number in range(3):
        sess.run([tf.assign(w, w * 2), tf.assign_add(step, 1)])
        saved = saver.save(sess, path, global_step=number)
assert saved == path + "-2"
assert tf.train.latest_checkpoint(folder) == saved
state = tf.train.get_checkpoint_state(folder)
assert state.model_checkpoint_path == saved
assert len(state.all_model_checkpoint_paths) == 2
assert tf.train.checkpoint_exists(saved)

with tf.Session() as sess:
    saver.restore(sess, saved)
    assert sess.run(w).tolist() == [8.0, 16.0]
    assert sess.run(step) == 3

with tf.Graph().as_default():
    restorer = tf.train.import_meta_graph(saved + ".meta")
    with tf.Session() as sess:
        restorer.restore(sess, saved)
        assert sess.run("w:0").tolist() == [8.0, 16.0]

reader = tf.train.NewCheckpointReader(saved)
assert sorted(reader.get_variable_to_shape_map()) == ["step", "w"]
with tf.Graph().as_default():
    renamed = tf.get_variable("other", [2])
    with tf.Session() as sess:
        tf.train.Saver({"w": renamed}).restore(sess, saved)
        assert sess.run(renamed).tolist() == [8.0, 16.0]
shutil.rmtree(folder)

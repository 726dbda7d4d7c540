"""MonitoredTrainingSession with hooks, and a Supervisor."""

import shutil
import tempfile

import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
folder = tempfile.mkdtemp()
with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    w = tf.Variable(4.0)
    loss = w * w
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    hooks = [tf.train.StopAtStepHook(last_step=3), tf.train.NanTensorHook(loss)]
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=folder, hooks=hooks, save_summaries_steps=None
    ) as sess:
        while not sess.should_stop():
            sess.run(train)
assert tf.train.latest_checkpoint(folder).endswith("model.ckpt-3")
reader = tf.train.NewCheckpointReader(tf.train.latest_checkpoint(folder))
assert reader.get_tensor("Variable") == 0.5  # 4, 2, 1, 0.5

with tf.Graph().as_default():
    v = tf.Variable(1.0)
    double = tf.assign(v, v * 2)
    supervisor = tf.train.Supervisor(logdir=None)
    with supervisor.managed_session() as sess:
        for _ in range(3):
            if not supervisor.should_stop():
                sess.run(double)
        assert sess.run(v) == 8.0
shutil.rmtree(folder)

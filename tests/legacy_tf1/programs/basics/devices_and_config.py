"""A program for a GPU; without one TensorFlow 1.15 refused its second session."""

import tensorflow as tf

config = tf.ConfigProto(log_device_placement=False, allow_soft_placement=True)
config.gpu_options.allow_growth = True
config.gpu_options.per_process_gpu_memory_fraction = 0.4
options = tf.GPUOptions(per_process_gpu_memory_fraction=0.5)
other = tf.ConfigProto(gpu_options=options, device_count={"GPU": 0})

with tf.device("/gpu:0"):
    a = tf.constant([[1.0, 2.0]], name="a")
    b = tf.constant([[3.0], [4.0]], name="b")
    c = tf.matmul(a, b)
with tf.device("/cpu:0"):
    d = c + 1

for each in (config, other):
    with tf.Session(config=each) as sess:
        assert sess.run(d) == 12.0
assert a.device in ("/device:GPU:0", "/gpu:0")
assert tf.VERSION.startswith("1.")
assert tf.__version__ == tf.VERSION
assert int(tf.__version__.split(".")[1]) >= 12
assert not tf.test.is_gpu_available()
tf.logging.set_verbosity(tf.logging.ERROR)
tf.logging.info("not shown")

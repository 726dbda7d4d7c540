"""tf.app.flags with names that libraries have taken since, and tf.app.run.

With absl-py of 2018 this ran; later ones have a `log_dir` of their own.
"""

import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string("log_dir", "/tmp/logs", "Where summaries go.")
flags.DEFINE_integer("batch_size", 32, "How many at a time.")
flags.DEFINE_float("learning_rate", 0.1, "Rate.")
flags.DEFINE_boolean("verbose_run", False, "Whether to print.")
tf.flags.DEFINE_bool("fast", True, "Whether to hurry.")


def main(_):
    assert FLAGS.log_dir == "/tmp/logs"
    assert (FLAGS.batch_size, FLAGS.learning_rate) == (32, 0.1)
    assert FLAGS.verbose_run is False
    assert FLAGS.fast is True
    FLAGS.batch_size = 8
    assert tf.flags.FLAGS.batch_size == 8


if __name__ == "__main__":
    tf.app.run()

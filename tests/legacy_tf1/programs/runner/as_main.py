"""What a script sees of itself: __main__, its arguments, its folder, its file."""

import os
import pickle
import sys

import tensorflow as tf


class Point(object):
    def __init__(self, x):
        self.x = x


def main(_):
    assert __name__ == "__main__"
    assert os.path.basename(sys.argv[0]) == "as_main.py"
    assert os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__))
    assert pickle.loads(pickle.dumps(Point(3))).x == 3
    with tf.Session() as sess:
        assert sess.run(tf.constant(2) + 3) == 5


if __name__ == "__main__":
    tf.app.run()

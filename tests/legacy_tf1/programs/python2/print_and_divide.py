# -*- coding: utf-8 -*-
# Python 2: print statements, integer division, xrange, lists from dict and map.
# Not run by TensorFlow 1.15.5 under Python 3; the values are Python 2's by definition.
import cPickle as pickle
import sys

import tensorflow as tf

reload(sys)
sys.setdefaultencoding("utf8")

batches = 55 / 10
assert batches == 5
print "batches", batches, "of", 55
print >>sys.stderr, "half of 7 is %d" % (7 / 2)

total = 0
for i in xrange(batches):
    total += i
total /= 3
assert total == 3

keys = {"w": 1, "b": 2}.keys()
keys.sort()
assert keys == ["b", "w"]
assert map(lambda v: v * 2, [1, 2]) == [2, 4]
assert {"a": 1}.has_key("a")
assert pickle.loads(pickle.dumps(keys)) == keys
assert cmp(2, 1) == 1 and isinstance(u"x", basestring)

with tf.Session() as sess:
    # Python 2 divides tensors of integers as integers.
    assert sess.run(tf.constant(7) / tf.constant(2)) == 3
    assert sess.run(tf.constant(7.0) / 2) == 3.5

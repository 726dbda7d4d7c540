"""Text of bytes and names that only Python 2 had; values by its documentation."""

import itertools
import os
import string
import sys

import tensorflow as tf

words = unicode("caf\xc3\xa9 noir", "utf-8").split()
assert words == [u"caf\xe9", u"noir"]
assert unicode(b"caf\xc3\xa9", "utf-8") == words[0]
assert "caf\xc3\xa9".decode("utf-8") == words[0]

counts = {}
for word in words + [u"noir"]:
    counts[word] = counts[word] + 1 if counts.has_key(word) else 1
assert map(counts.has_key, [u"noir", u"rouge"]) == [True, False]
assert [n for _, n in itertools.izip(words, range(2))] == [0, 1]

assert len(string.letters) == 52
assert os.getcwdu() == unicode(os.getcwd())
assert min(sys.maxint, 7) / 2 == 3

x = tf.placeholder(tf.float32, [None])
with tf.Session() as sess:
    total = sess.run(tf.reduce_sum(x), {x: counts.values()})
print "%d words" % total
assert total == 3.0

# Python 2 whose syntax Python 3 can read: xrange, cPickle, iteritems, integer division.
# Not run by TensorFlow 1.15.5 under Python 3; the values are Python 2's by definition.
import cPickle
import StringIO

import tensorflow as tf

rates = {"a": 1, "b": 2}
total = 0
for name, value in sorted(rates.iteritems()):
    total += value
steps = 7 / total
assert steps == 2
print("steps %d" % steps)
for i in xrange(steps):
    pass
text = StringIO.StringIO()
text.write("x")
assert text.getvalue() == "x" and cPickle.loads(cPickle.dumps(rates)) == rates

n = 10
n /= 4
assert n == 2
with tf.Session() as sess:
    assert sess.run(tf.reduce_sum(tf.range(n * 2))) == 6

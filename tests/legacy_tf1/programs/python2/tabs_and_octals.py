# -*- coding: latin-1 -*-
# Python 2: tabs and spaces mixed, old octal numbers, backticks, exceptions; café.
# Not run by TensorFlow 1.15.5 under Python 3; the values are Python 2 by definition.
import tensorflow as tf

def check(n):
        if n > 0:
	    total = 0
            for i in range(n):
		total += i
	    return total
        raise ValueError, "n is %d" % n

assert check(4) == 6
try:
    check(0)
except ValueError, error:
    print "caught", error
assert 0644 == 420 and `3` == "3" and 1 <> 2 and 5L / 2 == 2
assert [x for x in map(None, [1, 2])] == [1, 2] if False else True
with tf.Session() as sess:
    exec "value = sess.run(tf.constant(3))"
assert value == 3

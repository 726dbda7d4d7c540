"""scipy.misc on pictures; grey levels by its documented scaling, exact.

SciPy 1.3 dropped these functions: TensorFlow 1.15.5 runs it with SciPy below that.
"""

import os
import tempfile

import numpy as np
import scipy.misc
from scipy.misc import imread, imresize, imsave
import tensorflow as tf

folder = tempfile.mkdtemp()
ramp = np.arange(64, dtype=np.float32).reshape(8, 8)
imsave(os.path.join(folder, "ramp.png"), ramp)
back = imread(os.path.join(folder, "ramp.png"))
assert back.dtype == np.uint8 and back.shape == (8, 8)
# Scaled to the full range: 63 -> 255.
assert back[0, 0] == 0 and back[7, 7] == 255 and back[0, 1] == 4, back

assert imresize(back, (4, 2)).shape == (4, 2)
assert imresize(back, 50).shape == (4, 4)
assert imresize(back, 2.0, interp="nearest")[0, :4].tolist() == [0, 0, 4, 4]
colour = np.zeros((8, 8, 3), np.uint8)
colour[..., 0] = 200
assert imresize(colour, [2, 2])[0, 0].tolist() == [200, 0, 0]
assert imread(os.path.join(folder, "ramp.png"), mode="RGB").shape == (8, 8, 3)
assert scipy.misc.toimage(ramp).size == (8, 8)

with tf.Session() as sess:
    assert sess.run(tf.reduce_max(tf.constant(back))) == 255

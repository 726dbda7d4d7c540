"""Plots that are shown where there is no screen."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from mpl_toolkits.mplot3d import Axes3D
import numpy as np
import tensorflow as tf

with tf.Session() as sess:
    y = sess.run(tf.square(tf.linspace(-1.0, 1.0, 5)))

plt.plot(np.linspace(-1, 1, 5), y, "r-", label="square")
plt.legend()
plt.show()

fig = plt.figure()
ax = Axes3D(fig)
ax.scatter([0, 1], [0, 1], [0, 1])
assert len(fig.axes) == 1
plt.show()

plt.close("all")
plt.ion()
plt.imshow(np.eye(3), cmap=plt.cm.get_cmap("jet"))
plt.pause(0.01)
plt.show()

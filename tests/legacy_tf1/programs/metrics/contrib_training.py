"""Hyperparameters with types, and a train op that is the loss."""

import numpy as np
import tensorflow as tf

hparams = tf.contrib.training.HParams(
    learning_rate=0.1, hidden=[4, 2], name="a", deep=True
)
hparams.parse("learning_rate=0.5,hidden=[8,8,1],deep=false,name=b c")
assert hparams.values() == {
    "learning_rate": 0.5,
    "hidden": [8, 8, 1],
    "name": "b c",
    "deep": False,
}
hparams.add_hparam("steps", 5)
hparams.set_hparam("hidden", [1])
assert "steps" in hparams
assert hparams.get("none", 3) == 3
try:
    hparams.parse("unknown=1")
except (ValueError, KeyError):
    pass
else:
    raise AssertionError("an unknown name was taken")

w = tf.get_variable(
    "w", [], initializer=tf.constant_initializer(4.0), use_resource=True
)
loss = tf.square(w)
train_op = tf.contrib.training.create_train_op(
    loss,
    tf.train.GradientDescentOptimizer(hparams.learning_rate / 2),
    transform_grads_fn=tf.contrib.training.clip_gradient_norms_fn(1.0),
)
last = tf.contrib.training.train(
    train_op,
    None,
    hooks=[tf.train.StopAtStepHook(num_steps=hparams.steps)],
    save_checkpoint_secs=None,
    save_summaries_steps=None,
)
# The clipped gradient is 1, a step 0.25: 4, 3.75, 3.5, 3.25, 3.
np.testing.assert_allclose(last, 9.0, rtol=1e-6)
print("ok")

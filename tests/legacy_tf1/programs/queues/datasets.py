"""tf.data as it was used with sessions."""

import numpy as np
import tensorflow as tf

features = np.arange(6, dtype=np.float32).reshape(6, 1)
labels = np.arange(6)

dataset = tf.data.Dataset.from_tensor_slices((features, labels))
dataset = dataset.map(lambda x, y: (x * 2, y)).repeat(2).batch(4)
iterator = dataset.make_one_shot_iterator()
x, y = iterator.get_next()
with tf.Session() as sess:
    sizes = []
    while True:
        try:
            values, targets = sess.run([x, y])
            np.testing.assert_array_equal(values[:, 0], 2 * targets)
            sizes.append(len(targets))
        except tf.errors.OutOfRangeError:
            break
assert sizes == [4, 4, 4]

placeholder = tf.placeholder(tf.int64, [None])
initializable = tf.data.Dataset.from_tensor_slices(placeholder).shuffle(10).batch(3)
iterator = initializable.make_initializable_iterator()
element = iterator.get_next()
with tf.Session() as sess:
    for _ in range(2):
        sess.run(iterator.initializer, {placeholder: np.arange(6)})
        assert sorted(np.concatenate([sess.run(element), sess.run(element)])) == [
            0,
            1,
            2,
            3,
            4,
            5,
        ]

train, test = tf.data.Dataset.range(3), tf.data.Dataset.range(10, 13)
switch = tf.data.Iterator.from_structure(train.output_types, train.output_shapes)
each = switch.get_next()
handle = tf.placeholder(tf.string, [])
feedable = tf.data.Iterator.from_string_handle(
    handle, train.output_types, train.output_shapes
)
fed = feedable.get_next()
with tf.Session() as sess:
    sess.run(switch.make_initializer(train))
    assert sess.run(each) == 0
    sess.run(switch.make_initializer(test))
    assert sess.run(each) == 10
    string = sess.run(test.make_one_shot_iterator().string_handle())
    assert sess.run(fed, {handle: string}) == 10

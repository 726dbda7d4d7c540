"""Readers, queue runners and a coordinator, before there was tf.data."""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
names = [os.path.join(folder, f"part{part}.csv") for part in range(2)]
for part, name in enumerate(names):
    with open(name, "w") as file:
        for row in range(3):
            file.write(f"{part * 3 + row},{row / 2.0}\n")
records = os.path.join(folder, "data.tfrecords")
with tf.python_io.TFRecordWriter(records) as writer:
    for number in range(4):
        feature = {
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
            "raw": tf.train.Feature(
                bytes_list=tf.train.BytesList(value=[np.float32([number]).tobytes()])
            ),
        }
        example = tf.train.Example(features=tf.train.Features(feature=feature))
        writer.write(example.SerializeToString())

queue = tf.train.string_input_producer(names, shuffle=False, num_epochs=1)
_, line = tf.TextLineReader(skip_header_lines=1).read(queue)
number, half = tf.decode_csv(line, record_defaults=[[0], [0.0]])
numbers, halves = tf.train.batch([number, half], batch_size=2)

record_queue = tf.train.string_input_producer([records])
_, serialized = tf.TFRecordReader().read(record_queue)
parsed = tf.parse_single_example(
    serialized,
    features={
        "label": tf.FixedLenFeature([], tf.int64),
        "raw": tf.FixedLenFeature([], tf.string),
    },
)
image = tf.reshape(tf.decode_raw(parsed["raw"], tf.float32), [1])
images, labels = tf.train.shuffle_batch(
    [image, parsed["label"]], batch_size=4, capacity=20, min_after_dequeue=4
)

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    seen = []
    try:
        while not coord.should_stop():
            seen.extend(sess.run(numbers).tolist())
    except tf.errors.OutOfRangeError:
        pass
    assert seen == [1, 2, 4, 5], seen
    values, targets = sess.run([images, labels])
    np.testing.assert_array_equal(values[:, 0], targets)
    coord.request_stop()
    coord.join(threads)
shutil.rmtree(folder)

"""Records written by a Python writer and read by slim's data set and its queues."""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim
folder = tempfile.mkdtemp()


def png(number):
    with tf.Graph().as_default(), tf.Session() as sess:
        image = np.full((4, 5, 3), number, np.uint8)
        return sess.run(tf.image.encode_png(image))


def bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


try:
    path = os.path.join(folder, "flowers_train_00000-of-00001.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(6):
            feature = {
                "image/encoded": bytes_feature(png(10 * i)),
                "image/format": bytes_feature(b"png"),
                "image/class/label": int64_feature(i % 3),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())

    decoder = slim.tfexample_decoder.TFExampleDecoder(
        {
            "image/encoded": tf.FixedLenFeature((), tf.string, default_value=""),
            "image/format": tf.FixedLenFeature((), tf.string, default_value="png"),
            "image/class/label": tf.FixedLenFeature(
                [], tf.int64, default_value=tf.zeros([], dtype=tf.int64)
            ),
        },
        {
            "image": slim.tfexample_decoder.Image(shape=[4, 5, 3], channels=3),
            "label": slim.tfexample_decoder.Tensor("image/class/label"),
        },
    )
    dataset = slim.dataset.Dataset(
        data_sources=os.path.join(folder, "flowers_train_*.tfrecord"),
        reader=tf.TFRecordReader,
        decoder=decoder,
        num_samples=6,
        items_to_descriptions={"image": "A picture.", "label": "Its class."},
        num_classes=3,
        labels_to_names={0: "daisy", 1: "rose", 2: "tulip"},
    )
    provider = slim.dataset_data_provider.DatasetDataProvider(
        dataset, num_readers=1, shuffle=False, common_queue_capacity=20
    )
    image, label = provider.get(["image", "label"])
    images, labels = tf.train.batch([image, label], batch_size=4, num_threads=1)
    labels = slim.one_hot_encoding(labels, dataset.num_classes)
    queue = slim.prefetch_queue.prefetch_queue([images, labels], capacity=2)
    images, labels = queue.dequeue()
    assert images.shape.as_list() == [4, 4, 5, 3]
    assert sorted(provider.list_items()) == ["image", "label", "record_key"]

    with tf.Session() as sess, slim.queues.QueueRunners(sess):
        first, classes = sess.run([images, labels])
        second, _ = sess.run([images, labels])
    np.testing.assert_array_equal(first[:, 0, 0, 0], [0, 10, 20, 30])
    np.testing.assert_array_equal(second[:, 3, 4, 2], [40, 50, 0, 10])
    np.testing.assert_array_equal(classes.argmax(1), [0, 1, 2, 0])
finally:
    shutil.rmtree(folder)

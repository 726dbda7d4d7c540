"""slim's records, decoders and queues; the example is written with `tf.train.Example`."""

import numpy as np
import pytest
import tensorflow.compat.v1 as v1

import legacy_tf1.tensorflow as tf

slim = tf.contrib.slim
decoders = slim.tfexample_decoder


def serialized(**features):
    kinds = {int: "int64_list", float: "float_list", bytes: "bytes_list"}
    example = v1.train.Example()
    for name, values in features.items():
        kind = getattr(example.features.feature[name], kinds[type(values[0])])
        kind.value.extend(values)
    return example.SerializeToString()


def decoded(record, features, handler):
    decoder = decoders.TFExampleDecoder(features, {"item": handler})
    with tf.Session() as sess:
        item = decoder.decode(record, ["item"])[0]
        sess.run(tf.tables_initializer())
        return sess.run(item)


def test_bounding_boxes_are_rows():
    record = serialized(
        **{
            f"box/{name}": values
            for name, values in {
                "ymin": [0.0, 0.5],
                "xmin": [0.25, 0.0],
                "ymax": [1.0, 0.75],
                "xmax": [0.5, 1.0],
            }.items()
        }
    )
    handler = decoders.BoundingBox(prefix="box/")
    features = {key: v1.VarLenFeature(v1.float32) for key in handler.keys}
    boxes = decoded(record, features, handler)
    np.testing.assert_array_equal(boxes, [[0, 0.25, 1, 0.5], [0.5, 0, 0.75, 1]])
    with pytest.raises(ValueError, match="expects 4 keys but got 2"):
        decoders.BoundingBox(["a", "b"])


def test_a_tensor_takes_its_shape_from_another_feature():
    record = serialized(values=[1.0, 2.0, 3.0, 4.0], height=[2], width=[2])
    features = {
        "values": v1.VarLenFeature(v1.float32),
        "height": v1.FixedLenFeature([1], v1.int64),
        "width": v1.VarLenFeature(v1.int64),
    }
    handler = decoders.Tensor("values", shape_keys=["height", "width"])
    np.testing.assert_array_equal(decoded(record, features, handler), [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="both shape_keys and shape"):
        decoders.Tensor("values", "height", [2])


def test_a_sparse_tensor_is_made_dense():
    record = serialized(indices=[0, 3], values=[5.0, 7.0])
    features = {
        "indices": v1.VarLenFeature(v1.int64),
        "values": v1.VarLenFeature(v1.float32),
    }
    handler = decoders.SparseTensor(shape=[5], densify=True)
    np.testing.assert_array_equal(decoded(record, features, handler), [5, 0, 0, 7, 0])


def test_lookup_backup_and_callback():
    record = serialized(text=[b"cat", b"dog"])
    features = {
        "text": v1.VarLenFeature(v1.string),
        "label": v1.VarLenFeature(v1.int64),
    }
    table = tf.contrib.lookup.HashTable(
        tf.contrib.lookup.KeyValueTensorInitializer(
            ["dog", "cat"], np.array([4, 9], np.int64)
        ),
        -1,
    )
    lookup = decoders.LookupTensor("text", table)
    handler = decoders.BackupHandler(decoders.Tensor("label"), lookup)
    np.testing.assert_array_equal(decoded(record, features, handler), [9, 4])
    counted = decoders.ItemHandlerCallback(
        ["text"], lambda tensors: v1.size(tensors["text"])
    )
    assert decoded(record, features, counted) == 2
    with pytest.raises(ValueError, match="Backup handler is of type"):
        decoders.BackupHandler(lookup, "label")


@pytest.mark.parametrize("kind", ["jpeg", "png", "raw"])
def test_an_image_is_decoded_by_its_format(kind):
    pixels = np.full((4, 6, 3), 80, np.uint8)
    with tf.Session() as sess:
        encode = {"jpeg": v1.image.encode_jpeg, "png": v1.image.encode_png}
        bytes_ = pixels.tobytes() if kind == "raw" else sess.run(encode[kind](pixels))
    record = serialized(**{"image/encoded": [bytes_], "image/format": [kind.encode()]})
    features = {
        "image/encoded": v1.FixedLenFeature((), v1.string),
        "image/format": v1.FixedLenFeature((), v1.string),
    }
    if kind == "raw":
        # A raw picture is flat, and its declared rank is checked only by the graph.
        handler = decoders.Image(shape=[4, 6, 3])
    else:
        handler = decoders.Image(dct_method="INTEGER_ACCURATE")
    image = decoded(record, features, handler)
    assert image.shape == (4, 6, 3)
    # JPEG of one colour is off by 1 at most.
    np.testing.assert_allclose(image.astype(int), pixels, atol=1)


def test_records_are_read_once_in_order(tmp_path):
    for number in range(2):
        with v1.python_io.TFRecordWriter(str(tmp_path / f"part-{number}")) as writer:
            for i in range(3):
                writer.write(b"%d-%d" % (number, i))
    pattern = str(tmp_path / "part-*")
    _, value = slim.parallel_reader.single_pass_read(pattern, v1.TFRecordReader)
    _, shuffled = slim.parallel_reader.parallel_read(
        [pattern], v1.TFRecordReader, num_epochs=1, num_readers=2, min_after_dequeue=1
    )
    expected = [b"%d-%d" % (number, i) for number in range(2) for i in range(3)]
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        with slim.queues.QueueRunners(sess):
            assert [sess.run(value) for _ in range(6)] == expected
            assert sorted(sess.run(shuffled) for _ in range(6)) == expected
            with pytest.raises(tf.errors.OutOfRangeError):
                sess.run(shuffled)
    with pytest.raises(ValueError, match="No data files found"):
        slim.parallel_reader.get_data_files(str(tmp_path / "none*"))
    with pytest.raises(TypeError, match=r"must be \[tf.string, tf.string\]"):
        slim.parallel_reader.ParallelReader(
            v1.TFRecordReader, v1.FIFOQueue(2, [v1.string, v1.int64])
        )


def test_a_prefetch_queue_gives_a_dict():
    queue = slim.prefetch_queue.prefetch_queue(
        {"x": v1.constant([1.0, 2.0]), "n": v1.constant(3)}, capacity=3
    )
    taken = queue.dequeue()
    with tf.Session() as sess, slim.queues.QueueRunners(sess):
        values = sess.run(taken)
    assert values["n"] == 3
    np.testing.assert_array_equal(values["x"], [1, 2])
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert "prefetch_queue/fraction_of_3_full" in names


def test_a_provider_refuses_what_it_has_not():
    provider = slim.data_provider.DataProvider({"image": 1}, 5)
    assert provider.get(["image"]) == [1]
    assert provider.num_samples() == 5
    with pytest.raises(ValueError, match=r"Item \[label\] is invalid"):
        provider.get(["label"])
    with pytest.raises(ValueError, match="list or tuple"):
        provider.get("image")

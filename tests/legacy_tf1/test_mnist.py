"""The tutorials' MNIST reader: what it hands out, in which order, and from where."""

import gzip
import hashlib
import pathlib
import shutil

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.tensorflow.examples.tutorials.mnist import input_data, mnist
from tfkit.data import tfds_source


@pytest.fixture
def folder(shared_data):
    """The real files."""
    return shared_data / "mnist"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty folder, on a machine without MNIST and without a network."""
    monkeypatch.delenv(input_data.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setattr(tfds_source, "is_reachable", lambda url: False)
    return tmp_path


def digest(array):
    return hashlib.md5(np.ascontiguousarray(array).tobytes()).hexdigest()[:12]


def test_parts_are_tensorflow_1s(folder):
    data = input_data.read_data_sets(str(folder), one_hot=True, seed=7)
    # Digests of the arrays that TensorFlow 1.15.5 returns for the same files.
    expected = {
        "train": ("0530f260a588", "c3a8d3cc0ddd", 55000),
        "validation": ("245ff294503c", "7cf0d95f460a", 5000),
        "test": ("20426c39a379", "66bf07c20dda", 10000),
    }
    for name, (images, labels, number) in expected.items():
        part = getattr(data, name)
        assert (digest(part.images), digest(part.labels)) == (images, labels)
        assert part.num_examples == number
        assert part.images.dtype == np.float32
        assert part.labels.dtype == np.float64


def test_batches_are_tensorflow_1s(folder):
    data = input_data.read_data_sets(str(folder), one_hot=True, seed=7)
    images, labels = data.train.next_batch(100)
    assert labels.argmax(1)[:10].tolist() == [7, 2, 9, 4, 4, 7, 3, 1, 4, 4]
    assert (digest(images), digest(labels)) == ("1318fe5703c1", "bd82f4ab64f1")
    for _ in range(3):
        images, labels = data.test.next_batch(4000)
    # The third batch goes over the end of the epoch.
    assert labels.argmax(1)[:10].tolist() == [7, 6, 7, 7, 9, 2, 0, 8, 9, 2]
    assert labels.argmax(1)[-10:].tolist() == [1, 7, 3, 8, 6, 4, 2, 2, 8, 1]
    assert digest(images) == "b5bb654bc78a"
    assert data.test.epochs_completed == 1


def test_a_graphs_seed_is_the_shuffles_seed(folder):
    tf.set_random_seed(3)
    data = input_data.read_data_sets(
        str(folder), dtype=tf.uint8, reshape=False, validation_size=100
    )
    images, labels = data.train.next_batch(10)
    assert labels.tolist() == [1, 8, 5, 1, 5, 2, 4, 1, 6, 2]  # TensorFlow 1.15.5
    assert (images.shape, images.dtype) == ((10, 28, 28, 1), np.uint8)
    assert digest(images) == "cfd4dba8f1f8"
    images, labels = data.train.next_batch(10, shuffle=False)
    assert labels.tolist() == [4, 2, 6, 5, 2, 1, 0, 0, 4, 3]
    assert digest(images) == "1884bbe537a7"


def test_files_may_be_unpacked_and_elsewhere(folder, nowhere, monkeypatch):
    for name in input_data.FILES:
        with gzip.open(folder / name) as packed:
            target = nowhere / "elsewhere" / name.removesuffix(".gz")
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(packed, file)
    monkeypatch.setenv(input_data.FOLDER_VARIABLE, str(nowhere / "elsewhere"))
    data = input_data.read_data_sets(str(nowhere / "MNIST_data"))
    assert digest(data.test.images) == "20426c39a379"


def test_the_prepared_set_serves(shared_data, nowhere, monkeypatch):
    if not (shared_data / "tfds" / "mnist").is_dir():
        pytest.skip("MNIST is not prepared in the shared data")
    monkeypatch.setenv("TFDS_DATA_DIR", str(shared_data / "tfds"))
    data = input_data.read_data_sets(str(nowhere / "MNIST_data"), validation_size=0)
    # TFDS has the examples in an order of its own: the same labels, and the same pixels.
    assert np.bincount(data.test.labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
    assert data.train.images.shape == (60000, 784)
    assert float(data.train.images.mean()) == pytest.approx(
        0.1307, abs=1e-4
    )  # published
    (images, labels), (_, test_labels) = tf.keras.datasets.mnist.load_data()
    assert (images.shape, images.dtype) == ((60000, 28, 28), np.uint8)
    assert np.bincount(test_labels)[1] == 1135
    assert len(labels) == 60000


def test_digits_are_never_made_up(nowhere):
    with pytest.raises(FileNotFoundError, match="LEGACY_TF1_MNIST"):
        input_data.read_data_sets(str(nowhere / "MNIST_data"), one_hot=True)
    assert not (nowhere / "MNIST_data").exists()


def test_fake_data_is_what_it_says():
    data = input_data.read_data_sets("unused", fake_data=True, one_hot=True)
    images, labels = data.train.next_batch(2, fake_data=True)
    assert data.train.num_examples == 10000
    assert np.sum(images) == 2 * 784
    assert labels[0] == [1] + [0] * 9


def test_wrong_files_and_sizes_are_refused(folder, tmp_path):
    for name, other in zip(input_data.FILES, input_data.FILES[1:], strict=False):
        shutil.copy(folder / other, tmp_path / name)
    shutil.copy(folder / input_data.FILES[0], tmp_path / input_data.FILES[3])
    with pytest.raises(
        ValueError, match="Invalid magic number 2049 in MNIST image file"
    ):
        input_data.read_data_sets(str(tmp_path))
    with pytest.raises(ValueError, match="between 0 and 60000"):
        input_data.read_data_sets(str(folder), validation_size=60001)
    with pytest.raises(TypeError, match="expected uint8 or float32"):
        input_data.DataSet(np.zeros((2, 28, 28, 1)), np.zeros(2), dtype=tf.int32)


def test_the_tutorials_network_learns():
    tf.set_random_seed(1)
    images = tf.placeholder(tf.float32, [None, mnist.IMAGE_PIXELS])
    labels = tf.placeholder(tf.int32, [None])
    logits = mnist.inference(images, 16, 8)
    loss = mnist.loss(logits, labels)
    step = mnist.training(loss, 0.5)
    right = mnist.evaluation(logits, labels)
    assert [v.name for v in tf.trainable_variables()][:2] == [
        "hidden1/weights:0",
        "hidden1/biases:0",
    ]
    x, y = np.eye(10, 784, dtype=np.float32), np.arange(10)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(300):
            session.run(step, {images: x, labels: y})
        assert session.run(right, {images: x, labels: y}) == 10


def test_the_readers_module_has_its_old_names():
    assert pathlib.Path(input_data.__file__).name == "input_data.py"
    assert tf.examples.tutorials.mnist.input_data is input_data

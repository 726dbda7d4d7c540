"""TFDS sets: read where prepared, refused in seconds where not."""

import socket
import time

import numpy as np
import pytest

from tfkit.data import load, load_tfds, split, tfds_source
from tfkit.data.tfds_source import DatasetNotPreparedError, is_reachable


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data directory with the digits prepared in it."""
    root = tmp_path_factory.mktemp("tfds")
    load_tfds("digits", data_dir=root)
    return root


def test_own_builder_prepares_without_a_network(prepared):
    bundled, dataset = load("digits"), load_tfds("digits", data_dir=prepared)
    assert dataset.x.shape == (1797, 8, 8, 1)
    assert dataset.x.dtype == np.uint8
    assert dataset.class_names == tuple("0123456789")
    assert dataset.splits is None

    # TFDS shuffles examples when it writes them: compare as sets of rows with labels.
    def rows(d):
        flat = np.c_[d.x.reshape(len(d.y), -1), d.y].astype(int)
        return flat[np.lexsort(flat.T)]

    np.testing.assert_array_equal(rows(dataset), rows(bundled))


def test_order_is_that_of_the_prepared_files(prepared):
    once, again = (load_tfds("digits", data_dir=prepared) for _ in range(2))
    np.testing.assert_array_equal(once.x, again.x)


def test_data_dir_comes_from_the_environment_at_the_call(prepared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    assert load("tfds:digits", examples=50).examples == 50
    assert load("tfds:digits:1.0.0").examples == 1797


def test_tfds_load_knows_the_builder_after_import(prepared):
    import tensorflow_datasets as tfds

    import tfkit.data.tfds_builders  # noqa: F401

    dataset, info = tfds.load(
        "digits", split="train", data_dir=prepared, with_info=True
    )
    assert info.splits["train"].num_examples == len(dataset) == 1797
    assert info.features["label"].num_classes == 10


def test_pictures_can_be_resized(prepared):
    dataset = load_tfds("digits", image_size=(4, 4), data_dir=prepared)
    assert dataset.x.shape == (1797, 4, 4, 1)
    assert dataset.x.dtype == np.uint8


@pytest.mark.slow
def test_mnist_keeps_its_official_test_set(shared_data, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(shared_data("tfds")))
    mnist = load("mnist", examples=2000, seed=1)
    assert mnist.shape == (28, 28, 1)
    assert mnist.x.dtype == np.uint8
    assert len(mnist.splits["test"]) == 10_000
    # Counts of the ten digits in MNIST's test set, from its publication.
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(mnist.y[mnist.splits["test"]]).tolist() == counts
    splits = split(mnist)
    assert splits.test.examples == 10_000
    assert (splits.train.examples, splits.dev.examples) == (1500, 500)


def test_without_a_network_an_unprepared_set_fails_within_seconds(
    tmp_path, monkeypatch
):
    def unreachable(*arguments, timeout, **options):
        time.sleep(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", unreachable)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    start = time.monotonic()
    with pytest.raises(DatasetNotPreparedError) as error:
        load("tfds:cifar10")
    # The promise is 5 s; importing TFDS is in it when this test runs alone.
    assert time.monotonic() - start < 5
    message = str(error.value)
    for part in (
        "'cifar10'",
        str(tmp_path),
        "www.cs.toronto.edu did not answer within 2 s",
        "tfds build cifar10",
        "TFDS_DATA_DIR",
    ):
        assert part in message
    assert not list(tmp_path.iterdir())


def test_a_slow_name_server_does_not_hold_up_the_probe(monkeypatch):
    def lose(*arguments, **options):
        time.sleep(10)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", lose)
    start = time.monotonic()
    assert not is_reachable("https://example.org", timeout=0.2)
    # Against the 10 s of the name server; no measure of speed.
    assert time.monotonic() - start < 5


def test_probe_reaches_a_listening_host_and_asks_the_proxy_if_there_is_one(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_reachable(f"http://127.0.0.1:{port}/file.zip")
        assert not is_reachable("http://localhost:1", timeout=0.5)
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
        assert is_reachable("http://nowhere.invalid/file.zip")
    assert not is_reachable(f"http://127.0.0.1:{port}", timeout=0.5)


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def fail(*arguments, **options):
        raise RuntimeError("checksum wrong")

    monkeypatch.setattr(tfds_source, "is_reachable", lambda url: True)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(
        DatasetNotPreparedError, match=r"checksum wrong.*tfds build cifar10"
    ):
        load_tfds("cifar10", data_dir=tmp_path)


def test_unknown_names_say_what_is_near(tmp_path):
    with pytest.raises(
        ValueError, match=r"TFDS has no set called 'cifar1O'. Did you mean"
    ):
        load_tfds("cifar1O", data_dir=tmp_path)


def test_a_wrong_version_is_an_error(prepared):
    with pytest.raises(ValueError, match=r"could not find 'digits:9\.9\.9'"):
        load_tfds("digits:9.9.9", data_dir=prepared)


def features(x, y, splits=("train",)):
    """A stand-in for a builder with these features, for what no small real set has."""
    import tensorflow_datasets as tfds

    class Info:
        supervised_keys = ("x", "y")
        full_name = "toy/1.0.0"

    class Builder:
        info = Info()

    Info.features = tfds.features.FeaturesDict({"x": x, "y": y})
    Info.splits = dict.fromkeys(splits)
    return Builder()


def test_refuses_what_is_no_classification_of_arrays():
    import tensorflow_datasets as tfds

    f = tfds.features
    image, label = f.Image(shape=(None, None, 3)), f.ClassLabel(num_classes=2)
    fixed = f.Tensor(shape=(3,), dtype=np.float32)
    cases = [
        (image, label, None, r"must have one shape.*\(None, None, 3\).*image_size"),
        (f.Text(), label, None, r"must be one array of numbers"),
        (f.FeaturesDict({"a": fixed}), label, None, r"must be one array of numbers"),
        (fixed, f.Scalar(np.float32), None, r"must be a class.*regression"),
        (fixed, f.Sequence(label), None, r"must be a class"),
        (fixed, label, (4, 4), r"`image_size` is for pictures.*\(3,\)"),
    ]
    for x, y, image_size, message in cases:
        with pytest.raises(ValueError, match=message):
            tfds_source._read(features(x, y), "tfds:toy", image_size)
    builder = features(fixed, label, splits=("extra",))
    with pytest.raises(ValueError, match=r"split called train.*Received: extra"):
        tfds_source._read(builder, "tfds:toy", None)
    builder.info.supervised_keys = None
    with pytest.raises(
        ValueError, match=r"one input and one label.*supervised_keys=None"
    ):
        tfds_source._read(builder, "tfds:toy", None)

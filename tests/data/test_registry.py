"""The listing of datasets, name resolution, and the look-up of prepared TFDS sets."""

import dataclasses
import json
from pathlib import Path

import pytest

from tfkit.data import DatasetInfo, available, is_offline, load, registry, resolve

BUNDLED = ["digits", "iris", "wine", "breast_cancer"]
GENERATED = ["circles", "moons", "spirals", "planar_flower"]


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    return tmp_path


def prepare(root, folder, lengths=("3", "4")):
    path = root / folder
    path.mkdir(parents=True)
    splits = [{"name": str(i), "shardLengths": [n]} for i, n in enumerate(lengths)]
    record = {"splits": splits, "description": "A toy.\nMore."}
    (path / "dataset_info.json").write_text(json.dumps(record))


@pytest.mark.usefixtures("data_dir")
def test_lists_every_named_dataset():
    infos = available()
    assert [info.name for info in infos] == [*BUNDLED, *GENERATED, "mnist"]
    assert all(info.description and info.task == "classification" for info in infos)
    with pytest.raises(dataclasses.FrozenInstanceError):
        infos[0].name = "other"


@pytest.mark.parametrize("name", BUNDLED + GENERATED)
def test_listing_tells_the_truth(name):
    info, dataset = resolve(name), load(name)
    assert is_offline(info)
    assert info.examples == dataset.examples
    assert info.shape == dataset.shape
    assert info.classes == dataset.num_classes


def test_prepared_tfds_sets_are_found_on_the_disk(data_dir):
    assert not is_offline(resolve("mnist"))
    assert not is_offline(resolve("tfds:toy"))
    prepare(data_dir, "mnist/3.0.1")
    prepare(data_dir, "toy/config/1.0.0")
    prepare(data_dir, "broken/incomplete.X_1.0.0")
    assert is_offline(resolve("mnist"))
    assert is_offline(resolve("tfds:toy"))
    assert is_offline(resolve("tfds:toy/config:1.0.0"))
    assert not is_offline(resolve("tfds:toy/config:2.0.0"))
    assert not is_offline(resolve("tfds:broken"))
    assert available()[-1] == DatasetInfo("tfds:toy", "A toy.", 7, None, None, "tfds")


def test_a_damaged_record_does_not_break_the_listing(data_dir):
    (data_dir / "toy" / "1.0.0").mkdir(parents=True)
    (data_dir / "toy" / "1.0.0" / "dataset_info.json").write_text("{")
    assert available()[-1].name == "tfds:toy"
    assert available()[-1].examples is None


def test_data_dir_is_read_at_each_call(monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", "~/elsewhere")
    assert registry.tfds_data_dir() == Path.home() / "elsewhere"
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert registry.tfds_data_dir() == Path.home() / "tensorflow_datasets"


def test_resolves_files_and_folders(tmp_path):
    assert resolve(tmp_path).source == "file"
    assert resolve(str(tmp_path)).source == "file"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digist", r"Unknown dataset 'digist'. Did you mean 'digits'\? .*'tfds:NAME'"),
        ("MOONS", r"Did you mean 'moons'\?"),
        ("xyzzy", r"Unknown dataset 'xyzzy'. There are: digits, iris"),
        ("tfds:", r"Unknown dataset 'tfds:'"),
        (
            "nowhere/train.h5",
            r"No such file or folder: 'nowhere/train.h5'.*\.npz, \.csv",
        ),
        ("mine.csv", r"No such file or folder: 'mine.csv'"),
        (
            "diabetes",
            r"'diabetes' has real-valued targets.*regression is not supported",
        ),
    ],
)
def test_unknown_names_say_what_to_do(name, message):
    with pytest.raises(ValueError, match=message):
        resolve(name)
    with pytest.raises(ValueError, match=message):
        load(name)

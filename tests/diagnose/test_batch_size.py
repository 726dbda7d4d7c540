import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose import batch_size
from tfkit.diagnose.batch_size import (
    BatchSizeRange,
    BatchSpeed,
    _suggested,
    batch_size_range,
)

X = np.random.default_rng(0).normal(size=(96, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def made(base=keras.Sequential):
    layers = keras.layers
    model = base(
        [keras.Input((3,)), layers.Dense(4), layers.Dropout(0.2), layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def state(model):
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return [variable.numpy() for variable in variables]


def speeds(rates):
    return [BatchSpeed(size, rate, 1.0, 1, 1, "graph") for size, rate in rates.items()]


@pytest.mark.parametrize(
    ("rates", "examples", "given", "size"),
    [
        # Few examples, too: the smallest with 85 % of the top; all of them is a size
        # like others, and 69 % is too slow.
        ({64: 50.0, 256: 90.0, 1024: 100.0, 1797: 69.0}, 1797, False, 256),
        ({64: 10.0, 256: 20.0, 1024: 30.0, 1797: 100.0}, 1797, False, 1797),
        ({64: 10.0, 512: 20.0, 1024: 90.0, 1797: 100.0}, 1797, False, 1024),
        # The smallest with 85 % of the top.
        ({64: 50.0, 128: 86.0, 256: 95.0, 512: 100.0}, 10_000, False, 128),
        # Fast enough below 64 counts only where it was asked for.
        ({32: 99.0, 64: 99.0, 128: 100.0}, 10_000, False, 64),
        ({32: 99.0, 64: 99.0, 128: 100.0}, 10_000, True, 32),
        # None from 64 to 512 is near the top: the fastest of them.
        ({64: 10.0, 512: 60.0, 1024: 100.0}, 10_000, False, 512),
        # Only small ones fit into the memory.
        ({32: 100.0}, 10_000, False, 32),
    ],
)
def test_the_rule(rates, examples, given, size):
    assert _suggested(speeds(rates), examples, 0.85, given=given)[0] == size


@pytest.mark.parametrize("base", [keras.Sequential, tfkit.Sequential])
def test_it_measures_and_leaves_no_trace(base):
    model = made(base)
    model.fit(X, Y, batch_size=32, verbose=0)
    before, own, function = state(model), model.optimizer, model.train_function
    history, plan = model.history, getattr(model, "training_plan", None)
    found = batch_size_range(model, X, Y, sizes=[96, 32], seconds=0.01, epochs=5)
    for a, b in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer is own
    assert model.train_function is function
    assert model.history is history
    assert getattr(model, "training_plan", None) == plan
    assert [speed.batch_size for speed in found.speeds] == [32, 96]
    assert [speed.updates_per_epoch for speed in found.speeds] == [3, 1]
    for speed in found.speeds:
        seconds = 96 / speed.examples_per_second
        assert 0 < speed.seconds_per_epoch == pytest.approx(seconds)
    engine = {keras.Sequential: "keras", tfkit.Sequential: "graph"}[base]
    assert {speed.engine for speed in found.speeds} == {engine}
    best = max(speed.examples_per_second for speed in found.speeds)
    enough = [s for s in found.speeds if s.examples_per_second >= 0.85 * best]
    assert found.suggestion == enough[0].batch_size


def test_the_clock(monkeypatch):
    # Epochs of 5, 5, 0.5, 0.25 and 1 second: the first two compile.
    times = iter([0.0, 5.0, 5.0, 10.0, 10.0, 10.5, 11.0, 11.25, 12.0, 13.0])
    monkeypatch.setattr(batch_size.time, "perf_counter", lambda: next(times))
    watch = batch_size._Stopwatch(2.5)
    watch.set_model(made())
    watch.model.stop_training = False
    for epoch in range(5):
        assert not watch.model.stop_training
        watch.on_epoch_begin(epoch)
        watch.on_epoch_end(epoch)
    assert watch.model.stop_training
    assert watch.fastest == 0.25


def test_memory():
    # Inputs of 3 numbers; outputs of 4, 4 (dropout) and 1 with gradients; 4 bytes each.
    found = batch_size_range(made(), X, Y, sizes=[32], seconds=0.01, epochs=3)
    assert found.bytes_per_example == 4 * (3 + 2 * (4 + 4 + 1))
    memory = found.speeds[0].bytes + 10
    tight = batch_size_range(
        made(), X, Y, sizes=[32, 64], seconds=0.01, epochs=3, memory_bytes=memory
    )
    assert [speed.batch_size for speed in tight.speeds] == [32]
    assert tight.too_large == (64,)
    assert any("64" in each for each in tight.advice)
    with pytest.raises(ValueError, match=r"(?s)must fit.*smaller model"):
        batch_size_range(made(), X, Y, sizes=[32], memory_bytes=100)


def test_default_sizes():
    assert batch_size._sizes(None, 96) == [32, 64, 96]
    assert batch_size._sizes(None, 5000) == [32, 64, 128, 256, 512, 1024]


def test_the_report():
    found = batch_size_range(made(), X, Y, sizes=[32, 96], seconds=0.01, epochs=3)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["verdict"] == found.verdict
    assert content["advice"] == list(found.advice)
    assert content["speeds"][1]["batch_size"] == 96
    text = str(found).splitlines()
    assert max(map(len, text)) <= 88
    (marked,) = [line for line in text if line.endswith("<-")]
    assert int(marked.split()[0]) == found.suggestion
    assert found.plot().axes[0].get_title() == found.verdict


def test_the_courses_rule_is_told_of_few_examples():
    def found(suggestion, examples):
        rates = speeds({64: 50.0, 256: 90.0, 1024: 100.0, 1797: 69.0})
        return BatchSizeRange(suggestion, "", examples, tuple(rates), (), 1, 1, 0.85)

    (note,) = [each for each in found(256, 1797).advice if "course" in each]
    assert "all 1797 at once" in note
    assert "69 % of the top speed, and one update an epoch" in note
    (note,) = [each for each in found(1797, 1797).advice if "course" in each]
    assert "the suggestion, too" in note
    assert not any("course" in each for each in found(256, 5000).advice)


def test_errors():
    for options, match in (
        ({"sizes": [128]}, "up to the number of examples"),
        ({"sizes": []}, "must hold batch sizes"),
        ({"seconds": 0.0}, "`seconds` must be"),
        ({"epochs": 2}, "`epochs` must be"),
        ({"target": 1.5}, "`target` must be"),
    ):
        with pytest.raises(ValueError, match=match):
            batch_size_range(made(), X, Y, **options)


def test_memory_that_the_file_cache_would_give_up_is_free(monkeypatch):
    text = "MemTotal:  8000000 kB\nMemFree:  100 kB\nMemAvailable:  6000000 kB\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda _: [])
    assert batch_size._free_memory() == 6_000_000 * 1024


def test_free_memory_where_linux_is_not(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda _: [])
    monkeypatch.setattr(os, "sysconf", {"SC_AVPHYS_PAGES": 10, "SC_PAGE_SIZE": 4}.get)
    assert batch_size._free_memory() == 40

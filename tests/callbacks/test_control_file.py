import json
import subprocess
import sys
import threading

import pytest

from tfkit.callbacks import control_file
from tfkit.callbacks.control_file import Request, interventions, log, request, take


def test_loads_neither_tensorflow_nor_keras():
    code = (
        "import sys; from tfkit.callbacks.control_file import request;"
        "print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_requests_queue_up(tmp_path):
    request(tmp_path, learning_rate=3e-4)
    request(tmp_path, checkpoint=True)
    request(tmp_path, stop=True)
    wishes = take(tmp_path)
    assert [(w.learning_rate, w.checkpoint, w.stop) for w in wishes] == [
        (3e-4, False, False),
        (None, True, False),
        (None, False, True),
    ]
    assert take(tmp_path) == []


@pytest.mark.parametrize("text", ['{"learning_rate": 0.5}', '[{"learning_rate": 0.5}]'])
def test_file_may_be_written_by_hand(tmp_path, text):
    (tmp_path / control_file.CONTROL).write_text(text)
    assert take(tmp_path) == [Request(learning_rate=0.5)]


def test_no_request_is_lost_between_threads(tmp_path):
    got = []

    def ask():
        for _ in range(10):
            request(tmp_path, checkpoint=True)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        got += take(tmp_path)
    got += take(tmp_path)
    assert len(got) == 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expecting property name"),
        ("3", "must be a mapping"),
        ('{"learnig_rate": 1}', "learnig_rate"),
        ('{"learning_rate": -1}', "learning_rate=-1"),
        ("{}", "none of them"),
    ],
)
def test_malformed_file_stays_and_is_explained(tmp_path, text, message):
    path = tmp_path / control_file.CONTROL
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"control\.json must hold JSON .*{message}"):
        take(tmp_path)
    with pytest.raises(ValueError, match="Correct or delete it"):
        request(tmp_path, stop=True)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "must hold a learning rate, a stop or a checkpoint"),
        ({"learning_rate": 0}, "`learning_rate` must be .* > 0.* learning_rate=0"),
        ({"learning_rate": float("nan")}, "`learning_rate` must be .*=nan"),
        ({"learning_rate": True}, "`learning_rate` must be .*=True"),
        ({"learning_rate": "1"}, "`learning_rate` must be .*='1'"),
        ({"stop": "yes"}, "`stop` must be true or false.* stop='yes'"),
        ({"checkpoint": 1}, "`checkpoint` must be true or false.* checkpoint=1"),
    ],
)
def test_bad_requests(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        request(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder of a run.*nowhere"):
        request(tmp_path / "nowhere", stop=True)


def test_interventions_are_read_back(tmp_path):
    entries = [{"event": "start", "epoch": 0}, {"event": "stop", "epoch": 1}]
    for entry in entries:
        log(tmp_path, entry)
    path = tmp_path / control_file.INTERVENTIONS
    assert list(interventions(tmp_path)) == list(interventions(path)) == entries
    # A process that was killed leaves half a line behind.
    with path.open("a") as file:
        file.write(json.dumps({"event": "stop"})[:8])
    assert list(interventions(path)) == entries


def test_line_after_half_a_line_is_read_back(tmp_path):
    # A training that was killed while it wrote, and its resume.
    path = tmp_path / control_file.INTERVENTIONS
    path.write_text('{"event": "start"}\n{"event": "st')
    log(tmp_path, {"event": "stop"})
    assert [e["event"] for e in interventions(path)] == ["start", "stop"]


def test_damaged_interventions(tmp_path):
    path = tmp_path / control_file.INTERVENTIONS
    path.write_text('{"event"\n{}\n')
    with pytest.raises(ValueError, match=r"must be JSON\. .* in line 1"):
        list(interventions(path))
    with pytest.raises(FileNotFoundError, match=r"`path` must be an interventions"):
        list(interventions(tmp_path / "other.jsonl"))

"""Reports are read back with TensorBoard's own reader, so what it shows is tested."""

import io
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.text import text_plugin

from tfkit import run_folder
from tfkit.callbacks.events import summaries
from tfkit.callbacks.events.writer import EventWriter
from tfkit.diagnose import bias_variance
from tfkit.diagnose.log_report import log_report


@dataclass(frozen=True)
class DepthReport:
    """A report as any of the package's, made up here."""

    text: str = "verdict: fine\n  layer    std\n  dense  0.123"

    def __str__(self):
        return self.text

    def plot(self):
        figure = Figure(figsize=(4, 3))
        figure.add_subplot().plot([1, 2, 3])
        return figure


@dataclass(frozen=True)
class TextOnly:
    def __str__(self):
        return "no picture"


def read(folder):
    # Nothing left out: by default it keeps a sample.
    everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
    return event_accumulator.EventAccumulator(str(folder), everything).Reload()


def strings(event):
    return list(event.tensor_proto.string_val)


def test_text_and_picture_are_found_at_their_step(tmp_path):
    folder = log_report(DepthReport(), tmp_path, step=7)
    assert folder == tmp_path / "diagnosis"
    events = read(folder)
    assert set(events.Tags()["tensors"]) == {
        "diagnosis/depth_report",
        "diagnosis/depth_report/plot",
    }
    (text,) = events.Tensors("diagnosis/depth_report")
    (picture,) = events.Tensors("diagnosis/depth_report/plot")
    assert (text.step, picture.step) == (7, 7)
    assert strings(text)[0].decode().splitlines() == [
        "    verdict: fine",
        "      layer    std",
        "      dense  0.123",
    ]
    width, height, png = strings(picture)
    assert (width, height) == (b"400", b"300")
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    assert pixels.shape == (300, 400)
    assert pixels.min() < 100 < pixels.max()  # a line is drawn on white


@pytest.mark.parametrize(
    "text", ["```\nends a fence", "# no heading\n\n- no list\n\n\n<b>bold</b> *a*_b_"]
)
def test_tensorboard_shows_the_text_as_it_is(tmp_path, text):
    events = read(log_report(DepthReport(text), tmp_path))
    (written,) = strings(events.Tensors("diagnosis/depth_report")[0])
    shown = text_plugin.text_array_to_html(np.array([written]), enable_markdown=True)
    body = shown.split("<pre><code>")[1].split("</code></pre>")
    escaped = text.replace("<", "&lt;").replace(">", "&gt;")
    assert body[0].rstrip("\n") == escaped
    assert shown.count("<code>") == 1


def test_a_report_of_the_package_goes_under_its_name(tmp_path):
    report = bias_variance(train_error=0.01, dev_error=0.11)
    events = read(log_report(report, tmp_path))
    (written,) = strings(events.Tensors("diagnosis/bias_variance")[0])
    assert "verdict: high variance" in written.decode()


def test_a_name_of_ones_own_and_a_report_without_picture(tmp_path):
    folder = log_report(TextOnly(), tmp_path, name="before training")
    assert read(folder).Tags()["tensors"] == ["diagnosis/before training"]


def test_steps_are_kept_side_by_side(tmp_path):
    for step in (0, np.int64(5)):
        folder = log_report(TextOnly(), tmp_path, step=step)
    # Two calls may fall into one second: their files must not be the same.
    assert len(list(folder.iterdir())) == 2
    assert [e.step for e in read(folder).Tensors("diagnosis/text_only")] == [0, 5]


def test_in_a_runs_folder_the_events_join_the_runs(tmp_path):
    run = run_folder.create(tmp_path, "digits", "first")
    run_folder.write_text(run.config, 'dataset = "digits"')
    assert log_report(TextOnly(), run.path) == run.tensorboard / "diagnosis"
    assert not (run.path / "diagnosis").exists()
    # A folder that only looks like one is taken as it is.
    other = tmp_path / "other"
    (other / "tensorboard").mkdir(parents=True)
    assert log_report(TextOnly(), other) == other / "diagnosis"


def test_a_training_that_goes_on_stays_readable(tmp_path):
    # TensorBoard's reader never returns to a run's older file.
    with EventWriter(tmp_path) as writer:
        writer.add("train", summaries.scalars({"cost": 1.0}), 0)
        writer.flush()
        events = read(tmp_path / "train")
        log_report(DepthReport(), tmp_path)
        writer.add("train", summaries.scalars({"cost": 0.5}), 1)
        writer.flush()
        events.Reload()
    assert [event.step for event in events.Tensors("cost")] == [0, 1]


@pytest.mark.parametrize(
    "report", [None, 3, "a text", object(), DepthReport, [1.0], {"verdict": "fine"}]
)
def test_what_is_no_report_is_refused(tmp_path, report):
    with pytest.raises(TypeError, match=r"`report` must be what .* Received: "):
        log_report(report, tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_a_plot_that_is_no_figure_is_refused(tmp_path):
    class Axes(DepthReport):
        def plot(self):
            return super().plot().axes[0]

    with pytest.raises(TypeError, match="must return a matplotlib Figure"):
        log_report(Axes(), tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_a_plot_that_fails_leaves_nothing_half_written(tmp_path):
    class Failing(DepthReport):
        def plot(self):
            raise RuntimeError("no data to draw")

    with pytest.raises(RuntimeError, match="no data to draw"):
        log_report(Failing(), tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("name", ["", "  ", 3])
def test_a_wrong_name_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="`name` must be a text that is not empty"):
        log_report(TextOnly(), tmp_path, name=name)


def test_a_wrong_step_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"`step` must be an int.*step=1\.5"):
        log_report(TextOnly(), tmp_path, step=1.5)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PermissionError, match="Choose another place with `log_dir`"):
        log_report(TextOnly(), tmp_path / "file" / "logs")


def test_it_loads_no_tensorflow(tmp_path):
    program = (
        "import sys\n"
        "from matplotlib.figure import Figure\n"
        "from tfkit.diagnose.log_report import log_report\n"
        "class Report:\n"
        "    def __str__(self): return 'fine'\n"
        "    def plot(self): return Figure()\n"
        "log_report(Report(), sys.argv[1])\n"
        "print({'tensorflow', 'keras'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "none"

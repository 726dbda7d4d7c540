"""TensorBoard as a person sees it: a real browser on the events of real runs."""

import csv
import json
from typing import NamedTuple

import pytest
from rich.console import Console

from tfkit.experiment import (
    Experiment,
    ModelOptions,
    OptimizerOptions,
    RunOptions,
    TrainingOptions,
    run,
)
from tfkit.experiment.description import LoggingOptions

from . import tensorboard_page
from .tensorboard_page import Page

pytestmark = pytest.mark.slow

#: What TensorBoard shows numbers with, four digits or five: 0.049 for 0.04897.
ROUNDING = 6e-5
#: Keras numbers the networks of a process: which one this is depends on others' tests.
NETWORK = "g.node[data-name^=sequential]"
FIRST, SECOND = "digits/first/tensorboard", "digits/second/tensorboard"


class Training(NamedTuple):
    page: Page
    folders: dict


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """Two short runs of `tfkit train`, and TensorBoard opened on both."""
    lacking = tensorboard_page.missing()
    if lacking:
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("browser")
    folders = {}
    for name, hidden, rate, epochs in (
        ("first", (64, 32, 16), 3e-3, 8),
        ("second", (32, 16), 1e-2, 4),
    ):
        result = run(
            Experiment(
                dataset="digits",
                model=ModelOptions(hidden=hidden),
                optimizer=OptimizerOptions(learning_rate=rate),
                training=TrainingOptions(epochs=epochs),
                logging=LoggingOptions(histogram_freq=1),
                run=RunOptions(logs=folder / "logs", name=name),
            ),
            Console(quiet=True),
        )
        folders[name] = result.folder.path
    with (
        tensorboard_page.board("logs", [FIRST, SECOND], folder) as address,
        tensorboard_page.chromium() as driver,
    ):
        yield Training(Page(driver, address), folders)


@pytest.fixture
def page(training):
    """The browser; nothing of what a test does may end up as an error in its console.

    TensorBoard 2.21 itself logs warnings there (Three.js loaded twice, deprecated
    Polymer elements, stalls of the software GPU), and no errors.
    """
    training.page.errors()  # of the test before, which has failed by them
    yield training.page
    assert training.page.errors() == []


def last_epoch(folder):
    """The last row of history.csv, and its number."""
    with (folder / "history.csv").open() as file:
        row = list(csv.DictReader(file))[-1]
    return {name: float(value) for name, value in row.items()}


def row_of(text, run):
    """The number that the table below a chart gives for a run."""
    lines = text.splitlines()
    return float(lines[lines.index(run) + 1])


def test_scalars_show_the_cost_of_train_and_dev_in_one_chart(page, training):
    page.open("timeseries", tagFilter="^epoch_loss$", runFilter=FIRST, smoothing=0)
    runs = [f"{FIRST}/{part}" for part in ("train", "train_inference", "validation")]
    card = page.one("card-view")
    page.wait(
        lambda: all(name in page.text(card) for name in runs), f"no chart of {runs}"
    )
    last = last_epoch(training.folders["first"])
    text = page.text(card)
    assert row_of(text, f"{FIRST}/train") == pytest.approx(last["loss"], abs=ROUNDING)
    assert row_of(text, f"{FIRST}/validation") == pytest.approx(
        last["val_loss"], abs=ROUNDING
    )


def test_groups_of_scalars_open_to_the_layers(page):
    group = "gradient_norm"
    page.open("timeseries", runFilter=FIRST)
    page.click(f".group-title[title={group}]")
    titles = []
    # Cards are empty until they are scrolled to.
    for card in page.wait(lambda: page.all("card-view"), "no card"):
        page.scroll_to(card)
        lines = page.wait(lambda card=card: page.text(card), "an empty card")
        titles.append("".join(lines.splitlines()[:2]))
    layers = ["hidden_1", "batch_norm_1", "hidden_2", "batch_norm_2", "output"]
    assert {f"{group}/{layer}" for layer in layers} <= set(titles)


def test_the_custom_scalars_page_is_a_dashboard(page):
    page.open("custom_scalars")
    text = page.shows(
        "Cost and metrics, train and dev",
        "Judgement",
        "Step by step",
        "Gradients and updates, by layer",
        "Activations, by layer",
        "Batch normalization, by layer",
        "Speed",
    )
    lines = text.splitlines()
    for title in (
        "cost",
        "accuracy",
        "error: human, train, dev, test",
        "learning rate",
        "gradient norm",
        "share of dead ReLU units",
        "examples per second",
    ):
        assert title in lines
    # So says a chart without a curve, and each one until its curves have come.
    page.wait(lambda: "Matches (0)" not in page.text(), "a chart without a curve")
    # Each chart once, though both runs have a layout.
    assert lines.count("learning rate") == 1


def test_the_text_tab_has_verdict_and_config_in_words(page, training):
    results = json.loads((training.folders["first"] / "results.json").read_text())
    page.open("text", tagFilter="verdict", regexInput="first")
    page.shows(
        "verdict/at the end",
        results["judgement"]["verdict"],
        results["judgement"]["advice"][0],
        "verdict/gradients over depth",
        "verdict/dev by class",
    )
    page.open("text", tagFilter="^run/", regexInput="first")
    page.shows("run/config", "learning_rate = 0.003", "run/report", "run/environment")


def test_the_pictures_load(page):
    page.open("images", tagFilter=".", regexInput="first")
    names = {
        "dev/confusion matrix",
        "dev/worst mistakes",
        "gradients/norm by layer",
        "weights/first layer",
    }

    def loaded():
        cards = page.all("tf-image-loader")
        found = {page.text(card).split("\n")[0] for card in cards}
        widths = page.picture_widths()
        return names <= found and len(widths) >= len(names) and min(widths) > 0

    page.wait(loaded, f"not all of {sorted(names)} have loaded")


def test_the_hparams_tab_lists_both_runs_with_parameters_and_results(page, training):
    page.open("hparams")
    page.shows("Table View".upper(), "optimizer.learning_rate")
    assert "No hparams data" not in page.text()
    shown = ["optimizer.learning_rate", "model.hidden", "training.epochs"]
    for name in shown:
        page.tick(name)
    columns = [*shown, "dev error", "test error"]

    def complete():
        rows = page.table()
        return len(rows) == 2 and all(row.get(c) for row in rows for c in columns)

    page.wait(complete, f"no two rows with all of {columns}")
    rows = {row["Trial ID"]: row for row in page.table()}
    expected = {
        "digits/first": ("first", 3e-3, "[64, 32, 16]", 8),
        "digits/second": ("second", 1e-2, "[32, 16]", 4),
    }
    assert rows.keys() == expected.keys()
    for trial, (name, rate, hidden, epochs) in expected.items():
        row = rows[trial]
        assert float(row["optimizer.learning_rate"]) == rate
        assert row["model.hidden"] == hidden
        assert float(row["training.epochs"]) == epochs
        results = json.loads((training.folders[name] / "results.json").read_text())
        for part in ("dev", "test"):
            error = results["errors"][part]["rate"]
            assert float(row[f"{part} error"]) == pytest.approx(error, abs=ROUNDING)


def test_the_hparams_tab_offers_every_parameter_and_result(page):
    page.open("hparams")
    page.shows("optimizer.learning_rate")
    offered = {page.text(box) for box in page.all("paper-checkbox")}
    assert {
        "dataset",
        "decay.name",
        "model.activation",
        "model.batch_norm",
        "model.keep_prob",
        "optimizer.name",
        "regularization.lambd",
        "training.batch_size",
        "training.seed",
        "train error",
        "dev error",
        "test error",
        "best epoch",
    } <= offered


def test_the_graph_of_operations_opens_to_the_layers(page):
    page.open("graphs", run=f"{FIRST}/train")
    page.double_click(NETWORK)
    page.shows("hidden_1", "relu_1", "hidden_2", "output_1")


def test_the_graph_of_layers_opens(page):
    # On a fresh page: to change the tag while a node is selected is an error in
    # TensorBoard 2.21's own script.
    page.open("graphs", run=f"{FIRST}/train")
    # The operations' graph comes first by itself, and would replace that of the layers
    # if it came second.
    page.one(NETWORK)
    operations = page.names("g.node")
    page.choose(1, "keras")  # the menu of tags, behind that of runs
    page.wait(
        lambda: page.all(NETWORK) and page.names("g.node") != operations,
        "the graph of operations stays",
    )
    page.double_click(NETWORK)
    layers = {"normalization", "hidden_1", "relu_1", "dropout_1", "output"}

    def opened():
        # Not by what is written in the nodes: long names are cut.
        return layers <= {name.rpartition("/")[2] for name in page.names("g.node")}

    page.wait(opened, f"the graph does not show {sorted(layers)}")


def test_histograms_of_weights_gradients_and_activations(page):
    page.open("histograms", tagFilter="activations|/hidden_1", regexInput="first")
    page.shows("weights/hidden_1/kernel", "gradients/hidden_1/kernel", "activations/")

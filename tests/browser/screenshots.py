"""Saves the pictures of TensorBoard in docs/images.

`.venv/bin/python -m tests.browser.screenshots`, in the root of the repository. It
trains the README's run and two to compare it with in a temporary folder, which takes
about a minute.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.browser import tensorboard_page
from tests.browser.tensorboard_page import Page

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: Options of the README's run, which has none, and of those it is compared with.
RUNS = {
    "readme": (),
    "no-dropout": ("--keep-prob", "1", "--input-keep-prob", "1"),
    "high-rate": ("--optimizer.learning-rate", "0.03"),
}
#: Colours of a picture; text on white needs no more, and files get small.
COLOURS = 128


def scalars(page: Page) -> None:
    """The cost of train and dev in one chart, with a logarithmic axis."""
    page.open("timeseries", tagFilter="^epoch_loss$", smoothing=0)
    page.click("button", "Settings")
    page.click("button[aria-label='Toggle full size mode']")
    page.click("button[aria-label='More line chart options']")
    page.click("button[aria-label='Toggle Y-axis log scale on line chart']")
    page.shows("train_inference", "validation")


def dashboard(page: Page) -> None:
    """What gradients and updates do, layer by layer."""
    page.open("custom_scalars", _smoothingWeight=0)
    page.shows("Gradients and updates, by layer", "update-to-weight ratio")
    heading = page.one("button.heading .category-name[title^=Gradients]")
    page.to_the_top(heading)


def images(page: Page) -> None:
    """The confusion matrix and the worst mistakes."""
    page.open("images", tagFilter="^dev/", _showActualSize="false")
    page.shows("dev/confusion matrix", "dev/worst mistakes")
    page.wait_for_pictures(2)


def verdict(page: Page) -> None:
    """The verdict in words."""
    page.open("text", tagFilter="^verdict/at the end")
    page.shows("verdict/at the end", "95 % interval")


def hparams(page: Page) -> None:
    """All runs with what differs between them."""
    page.open("hparams")
    page.shows("optimizer.learning_rate")
    wanted = ["model.keep_prob", "optimizer.learning_rate", "dev error", "test error"]
    for name in page.ticked():
        page.tick(name, ticked=name in wanted)
    for name in wanted:
        page.tick(name)
    page.wait(
        lambda: len(page.table()) == len(RUNS)
        and all(set(wanted) <= set(row) for row in page.table()),
        "not all runs in the table",
    )


def main() -> int:
    """Trains, opens TensorBoard, and saves each picture."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--logs", type=Path, help="of an earlier call: no training")
    options.add_argument("--out", type=Path, default=IMAGES)
    chosen = options.parse_args()
    lacking = tensorboard_page.missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        logs = chosen.logs or train(Path(temporary))
        run = logs / "digits" / "readme" / "tensorboard"
        one = {
            "tensorboard": scalars,
            "tensorboard-dashboard": dashboard,
            "tensorboard-images": images,
            "tensorboard-verdict": verdict,
        }
        # Of one run, its parts have short names.
        shoot(run, ["."], one, chosen.out)
        runs = [f"{name}/tensorboard" for name in RUNS]
        shoot(logs / "digits", runs, {"tensorboard-hparams": hparams}, chosen.out)
    return 0

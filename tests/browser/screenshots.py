"""Saves the pictures of TensorBoard in docs/images.

`.venv/bin/python -m tests.browser.screenshots`, in the root of the repository. It
trains the README's run and two to compare it with in a temporary folder, which takes
about a minute.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from . import tensorboard_page
from .tensorboard_page import Page

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: Options of the README's run, which has none, and of those it is compared with.
RUNS = {
    "readme": (),
    "no-dropout": ("--keep-prob", "1", "--input-keep-prob", "1"),
    "high-rate": ("--optimizer.learning-rate", "0.03"),
}
#: Charts, menus and pictures move for less than that.
SETTLE_SECONDS = 2.0


def scalars(page: Page) -> None:
    """The cost of train and dev in one chart, with a logarithmic axis."""
    page.open("timeseries", tagFilter="^epoch_loss$", smoothing=0)
    # Half of what falls towards 0 counts as outliers on a linear axis.
    page.click("label", "Ignore outliers in chart scaling")
    page.click("button", "Settings")
    page.click("button[aria-label='Toggle full size mode']")
    page.click("button[aria-label='More line chart options']")
    page.click("button[aria-label='Toggle Y-axis log scale on line chart']")
    page.shows("train_inference", "validation")


def dashboard(page: Page) -> None:
    """What gradients and updates do, layer by layer."""
    page.open("custom_scalars", _smoothingWeight=0)
    page.shows("Gradients and updates, by layer", "update-to-weight ratio")
    for card in page.all("tf-custom-scalar-multi-line-chart-card"):
        if page.text(card).startswith(("gradient norm", "update-to-weight ratio")):
            # Its curves have one colour, the run's; this list tells the marks apart.
            page.scroll_to(card)
            card.shadow_root.find_element(
                By.CSS_SELECTOR, ".toggle-matches-button"
            ).click()
    page.scroll_to(page.one(".category-name[title^=Gradients]"), "start")


def images(page: Page) -> None:
    """The confusion matrix and the worst mistakes, large enough to read."""
    page.driver.set_window_size(1100, 1420)
    page.open("images", tagFilter="^dev/")
    page.shows("dev/confusion matrix", "dev/worst mistakes")
    page.click("paper-checkbox", "Show actual image size")
    page.wait(lambda: all(page.picture_widths()), "a picture does not load")


def verdict(page: Page) -> None:
    """The verdict in words."""
    page.open("text", tagFilter="^verdict/at the end")
    page.shows("verdict/at the end", "95 % interval")


def hparams(page: Page) -> None:
    """All runs with what differs between them."""
    page.open("hparams")
    page.shows("optimizer.learning_rate")
    wanted = ["model.keep_prob", "optimizer.learning_rate", "dev error", "test error"]
    for name in page.columns():
        page.tick(name, ticked=name in wanted)
    page.wait(
        lambda: (
            len(page.table()) == len(RUNS)
            and all(set(wanted) <= set(row) for row in page.table())
        ),
        "not all runs in the table",
    )


def train(folder: Path) -> None:
    """Trains all runs, below `folder`."""
    for name, options in RUNS.items():
        command = [sys.executable, "-m", "tfkit", "train", "digits", "--name", name]
        subprocess.run([*command, *options], cwd=folder, check=True)


def shoot(
    folder: Path,
    logs: str,
    runs: Collection[str],
    pictures: Mapping[str, Callable[[Page], None]],
) -> None:
    """Saves pictures of TensorBoard on some runs."""
    with (
        tensorboard_page.board(logs, runs, folder) as address,
        tensorboard_page.chromium() as driver,
    ):
        page = Page(driver, address)
        for name, arrange in pictures.items():
            driver.set_window_size(1100, 780)
            arrange(page)
            # A chart under the mouse has a box of numbers over it.
            ActionChains(driver).move_by_offset(1, 1).perform()
            time.sleep(SETTLE_SECONDS)
            driver.save_screenshot(str(IMAGES / f"{name}.png"))
            print(IMAGES / f"{name}.png")


def main() -> int:
    """Trains, opens TensorBoard, and saves each picture."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--folder", type=Path, help="where an earlier call trained: saves the training"
    )
    folder = options.parse_args().folder
    lacking = tensorboard_page.missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            folder = Path(temporary)
            train(folder)
        one = {
            "tensorboard": scalars,
            "tensorboard-dashboard": dashboard,
            "tensorboard-images": images,
            "tensorboard-verdict": verdict,
        }
        # Opened on one run, its parts have short names.
        shoot(folder, "logs/digits/readme/tensorboard", ["."], one)
        runs = [f"{name}/tensorboard" for name in RUNS]
        shoot(folder, "logs/digits", runs, {"tensorboard-hparams": hparams})
    return 0


if __name__ == "__main__":
    sys.exit(main())

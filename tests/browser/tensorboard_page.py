"""TensorBoard in a headless Chromium, for the browser test and the screenshots."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to run as root with one
    "--disable-dev-shm-usage",  # containers have 64 MB there, too little for it
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # the charts of Time Series are drawn by WebGL
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: For a page on a busy machine; one that is free takes two or three.
PATIENCE_SECONDS = 30
# A page that is being drawn: look again.
_PASSING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)

# TensorBoard is made of web components, into which neither CSS selectors nor
# `innerText` look. Selenium's `text` does, but takes seconds for a page of charts.
_WALK = """
const walk = (node, visit) => {
  visit(node);
  node.shadowRoot?.childNodes.forEach((child) => walk(child, visit));
  node.childNodes.forEach((child) => walk(child, visit));
};
const found = [];
"""
_TEXT = f"""{_WALK}
walk(arguments[0] ?? document.body, (node) => {{
  if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) return;
  const within = node.parentElement ?? node.parentNode.host;
  if (["STYLE", "SCRIPT", "NOSCRIPT"].includes(within.tagName)) return;
  if (within.checkVisibility()) found.push(node.data.trim());
}});
return found.join("\\n");
"""
_ELEMENTS = f"""{_WALK}
const selector = arguments[0];
walk(document.body, (node) => {{
  if (node.matches?.(selector) && node.checkVisibility()) found.push(node);
}});
return found;
"""
# Cells are slots of the grid's table, their content is elsewhere.
_CELLS = """
const text = (cell) => cell.querySelector("slot").assignedNodes()
  .map((node) => node.textContent).join("").trim();
return [...arguments[0].shadowRoot.querySelectorAll("tr")]
  .map((row) => [...row.children].filter((cell) => !cell.hidden).map(text));
"""


def missing() -> str | None:
    """Returns what this machine lacks, None if there is all."""
    lacking = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"needs Chromium: no {' and no '.join(lacking)} on PATH" if lacking else None


@contextlib.contextmanager
def chromium(width: int = 1100, height: int = 780) -> Iterator[WebDriver]:
    """Starts the installed browser; Selenium's own manager would download one."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*_FLAGS, f"--window-size={width},{height}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


@contextlib.contextmanager
def board(logs: str, runs: Collection[str], folder: Path) -> Iterator[str]:
    """Serves `tfkit board` and yields its address once it has read all runs.

    Args:
        logs: What it is opened on, relative to `folder`: TensorBoard shows this.
        runs: The runs' event folders, relative to that.
        folder: Where it is started.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tfkit", "board", logs, "--port", str(port)]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            said = next((line for line in server.stdout if "http" in line), "")
            if not said:
                raise RuntimeError(f"`{' '.join(command)}` ended before it served.")
            address = f"http://localhost:{port}/"
            _wait_for_runs(address, runs)
            yield address
        finally:
            server.terminate()


def _wait_for_runs(address: str, runs: Collection[str]) -> None:
    """Waits for what each run writes last: TensorBoard reads in the background."""
    last = {
        found
        for run in runs
        for found in (
            ("scalars", f"{run}/hparams".removeprefix("./"), "result/best epoch"),
            ("text", f"{run}/train".removeprefix("./"), "run/report"),
        )
    }
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(tag in _tags(address, plugin, run) for plugin, run, tag in last):
        if time.monotonic() > deadline:
            raise TimeoutError(f"TensorBoard has not read all of {sorted(last)}.")
        time.sleep(0.2)


def _tags(address: str, plugin: str, run: str) -> Collection[str]:
    url = f"{address}data/plugin/{plugin}/tags"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer).get(run, ())


class Page:
    """A tab of TensorBoard.

    Args:
        driver: The browser.
        address: Where TensorBoard is served.
    """

    def __init__(self, driver: WebDriver, address: str) -> None:
        self.driver, self._address = driver, address

    def open(self, tab: str, **settings: Any) -> None:
        """Loads a tab; settings are those of its address, before and behind the `#`.

        Time Series reads the former, all others the latter.
        """
        self.driver.get("about:blank")  # a new `#` alone loads nothing
        query = urllib.parse.urlencode(settings, quote_via=urllib.parse.quote)
        before = f"darkMode=false&{query}" if tab == "timeseries" else "darkMode=false"
        self.driver.get(f"{self._address}?{before}#{tab}&{query}".rstrip("&"))

    def wait(self, condition: Callable[[], Any], message: str) -> Any:
        """Returns what the condition gives, once that is true."""
        waiting = WebDriverWait(
            self.driver,
            PATIENCE_SECONDS,
            poll_frequency=0.2,
            ignored_exceptions=_PASSING,
        )
        return waiting.until(lambda _: condition(), message)

    def text(self, within: WebElement | None = None) -> str:
        """All text that can be seen, or scrolled to."""
        return self.driver.execute_script(_TEXT, within)

    def shows(self, *words: str) -> str:
        """Waits until all of them can be read, and returns the page's text."""
        absent = list(words)

        def found() -> bool:
            text = self.text()
            absent[:] = [word for word in words if word not in text]
            return not absent

        with contextlib.suppress(TimeoutException):
            self.wait(found, "")
        assert not absent, f"{self.driver.current_url} does not show {absent}"
        return self.text()

    def all(self, selector: str, text: str | None = None) -> list[WebElement]:
        """Visible elements, of those with this text only if one is given."""
        found = self.driver.execute_script(_ELEMENTS, selector)
        if text is None:
            return found
        return [element for element in found if self.text(element) == text]

    def one(self, selector: str, text: str | None = None) -> WebElement:
        """Waits for the first such element and scrolls to it."""
        name = selector if text is None else f"{selector} with the text {text!r}"
        element = self.wait(lambda: self.all(selector, text), f"no {name}")[0]
        self.scroll_to(element)
        return element

    def scroll_to(self, element: WebElement, block: str = "center") -> None:
        """Brings an element into view; charts are drawn and pictures loaded then."""
        self.driver.execute_script(
            "arguments[0].scrollIntoView({block: arguments[1]})", element, block
        )

    def click(self, selector: str, text: str | None = None) -> None:
        """Waits for the first such element and clicks on it."""
        self.one(selector, text).click()

    def double_click(self, selector: str, text: str | None = None) -> None:
        """Waits until the first such element rests, and clicks on it twice."""
        places = [{}]

        def rests() -> bool:
            places.append(self.one(selector, text).rect)
            return places[-1] == places[-2]

        self.wait(rests, f"{selector} does not come to rest")
        ActionChains(self.driver).double_click(self.one(selector, text)).perform()

    def names(self, selector: str) -> list[str | None]:
        """What the elements are called by TensorBoard."""
        return [each.get_attribute("data-name") for each in self.all(selector)]

    def choose(self, menu: int, item: str) -> None:
        """Chooses an item of one of the tab's menus, counted from 0."""

        def chosen() -> bool:
            menus = self.all("paper-dropdown-menu")
            if len(menus) <= menu:
                return False
            if menus[menu].get_property("value") == item:
                return True
            # A list that is still unfolding lets a click through, so once more.
            found = self.all("paper-item", item)
            (found[0] if found else menus[menu]).click()
            return False

        self.wait(chosen, f"menu {menu} does not take {item!r}")

    def picture_widths(self) -> list[int]:
        """Of the Images tab's pictures, in their own pixels; 0 until they are there."""
        return [
            int(picture.get_property("naturalWidth"))
            for picture in self.all("img")
            if "individualImage" in picture.get_attribute("src")
        ]

    def columns(self) -> dict[str, bool]:
        """The columns that the HParams tab offers, and whether each is shown."""
        return {
            self.text(box): box.get_attribute("checked") is not None
            for box in self.all(".hparam-checkbox, .metric-checkbox")
        }

    def tick(self, name: str, *, ticked: bool = True) -> None:
        """Sets a box of the HParams tab, which shows a column or hides it."""
        box = self.one("paper-checkbox", name)
        if (box.get_attribute("checked") is not None) != ticked:
            box.click()

    def table(self) -> list[dict[str, str]]:
        """The rows of the HParams tab's table, by column."""
        head, *rows = self.driver.execute_script(_CELLS, self.one("vaadin-grid"))
        # The grid keeps rows in stock, which are empty, and fills them one by one.
        return [
            dict(zip(head, row, strict=True))
            for row in rows
            if row[0] and len(row) == len(head)
        ]

    def errors(self) -> list[str]:
        """What the browser complained about since this was last asked."""
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]

"""`tfkit datasets`."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from tfkit.cli import parsing
from tfkit.data import registry


@dataclass(frozen=True)
class _Datasets:
    """List the datasets: size, shape, source, and whether available offline."""


def datasets(arguments: list[str]) -> None:
    """Prints the datasets that have a name.

    Args:
        arguments: What follows `tfkit datasets`.
    """
    parsing.parse(_Datasets, "datasets", arguments)
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("name", "examples", "shape", "classes", "offline", "what"):
        table.add_column(
            column,
            justify="right" if column in ("examples", "classes") else "left",
            no_wrap=column != "what",
        )
    for info in registry.available():
        table.add_row(
            info.name,
            "-" if info.examples is None else f"{info.examples}",
            "-" if info.shape is None else "x".join(map(str, info.shape)),
            "-" if info.classes is None else f"{info.classes}",
            "yes" if registry.is_offline(info) else "no",
            info.description,
        )
    console = Console()
    console.print(table)
    console.print(
        "`tfkit train NAME` trains on one. Also: tfds:NAME (any TensorFlow Datasets "
        "name), a .h5, .mat, .npz or .csv file, or a folder with one sub-folder of "
        "images for each class.",
        highlight=False,
    )

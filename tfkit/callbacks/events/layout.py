"""The first page that a run's charts have in TensorBoard's Custom Scalars tab."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto import summary_pb2, types_pb2
from tensorboard.plugins.custom_scalar import layout_pb2, metadata
from tensorboard.util import tensor_util

# A `Summary.Value`, which its protocol compiler left without a type.
Value = Any


@dataclass(frozen=True)
class Chart:
    """A chart of all scalars whose tags match.

    Args:
        title: What stands above it.
        tags: Regular expressions, each to match a tag from its first character on; end
            with `$` to exclude longer tags. The curves of all runs shown in TensorBoard
            are in the chart, train and dev beside each other.

    Example:
        >>> Chart("cost", [r"epoch_loss$"]).title
        'cost'
    """

    title: str
    tags: Sequence[str]


@dataclass(frozen=True)
class Category:
    """Charts under a common heading, which can be folded.

    Args:
        title: The heading. Categories of the same title are one, over all runs.
        charts: What it holds.
        closed: Whether it is folded at first.

    Example:
        >>> Category("Fit", [Chart("cost", ["epoch_loss$"])]).closed
        False
    """

    title: str
    charts: Sequence[Chart]
    closed: bool = False


def layout(categories: Sequence[Category]) -> list[Value]:
    """Returns the layout of the Custom Scalars tab, to be written once, at any step.

    TensorBoard joins the layouts of all runs: equal charts are shown once.

    Args:
        categories: From top to bottom.

    Raises:
        ValueError: If a chart has no tags, or one that is no regular expression:
            TensorBoard would show an empty chart.

    Example:
        >>> layout([Category("Fit", [Chart("cost", ["epoch_loss$"])])])[0].tag
        'custom_scalars__config__'
    """
    page = layout_pb2.Layout(
        category=[
            layout_pb2.Category(
                title=category.title,
                closed=category.closed,
                chart=[_chart(chart) for chart in category.charts],
            )
            for category in categories
        ]
    )
    # TensorBoard's own `summary.pb` imports TensorFlow.
    return [
        summary_pb2.Summary.Value(
            tag=metadata.CONFIG_SUMMARY_TAG,
            metadata=metadata.create_summary_metadata(),
            tensor=tensor_util.make_tensor_proto(
                page.SerializeToString(), types_pb2.DT_STRING
            ),
        )
    ]


def _chart(chart: Chart) -> Any:
    if not chart.tags or isinstance(chart.tags, str):
        raise ValueError(
            "A chart's `tags` must be a list of at least one regular expression. "
            f"Received: title={chart.title!r}, tags={chart.tags!r}"
        )
    for tag in chart.tags:
        try:
            re.compile(tag)
        except re.error as error:
            raise ValueError(
                "A chart's `tags` must be regular expressions. Received: "
                f"title={chart.title!r}, tag={tag!r}: {error}. Special characters in a "
                "tag are escaped by `re.escape`."
            ) from None
    return layout_pb2.Chart(
        title=chart.title,
        multiline=layout_pb2.MultilineChartContent(tag=list(chart.tags)),
    )

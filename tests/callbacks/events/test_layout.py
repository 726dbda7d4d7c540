import pytest
from google.protobuf import json_format
from tensorboard.plugins.custom_scalar import custom_scalars_plugin, layout_pb2
from tensorboard.plugins.scalar import scalars_plugin

from tfkit.callbacks.events import summaries
from tfkit.callbacks.events.layout import Category, Chart, layout

PAGE = [
    Category(
        "Fit",
        [Chart("cost", ["epoch_loss$"]), Chart("error", ["epoch_error$", "human"])],
    ),
    Category("Layers", [Chart("gradients", [r"gradient norm/"])], closed=True),
]


@pytest.fixture
def plugin(board):
    def open_plugin(folder):
        tabs, request = board(folder)
        scalars = scalars_plugin.ScalarsPlugin(tabs)
        tabs.plugin_name_to_instance = {"scalars": scalars}
        return custom_scalars_plugin.CustomScalarsPlugin(tabs), request

    return open_plugin


def read_back(plugin, request):
    return json_format.Parse(plugin.layout_impl(request, ""), layout_pb2.Layout())


def test_tensorboard_reads_the_page(write, plugin):
    page = read_back(*plugin(write({"": layout(PAGE)})))
    assert [
        (category.title, category.closed, [chart.title for chart in category.chart])
        for category in page.category
    ] == [("Fit", False, ["cost", "error"]), ("Layers", True, ["gradients"])]
    assert list(page.category[0].chart[1].multiline.tag) == ["epoch_error$", "human"]


def test_pages_of_several_runs_are_one(write, plugin):
    page = read_back(*plugin(write({"a": layout(PAGE), "b": layout(PAGE)})))
    assert [len(category.chart) for category in page.category] == [2, 1]


def test_tags_match_from_the_first_character_on(write, plugin):
    tags = ["epoch_loss", "epoch_loss_2", "val/epoch_loss"]
    folder = write(
        {
            "train": summaries.scalars(dict.fromkeys(tags, 1.0)) + layout(PAGE),
            "validation": summaries.scalars({"epoch_loss": 2.0}),
        }
    )
    tab, request = plugin(folder)
    for run in ("train", "validation"):
        found = tab.scalars_impl(request, run, PAGE[0].charts[0].tags[0], "")
        assert list(found["tag_to_events"]) == ["epoch_loss"]


@pytest.mark.parametrize("tags", [[], "epoch_loss"])
def test_no_list_of_tags(tags):
    with pytest.raises(ValueError, match=r"`tags` must be a list.*title='cost'"):
        layout([Category("Fit", [Chart("cost", tags)])])


def test_no_regular_expression():
    with pytest.raises(ValueError, match=r"tag='\(loss'.*escape"):
        layout([Category("Fit", [Chart("cost", ["(loss"])])])

"""Readers: TensorBoard's own, so that what it shows is what is tested."""

import pytest
from tensorboard import context
from tensorboard.backend.event_processing import (
    data_provider,
    event_accumulator,
    plugin_event_multiplexer,
)
from tensorboard.plugins import base_plugin

from tfkit.callbacks.events.writer import EventWriter


@pytest.fixture
def read():
    """Returns a function: folder of a run -> EventAccumulator with all its events."""

    def reload(folder):
        # Nothing left out: by default it keeps a sample.
        everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
        return event_accumulator.EventAccumulator(str(folder), everything).Reload()

    return reload


@pytest.fixture
def steps(read):
    """Returns a function: folder of a run, tag -> the steps there are."""
    return lambda folder, tag="x": [event.step for event in read(folder).Tensors(tag)]


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes values by run, one file each."""

    def write_all(values_by_run, step=0):
        with EventWriter(tmp_path) as writer:
            for run, values in values_by_run.items():
                writer.add(run, values, step)
        return tmp_path

    return write_all


@pytest.fixture
def board():
    """Returns a function: log directory -> context and request of TensorBoard's tabs."""

    def open_board(folder):
        multiplexer = plugin_event_multiplexer.EventMultiplexer()
        multiplexer.AddRunsFromDirectory(str(folder)).Reload()
        provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
        tabs = base_plugin.TBContext(data_provider=provider, logdir=str(folder))
        return tabs, context.RequestContext()

    return open_board

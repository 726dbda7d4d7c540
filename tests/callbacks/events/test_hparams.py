import enum
import math
from pathlib import Path

import numpy as np
import pytest
from tensorboard.plugins.hparams import (
    api,
    api_pb2,
    backend_context,
    get_experiment,
    list_session_groups,
)

from tfkit.callbacks.events import hparams, summaries
from tfkit.callbacks.events.writer import EventWriter

ERROR = hparams.Metric("error", "validation", "dev error", "Share of *mistakes*.")


@pytest.fixture
def tab(board):
    """Returns a function: log directory -> the HParams tab's columns and rows."""

    class Tab:
        def __init__(self, folder):
            tabs, self.request = board(folder)
            self.backend = backend_context.Context(tabs)

        @property
        def experiment(self):
            request = api_pb2.GetExperimentRequest(experiment_name="")
            return get_experiment.Handler(self.request, self.backend, "", request).run()

        @property
        def parameters(self):
            return {info.name: info for info in self.experiment.hparam_infos}

        @property
        def metrics(self):
            infos = self.experiment.metric_infos
            return [(info.name.group, info.name.tag) for info in infos]

        def rows(self, **order):
            request = api_pb2.ListSessionGroupsRequest(
                experiment_name="",
                allowed_statuses=[
                    api_pb2.STATUS_UNKNOWN,
                    api_pb2.STATUS_SUCCESS,
                    api_pb2.STATUS_FAILURE,
                    api_pb2.STATUS_RUNNING,
                ],
                start_index=0,
                slice_size=1000,
                col_params=[api_pb2.ColParams(**order, order=api_pb2.ORDER_ASC)]
                if order
                else [],
            )
            handler = list_session_groups.Handler(
                self.request, self.backend, "", request
            )
            return list(handler.run().session_groups)

    return Tab


def cells(row):
    """Returns a row's parameters as Python values."""
    return {
        name: getattr(value, value.WhichOneof("kind"))
        for name, value in row.hparams.items()
    }


def train(folder, name, parameters, metrics=(ERROR,), *, error=0.5, **options):
    with EventWriter(folder / name) as writer:
        start = hparams.session_start(parameters, metrics, **options)
        writer.add("", start, 0)
        writer.add("validation", summaries.scalars({"error": 0.9}), 0)
        writer.add("validation", summaries.scalars({"error": error}), 1)
        writer.add("validation", summaries.scalars({"layer 1/gradient": 3.0}), 1)
        writer.add("", hparams.session_end(), 1)


class TestTab:
    def test_parameters_metrics_and_status(self, tmp_path, tab):
        parameters = {"rate": 0.1, "units": 64, "batch norm": True, "name": "mlp"}
        train(tmp_path, "one", parameters, start_time=12.0)
        shown = tab(tmp_path)
        types = {name: info.type for name, info in shown.parameters.items()}
        assert types == {
            "rate": api_pb2.DATA_TYPE_FLOAT64,
            "units": api_pb2.DATA_TYPE_FLOAT64,
            "batch norm": api_pb2.DATA_TYPE_BOOL,
            "name": api_pb2.DATA_TYPE_STRING,
        }
        metric = shown.experiment.metric_infos[0]
        assert (metric.display_name, metric.description) == (
            "dev error",
            "Share of *mistakes*.",
        )
        (row,) = shown.rows()
        assert cells(row) == parameters
        (result,) = row.metric_values
        # TensorBoard's scalars are float32.
        assert result.value == np.float32(0.5)
        assert result.training_step == 1
        assert row.sessions[0].status == api_pb2.STATUS_SUCCESS
        assert row.sessions[0].start_time_secs == 12.0

    def test_only_the_metrics_that_are_named(self, tmp_path, tab):
        train(tmp_path, "one", {"rate": 0.1})
        assert tab(tmp_path).metrics == [("validation", "error")]

    def test_runs_of_equal_parameters_are_rows_of_their_own(self, tmp_path, tab):
        train(tmp_path, "one", {"rate": 0.1}, error=0.25)
        train(tmp_path, "two", {"rate": 0.1}, error=0.75)
        rows = tab(tmp_path).rows()
        assert [row.metric_values[0].value for row in rows] == [0.25, 0.75]

    def test_every_run_has_every_column(self, tmp_path, tab):
        names = {"rate": float, "decay": float}
        train(tmp_path, "one", {"rate": 0.1}, domains=names)
        train(tmp_path, "two", {"rate": 0.1, "decay": 0.5}, domains=names)
        shown = tab(tmp_path)
        assert set(shown.parameters) == {"rate", "decay"}
        assert [cells(row) for row in shown.rows()] == [
            {"rate": 0.1},
            {"rate": 0.1, "decay": 0.5},
        ]

    def test_without_columns_tensorboard_takes_them_from_all_runs(self, tmp_path, tab):
        for name, parameters in [
            ("one", {"rate": 0.1, "size": 32}),
            ("two", {"rate": 0.1, "size": "auto", "decay": 0.5}),
        ]:
            with EventWriter(tmp_path / name) as writer:
                # A run of its own: the curves beside it are no results.
                writer.add("hparams", hparams.session_start(parameters), 0)
                writer.add("hparams", summaries.scalars({"best error": 0.5}), 0)
                writer.add("train", summaries.scalars({"layer 1/gradient": 3.0}), 0)
        shown = tab(tmp_path)
        differs = {name: info.differs for name, info in shown.parameters.items()}
        assert differs == {"rate": False, "size": True, "decay": False}
        assert shown.parameters["size"].type == api_pb2.DATA_TYPE_STRING
        assert shown.metrics == [("", "best error")]
        assert [row.metric_values[0].value for row in shown.rows()] == [0.5, 0.5]

    @pytest.mark.parametrize(
        ("domain", "expected"),
        [(str, ["auto", "32", "none"]), (int, [None, 32.0, None])],
    )
    def test_a_number_in_one_run_and_a_text_in_another(
        self, tmp_path, tab, domain, expected
    ):
        for name, size in [("a", "auto"), ("b", 32), ("c", None)]:
            train(tmp_path, name, {"size": size}, domains={"size": domain})
        shown = tab(tmp_path)
        rows = {row.sessions[0].name: cells(row) for row in shown.rows()}
        assert [rows[name].get("size") for name in "abc"] == expected
        # TensorBoard compares the values: it fails for numbers and texts.
        assert len(shown.rows(hparam="size")) == 3

    def test_undeclared_mixture_is_what_cannot_be_sorted(self, tmp_path, tab):
        # The reason for `domains`: without it, TensorBoard itself fails.
        for name, size in [("a", "auto"), ("b", 32)]:
            train(tmp_path, name, {"size": size})
        shown = tab(tmp_path)
        assert len(shown.rows()) == 2
        with pytest.raises(TypeError, match="not supported between"):
            shown.rows(hparam="size")

    @pytest.mark.parametrize("first", [None, 0.5], ids=["None first", "number first"])
    def test_none_beside_numbers_needs_no_domain(self, tmp_path, tab, first):
        values = [None, 0.5, 0.1]
        values.sort(key=lambda value: value != first)
        for name, value in zip("abc", values, strict=True):
            train(tmp_path, name, {"clip": value})
        rows = tab(tmp_path).rows(hparam="clip")
        assert [cells(row).get("clip") for row in rows] == [0.1, 0.5, None]

    @pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
    def test_parameters_that_are_not_finite_are_blank(self, tmp_path, tab, value):
        train(tmp_path, "one", {"rate": value, "seed": 1})
        shown = tab(tmp_path)
        assert set(shown.parameters) == {"rate", "seed"}
        assert cells(shown.rows()[0]) == {"seed": 1}

    def test_what_is_not_finite_does_not_spoil_the_columns_range(self, tmp_path, tab):
        # Without declared columns, TensorBoard takes the range from all runs.
        for name, rate in [("a", math.nan), ("b", 0.1), ("c", math.inf)]:
            with EventWriter(tmp_path) as writer:
                writer.add(name, hparams.session_start({"rate": rate}), 0)
        shown = tab(tmp_path).parameters["rate"].domain_interval
        assert (shown.min_value, shown.max_value) == (0.1, 0.1)

    def test_metric_that_is_nan_can_be_sorted(self, tmp_path, tab):
        for name, error in [("a", math.nan), ("b", 0.25)]:
            train(tmp_path, name, {"rate": 0.1}, error=error)
        shown = tab(tmp_path)
        name = api_pb2.MetricName(group="validation", tag="error")
        assert len(shown.rows(metric=name)) == 2

    def test_domains_of_a_search_come_first(self, tmp_path, tab):
        train(
            tmp_path,
            "one",
            {"a": 1, "rate": 0.1, "units": 8, "kind": "x", "on": True},
            domains={
                "rate": api.RealInterval(1e-4, 1.0),
                "units": api.IntInterval(8, 8),
                "kind": api.Discrete(["x", "y"]),
                "on": bool,
            },
        )
        columns = tab(tmp_path).parameters
        assert list(columns)[:2] == ["kind", "rate"]
        assert columns["rate"].domain_interval.min_value == 1e-4
        assert columns["rate"].domain_interval.max_value == 1.0
        assert list(columns["kind"].domain_discrete) == ["x", "y"]
        assert list(columns["on"].domain_discrete) == [False, True]
        assert not columns["units"].differs

    @pytest.mark.parametrize(
        ("status", "shown"),
        [
            ("success", api_pb2.STATUS_SUCCESS),
            ("failure", api_pb2.STATUS_FAILURE),
            ("running", api_pb2.STATUS_RUNNING),
        ],
    )
    def test_status(self, tmp_path, tab, status, shown):
        with EventWriter(tmp_path) as writer:
            writer.add("", hparams.session_start({"a": 1}), 0)
            writer.add("", hparams.session_end(status, end_time=99.0), 0)
        session = tab(tmp_path).rows()[0].sessions[0]
        assert (session.status, session.end_time_secs) == (shown, 99.0)


class TestFlatten:
    def test_nested(self):
        config = {
            "seed": np.int64(3),
            "model": {"layers": (64, 32), "units": [1, 2], "inner": {"on": True}},
            "path": Path("a/b"),
            "nothing": None,
            "empty": {},
            "array": np.arange(2),
        }
        assert hparams.flatten(config) == {
            "seed": 3,
            "model.layers": "[64, 32]",
            "model.units": "[1, 2]",
            "model.inner.on": True,
            "path": "a/b",
            "nothing": None,
            "empty": "{}",
            "array": "[0, 1]",
        }
        assert type(hparams.flatten(config)["seed"]) is int

    def test_enumerations_are_their_values(self):
        class Kind(str, enum.Enum):  # noqa: UP042
            PLAIN = "plain"

        class Level(enum.IntEnum):
            HIGH = 3

        flat = hparams.flatten({"kind": Kind.PLAIN, "level": Level.HIGH})
        assert flat == {"kind": "plain", "level": 3}
        assert [type(value) for value in flat.values()] == [str, int]
        assert hparams.session_start({"kind": Kind.PLAIN}, [ERROR])

    def test_name_twice(self):
        with pytest.raises(ValueError, match=r"'a\.b' twice"):
            hparams.flatten({"a.b": 1, "a": {"b": 2}})


class TestArguments:
    def test_value(self):
        with pytest.raises(TypeError, match=r"parameters\['a'\]=\(1, 2\).*flatten"):
            hparams.session_start({"a": (1, 2)})

    def test_domain(self):
        with pytest.raises(ValueError, match=r"domains\['a'\]=<class 'list'>"):
            hparams.session_start({"a": 1}, domains={"a": list})

    def test_session_status(self):
        with pytest.raises(ValueError, match=r"'success', 'failure'.*status='done'"):
            hparams.session_end("done")

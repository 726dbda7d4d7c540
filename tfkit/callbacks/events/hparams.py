"""Hyperparameters and results of runs for TensorBoard's HParams tab.

A *session* is one row of the tab's table: the run into which `session_start` is written.
Which columns the table has is TensorBoard's decision, and it has two ways:

- **No run says.** The columns are all parameters of all sessions, those that differ
  first, each of the type that suits all its values; the metrics are all scalars in the
  sessions' runs and in the runs below them.
- **A run says**, because `session_start` was given `metrics` or `domains`. Then these
  are the columns, and TensorBoard heeds *the first such run only*: a parameter or metric
  that is missing there is not shown for any run. So every run of an experiment should
  be given the same names.

Runs whose parameters are the same by name take the second way. For runs of different
models below one folder, take the first, with the session in a run of its own
(`"hparams"`, say) that has no scalars but those to be compared; otherwise each curve
becomes a column.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2

# A `Summary.Value`, which its protocol compiler left without a type.
Value = Any
Parameter = bool | int | float | str | None

_STATUS = {
    "success": api_pb2.STATUS_SUCCESS,
    "failure": api_pb2.STATUS_FAILURE,
    "running": api_pb2.STATUS_RUNNING,
}
_DATA_TYPES = {
    bool: api_pb2.DATA_TYPE_BOOL,
    int: api_pb2.DATA_TYPE_FLOAT64,
    float: api_pb2.DATA_TYPE_FLOAT64,
    str: api_pb2.DATA_TYPE_STRING,
    # Of a run whose value is None; others may have a number or a text.
    type(None): api_pb2.DATA_TYPE_UNSET,
}


@dataclass(frozen=True)
class Metric:
    """A column of results: a scalar whose last value is shown.

    Args:
        tag: The scalar's tag.
        group: Where it is: the run's folder below that of the session, such as
            `"validation"`; `""` for the session's own.
        display_name: Head of the column. Default: tag and group.
        description: Markdown that TensorBoard shows with it.

    Example:
        >>> Metric("best error", "validation", "dev error").group
        'validation'
    """

    tag: str
    group: str = ""
    display_name: str = ""
    description: str = ""


def flatten(config: Mapping[str, Any]) -> dict[str, Parameter]:
    """Turns a nested configuration into the parameters of a table's row.

    Names are joined by dots. Lists and tuples become texts, so do paths and other
    objects, and an empty mapping. None stays: how it is shown depends on the column.

    Args:
        config: Mapping by name, of values and of such mappings.

    Raises:
        ValueError: If two entries get the same name.

    Example:
        >>> flatten({"seed": 1, "model": {"units": (64, 32), "dropout": 0.5}})
        {'seed': 1, 'model.units': '[64, 32]', 'model.dropout': 0.5}
    """
    flat: dict[str, Parameter] = {}
    for name, value in _entries(config):
        if name in flat:
            raise ValueError(
                "Names of parameters must differ once they are joined by dots. "
                f"Received: {name!r} twice. Rename one of the two."
            )
        flat[name] = _plain(value)
    return flat


def session_start(
    parameters: Mapping[str, Parameter],
    metrics: Iterable[Metric] = (),
    *,
    domains: Mapping[str, type | summary_v2.Domain] | None = None,
    first: Collection[str] = (),
    trial: str = "",
    start_time: float | None = None,
) -> list[Value]:
    """Returns what makes a run a row of the HParams tab, to be written once.

    TensorBoard sorts a column by its values and fails if there are numbers and texts in
    it. None is therefore left blank, and a parameter that may be a number in one run
    and a text in another has to be declared in `domains`: as `str`, each value is
    written as text, None as `"none"`; as `float` or `int`, what is no number is left
    blank.

    Args:
        parameters: Value by name, such as `flatten` returns. NaN and infinities are
            left blank: the tab cannot show them.
        metrics: The columns of results.
        domains: By name, `bool`, `int`, `float` or `str`, or a domain of
            `tensorboard.plugins.hparams.api` (`RealInterval`, `IntInterval`,
            `Discrete`), which the tab then offers as a filter. Those with more than one
            value are shown first. Names that this run has no value for are columns all
            the same. Default for each of the parameters: its value's type.
        first: Names of the parameters that are shown before the others.
        trial: Name of the row. Runs of the same name share one, with the mean of their
            results. Default: the run's folder.
        start_time: Seconds since 1970. Default: now.

    Raises:
        TypeError: If a value is none of these; `flatten` makes it one.
        ValueError: If a domain is none of these.

    Example:
        >>> values = session_start({"units": 64}, [Metric("error", "validation")])
        >>> [value.tag for value in values]
        ['_hparams_/experiment', '_hparams_/session_start_info']
    """
    declared = dict(domains or {})
    metrics = list(metrics)
    columns = {name: _Column(name, domain) for name, domain in declared.items()}
    row = {}
    for name, value in parameters.items():
        plain = _checked(name, value)
        if name not in columns:
            columns[name] = _Column(name, type(plain))
        cell = columns[name].cell(plain)
        if cell is not None:
            row[name] = cell
    # Never TensorBoard's default, which lets runs of equal parameters share a row.
    start = summary_v2.hparams_pb(row, trial_id=trial, start_time_secs=start_time)
    if not declared and not metrics:
        return list(start.value)
    experiment = api_pb2.Experiment(
        time_created_secs=time.time() if start_time is None else start_time,
        hparam_infos=[column.info(name in first) for name, column in columns.items()],
        metric_infos=[_metric_info(metric) for metric in metrics],
    )
    data = plugin_data_pb2.HParamsPluginData(experiment=experiment)
    return [_value(metadata.EXPERIMENT_TAG, data), *start.value]


def session_end(
    status: Literal["success", "failure", "running"] = "success",
    end_time: float | None = None,
) -> list[Value]:
    """Returns what marks the session as ended, to be written to the same run.

    Args:
        status: How it ended. The tab can be filtered by it.
        end_time: Seconds since 1970. Default: now.

    Raises:
        ValueError: If there is no such status.

    Example:
        >>> session_end("failure")[0].tag
        '_hparams_/session_end_info'
    """
    if status not in _STATUS:
        raise ValueError(
            f"`status` must be one of {', '.join(map(repr, _STATUS))}. "
            f"Received: status={status!r}"
        )
    # TensorBoard's own `session_end_pb` imports TensorFlow.
    end = plugin_data_pb2.SessionEndInfo(
        status=_STATUS[status],
        end_time_secs=time.time() if end_time is None else end_time,
    )
    return [
        _value(
            metadata.SESSION_END_INFO_TAG,
            plugin_data_pb2.HParamsPluginData(session_end_info=end),
        )
    ]


class _Column:
    """A parameter's column: of one type, so that it can be sorted."""

    def __init__(self, name: str, domain: type | summary_v2.Domain) -> None:
        self.name = name
        self.domain: Any = domain if isinstance(domain, summary_v2.Domain) else None
        self.type = self.domain.dtype if self.domain else domain
        if self.type not in _DATA_TYPES:
            raise ValueError(
                "A parameter's domain must be bool, int, float, str, or a RealInterval, "
                "IntInterval or Discrete of tensorboard.plugins.hparams.api. "
                f"Received: domains[{name!r}]={domain!r}"
            )

    def cell(self, value: Parameter) -> bool | int | float | str | None:
        """Returns the value as it is written; None for a blank."""
        if self.type is str:
            return "none" if value is None else str(value)
        if isinstance(value, str) or value is None:
            return None
        if self.type is bool:
            return value if isinstance(value, bool) else None
        return value if math.isfinite(value) else None

    def info(self, first: bool) -> Any:
        """Returns the column's part of the table's head."""
        info = api_pb2.HParamInfo(name=self.name, type=_DATA_TYPES[self.type])
        if isinstance(self.domain, summary_v2.Discrete):
            info.differs = len(set(self.domain.values)) > 1
        elif self.domain:
            info.differs = self.domain.min_value < self.domain.max_value
        elif self.type is bool:
            info.domain_discrete.extend([False, True])
        if self.domain:
            self.domain.update_hparam_info(info)
        # By this TensorBoard sorts the columns, then by name.
        info.differs |= first
        return info


def _metric_info(metric: Metric) -> Any:
    return summary_v2.Metric(
        metric.tag,
        group=metric.group,
        display_name=metric.display_name,
        description=metric.description,
    ).as_proto()


def _value(tag: str, data: Any) -> Value:
    return summary_pb2.Summary.Value(
        tag=tag,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )


def _entries(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from ((f"{name}.{inner}", v) for inner, v in _entries(value))
        else:
            yield str(name), value


def _plain(value: Any) -> Parameter:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    value = _builtin(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(list(value) if isinstance(value, tuple) else value)


def _checked(name: str, value: Any) -> Parameter:
    value = _builtin(value)
    if value is not None and not isinstance(value, bool | int | float | str):
        raise TypeError(
            "A parameter must be a bool, int, float, str or None. Received: "
            f"parameters[{name!r}]={value!r}. `flatten` turns other values into texts."
        )
    return value


def _builtin(value: Any) -> Any:
    """Returns numbers and texts, NumPy's and enumerations' too, in Python's own types."""
    if isinstance(value, np.generic):
        value = value.item()
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    # `str(value)` would be the member's name, not its value.
    return str.__str__(value) if isinstance(value, str) else value

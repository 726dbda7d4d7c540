"""Reads and writes an `Experiment` as a TOML file."""

import textwrap
import tomllib
from pathlib import Path

import tomli_w
from pydantic import TypeAdapter, ValidationError

from tfkit.experiment.description import Experiment
from tfkit.experiment.validation import explain


def dumps(experiment: Experiment) -> str:
    """Returns the TOML text that `load` turns back into an equal `Experiment`.

    Example:
        >>> from tfkit.experiment import Experiment, config_file
        >>> config_file.dumps(Experiment(dataset="iris")).splitlines()[0]
        'dataset = "iris"'
    """
    return tomli_w.dumps(experiment.to_dict())


def load(path: str | Path) -> Experiment:
    """Reads an `Experiment` from a TOML file; options that are not in it keep defaults.

    Args:
        path: A file such as the `config.toml` of a run folder.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not TOML, names an unknown option (with the nearest known
            one), or holds a value of a wrong type or out of range.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no config file {path}. A finished run leaves one as "
            "`config.toml` in its folder; `tfkit train --config FILE` reads it."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise ValueError(f"{path} is not a TOML file: {error}") from None
    try:
        return TypeAdapter(Experiment).validate_python(values)
    except ValidationError as error:
        problems = explain(error, Experiment)
        raise ValueError(f"In {path}:\n{textwrap.indent(problems, '  ')}") from None

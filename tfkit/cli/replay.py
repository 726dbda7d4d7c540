"""`tfkit replay`: which layer of a training step that failed went bad first."""

from __future__ import annotations

import importlib
import json
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from tfkit.cli import output, own_modules, parsing, quiet

if TYPE_CHECKING:
    from tfkit.diagnose.failure_bundle import FailureBundle

# Keras explains at length, with examples of code.
_LONGEST_REASON = 400


@dataclass(frozen=True)
class _Replay:
    """Replay a training step that gave NaN; say which layer went bad first."""

    bundle: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="BUNDLE")]
    """Folder that TrainingHealth(bundle_dir=...) wrote."""
    imports: Annotated[tuple[str, ...], tyro.conf.arg(metavar="MODULE ...")] = ()
    """Modules to import first, for layers and losses of your own."""
    build: Annotated[str | None, tyro.conf.arg(metavar="MODULE:FUNCTION")] = None
    """Function that returns the model, where it can't be loaded from a file."""
    json: bool = False
    """Print everything as JSON."""


def replay(arguments: list[str]) -> None:
    """Replays a bundle's step and prints the report.

    Args:
        arguments: What follows `tfkit replay`.
    """
    options = parsing.parse(_Replay, "replay", arguments)
    with quiet.tensorflow_import():
        from tfkit.diagnose import failure

    bundle = _loaded(options)
    report = failure.find_first_bad_layer(bundle.model, bundle.batch)
    if options.json:
        facts = {"step": bundle.step, **bundle.facts, "report": report.to_dict()}
        print(json.dumps(facts, indent=2))
        return
    rate = bundle.facts.get("learning_rate")
    learning = "" if rate is None else f", learning rate {rate:.4g}"
    optimizer = bundle.facts.get("optimizer", "not compiled")
    print(f"step {bundle.step} ({optimizer}{learning})\n{report}")


def _loaded(options: _Replay) -> FailureBundle:
    from tfkit.diagnose import failure_bundle

    with own_modules.imported(options.imports):
        if options.build is not None:
            model = _built(options.build)
            return failure_bundle.load_bundle(options.bundle, model=model)
        try:
            return failure_bundle.load_bundle(options.bundle)
        except ValueError as error:
            raise ValueError(_way_out(options, error)) from error


def _way_out(options: _Replay, error: ValueError) -> str:
    """Says why the model can't be loaded, and the command that helps."""
    from tfkit.diagnose.failure_bundle import FACTS, MODEL

    command = f"{output.program()} replay {options.bundle}"
    part = own_modules.missing_part(error)
    if part is not None and not options.imports:
        return (
            f"The model in {options.bundle} needs {part.name}, a part of your own. Run "
            f"`{command} --imports {part.module or 'MODULE'}`, with the module that "
            "defines it at the top level."
        )
    if not (options.bundle / MODEL).is_file():
        what = f"{options.bundle} holds only the weights of the model: see its {FACTS}"
    elif part is not None:
        lacking = " and ".join(options.imports)
        what = (
            f"The model in {options.bundle} could not be loaded: it needs {part.name}, "
            f"which {lacking} lacks"
        )
    else:
        what = f"The model in {options.bundle} could not be loaded: {_reason(error)}"
    return (
        f"{what}. Run `{command} --build MODULE:FUNCTION`, with a function of yours, "
        "without arguments, that builds and compiles the same model."
    )


def _reason(error: BaseException) -> str:
    """The innermost cause in one line; Keras breaks its lines, and colours them."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(re.sub(r"\x1b\[[\d;]*m", "", str(error)).split()).removesuffix(".")
    return textwrap.shorten(text, _LONGEST_REASON, placeholder=" ...")


def _built(name: str) -> Any:
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(
            "`--build` must be MODULE:FUNCTION, a function without arguments that "
            f"returns the compiled model. Received: {name!r}."
        )
    build = getattr(importlib.import_module(module), function, None)
    if build is None:
        raise ValueError(
            f"The module {module!r} has no {function!r}. Name a function of it with "
            "`--build MODULE:FUNCTION`."
        )
    model = build()
    import keras

    if not isinstance(model, keras.Model):
        raise ValueError(
            f"The function of `--build {name}` must return a Keras model. Received: "
            f"{type(model).__name__}. Let it return the model it builds."
        )
    return model

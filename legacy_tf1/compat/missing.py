"""What an old program is told about names that are really gone."""

from __future__ import annotations

from legacy_tf1.compat import catalogue

#: Where to read on.
_HELP = "`python -m legacy_tf1 explain FILE` shows it for a whole program."


def error(name: str, names: tuple[str, ...] = ()) -> AttributeError:
    """Returns the error for a name of TensorFlow 1 that nothing here supplies.

    Args:
        name: In full, as "tensorflow.contrib.crf.crf_log_likelihood".
        names: What the module does have, for a guess at what was meant.

    Example:
        >>> error("tensorflow.contrib.tensor_forest.client")
        ... # doctest: +NORMALIZE_WHITESPACE, +ELLIPSIS
        AttributeError("module 'tensorflow.contrib.tensor_forest' has no attribute
        'client': gone since TensorFlow 2.0, ... Today:
        sklearn.ensemble.RandomForestClassifier. ...")
    """
    module, _, attribute = name.rpartition(".")
    return AttributeError(
        f"module {module!r} has no attribute {attribute!r}{explanation(name, names)}",
        name=attribute,
    )


def module_error(name: str) -> ModuleNotFoundError:
    """Returns the error for a module of TensorFlow 1 that nothing here supplies.

    Args:
        name: In full, as "tensorflow.contrib.tensor_forest".
    """
    return ModuleNotFoundError(
        f"No module named {name!r}{explanation(name)}", name=name
    )


def explanation(name: str, names: tuple[str, ...] = ()) -> str:
    """Says since when a name is gone and what replaces it, or what was meant instead."""
    short = "tf" + name.removeprefix("tensorflow")
    entry = catalogue.entries().get(f"{short}.*") or catalogue.find(short)
    beside = tuple(f"{short.rpartition('.')[0]}.{each}" for each in names)
    known = entry is not None and entry.name.removesuffix(".*") == short
    meant = None if known else catalogue.similar(short, beside)
    if meant:
        return f". Did you mean {meant!r}?"
    if entry is None:
        return (
            ": TensorFlow 1.15 has no such name either, or it is not known here. "
            "Look for a misspelling, or for a file of that name beside the program."
        )
    return (
        f": gone since TensorFlow {entry.since}, and not supplied here. "
        f"Today: {entry.today}. {_HELP}"
    )

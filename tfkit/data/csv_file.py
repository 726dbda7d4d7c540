"""Tables as CSV: numbers, and one column of labels."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfkit.data.dataset import Dataset
from tfkit.data.validation import encode_labels

if TYPE_CHECKING:
    import pandas as pd


def load_csv(path: str | os.PathLike[str], *, label: str | None = None) -> Dataset:
    r"""Loads a table of numbers with a column of labels.

    A first row of names is recognized: one whose inputs are all numbers counts as data,
    and the columns are then called "0", "1", and so on. Names that are themselves 0, 1,
    2, ... (a pandas table without names of its own) are told by the label's name, which
    is no label of the other rows.

    Args:
        path: The `.csv` file, UTF-8, separated by commas.
        label: The column of the labels, text or whole numbers. None: the last one.

    Returns:
        The dataset, float32, with `feature_names`. Classes are numbered from 0 in the
        order of their labels.

    Raises:
        ValueError: If the file is missing, empty, not text, has rows of different
            lengths, text among the inputs, missing values or labels, no such `label`
            column, or real-valued labels. The message names file and columns.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "toy.csv")
        >>> _ = path.write_text("height,width,kind\n1,2,oak\n3,4,elm\n")
        >>> dataset = load_csv(path)
        >>> dataset.feature_names, dataset.class_names, dataset.y
        (('height', 'width'), ('elm', 'oak'), array([1, 0]))
    """
    # Takes most of a second to import.
    import pandas as pd

    path = Path(path).expanduser()
    table = read_table(path)
    if table.shape[1] < 2:
        raise ValueError(
            f"{str(path)!r} must have a column of inputs and a column of labels. "
            f"Received: {table.shape[1]} column. Are the columns separated by commas?"
        )
    column = table.columns[-1] if label is None else label
    if column not in table.columns:
        raise ValueError(
            f"`label` must be a column of {str(path)!r}. Received: label={label!r}. "
            f"There are: {', '.join(table.columns)}."
        )
    if table[column].isna().any():
        raise ValueError(
            f"Every row of {str(path)!r} must have a label. Received: "
            f"{int(table[column].isna().sum())} missing in column {column!r}."
        )
    inputs = table.drop(columns=column)
    text = [name for name in inputs if inputs[name].dtype.kind not in "buif"]
    if text:
        values = inputs[text[0]]
        # Of a column with numbers, what is none: an example of text, and where it is.
        wrong = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        row = int(wrong.to_numpy().argmax())
        numbers = int(values.notna().sum() - wrong.sum())
        raise ValueError(
            f"The inputs of {str(path)!r} must be numbers. Received: text in column "
            f"{', '.join(map(repr, text))} (such as {str(values.iloc[row])!r} in row "
            f"{row + 1}). "
            + (
                f"{numbers} other values of {text[0]!r} are numbers: correct this one, "
                "or leave its row out."
                if numbers
                else "Encode it as numbers, or name the label column with `label`."
            )
        )
    y, names = encode_labels(table[column].to_numpy(), name=str(path))
    return Dataset(
        str(path),
        inputs.to_numpy(np.float32),
        y,
        names,
        description=f"CSV file, labels in column {column!r}.",
        feature_names=tuple(inputs.columns),
    )


def read_table(path: Path, *, labelled: bool = True) -> pd.DataFrame:
    """Reads a table, with or without a first row of names.

    Args:
        path: The `.csv` file, UTF-8, separated by commas.
        labelled: Whether the last column holds labels, which may be text.

    Returns:
        At least one row and one column; the names of columns are strings.

    Raises:
        ValueError: If the file is missing, empty, not text, or has rows of different
            lengths.
    """
    # Takes most of a second to import.
    import pandas as pd

    if not path.is_file():
        raise ValueError(f"No such file: {str(path)!r}. Expected a CSV file.")
    try:
        header = 0 if _has_names(path, labelled) else None
        # Rows with more values than names: pandas would take the first ones for an
        # index, or drop the last ones with a warning.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(path, encoding="utf-8", header=header, index_col=False)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{str(path)!r} is not a CSV file in UTF-8: it is damaged or of another "
            f"format ({error.reason} at byte {error.start})."
        ) from error
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"{str(path)!r} must be a table with rows of one length. "
            "Received: rows with more values than there are names in the first row."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(
            f"{str(path)!r} must be a table with rows of one length. "
            f"Received: {str(error).strip()}."
        ) from error
    table.columns = table.columns.map(str)
    if table.empty:
        raise ValueError(
            f"{str(path)!r} must have rows. Received: {table.shape[1]} columns and no "
            "row."
        )
    return table


def _has_names(path: Path, labelled: bool) -> bool:
    """Whether the first row names the columns."""
    import pandas as pd

    first = pd.read_csv(
        path, encoding="utf-8", header=None, nrows=1, dtype=str, keep_default_na=False
    )
    cells = [cell.strip() for cell in first.iloc[0]]
    # A label may be text, so it does not decide; nor does a missing value.
    inputs = cells[:-1] if labelled else cells
    filled = [cell for cell in inputs if cell]
    if not filled or not all(map(_is_number, filled)):
        return True
    if inputs != [str(number) for number in range(len(inputs))]:
        return False
    if not labelled:
        # Two features of a real example may well be 0 and 1.
        return len(inputs) > 2
    last = pd.read_csv(
        path, encoding="utf-8", header=None, usecols=[len(cells) - 1], dtype=str
    )
    return cells[-1] not in set(last.iloc[1:, 0].dropna().str.strip())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

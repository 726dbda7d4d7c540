"""Small data sets, and readers of CSV files."""

from __future__ import annotations

import csv
import os
from typing import Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf


class Dataset(NamedTuple):
    """Features and targets."""

    data: Any
    target: Any


class Datasets(NamedTuple):
    """A data set in its parts."""

    train: Any
    validation: Any
    test: Any


def load_csv_with_header(
    filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """Reads a file whose first line begins with the numbers of rows and of features."""
    with tf.gfile.Open(filename) as file:
        rows = csv.reader(file)
        header = next(rows)
        counts = int(header[0]), int(header[1])
        data = np.zeros(counts, dtype=features_dtype)
        target = np.zeros(counts[0], dtype=target_dtype)
        for i, row in enumerate(rows):
            target[i] = np.asarray(row.pop(target_column), dtype=target_dtype)
            data[i] = np.asarray(row, dtype=features_dtype)
    return Dataset(data, target)


def load_csv_without_header(
    filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """Reads a file of numbers only."""
    data, target = [], []
    with tf.gfile.Open(filename) as file:
        for row in csv.reader(file):
            target.append(row.pop(target_column))
            data.append(np.asarray(row, dtype=features_dtype))
    return Dataset(np.array(data), np.array(target, dtype=target_dtype))


def load_iris(data_path: str | None = None) -> Dataset:
    """The iris data, in scikit-learn's copy where no path is given."""
    if data_path is not None:
        return load_csv_with_header(data_path, np.int64, np.float64)
    from sklearn.datasets import load_iris as load

    data, target = load(return_X_y=True)
    return Dataset(data, target)


def load_boston(data_path: str | None = None) -> Dataset:
    """The Boston house prices, from a file that the reader has.

    Raises:
        FileNotFoundError: Without a path: the data is in no library any more.
    """
    if data_path is None:
        raise FileNotFoundError(
            "The Boston house prices came with TensorFlow 1 and scikit-learn before 1.2, "
            "which took them out for ethical reasons. Give the path of your copy, "
            "boston_house_prices.csv, or use "
            "sklearn.datasets.fetch_california_housing()."
        )
    return load_csv_with_header(data_path, np.float64, np.float64)


def maybe_download(filename: str, work_directory: str, source_url: str) -> str:
    """Downloads a file unless it is there; returns its path."""
    path = os.path.join(work_directory, filename)
    if not tf.gfile.Exists(path):
        from urllib.request import urlretrieve

        tf.gfile.MakeDirs(work_directory)
        temporary, _ = urlretrieve(source_url)
        tf.gfile.Copy(temporary, path)
        size = tf.gfile.Stat(path).length
        print("Successfully downloaded", filename, size, "bytes.")
    return path

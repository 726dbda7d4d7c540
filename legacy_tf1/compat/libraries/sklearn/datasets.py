"""`sklearn.datasets`: data sets that scikit-learn no longer brings or finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as _np
from sklearn import datasets as _datasets
from sklearn.utils import Bunch as _Bunch

from legacy_tf1.compat import faces as _faces


def load_boston(return_X_y: bool = False) -> Any:
    """The Boston house prices, from a file of the user's.

    scikit-learn dropped them in 1.2, for the ethics of one of the columns. They are
    read from `boston_house_prices.csv` of an older scikit-learn, where that is in
    scikit-learn's data folder.
    """
    path = Path(_datasets.get_data_home()) / "boston_house_prices.csv"
    if not path.is_file():
        raise FileNotFoundError(
            "scikit-learn has no load_boston since 1.2: one of its columns rests on a "
            "racist assumption. fetch_california_housing is its replacement. To run "
            "the program as it is, put boston_house_prices.csv of scikit-learn 1.1 "
            f"into {path.parent}."
        )
    with path.open(encoding="utf-8") as file:
        next(file)  # numbers of rows and columns
        names = [name.strip().strip('"') for name in next(file).split(",")]
        table = _np.loadtxt(file, delimiter=",")
    data, target = table[:, :-1], table[:, -1]
    if return_X_y:
        return data, target
    return _Bunch(
        data=data, target=target, feature_names=_np.array(names[:-1]), DESCR=""
    )


def fetch_mldata(
    dataname: str,
    target_name: Any = "label",
    data_name: Any = "data",
    transpose_data: bool = True,
    data_home: Any = None,
) -> Any:
    """A data set of mldata.org, which is no more, from a copy of the user's.

    Copies are MATLAB files in the folder `mldata` of scikit-learn's data folder, as
    `mldata/mnist-original.mat`.
    """
    from scipy.io import loadmat

    folder = Path(_datasets.get_data_home(data_home)) / "mldata"
    name = dataname.lower().replace(" ", "-").translate({ord(c): None for c in "().'"})
    path = folder / f"{name}.mat"
    if not path.is_file():
        raise FileNotFoundError(
            f"mldata.org, where fetch_mldata found {dataname!r}, closed in 2018. "
            f"Put a copy at {path}, or write fetch_openml, for MNIST "
            "fetch_openml('mnist_784', version=1, as_frame=False)."
        )
    found = {k: v for k, v in loadmat(path).items() if not k.startswith("__")}
    data = found.get(data_name)
    target = found.get(target_name)
    bunch = _Bunch(DESCR=f"mldata.org dataset: {name}", COL_NAMES=[*found])
    if target is not None:
        bunch["target"] = target.squeeze()
    if data is not None:
        bunch["data"] = data.T if transpose_data else data
    return bunch


__getattr__, __dir__ = _faces.attach(__name__)

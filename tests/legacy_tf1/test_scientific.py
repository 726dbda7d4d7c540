"""Faces of NumPy, SciPy, scikit-learn, Matplotlib, pandas and the standard library.

Oracles: the replacement that the library's own release notes name, and values from its
documentation of then.
"""

import datetime
import importlib
import sys
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
import scipy.signal
import sklearn.datasets

from legacy_tf1.compat import faces, objects
from legacy_tf1.runner import imports, source


def seen(statement, name):
    """What a program has under a name after an import statement."""
    names = {"__builtins__": imports.program_builtins()}
    exec(statement, names)
    return names[name]


def value(expression, **names):
    """The value of an expression in a program that was changed as programs are."""
    tree = objects.transformed(source.parse(f"value = {expression}", "p.py")[0])
    scope = {"__builtins__": imports.program_builtins(), **names}
    exec(compile(tree, "p.py", "exec"), scope)
    return scope["value"]


then = seen("import numpy", "numpy")


@pytest.mark.parametrize(
    ("statement", "name", "expected"),
    [
        ("import numpy", "numpy", "numpy"),
        ("import numpy.linalg as la", "la", None),
        ("from numpy import linalg", "linalg", None),
        ("from numpy import random", "random", "numpy.random"),
        ("import numpy.random as rnd", "rnd", "numpy.random"),
        ("import scipy.misc", "scipy", "scipy"),
        ("from scipy import misc", "misc", "scipy.misc"),
        ("import scipy.io as sio", "sio", None),
        ("import matplotlib.pyplot as plt", "plt", "matplotlib.pyplot"),
        ("from sklearn import cross_validation as cv", "cv", "sklearn.cross_validation"),
        ("from sklearn.externals import joblib", "joblib", None),
        ("import collections.abc as abc", "abc", None),
    ],
)  # fmt: skip
def test_every_spelling_of_import(statement, name, expected):
    module = seen(statement, name)
    if expected is None:
        assert sys.modules[module.__name__] is module
        assert not module.__name__.startswith("legacy_tf1")
    else:
        assert module.__name__ == f"legacy_tf1.compat.libraries.{expected}"


def test_star_import():
    names = {"__builtins__": imports.program_builtins()}
    exec("from numpy import *\nx = infty + sum(arange(3))", names)
    assert names["x"] == np.inf
    assert names["float64"] is np.float64


def test_libraries_are_untouched():
    assert not hasattr(np, "float")
    assert not hasattr(scipy.signal, "hann")
    assert not hasattr(pd.DataFrame, "ix")
    assert "sklearn.cross_validation" not in sys.modules


def test_what_is_nowhere_raises():
    with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'flot'"):
        _ = then.flot
    with pytest.raises(ImportError, match="flot"):
        seen("from numpy import flot", "flot")
    with pytest.raises(ModuleNotFoundError, match=r"scipy\.flot"):
        seen("import scipy.flot", "scipy")


def test_every_face_imports():
    for path in sorted(faces._TREE.rglob("*.py")):
        parts = path.relative_to(faces._TREE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            importlib.import_module(f"legacy_tf1.compat.libraries.{name}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("float", float), ("int", int), ("bool", bool), ("object", object),
        ("str", str), ("long", int), ("unicode", str), ("float_", np.float64),
        ("product", np.prod), ("in1d", np.isin), ("Inf", np.inf), ("infty", np.inf),
        ("trapz", np.trapezoid), ("newaxis", None), ("float32", np.float32),
    ],
)  # fmt: skip
def test_numpy_names(name, expected):
    assert getattr(then, name) is expected or getattr(then, name) == expected


def test_numpy_arguments():
    ragged = then.array([[1, 2], [3]])
    assert (ragged.dtype, ragged.tolist()) == (object, [[1, 2], [3]])
    assert then.array([-1, 300], dtype=np.uint8).tolist() == [255, 44]  # modulo 256
    assert then.array([1], copy=False).tolist() == [1]
    assert then.fromstring(b"\x01\x02", np.uint8).tolist() == [1, 2]
    assert then.fromstring("1 2", sep=" ").tolist() == [1.0, 2.0]
    assert then.sum(i for i in range(4)) == 6
    assert then.vstack(zip([1, 2], [3, 4], strict=True)).tolist() == [[1, 3], [2, 4]]
    assert then.linspace(0, 1, 3.0).tolist() == [0, 0.5, 1]
    density, _ = then.histogram([0, 0, 1], 2, normed=True)
    # Counts 2 and 1 of 3, in bins of width 1/2.
    np.testing.assert_allclose(density, [4 / 3, 2 / 3], rtol=1e-15)
    drawn = then.random.random_integers(1, 2, 200)
    assert set(drawn.tolist()) == {1, 2}
    then.random.seed(3)
    expected = np.random.RandomState(3).permutation(5)
    assert then.random.permutation(5.0).tolist() == expected.tolist()


def test_objects():
    one = np.array([[2.5]])
    assert value("float(a)", a=one) == 2.5
    assert value("int(a)", a=one) == 2
    assert value("int('ff', 16)") == 255
    assert value("'%.1f' % a", a=one) == "2.5"
    assert value("'%s' % a", a=one) == "[[2.5]]"
    assert value("('%d ' + '%.1f') % (1, a)", a=one) == "1 2.5"
    assert value("a.tostring()", a=np.array([1], np.int8)) == b"\x01"
    assert value("a.ptp()", a=np.array([1, 5])) == 4
    with pytest.raises(TypeError, match="real number"):
        value("'%d' % a", a=np.array([1, 2]))
    with pytest.raises(AttributeError, match="'list' object has no attribute 'ptp'"):
        value("[].ptp()")


def test_frames():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}, index=list("xyz"))
    assert value("f.ix[0]", f=frame).tolist() == [1, 4]
    assert value("f.ix['y', 'b']", f=frame) == 5
    assert value("f.as_matrix()", f=frame).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert [name for name, _ in value("f.iteritems()", f=frame)] == ["a", "b"]
    assert value("f.append(f)", f=frame).shape == (6, 2)
    read = seen("import pandas", "pandas").read_csv
    assert read.__module__.startswith("legacy_tf1")
    assert seen("import pandas", "pandas").datetime is datetime.datetime


def test_scipy():
    misc = seen("from scipy import misc", "misc")
    # 0 to 63 onto 0 to 255, rounded half up: 255 * x / 63 + 1/2.
    ramp = np.arange(64.0).reshape(8, 8)
    expected = np.floor(255 * ramp / 63 + 0.5)
    np.testing.assert_array_equal(misc.bytescale(ramp), expected)
    assert misc.imresize(ramp, 0.5).shape == (4, 4)
    assert misc.imresize(np.zeros((4, 6, 3)), (2, 3)).shape == (2, 3, 3)
    assert misc.imrotate(ramp, 90, "nearest")[0, 0] == 28  # the upper right corner
    assert misc.comb(4, 2) == 6
    assert seen("import scipy", "scipy").pi == np.pi
    window = seen("import scipy.signal as s", "s").hann(5)
    np.testing.assert_allclose(window, np.hanning(5), atol=1e-15)
    simps = seen("from scipy.integrate import simps", "simps")
    assert simps([0, 1, 4], [0, 1, 2]) == pytest.approx(8 / 3, rel=1e-12)


def test_scikit_learn():
    names = seen("from sklearn import cross_validation as cv", "cv")
    folds = names.KFold(4, n_folds=2)
    assert len(folds) == 2
    assert [test.tolist() for _, test in folds] == [[0, 1], [2, 3]]
    imputer = seen("from sklearn.preprocessing import Imputer", "Imputer")
    filled = imputer().fit_transform([[1.0], [np.nan], [3.0]])
    assert filled.ravel().tolist() == [1.0, 2.0, 3.0]
    tsne = seen("from sklearn.manifold import TSNE", "TSNE")
    assert tsne(n_components=2, n_iter=300).max_iter == 300
    assignment = seen(
        "from sklearn.utils.linear_assignment_ import linear_assignment as f", "f"
    )
    assert assignment(np.array([[4, 1], [2, 3]])).tolist() == [[0, 1], [1, 0]]


def test_data_that_is_not_there_is_not_made_up(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    datasets = seen("from sklearn import datasets", "datasets")
    with pytest.raises(FileNotFoundError, match="fetch_california_housing"):
        datasets.load_boston()
    with pytest.raises(FileNotFoundError, match=r"mldata\.org"):
        datasets.fetch_mldata("MNIST original")
    (tmp_path / "boston_house_prices.csv").write_text(
        '2,2,,\n"CRIM","ZN","MEDV"\n0.1,18,24\n0.2,0,21.6\n', encoding="utf-8"
    )
    boston = datasets.load_boston()
    assert boston.data.tolist() == [[0.1, 18], [0.2, 0]]
    assert boston.target.tolist() == [24, 21.6]
    assert datasets.load_iris is sklearn.datasets.load_iris


def test_matplotlib_without_a_screen():
    plt = seen("import matplotlib.pyplot as plt", "plt")
    faced = seen("import matplotlib", "matplotlib")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        faced.use("TkAgg")
        plt.plot([1, 2], hold=True)
        plt.hist([1, 2], normed=True)
        plt.pause(0.001)
        plt.show()
        assert plt.get_fignums() == []
        axes = value("f.gca(projection='3d')", f=plt.figure())
        assert axes.name == "3d"
        assert plt.gca(projection="3d") is axes
        plt.show(block=False)
        assert plt.get_fignums() == [1]
        plt.waitforbuttonpress()
        plt.close("all")
        faced.use("Agg")
        plt.plot([1])
        plt.show()
        assert plt.get_fignums() == [1]
    plt.close("all")
    assert matplotlib.get_backend().lower() == "agg"


def test_standard_library():
    assert seen("import collections", "collections").Iterable is not None
    assert seen("from fractions import gcd", "gcd")(12, 18) == 6
    assert seen("import time", "time").clock() >= 0

    def function(a, b=2, *c, **d):
        pass

    specification = seen("import inspect", "inspect").getargspec(function)
    assert specification == (["a", "b"], "c", "d", (2,))
    assert seen("import string", "string").letters.startswith("abc")
    assert seen("import string", "string").join(["a", "b"], "-") == "a-b"
    assert seen("import imp", "imp").new_module("m").__name__ == "m"

"""What importing tfkit.data may load: nothing that takes long."""

import subprocess
import sys

import pytest

import tfkit.data

HEAVY = {
    "tensorflow",
    "keras",
    "sklearn",
    "pandas",
    "scipy",
    "h5py",
    "tensorflow_datasets",
}


def loaded_by(code):
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_listing_the_datasets_loads_nothing_heavy():
    code = (
        "import tfkit.data as d\n"
        "for info in d.available(): d.is_offline(info)\n"
        "d.resolve('iris')"
    )
    assert not HEAVY & loaded_by(code)


def test_splitting_and_normalizing_need_no_tensorflow():
    code = (
        "import numpy as np, tfkit.data as d\n"
        "x = np.arange(40.).reshape(20, 2)\n"
        "d.normalize(x); d.train_dev_test_split(x, np.arange(20) % 2)"
    )
    assert not {"tensorflow", "keras"} & loaded_by(code)


def test_the_digits_are_read_without_scikit_learn():
    code = "import tfkit.data as d; d.load('digits')"
    assert not HEAVY & loaded_by(code)


@pytest.mark.parametrize("name", tfkit.data.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    assert getattr(tfkit.data, name).__doc__


def test_functions_are_not_hidden_by_modules_of_the_same_name():
    import tfkit.data.mini_batches
    import tfkit.data.pipeline

    assert callable(tfkit.data.pipeline)
    assert callable(tfkit.data.mini_batches)

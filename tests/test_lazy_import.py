"""`import tfkit` answers at once: nothing heavy is loaded until it is used."""

import subprocess
import sys

import pytest

HEAVY = "{'tensorflow', 'keras', 'sklearn', 'pandas', 'matplotlib', 'scipy'}"


@pytest.mark.parametrize(
    "statement",
    [
        "import tfkit",
        "from tfkit.data import registry; registry.available()",
        "from tfkit.experiment import Experiment; Experiment(dataset='iris')",
        "from tfkit import run_folder",
        "from tfkit.diagnose import bias_variance",
    ],
)
def test_nothing_heavy_is_loaded_by(statement):
    program = f"import sys; {statement}; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_resolves():
    import tfkit

    for name in tfkit.__all__:
        assert getattr(tfkit, name) is not None


def test_a_wrong_name_is_an_attribute_error():
    import tfkit

    with pytest.raises(AttributeError, match="optimisers"):
        _ = tfkit.optimisers


def test_a_function_stays_one_when_its_module_is_imported():
    program = (
        "import tfkit, importlib; names = tfkit.diagnose.__all__\n"
        "import tfkit.diagnose.gradient_check.parts, tfkit.diagnose.curvature\n"
        "import tfkit.diagnose.bias_variance, tfkit.diagnose.distribution_shift.report\n"
        "print([n for n in names if not callable(getattr(tfkit.diagnose, n))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

"""What holds for every public part: exported, documented, round-trips its config."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import json
import pkgutil

import keras
import numpy as np
import pytest

import tfkit

PACKAGES = [
    "tfkit",
    "tfkit.averages",
    "tfkit.callbacks",
    "tfkit.data",
    "tfkit.diagnose",
    "tfkit.ensembles",
    "tfkit.experiment",
    "tfkit.initializers",
    "tfkit.layers",
    "tfkit.models",
    "tfkit.optimizers",
    "tfkit.plots",
    "tfkit.regularizers",
    "tfkit.schedules",
]

# The bases whose subclasses are Keras parts: saved with a model, so registered.
PART_BASES = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.Layer,
    keras.optimizers.schedules.LearningRateSchedule,
    keras.optimizers.Optimizer,
)

# One row for each public part: arguments other than the defaults where there are any.
PARTS = {
    "initializers.He": {"seed": 3, "layout": "out_in"},
    "initializers.Xavier": {"seed": 3},
    "initializers.GlorotAverage": {"seed": 3},
    "initializers.ScaledNormal": {"scale": 10.0, "seed": 3},
    "regularizers.L1": {"lambd": 0.7, "examples": 211},
    "regularizers.L2": {"lambd": 0.7, "examples": 211},
    "layers.InvertedDropout": {"keep_prob": 0.86, "seed": 3},
    "layers.BatchNormalization": {"epsilon": 1e-5},
    "layers.Augmentation": {
        "layers": [keras.layers.RandomFlip("horizontal", seed=0)],
        "name": "flips",
    },
    "layers.RandomWarp": {"elastic": 0.05, "seed": 3},
    "schedules.InverseTimeDecay": {"initial": 0.1, "decay_rate": 2.0},
    "schedules.ExponentialDecay": {"initial": 0.1, "base": 0.9, "steps_per_epoch": 7},
    "schedules.SquareRootDecay": {"initial": 0.1, "k": 2.0},
    "schedules.StaircaseDecay": {"initial": 0.1, "drop": 0.5, "every": 3},
    "schedules.IntervalDecay": {"initial": 0.1, "decay_rate": 0.3, "interval": 100},
    "schedules.PiecewiseConstantDecay": {"rates": {0: 0.1, 5: 0.01}},
    "schedules.OneCycle": {"peak": 0.1, "epochs": 10},
    "schedules.Warmup": {
        "schedule": tfkit.schedules.InverseTimeDecay(0.1, 1.0),
        "epochs": 2,
    },
    "optimizers.GradientDescent": {"learning_rate": 0.1, "weight_decay": 0.01},
    "optimizers.Momentum": {"learning_rate": 0.1, "beta": 0.8, "bias_correction": True},
    "optimizers.RMSprop": {"learning_rate": 0.1, "beta": 0.8, "convention": "keras"},
    "optimizers.Adam": {"learning_rate": 0.1, "beta_1": 0.8, "clipnorm": 1.0},
}


def public_names():
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            yield f"{package}.{name}"


def resolve(name):
    package, attribute = name.rsplit(".", 1)
    return getattr(importlib.import_module(package), attribute)


NAMES = sorted(set(public_names()))


def test_every_package_is_walked():
    packages = {
        f"tfkit.{module.name}"
        for module in pkgutil.iter_modules(tfkit.__path__)
        if not module.name.startswith("_")
    }
    # The command line is no API; these two are used through other names.
    internal = {"tfkit.cli", "tfkit.training", "tfkit.run_folder", "tfkit.saving"}
    assert packages - internal == set(PACKAGES) - {"tfkit"}


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted(package):
    names = list(importlib.import_module(package).__all__)
    assert names == sorted(names)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented(name):
    value = resolve(name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return  # modules and constants
    doc = inspect.getdoc(value) or ""
    assert len(doc.splitlines()[0]) > 10
    if inspect.isfunction(value):
        check_example_and_arguments(name, value, doc)
    elif is_options(value):
        # The command line shows the docstring below each field.
        assert undocumented_fields(value) == []
    elif dataclasses.is_dataclass(value):
        assert [
            f.name for f in dataclasses.fields(value) if f"{f.name}:" not in doc
        ] == []
    elif "__init__" in vars(value) and not inspect.isabstract(value):
        check_example_and_arguments(name, value.__init__, doc)


def check_example_and_arguments(name, function, doc):
    assert "Example:" in doc, name
    parameters = set(inspect.signature(function).parameters) - {"self"}
    assert {p for p in parameters if f"{p}:" not in doc} == set(), name


def is_options(value):
    return value.__module__ == "tfkit.experiment.description"


def undocumented_fields(cls):
    body = ast.parse(inspect.getsource(cls)).body[0].body
    documented = {
        field.target.id
        for field, below in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }
    # A section of options is documented by its own class.
    sections = {f.name for f in dataclasses.fields(cls) if is_options(type(f.default))}
    return sorted({f.name for f in dataclasses.fields(cls)} - documented - sections)


def parts():
    for name in NAMES:
        value = resolve(name)
        if (
            inspect.isclass(value)
            and issubclass(value, PART_BASES)
            and not inspect.isabstract(value)
            and value.__module__.startswith("tfkit")
            # Ensembles need models: tested beside their module. The other is a mix-in.
            and not issubclass(value, keras.Model)
            and value is not tfkit.optimizers.ComposableLearningRate
        ):
            yield name.removeprefix("tfkit.")


def test_every_part_has_a_row():
    assert set(parts()) == set(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_round_trips_its_config(name):
    cls = resolve(f"tfkit.{name}")
    part = cls(**PARTS[name])
    config = part.get_config()
    assert {key: config[key] for key in PARTS[name] if key != "schedule"}.keys()
    serialized = keras.saving.serialize_keras_object(part)
    assert serialized["registered_name"] == f"tfkit>{cls.__name__}"
    # Through JSON, as a .keras file stores it; safe mode is on by default.
    copy = keras.saving.deserialize_keras_object(json.loads(json.dumps(serialized)))
    assert type(copy) is cls
    assert copy.get_config() == config
    fresh = cls.from_config(part.get_config())
    assert fresh.get_config() == config


@pytest.mark.parametrize("name", [n for n in PARTS if n.startswith("layers.")])
def test_a_layer_survives_in_a_saved_model(name, tmp_path):
    image = "Augmentation" in name or "Warp" in name
    shape = (8, 8, 1) if image else (6,)
    model = keras.Sequential(
        [keras.Input(shape), resolve(f"tfkit.{name}")(**PARTS[name])]
    )
    x = np.random.default_rng(0).uniform(size=(4, *shape)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(x), again(x))

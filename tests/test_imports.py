"""What is put off when Keras and TensorFlow are imported, and that nothing is missing.

Each test is a process of its own: which modules are loaded is what it is about.
"""

import os
import subprocess
import sys
import textwrap

import pytest

from tfkit import _imports

PACKAGES = "{'sklearn', 'jax', 'matplotlib', 'pandas', 'scipy', 'IPython'}"


def output_of(program, **environment):
    """Runs a program in a process of its own; its environment has no trace of ours."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TFKIT_EAGER_IMPORTS", "TF_CPP_MIN_LOG_LEVEL")
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        env={**inherited, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
def test_keras_wrappers_work_in_library_use():
    pytest.importorskip("sklearn")
    answer = output_of(
        """
        import tfkit, keras
        import numpy as np

        def build(X, y):
            model = keras.Sequential([keras.layers.Dense(2, activation="softmax")])
            model.compile("adam", "categorical_crossentropy")
            return model

        classifier = keras.wrappers.SKLearnClassifier(build)
        x = np.eye(8, dtype="float32")
        classifier.fit(x, np.arange(8) % 2, epochs=1, verbose=0)
        from sklearn.base import ClassifierMixin, is_classifier
        print(isinstance(classifier, ClassifierMixin), is_classifier(classifier))
        print(len(classifier.predict(x)), type(keras.wrappers).__name__)
        """
    )
    # Between them stands Keras's progress bar.
    assert answer[:2] + answer[-2:] == ["True", "True", "8", "module"]


@pytest.mark.slow
def test_every_way_to_a_name_that_was_put_off():
    # Each module is asked for the first time, so that its code has to run.
    answer = output_of(
        """
        import tfkit, keras
        import tensorflow as tf

        from keras.wrappers import *
        print(SKLearnRegressor.__name__)
        print(*[name for name in dir(keras.visualization) if "gallery" in name])
        from keras.src.visualization import plot_image_gallery
        print(type(plot_image_gallery).__name__)
        print(tf.lite.TFLiteConverter.__name__)
        from tensorflow.compat.v1 import lite
        print(lite.OpsSet.__name__)
        """
    )
    assert answer == [
        "SKLearnRegressor",
        "plot_bounding_box_gallery",
        "plot_image_gallery",
        "plot_segmentation_mask_gallery",
        "module",
        "TFLiteConverterV2",
        "OpsSet",
    ]


def test_only_a_name_of_its_own_loads_what_is_put_off():
    # `inspect`, of which TensorFlow's tracing makes use, asks every module for its file.
    answer = output_of(
        """
        import sys, tfkit, keras
        print({"sklearn", "jax", "matplotlib"} & set(sys.modules) or "none")
        files = [hasattr(m, "__file__") for m in list(sys.modules.values())]
        print(type(keras.wrappers).__name__, len(files) > 1000)
        print(hasattr(keras.wrappers, "SKLearnClasifier"))
        print(type(keras.wrappers).__name__)
        print(hasattr(keras.wrappers, "SKLearnClassifier"))
        """
    )
    assert answer == ["none", "_DeferredModule", "True", "False", "module", "True"]


@pytest.mark.slow
def test_two_threads_that_ask_at_once_both_get_the_name():
    answer = output_of(
        """
        import threading, tfkit, keras

        start, found = threading.Barrier(4), []

        def ask():
            start.wait()
            found.append(keras.wrappers.SKLearnClassifier)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join(300)
        print(len(found), len(set(found)))
        """
    )
    assert answer == ["4", "1"]


def test_lean_leaves_the_packages_importable():
    answer = output_of(
        f"""
        import sys
        from tfkit import _imports
        _imports.defer()
        with _imports.lean():
            import keras
        print({PACKAGES} & set(sys.modules) or "none")
        import pandas, scipy.sparse, sklearn, matplotlib
        print(pandas.DataFrame.__name__, keras.wrappers.SKLearnClassifier.__name__)
        """
    )
    assert answer == ["none", "DataFrame", "SKLearnClassifier"]


def test_lean_hides_nothing_from_another_thread():
    # The other thread imports pandas while this one is told that there is none.
    answer = output_of(
        """
        import threading
        from tfkit import _imports

        _imports.defer()
        found, run = [], _imports._Loader._execute

        def execute(self, module):
            if module.__name__.endswith("array_slicing"):
                try:
                    import pandas
                except ModuleNotFoundError as error:
                    found.append(f"no-{error.name}")
                other = threading.Thread(
                    target=lambda: found.append(__import__("pandas").__name__)
                )
                other.start()
                other.join(300)
            run(self, module)

        _imports._Loader._execute = execute
        with _imports.lean():
            import keras
        print(*found)
        """
    )
    assert answer == ["no-pandas", "pandas"]


def test_without_lean_a_data_frame_can_be_trained_on():
    pytest.importorskip("pandas")
    answer = output_of(
        """
        import tfkit, keras, pandas as pd
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(loss="mse")
        table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
        print(len(model.fit(table, table["a"], verbose=0).history["loss"]))
        """
    )
    assert answer == ["1"]


@pytest.mark.slow
def test_the_switch_imports_everything_at_once():
    pytest.importorskip("sklearn")
    program = "import sys, tfkit, keras; print('sklearn' in sys.modules)"
    assert output_of(program, TFKIT_EAGER_IMPORTS="1") == ["True"]
    assert output_of(program) == ["False"]


@pytest.mark.slow
def test_an_old_jax_is_mended(tmp_path):
    """Keras gives a JAX without `record_scalar` one; a new one is left alone."""
    folder = tmp_path / "jax"
    folder.mkdir()
    (folder / "__init__.py").write_text("from jax import monitoring")
    (folder / "monitoring.py").write_text("")
    program = "import sys, tfkit, keras; print('jax' in sys.modules)"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    assert output_of(program, PYTHONPATH=path, KERAS_BACKEND="tensorflow") == ["True"]
    (folder / "monitoring.py").write_text("def record_scalar(): pass")
    assert output_of(program, PYTHONPATH=path, KERAS_BACKEND="tensorflow") == ["False"]


@pytest.mark.parametrize(
    ("users", "library", "command"), [(None, "1", "3"), ("0", "0", "0")]
)
def test_the_log_level_is_the_users_if_there_is_one(
    monkeypatch, users, library, command
):
    monkeypatch.setattr(_imports, "_log_level_set", {})
    if users is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    else:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", users)
    _imports.set_log_level("1")
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == library
    _imports.set_log_level("3")
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == command


def test_defer_twice_is_one_finder():
    _imports.defer()
    _imports.defer()
    finders = [f for f in sys.meta_path if isinstance(f, _imports._Finder)]
    assert len(finders) <= 1

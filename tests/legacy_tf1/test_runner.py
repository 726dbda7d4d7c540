"""The runner: what a script sees, what its user sees, how it ends.

Python itself is the oracle: `python script.py` on a script that needs no TensorFlow.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import tensorflow.compat.v1 as real

import legacy_tf1.tensorflow as tf
from legacy_tf1.runner import logdir, script, source
from legacy_tf1.runner.options import Options


@pytest.fixture
def program(tmp_path):
    """Writes a script and returns its path."""

    def write(text, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


def python(path, *arguments):
    return subprocess.run(
        [sys.executable, str(path), *arguments], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "sys.exit()",
        "sys.exit(7)",
        "sys.exit('no data')",
        "raise SystemExit(True)",
        "fail()",
        "raise KeyError('k') from ValueError('v')",
        "int('x')",
        "x = = 1",
    ],
)
def test_ends_as_under_python(program, capsys, ending):
    path = program(
        f"""
        import sys
        def fail():
            return {{}}['w']
        if __name__ == '__main__':
            print(sys.argv[1:], __name__)
            {ending}
        """
    )
    expected = python(path, "--lr", "1")
    status = script.run(path, ["--lr", "1"])
    output = capsys.readouterr()
    assert status == expected.returncode
    assert output.out == expected.stdout
    # `int('x')` is asked by way of a function of ours, so Python draws other carets.
    drop = [line for line in expected.stderr.splitlines() if set(line) - set(" ^~")]
    assert [line for line in output.err.splitlines() if set(line) - set(" ^~")] == drop


def test_the_process_is_as_before(program):
    before = list(sys.path), sys.argv, sys.modules["__main__"], os.getcwd()
    program("x = 1", "helper_of_program.py")
    path = program("import os, helper_of_program; os.chdir('/')")
    assert script.run(path) == 0
    assert (list(sys.path), sys.argv, sys.modules["__main__"], os.getcwd()) == before
    assert "helper_of_program" not in sys.modules


def test_modules_of_its_folder_are_tensorflow_1_and_libraries_are_not(program, capsys):
    program("import tensorflow as tf; NAME = tf.__name__", "parts/layers.py")
    program("from .layers import NAME", "parts/__init__.py")
    program("import tensorflow as tf; NAME = tf.__name__", "more/extra_part.py")
    program(
        "import tensorflow as tf; NAME = tf.__name__",
        "lib/site-packages/installed_part.py",
    )
    path = program(
        """
        import os, sys, importlib
        here = os.path.dirname(os.path.abspath(__file__))
        sys.path.append(os.path.join(here, 'more'))
        sys.path.append(os.path.join(here, 'lib', 'site-packages'))
        import parts, extra_part, installed_part
        print(parts.NAME, extra_part.NAME, installed_part.NAME)
        print(importlib.import_module('tensorflow').__name__)
        print(importlib.import_module('tensorflow.contrib.layers').__name__)
        """
    )
    assert script.run(path) == 0
    face = "legacy_tf1.tensorflow"
    assert capsys.readouterr().out.splitlines() == [
        f"{face} {face} tensorflow",
        face,
        f"{face}.contrib.layers",
    ]
    assert sys.modules["tensorflow"].__name__ == "tensorflow"


@pytest.mark.parametrize("entry", ["{folder}", "{folder}/", "lib", "./lib:", ":lib"])
def test_modules_of_pythonpath_are_the_programs(program, tmp_path, entry):
    """They are TensorFlow 1 inside, and come before those of the working directory."""
    program("import tensorflow as tf; NAME = tf.__name__", "lib/found_part/__init__.py")
    program("NAME = 'decoy'", "found_part.py")
    path = program("import found_part; print(found_part.NAME)", "week1/program.py")
    # An empty entry of PYTHONPATH is the working directory: then Python finds the decoy.
    decoy = entry.startswith(":")
    ran = subprocess.run(
        [sys.executable, "-m", "legacy_tf1", "run", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": entry.format(folder=tmp_path / "lib")},
    )
    expected = "decoy" if decoy else "legacy_tf1.tensorflow"
    assert ran.stdout == f"{expected}\n", ran.stderr


def test_modules_of_the_working_directory_are_found_last(program, tmp_path):
    program("NAME = 'there'", "lonely_part.py")
    path = program("import lonely_part; print(lonely_part.NAME)", "week1/program.py")
    ran = subprocess.run(
        [sys.executable, "-m", "legacy_tf1", "run", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.stdout == "there\n", ran.stderr


def test_a_linked_folder_of_modules_is_the_programs(program, capsys):
    program("import tensorflow as tf; NAME = tf.__name__", "shared/layers/__init__.py")
    path = program("import layers; print(layers.NAME)", "week1/program.py")
    (path.parent / "layers").symlink_to(path.parents[1] / "shared" / "layers")
    assert script.run(path) == 0
    assert capsys.readouterr().out == "legacy_tf1.tensorflow\n"


def test_errors_show_the_programs_lines_only(program, capsys):
    program("def build(tf):\n    return tf.no_such_name_at_all", "net.py")
    path = program("import tensorflow as tf\nimport net\n\nnet.build(tf)\n")
    assert script.run(path) == 1
    shown = capsys.readouterr().err
    assert "no_such_name_at_all" in shown.splitlines()[-1]
    files = [line.strip() for line in shown.splitlines() if line.startswith("  File")]
    assert files == [
        f'File "{path}", line 4, in <module>',
        f'File "{path.parent / "net.py"}", line 2, in build',
    ]
    script.run(path, (), Options(full_traceback=True))
    assert "namespace.py" in capsys.readouterr().err


def test_the_seed_survives_reset_default_graph(program, capsys):
    path = program(
        """
        import random
        import numpy as np
        import tensorflow as tf
        def draw():
            with tf.Session() as sess:
                return sess.run(tf.random_normal([2])).tolist()
        print(draw())
        tf.reset_default_graph()
        print(draw())
        with tf.Graph().as_default():
            tf.set_random_seed(1)
            print(draw())
        print(random.random(), np.random.rand())
        """
    )
    assert script.run(path, (), Options(seed=5)) == 0
    first, second, own, others = capsys.readouterr().out.splitlines()
    assert first == second
    # As if the program had set the seed itself.
    for seed, shown in ((5, first), (1, own)):
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(seed)
            assert str(session.run(tf.random_normal([2])).tolist()) == shown
    generator = np.random.RandomState(5)
    assert others == f"{random.Random(5).random()} {generator.rand()}"
    assert script.run(path) == 0
    assert capsys.readouterr().out.splitlines()[0] != first


def test_stops_politely(program, capsys):
    path = program(
        """
        import time
        try:
            time.sleep(60)
        finally:
            print('saved')
        """
    )
    began = time.monotonic()
    assert script.run(path, (), Options(max_seconds=0.2)) == 124
    assert time.monotonic() - began < 10
    output = capsys.readouterr()
    assert output.out == "saved\n"
    assert output.err == "Stopped after 0.2 seconds (--max-seconds).\n"


def test_a_program_that_ends_in_time_is_not_stopped(program, capsys):
    assert script.run(program("print(1)"), (), Options(max_seconds=60)) == 0
    assert capsys.readouterr().err == ""


def test_its_own_handler_of_ctrl_c_works(program, capsys):
    path = program(
        """
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGINT)
            for i in range(10 ** 8): pass
        except KeyboardInterrupt:
            print('interrupted')
        """
    )
    assert script.run(path) == 0
    assert capsys.readouterr().out == "interrupted\n"
    path = program("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n" * 2)
    assert script.run(path) == 128 + signal.SIGINT
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_event_files_go_to_logdir(program, tmp_path):
    path = program(
        """
        import tensorflow as tf
        for name in ('logs/train', '/no/such/place/logs'):
            writer = tf.summary.FileWriter(name, tf.get_default_graph())
            writer.close()
        """
    )
    events = tmp_path / "events"
    assert script.run(path, (), Options(logdir=events)) == 0
    assert len(list((events / "logs").glob("events.*"))) == 1
    assert len(list((events / "logs" / "train").glob("events.*"))) == 1
    assert issubclass(tf.summary.FileWriter, real.summary.FileWriter)
    assert "logdir" not in tf.summary.FileWriter.__module__


def test_logdir_stays_inside():
    folder = pathlib.Path("events")
    assert logdir.inside(folder, "../../logs") == folder / "logs"
    assert logdir.inside(folder, "/") == folder


def test_figures_are_kept(program, tmp_path):
    path = program(
        """
        import matplotlib
        matplotlib.use('TkAgg')
        import matplotlib.pyplot as plt
        plt.plot([1, 2])
        plt.figure()
        plt.imshow([[1, 2]])
        plt.show()
        plt.plot([3])
        """
    )
    assert script.run(path, (), Options(pictures=tmp_path / "pictures")) == 0
    names = sorted(file.name for file in (tmp_path / "pictures").iterdir())
    assert names == [f"figure_00{number}.png" for number in (1, 2, 3)]
    assert (tmp_path / "pictures" / names[0]).read_bytes().startswith(b"\x89PNG")


def test_report_tells_what_was_used(program, capsys):
    path = program(
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [3])\n"
        "tf.layers.dropout(tf.reduce_mean(x, keep_dims=True))\n"
    )
    assert script.run(path, (), Options(report=True)) == 0
    report = capsys.readouterr().err
    assert "tf.placeholder" in report
    # No entry of the catalogue, and one object in both of TensorFlow 2's faces.
    (line,) = [line for line in report.splitlines() if "tf.float32" in line]
    assert line.endswith("the same")
    # TensorFlow 2 has it by that name, without `keep_dims`; what is ours is not told.
    (line,) = [line for line in report.splitlines() if "tf.reduce_mean" in line]
    assert line.endswith("the same name, other arguments")
    assert "tf._" not in report


def test_a_run_says_nothing_of_its_own(program):
    path = program("import tensorflow as tf\nprint(tf.Session().run(tf.constant(3)))")
    ran = subprocess.run(
        [sys.executable, "-m", "legacy_tf1", "run", str(path)],
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, ran.stderr) == ("3\n", "")


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 2**32}, {"max_seconds": 0}])
def test_options_are_checked(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        Options(**wrong)


def test_scalars_print_as_in_numpy_1(program, capsys):
    path = program("import numpy as np; print([np.float32(0.5)], (np.int64(3),))")
    assert script.run(path) == 0
    assert capsys.readouterr().out == "[0.5] (3,)\n"
    assert repr(np.float32(0.5)) == "np.float32(0.5)"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\ns = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\ns = 'é'\n"),
        ("s = 'é'\n".encode("latin-1"), "s = 'é'\n"),
        ("# coding: euc-kr\ns = '가'\n".encode("euc-kr"), "# coding: euc-kr\ns = '가'\n"),
    ],
)  # fmt: skip
def test_encodings(data, text):
    assert source.decode(data) == text

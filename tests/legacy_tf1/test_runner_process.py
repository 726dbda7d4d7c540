"""What the runner leaves to a program: its streams, hooks, threads, built-in names.

Python itself is the oracle: `python script.py` on a script that needs no TensorFlow.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import numpy as np
import pytest

from legacy_tf1 import cli
from legacy_tf1.runner import deadline, errors, script
from legacy_tf1.runner.options import Options


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path."""

    def make(text, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return make


@pytest.fixture
def streams(monkeypatch):
    """Puts back what programs replace."""
    for name in ("stdout", "excepthook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))


AFTERWARDS = """
import atexit, concurrent.futures, os, pickle, sys, threading, time
os.mkdir('sub')
os.chdir('sub')
class A(object):
    pass
def bye():
    print('exit', os.path.basename(os.getcwd()), len(pickle.dumps(A())) > 0)
atexit.register(bye)
def late():
    time.sleep(0.2)
    import found_late
    print('thread', sys.argv[1:], pickle.loads(pickle.dumps(A())).__class__.__name__)
threading.Thread(target=late).start()
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(print, 'pool')
sys.exit(4)
"""


def test_threads_and_exit_handlers_find_the_program_as_it_was(write, tmp_path):
    path = write(AFTERWARDS)
    write("", "found_late.py")
    shown = []
    for command in ([], ["-m", "legacy_tf1", "run"]):
        done = subprocess.run(
            [sys.executable, *command, str(path), "--lr", "1"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        shown.append((done.returncode, done.stdout, done.stderr))
        (tmp_path / "sub").rmdir()
    assert shown[0] == shown[1]
    assert shown[0][0] == 4


@pytest.mark.parametrize("option", [[], ["--seed", "1"], ["--logdir", "events"]])
def test_nothing_is_said_that_the_program_does_not_say(write, tmp_path, option):
    path = write("import tensorflow as tf\nprint(tf.__version__)")
    done = subprocess.run(
        [sys.executable, "-m", "legacy_tf1", "run", str(path), *option],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1.15.5\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("try: time.sleep(60)\nfinally: print('saved')", "saved\n"),
        ("threading.Thread(target=time.sleep, args=(60,)).start()", ""),
        ("while True:\n  try: time.sleep(60)\n  except KeyboardInterrupt: pass", ""),
    ],
)
def test_max_seconds_where_ctrl_c_is_ignored_or_not_minded(write, program, printed):
    path = write(f"import threading, time\n{program}\n")
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from legacy_tf1 import cli\n"
        "from legacy_tf1.runner import deadline\n"
        "deadline._GRACE_SECONDS = 0.3\n"
        "sys.exit(cli.main(sys.argv[1:], last=True))"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(path), "--max-seconds", "0.5"],
        capture_output=True,
        text=True,
    )
    assert time.monotonic() - began < 30
    assert (done.returncode, done.stdout) == (deadline.STATUS, printed)
    assert done.stderr == "Stopped after 0.5 seconds (--max-seconds).\n"


@pytest.mark.parametrize(
    "program",
    [
        "f = open('log.txt', 'w'); sys.stdout = f; print('a'); f.close()",
        "sys.stdout = None",
        "class Log(object):\n    def write(self, text): pass\nsys.stdout = Log()",
    ],
)
def test_standard_output_may_be_replaced(
    write, streams, monkeypatch, tmp_path, program
):
    monkeypatch.chdir(tmp_path)
    assert script.run(write(f"import sys\n{program}\n")) == 0
    assert script.run(write(f"import sys\n{program}\n1 / 0\n")) == 1


def test_errors_of_its_own_excepthook_are_told(write, streams, capsys):
    path = write(
        """
        import sys
        def hook(kind, error, lines):
            raise ValueError('in hook')
        sys.excepthook = hook
        1/0"""
    )
    expected = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert script.run(path) == expected.returncode == 1
    assert capsys.readouterr().err == expected.stderr


def test_syntax_errors_of_its_modules_are_shown_as_by_python(write, capsys):
    write("x = 1\ndef f(:\n    pass\n", "broken_part.py")
    path = write("import broken_part\n")
    expected = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert script.run(path) == 1
    assert capsys.readouterr().err == expected.stderr


def test_built_in_names_are_shared_by_its_modules_and_forgotten(write, capsys):
    write("shout('from a module')", "shouting.py")
    path = write(
        """
        import builtins
        builtins.shout = lambda text: print(text.upper())
        import shouting
        print(__builtins__.len([1]), builtins is __builtins__)
        """
    )
    assert script.run(path) == 0
    assert capsys.readouterr().out == "FROM A MODULE\n1 True\n"
    assert script.run(write("shout('again')")) == 1


def test_its_own_float_and_int_are_not_replaced(write, capsys):
    path = write(
        """
        def float(x): return 'mine'
        def f(int): return int('3')
        print(float('1'), f(str) + '!')
        """
    )
    assert script.run(path) == 0
    assert capsys.readouterr().out == "mine 3!\n"


def test_file_is_absolute_and_warnings_of_syntax_are_not_shown(
    write, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    path = write("x = 1\nprint(x is 1, '\\d', __file__)\n")
    assert script.run(path.name) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (f"True \\d {path}\n", "")


def test_a_file_keras_beside_the_program_is_not_the_libraries(write, capsys):
    for name in ("keras", "tensorflow", "numpy"):
        write("raise ImportError('not this one')\n", f"{name}.py")
    path = write(
        """
        import importlib, sys
        import tensorflow as tf, numpy as np
        for name in ('keras', 'tensorflow', 'numpy'):
            found = [f.find_spec(name, None) for f in sys.meta_path[:2]]
            print([spec.origin for spec in found if spec and spec.origin])
        """
    )
    assert script.run(path) == 0
    assert str(path.parent) not in capsys.readouterr().out


def test_an_operations_error_shows_where_the_program_made_it(write, capsys):
    path = write(
        """
        import numpy as np
        import tensorflow as tf
        x = tf.placeholder(tf.float32, [None, None])
        def layer(x):
            return tf.matmul(x, x, name='product')
        y = layer(x)
        tf.Session().run(y, {x: np.ones([2, 3])})
        """
    )
    assert script.run(path) == 1
    shown = capsys.readouterr().err
    assert f'File "{path}", line 5, in layer' in shown
    assert f'File "{path}", line 6, in <module>' in shown
    assert "legacy_tf1/runner" not in shown.replace(os.sep, "/")


def test_ctrl_c_in_a_loop_of_steps(write, capsys):
    path = write(
        """
        import os, signal, threading
        import tensorflow as tf
        v = tf.Variable(0.0)
        step = tf.assign_add(v, 1.0)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            stop = lambda: os.kill(os.getpid(), signal.SIGINT)
            threading.Timer(0.2, stop).start()
            try:
                while True:
                    sess.run(step)
            except KeyboardInterrupt:
                print('stopped', sess.run(v) > 0)
        """
    )
    assert script.run(path) == 0
    assert capsys.readouterr().out == "stopped True\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_folder_whose_name_begins_as_the_packages_is_not_ours():
    assert not errors.is_ours(f"{errors._PACKAGE.rstrip(os.sep)}_old{os.sep}a.py")
    assert errors.is_ours(f"{errors._PACKAGE}cli.py")


@pytest.mark.parametrize("option", ["--logdir", "--pictures", "--save"])
def test_places_are_checked_before_the_program_begins(write, capsys, option):
    file = write("", "file.txt")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print('ran')")])
    path = write(nbformat.writes(made), "old.ipynb")
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", str(path), option, str(file / "out.ipynb")])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    assert f"cannot write to {file}" in shown.err


@pytest.mark.parametrize("text", ["no JSON", '{"a": 1}', "[]", "\ufeff"])
def test_what_is_no_notebook_is_told(write, capsys, text):
    assert cli.main(["run", str(write(text, "no.ipynb"))]) == 2
    shown = capsys.readouterr().err
    assert "no.ipynb is not a notebook: " in shown
    assert "Traceback" not in shown


def test_reset_in_a_notebook_keeps_tensorflow_1(write, capsys):
    cells = ["%reset -f", "import tensorflow as tf\nprint(tf.__name__)"]
    made = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    assert cli.main(["run", str(write(nbformat.writes(made), "old.ipynb"))]) == 0
    assert capsys.readouterr().out == "legacy_tf1.tensorflow\n"


def test_the_report_comes_after_an_error(write, capsys):
    path = write("import tensorflow as tf\nx = tf.placeholder(tf.float32)\n1/0\n")
    assert script.run(path, (), Options(report=True)) == 1
    shown = capsys.readouterr().err
    assert 0 < shown.index("ZeroDivisionError") < shown.index("tf.placeholder  ")
    assert repr(np.float32(0.5)) == "np.float32(0.5)"

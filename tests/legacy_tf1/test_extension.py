"""`%load_ext legacy_tf1` in an IPython of one's own."""

import subprocess
import sys

CELLS = r"""
import sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "legacy_tf1")

def run(cell):
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result

run("import tensorflow as tf, beside, numpy as np")
assert run("tf.__name__") == run("beside.tf.__name__") == "legacy_tf1.tensorflow"
assert run("np.float") is float
run("x = tf.placeholder(tf.float32); y = x * 2")
assert run("tf.Session().run(y, {x: 3})") == 6
assert sys.modules["tensorflow"].__name__ == "tensorflow"
assert run("display is not None and get_ipython() is not None")
assert run("%load_ext legacy_tf1") is None

shell.run_line_magic("unload_ext", "legacy_tf1")
run("import tensorflow as today")
assert run("today.__name__") == "tensorflow"
# Still loaded when the process ends.
shell.run_line_magic("load_ext", "legacy_tf1")
print("passed")
"""


def test_cells_are_tensorflow_1_while_it_is_loaded(tmp_path):
    (tmp_path / "beside.py").write_text("import tensorflow as tf\n")
    done = subprocess.run(
        [sys.executable, "-c", CELLS],
        cwd=tmp_path,
        env={"IPYTHONDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.endswith("passed\n"), done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr

"""Notebooks: cells, magics, outputs, errors, Python 2, the saved notebook."""

import nbformat
import pytest

from legacy_tf1 import cli
from legacy_tf1.runner import notebook
from legacy_tf1.runner.options import Options


@pytest.fixture
def write(tmp_path):
    """Writes a notebook of some cells and returns its path."""

    def make(*cells, **metadata):
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=metadata
        )
        nbformat.write(made, tmp_path / "old.ipynb")
        return tmp_path / "old.ipynb"

    return make


def outputs(path):
    return [cell.outputs for cell in nbformat.read(path, 4).cells]


def test_outputs_are_printed_and_saved(write, tmp_path, capsys):
    path = write(
        "%matplotlib inline\n%tensorflow_version 1.x\nimport tensorflow as tf\n"
        "import matplotlib.pyplot as plt",
        "w = tf.Variable(2.0, name='w')\nsess = tf.Session()\n"
        "sess.run(tf.global_variables_initializer())\nprint('begin')\nsess.run(w * 2)",
        "plt.plot([1, 2])\nplt.show()",
        "print([n.name for n in tf.trainable_variables()]); 3;",
    )
    saved = tmp_path / "folder" / "out.ipynb"
    assert cli.main(["run", str(path), "--save", str(saved)]) == 0
    assert capsys.readouterr().out == "begin\n4.0\n['w:0']\n"
    _, value, figure, names = outputs(saved)
    assert value[0].text == "begin\n"
    assert value[1].data == {"text/plain": "4.0"}
    assert figure[0].data["image/png"].startswith("iVBORw0KGgo")  # PNG's first bytes
    assert [each.text for each in names] == ["['w:0']\n"]
    nbformat.validate(nbformat.read(saved, 4))
    assert outputs(path) == [[], [], [], []]


def test_errors_show_cell_and_line(write, tmp_path, capsys):
    path = write("def f(x):\n    return 1 / x", "x = 0\nf(x)", "print('not reached')")
    assert notebook.run(path, (), Options(save=tmp_path / "out.ipynb")) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = [line.strip() for line in shown.err.splitlines() if "File" in line]
    assert lines == [
        'File "<cell 2>", line 2, in <module>',
        'File "<cell 1>", line 2, in f',
    ]
    assert "return 1 / x" in shown.err
    _, error, _ = outputs(tmp_path / "out.ipynb")
    assert (error[0].ename, error[0].evalue) == (
        "ZeroDivisionError",
        "division by zero",
    )


def test_syntax_errors_show_the_cell(write, capsys):
    assert notebook.run(write("x = 1", "y = = 2")) == 1
    shown = capsys.readouterr().err
    assert '"<cell 2>", line 1' in shown
    assert "SyntaxError: invalid syntax" in shown


def test_what_does_not_stop_a_notebook(write, capsys):
    path = write(
        "!ls no_such_file\n!pip install no-such-package\n%pip install another",
        "%no_such_magic 3",
        "%%no_such_cell_magic\nx",
        "%load_ext no_such_extension",
        "files = !echo a.txt\nprint(files[0], _exit_code)",
        "%%time\nprint('timed')",
    )
    assert notebook.run(path) == 0
    shown = capsys.readouterr()
    assert "a.txt" in shown.out
    assert "timed" in shown.out
    for passed_over in (
        "!pip install no-such-package",
        "%pip",
        "%no_such_magic",
        "%%no_such_cell_magic",
        "%load_ext no_such_extension",
    ):
        assert passed_over in shown.err


def test_the_exit_status(write, capsys):
    assert notebook.run(write("import sys; sys.exit(3)", "print('no')")) == 3
    assert notebook.run(write("raise KeyboardInterrupt")) == 130
    path = write("import time\ntime.sleep(60)", "print('no')")
    assert notebook.run(path, (), Options(max_seconds=0.2)) == 124
    assert "no" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cells", "metadata"),
    [
        (["x = 7 / 2", "print x"], {}),
        (["x = 7 / 2", "x"], {"language_info": {"name": "python", "version": "2.7.1"}}),
        (
            ["x = 7 / 2", "x"],
            {"kernelspec": {"name": "python2", "display_name": "Python 2"}},
        ),
        (["%matplotlib inline", "print 7 / 2"], {}),
    ],
)
def test_python_2(write, capsys, cells, metadata):
    assert notebook.run(write(*cells, **metadata)) == 0
    assert capsys.readouterr().out == "3\n"


def test_python_3_is_left_as_it_is(write, capsys):
    metadata = {"language_info": {"name": "python", "version": "3.5.2"}}
    assert notebook.run(write("7 / 2", **metadata)) == 0
    assert capsys.readouterr().out == "3.5\n"


def test_format_3_is_read(tmp_path, capsys):
    old = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell("print(3)")])
        ],
        metadata=nbformat.v3.new_metadata(name=""),
    )
    (tmp_path / "v3.ipynb").write_text(nbformat.v3.writes_json(old))
    assert notebook.run(tmp_path / "v3.ipynb") == 0
    assert capsys.readouterr().out == "3\n"


def test_what_is_no_notebook(tmp_path):
    (tmp_path / "no.ipynb").write_text("import tensorflow")
    with pytest.raises(ValueError, match=r"no\.ipynb is not a notebook"):
        notebook.run(tmp_path / "no.ipynb")

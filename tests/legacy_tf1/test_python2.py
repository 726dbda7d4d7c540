"""Python 2: recognized, converted, divided as then.

Python 2's own values are the oracle, as its language reference states them.
"""

import ast
import io
import pickle

import numpy as np
import pytest
import tensorflow.compat.v1 as real

from legacy_tf1.runner import python2, script, source


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'",
        "print 'a %d' % 3,",
        "exec 'x = 1'",
        "try: pass\nexcept IOError, e: pass",
        "x = 0777",
        "x = `1`",
        "raise ValueError, 'x'",
        "for i in xrange(3): print(i)",
        "import cPickle",
        "import urllib; urllib.urlretrieve('a', 'b')",
        "from itertools import izip",
        "d = {}\nfor k, v in d.iteritems(): pass",
        "name = raw_input('name: ')",
        "import string\nprint(string.letters)",
        "import sys\nprint(sys.maxint)",
        "import os\nprint(os.getcwdu())",
        "import itertools\nlist(itertools.izip([1], [2]))",
        "print({}.has_key(1))",
    ],
)
def test_recognized(text):
    assert source.parse(text, "old.py")[1]


@pytest.mark.parametrize(
    "text",
    [
        "print('x')",
        "try:\n    xrange\nexcept NameError:\n    xrange = range\nxrange(3)",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "from six.moves import xrange\nxrange(3)",
        "import sys\nif sys.version_info[0] < 3:\n    range = xrange",
        "import pandas as pd\npd.DataFrame().iteritems()",
        "def f(unicode): return unicode",
        "import urllib.request\nurllib.request.urlretrieve",
        "f'{1}'",
    ],
)
def test_not_taken_for_python_2(text):
    assert not source.parse(text, "new.py")[1]


def test_what_is_neither_is_python_3s_error():
    with pytest.raises(SyntaxError, match="invalid syntax") as error:
        source.parse("x = 1\ny = = 2\n", "wrong.py")
    assert (error.value.lineno, error.value.filename) == (2, "wrong.py")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (7, 2, 3),
        (-7, 2, -4),
        (7.0, 2, 3.5),
        (True, 2, 0),
        (np.int32(7), 2, 3),
        (np.float32(7), 2, 3.5),
    ],
)
def test_division(left, right, expected):
    assert python2.divide(left, right) == expected
    assert type(python2.divide(left, right)) is type(left / left * expected) or (
        float(expected).is_integer()
    )


def test_division_of_arrays_and_tensors():
    assert python2.divide(np.array([7, -7]), 2).tolist() == [3, -4]
    assert python2.divide(np.array([7.0]), 2).tolist() == [3.5]
    halves = np.array([1.0, 3.0])
    assert python2.divide_in_place(halves, 2) is halves
    with real.Session() as session:
        quotient = python2.divide(real.constant(7), 2)
        assert quotient.dtype == real.int32
        assert session.run(quotient) == 3
        assert session.run(python2.divide(7, real.constant(2.0))) == 3.5


def test_true_division_is_respected():
    tree, is_python2 = source.parse(
        "from __future__ import division\nprint 7 / 2\n", "f.py"
    )
    assert is_python2
    assert "divide" not in ast.unparse(tree)


def run(tmp_path, text, capsys):
    path = tmp_path / "old.py"
    path.write_bytes(text)
    status = script.run(path)
    return status, capsys.readouterr()


def test_lines_of_errors_are_the_programs(tmp_path, capsys):
    text = b"import os, sys\nprint 'begin'\n\ndef f(x):\n    return 1 / x\n\nf(0)\n"
    status, shown = run(tmp_path, text, capsys)
    assert status == 1
    assert shown.out == "begin\n"
    assert "line 7, in <module>\n    f(0)\n" in shown.err
    assert "line 5, in f\n    return 1 / x\n" in shown.err
    assert "python2.py" not in shown.err


def test_sys_setdefaultencoding_does_nothing(tmp_path, capsys):
    text = b"import sys\nreload(sys)\nsys.setdefaultencoding('utf8')\nprint 'x'\n"
    assert run(tmp_path, text, capsys) == (0, ("x\n", ""))


def test_modules_of_python_2_beside_a_program_of_python_3(tmp_path, capsys):
    (tmp_path / "old_part_of_it.py").write_text("def half(x):\n    print x / 2\n")
    status, shown = run(
        tmp_path, b"import old_part_of_it\nold_part_of_it.half(7)\nprint(7 / 2)", capsys
    )
    assert status == 0, shown.err
    assert shown.out == "3\n3.5\n"
    assert not (tmp_path / "__pycache__").exists()


def test_pickles_of_python_2(tmp_path, capsys):
    # What Python 2 wrote for {"name": "caf\xe9"}: protocol 2, a str of bytes.
    data = b"\x80\x02}q\x00U\x04nameq\x01U\x04caf\xe9q\x02s."
    (tmp_path / "data.pkl").write_bytes(data)
    with pytest.raises(UnicodeDecodeError):
        pickle.loads(data)
    name = str(tmp_path / "data.pkl").encode()
    text = b"import cPickle\nwith open('%s', 'rb') as f: d = cPickle.load(f)\n" % name
    text += b"print d['name']\n"
    status, shown = run(tmp_path, text, capsys)
    assert status == 0, shown.err
    assert shown.out == "caf\xe9\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"unicode(b'caf\xc3\xa9', 'utf-8')", "caf\xe9"),
        (r"unicode('caf\xc3\xa9', 'utf-8')", "caf\xe9"),
        (r"unicode('caf\xe9', 'latin-1')", "caf\xe9"),
        ("unicode('caf\xe9', 'utf-8')", "caf\xe9"),  # Python 3 has read it already
        (r"unicode('caf\xc3\xa9', encoding='utf-8', errors='ignore')", "caf\xe9"),
        (r"'caf\xc3\xa9'.decode('utf-8')", "caf\xe9"),
        (r"u'caf\xe9'.encode('utf-8').decode('utf-8')", "caf\xe9"),
        ("unicode(5) + unicode()", "5"),
        ("isinstance(u'x', unicode)", True),
        ("__import__('string').letters[25:27]", "zA"),
        ("__import__('string').atoi('3')", 3),
        ("{1: 2}.has_key(1)", True),
        ("map({1: 2}.has_key, [1, 2])", [True, False]),
        ("list(itertools.izip([1], [2]))", [(1, 2)]),
        ("os.getcwdu() == os.getcwd()", True),
        ("sys.maxint > 2 ** 31 - 2 and type(sys.maxint) is int", True),
    ],
)
def test_names_of_python_2(tmp_path, capsys, value, expected):
    """Each with the value that Python 2.7's documentation has for it."""
    text = f"# coding: utf-8\nimport itertools, os, sys\nprint repr({value})\n"
    status, shown = run(tmp_path, text.encode(), capsys)
    assert status == 0, shown.err
    assert ast.literal_eval(shown.out) == expected


def test_raw_input_reads_a_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1 + 2\n1 + 2\n"))
    text = b"print raw_input('one '), input('two ')\n"
    assert run(tmp_path, text, capsys) == (0, ("one two 1 + 2 3\n", ""))


def test_a_function_of_the_programs_own_named_str_is_left_alone():
    tree, _ = source.parse("str = max\nprint str(1, 2)\n", "own.py")
    assert "unicode" not in ast.unparse(tree)

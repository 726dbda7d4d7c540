"""`tf.gfile`: text as text, anything else as the bytes that Python 2 gave.

Python's own `open` is the oracle.
"""

import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.runner import script

PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\n\x80tail\n"


@pytest.mark.parametrize("name", ["GFile", "FastGFile", "Open"])
def test_what_is_not_text_is_given_as_bytes(tmp_path, name):
    path = tmp_path / "picture.jpg"
    path.write_bytes(PICTURE)
    opened = getattr(tf.gfile, name)
    with opened(str(path), "r") as file:
        assert file.read() == PICTURE
    assert opened(str(path)).readline() == PICTURE.split(b"\n")[0] + b"\n"
    assert opened(str(path), "rb").read() == PICTURE


@pytest.mark.parametrize("name", ["GFile", "FastGFile", "Open"])
def test_text_is_text(tmp_path, name):
    path = tmp_path / "words.txt"
    opened = getattr(tf.gfile, name)
    with opened(str(path), "w") as file:
        file.write("café\ntea\n")
    assert list(opened(str(path))) == path.read_text("utf-8").splitlines(True)
    assert opened(str(path), "rb").read() == path.read_bytes()


def test_the_private_module_is_the_same(tmp_path, capsys):
    (tmp_path / "picture.jpg").write_bytes(PICTURE)
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, tensorflow as tf\n"
        "from tensorflow.python.platform import gfile\n"
        "data = gfile.FastGFile(sys.argv[1], 'r').read()\n"
        "print(len(data), gfile.Exists(sys.argv[1]), gfile.GFile is tf.gfile.GFile)\n"
    )
    assert script.run(program, [str(tmp_path / "picture.jpg")]) == 0
    assert capsys.readouterr().out == f"{len(PICTURE)} True True\n"

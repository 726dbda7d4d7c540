"""`tf.gfile`: files that are read as text, or as bytes where they are none.

Under Python 2 `tf.gfile.FastGFile(path, "r").read()` was how images and frozen graphs
were read as well: its strings were bytes.
"""

from typing import Any

import tensorflow.compat.v1 as _tf

from legacy_tf1.compat import namespace as _namespace


class GFile(_tf.gfile.GFile):
    r"""As `tf.gfile.GFile`; what is not text is given as bytes, whatever the mode says.

    Today: `tf.io.gfile.GFile`, with mode "rb" for what is not text.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "start.jpg")
        >>> with open(path, "wb") as file:
        ...     _ = file.write(b"\xff\xd8\xff")
        >>> GFile(path, "r").read()
        b'\xff\xd8\xff'
    """

    def _prepare_value(self, val: Any) -> str | bytes:
        try:
            text: str | bytes = super()._prepare_value(val)
        except UnicodeDecodeError:
            return bytes(val)
        return text


FastGFile = Open = GFile

__getattr__, __dir__ = _namespace.attach(__name__)

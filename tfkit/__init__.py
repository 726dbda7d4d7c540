"""The techniques of "Improving Deep Neural Networks" as Keras 3 parts.

Everything here resolves on first use: `import tfkit` loads neither TensorFlow nor
Keras, so that the command line's help and listings answer at once.
"""

import lazy_loader as _lazy

from tfkit import _imports

__version__ = "0.1.0"

# For TensorFlow and Keras, when they come: nothing that is seldom used, and no notes;
# warnings and errors stay.
_imports.defer()
_imports.set_log_level("1")

# The names and where they live are declared once, in __init__.pyi, for type checkers
# and at run time alike.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

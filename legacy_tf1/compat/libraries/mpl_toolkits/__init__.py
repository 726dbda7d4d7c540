"""`mpl_toolkits` as of Matplotlib 2.x to 3.1."""

from legacy_tf1.compat import faces as _faces

__getattr__, __dir__ = _faces.attach(__name__)

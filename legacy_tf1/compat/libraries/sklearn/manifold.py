"""`sklearn.manifold`: `TSNE(n_iter=...)` is `max_iter` since 1.5."""

from sklearn import manifold as _manifold

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries.sklearn._arguments import renamed as _renamed

TSNE = _renamed(_manifold.TSNE, n_iter="max_iter")

__getattr__, __dir__ = _faces.attach(__name__)

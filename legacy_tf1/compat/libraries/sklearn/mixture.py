"""`sklearn.mixture`: `GMM` is `GaussianMixture` since 0.18."""

from sklearn import mixture as _mixture

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries.sklearn._arguments import renamed as _renamed

GMM = _renamed(
    _mixture.GaussianMixture, n_iter="max_iter", thresh=None, min_covar="reg_covar"
)

__getattr__, __dir__ = _faces.attach(__name__)

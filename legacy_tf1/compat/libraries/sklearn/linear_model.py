"""`sklearn.linear_model`: `SGDClassifier(n_iter=...)` is `max_iter` since 0.19."""

from sklearn import linear_model as _linear_model

from legacy_tf1.compat import faces as _faces
from legacy_tf1.compat.libraries.sklearn._arguments import renamed as _renamed

LogisticRegression = _renamed(_linear_model.LogisticRegression, multi_class=None)
Perceptron = _renamed(_linear_model.Perceptron, n_iter="max_iter")
SGDClassifier = _renamed(_linear_model.SGDClassifier, n_iter="max_iter")
SGDRegressor = _renamed(_linear_model.SGDRegressor, n_iter="max_iter")

__getattr__, __dir__ = _faces.attach(__name__)

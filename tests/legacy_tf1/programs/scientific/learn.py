"""scikit-learn beside TensorFlow: old module names; exact counts."""

import numpy as np
import tensorflow as tf
from sklearn import datasets
from sklearn.preprocessing import OneHotEncoder

try:
    from sklearn.cross_validation import KFold, train_test_split
except ImportError:  # scikit-learn 0.20 and 0.21
    from sklearn.model_selection import train_test_split

    KFold = None
from sklearn.externals import joblib

iris = datasets.load_iris()
X_train, X_test, y_train, y_test = train_test_split(
    iris.data, iris.target, test_size=0.2, random_state=0
)
assert X_train.shape == (120, 4)
if KFold is not None:
    folds = [test for _, test in KFold(6, n_folds=3)]
    assert [fold.tolist() for fold in folds] == [[0, 1], [2, 3], [4, 5]]
encoder = OneHotEncoder(sparse=False, categories="auto")
labels = encoder.fit_transform(y_train.reshape(-1, 1))
assert labels.shape == (120, 3) and joblib.dump is not None
with tf.Session() as sess:
    # The sum of a one-hot row is 1.
    np.testing.assert_array_equal(sess.run(tf.reduce_sum(labels, 1)), np.ones(120))

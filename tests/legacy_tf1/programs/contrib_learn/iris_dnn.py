"""The tutorial of 2016: a deep classifier of the iris data, with arrays as input."""

import numpy as np
import tensorflow as tf

iris = tf.contrib.learn.datasets.load_dataset("iris")
assert iris.data.shape == (150, 4)
assert iris.target.sum() == 150
x, y = iris.data.astype(np.float32), iris.target
columns = tf.contrib.learn.infer_real_valued_columns_from_input(x)
classifier = tf.contrib.learn.DNNClassifier(
    feature_columns=columns,
    hidden_units=[10, 20, 10],
    n_classes=3,
    config=tf.contrib.learn.RunConfig(tf_random_seed=1),
)
classifier.fit(x=x, y=y, steps=300)
result = classifier.evaluate(x=x, y=y)
assert result["accuracy"] > 0.9, result
assert result["global_step"] == 300
new = np.array([[6.4, 3.2, 4.5, 1.5], [5.8, 3.1, 5.0, 1.7]], dtype=np.float32)
assert next(iter(classifier.predict(new))) == 1
assert np.array(list(classifier.predict_proba(new))).shape == (2, 3)
assert "dnn/hiddenlayer_0/weights" in classifier.get_variable_names()
print("ok")

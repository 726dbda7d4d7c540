"""Linear regression on a data frame, with string columns."""

import numpy as np
import pandas as pd
import tensorflow as tf

frame = pd.DataFrame({"size": np.arange(1.0, 9.0), "town": list("abababab")})
price = pd.Series(3 * frame["size"] + 5 * (frame["town"] == "b"))
size = tf.feature_column.numeric_column("size")
town = tf.feature_column.categorical_column_with_vocabulary_list("town", ["a", "b"])
regressor = tf.estimator.LinearRegressor(
    [size, town], optimizer=tf.train.AdagradOptimizer(1.0)
)
train = tf.estimator.inputs.pandas_input_fn(
    frame, price, batch_size=8, num_epochs=None, shuffle=False
)
test = tf.estimator.inputs.pandas_input_fn(frame, price, shuffle=False)
regressor.train(train, steps=300)
result = regressor.evaluate(test)
assert result["average_loss"] < 0.05, result
assert abs(result["label/mean"] - price.mean()) < 1e-4
names = regressor.get_variable_names()
assert "linear/linear_model/size/weights" in names
assert (
    abs(regressor.get_variable_value("linear/linear_model/size/weights")[0, 0] - 3)
    < 0.2
)
predicted = [p["predictions"][0] for p in regressor.predict(test)]
assert np.abs(np.array(predicted) - price.values).max() < 0.6
print("ok")

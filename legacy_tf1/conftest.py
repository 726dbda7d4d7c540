"""What pytest must not import to look for doctests."""

import sys

# To import a lecture is to run it.
collect_ignore_glob = ["lectures/[a-z]*.py"]
# Hands itself over to joblib; pytest would hang its own copy beside it.
collect_ignore = ["compat/libraries/sklearn/externals/joblib.py"]
# Keras models have no values in a process of TensorFlow 1, where no code is eager.
if "legacy_tf1.tensorflow" in sys.modules:
    collect_ignore_glob.append("checkpoints/*.py")

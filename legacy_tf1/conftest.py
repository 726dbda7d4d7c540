"""What pytest must not import to look for doctests."""

import sys

# To import a lecture is to run it.
collect_ignore_glob = ["lectures/[a-z]*.py"]
# Keras models have no values in a process of TensorFlow 1, where no code is eager.
collect_ignore = ["checkpoints"] if "legacy_tf1.tensorflow" in sys.modules else []

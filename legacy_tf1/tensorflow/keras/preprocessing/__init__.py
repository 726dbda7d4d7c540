"""`tf.keras.preprocessing`: pictures, sequences and texts, as Keras 3 still has them."""

from legacy_tf1.tensorflow.keras.preprocessing import image, sequence, text

__all__ = ["image", "sequence", "text"]

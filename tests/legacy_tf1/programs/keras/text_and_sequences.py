"""Tokenizer, pad_sequences and a bidirectional network."""

import numpy as np
from tensorflow.keras.layers import (
    LSTM,
    Bidirectional,
    Dense,
    Embedding,
    TimeDistributed,
)
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer

tokenizer = Tokenizer(num_words=20)
tokenizer.fit_on_texts(["the cat sat", "the dog sat on the cat"])
sequences = tokenizer.texts_to_sequences(["the dog", "cat on the dog"])
data = pad_sequences(sequences, maxlen=4)
assert data.tolist() == [[0, 0, 1, 4], [2, 5, 1, 4]]

model = Sequential()
model.add(Embedding(20, 3, input_length=4))
model.add(Bidirectional(LSTM(2, return_sequences=True)))
model.add(TimeDistributed(Dense(5)))
assert model.output_shape == (None, 4, 5)
assert [w.shape for w in model.get_weights()][1:4] == [(3, 8), (2, 8), (8,)]
random = np.random.RandomState(3)
model.set_weights([random.rand(*w.shape) - 0.5 for w in model.get_weights()])
print(model.predict(data)[1, 0])
assert np.allclose(
    model.predict(data)[1, 0],
    [0.50835925, -0.05461494, 0.18007384, -0.21800324, 0.6399516],
    atol=1e-6,
)

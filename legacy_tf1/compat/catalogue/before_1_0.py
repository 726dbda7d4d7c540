"""Names that left with TensorFlow 1.0, in February 2017, or had left before."""

SINCE = "1.0"

ROWS = """
tf.mul = tf.multiply(x, y), or x * y
tf.sub = tf.subtract(x, y), or x - y
tf.neg = tf.negative(x), or -x
tf.inv = tf.math.reciprocal(x), or 1 / x
tf.pack = tf.stack(values, axis)
tf.unpack = tf.unstack(value, axis=axis)
tf.select = tf.where(condition, x, y)
tf.batch_matmul = tf.matmul(x, y)
tf.complex_abs = tf.abs(x)
tf.listdiff = numpy.setdiff1d(x, y)
tf.concat_v2 = tf.concat(values, axis)
tf.batch_band_part = tf.linalg.band_part
tf.batch_cholesky = tf.linalg.cholesky
tf.batch_cholesky_solve = tf.linalg.cholesky_solve
tf.batch_fft = tf.signal.fft
tf.batch_fft2d = tf.signal.fft2d
tf.batch_fft3d = tf.signal.fft3d
tf.batch_ifft = tf.signal.ifft
tf.batch_ifft2d = tf.signal.ifft2d
tf.batch_ifft3d = tf.signal.ifft3d
tf.batch_matrix_band_part = tf.linalg.band_part
tf.batch_matrix_determinant = tf.linalg.det
tf.batch_matrix_diag = tf.linalg.diag
tf.batch_matrix_diag_part = tf.linalg.diag_part
tf.batch_matrix_inverse = tf.linalg.inv
tf.batch_matrix_set_diag = tf.linalg.set_diag
tf.batch_matrix_solve = tf.linalg.solve
tf.batch_matrix_solve_ls = tf.linalg.lstsq
tf.batch_matrix_transpose = tf.linalg.matrix_transpose
tf.batch_matrix_triangular_solve = tf.linalg.triangular_solve
tf.batch_self_adjoint_eig = tf.linalg.eigh
tf.batch_self_adjoint_eigvals = tf.linalg.eigvalsh
tf.batch_svd = tf.linalg.svd
tf.scalar_summary = tf.summary.scalar(name, data, step), or keras.callbacks.TensorBoard
tf.histogram_summary = tf.summary.histogram(name, data, step)
tf.image_summary = tf.summary.image(name, data, step)
tf.audio_summary = tf.summary.audio(name, data, sample_rate, step)
tf.merge_summary = nothing: tf.summary.scalar(...) writes at once
tf.merge_all_summaries = nothing: tf.summary.scalar(...) writes at once
tf.train.SummaryWriter = tf.summary.create_file_writer(logdir)
tf.train.SummaryWriterCache = tf.summary.create_file_writer(logdir)
tf.image.per_image_whitening = tf.image.per_image_standardization(image)
tf.nn.rnn = keras.layers.RNN(cell, return_sequences=True, unroll=True)
tf.nn.bidirectional_rnn = keras.layers.Bidirectional(keras.layers.RNN(cell))
tf.nn.state_saving_rnn = keras.layers.RNN(cell, stateful=True)
tf.nn.seq2seq.* = keras.layers.RNN for encoder and decoder, keras.layers.Attention
tf.models.rnn.* = keras.layers.RNN, keras.layers.LSTMCell
tf.python.ops.rnn_cell.* = keras.layers.LSTMCell, keras.layers.GRUCell
tf.nn.softmax_cross_entropy = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
"""

"""Names of tf.contrib, which left with TensorFlow 2.0 as a whole."""

SINCE = "2.0"

ROWS = """
tf.contrib.layers.fully_connected = keras.layers.Dense(units, activation="relu")
tf.contrib.layers.linear = keras.layers.Dense(units)
tf.contrib.layers.relu = keras.layers.Dense(units, activation="relu")
tf.contrib.layers.relu6 = keras.layers.Dense(units, activation="relu6")
tf.contrib.layers.conv2d = keras.layers.Conv2D(filters, kernel_size, padding="same")
tf.contrib.layers.convolution = keras.layers.Conv2D(filters, kernel_size)
tf.contrib.layers.convolution2d = keras.layers.Conv2D(filters, kernel_size)
tf.contrib.layers.conv2d_transpose = keras.layers.Conv2DTranspose(filters, kernel_size)
tf.contrib.layers.convolution2d_transpose = keras.layers.Conv2DTranspose(filters, size)
tf.contrib.layers.separable_conv2d = keras.layers.SeparableConv2D(filters, kernel_size)
tf.contrib.layers.max_pool2d = keras.layers.MaxPooling2D(pool_size)
tf.contrib.layers.avg_pool2d = keras.layers.AveragePooling2D(pool_size)
tf.contrib.layers.batch_norm = keras.layers.BatchNormalization(momentum=0.999)
tf.contrib.layers.layer_norm = keras.layers.LayerNormalization()
tf.contrib.layers.instance_norm = keras.layers.GroupNormalization(groups=-1)
tf.contrib.layers.group_norm = keras.layers.GroupNormalization(groups)
tf.contrib.layers.dropout = keras.layers.Dropout(1 - keep_prob)
tf.contrib.layers.flatten = keras.layers.Flatten()
tf.contrib.layers.one_hot_encoding = tf.one_hot(labels, num_classes)
tf.contrib.layers.embed_sequence = keras.layers.Embedding(vocabulary_size, units)
tf.contrib.layers.repeat = a for loop over layers
tf.contrib.layers.stack = a keras.Sequential
tf.contrib.layers.bias_add = x + bias
tf.contrib.layers.softmax = keras.activations.softmax(logits)
tf.contrib.layers.unit_norm = keras.layers.UnitNormalization()
tf.contrib.layers.xavier_initializer = keras.initializers.GlorotUniform(seed)
tf.contrib.layers.xavier_initializer_conv2d = keras.initializers.GlorotUniform(seed)
tf.contrib.layers.variance_scaling_initializer = keras.initializers.VarianceScaling(2.0)
tf.contrib.layers.l1_regularizer = keras.regularizers.L1(scale)
tf.contrib.layers.l2_regularizer = keras.regularizers.L2(scale / 2)
tf.contrib.layers.l1_l2_regularizer = keras.regularizers.L1L2(l1, l2 / 2)
tf.contrib.layers.sum_regularizer = a function that adds them
tf.contrib.layers.apply_regularization = kernel_regularizer= of the layers
tf.contrib.layers.optimize_loss = optimizer.apply_gradients, or model.fit
tf.contrib.layers.summarize_activation = keras.callbacks.TensorBoard(histogram_freq=1)
tf.contrib.layers.summarize_tensor = tf.summary.histogram(name, data, step)
tf.contrib.layers.real_valued_column = keras.utils.FeatureSpace.float()
tf.contrib.layers.bucketized_column = keras.utils.FeatureSpace.float_discretized(n)
tf.contrib.layers.sparse_column_with_keys = keras.utils.FeatureSpace.string_categorical()
tf.contrib.layers.sparse_column_with_hash_bucket = keras.utils.FeatureSpace.string_hashed(n)
tf.contrib.layers.sparse_column_with_integerized_feature = \
keras.utils.FeatureSpace.integer_categorical()
tf.contrib.layers.embedding_column = keras.layers.Embedding(n, units)
tf.contrib.layers.one_hot_column = keras.utils.FeatureSpace, output_mode="one_hot"
tf.contrib.layers.crossed_column = keras.utils.FeatureSpace.cross(names, n)
tf.contrib.layers.arg_scope = functools.partial
tf.contrib.layers.* = keras.layers
tf.contrib.slim.arg_scope = functools.partial
tf.contrib.slim.conv2d = keras.layers.Conv2D(filters, kernel_size, padding="same")
tf.contrib.slim.fully_connected = keras.layers.Dense(units, activation="relu")
tf.contrib.slim.max_pool2d = keras.layers.MaxPooling2D(pool_size)
tf.contrib.slim.avg_pool2d = keras.layers.AveragePooling2D(pool_size)
tf.contrib.slim.flatten = keras.layers.Flatten()
tf.contrib.slim.dropout = keras.layers.Dropout(1 - keep_prob)
tf.contrib.slim.batch_norm = keras.layers.BatchNormalization(momentum=0.999)
tf.contrib.slim.learning.* = model.fit
tf.contrib.slim.nets.* = keras.applications
tf.contrib.slim.losses.* = keras.losses
tf.contrib.slim.* = keras.layers
tf.contrib.rnn.BasicRNNCell = keras.layers.SimpleRNNCell(units)
tf.contrib.rnn.BasicLSTMCell = keras.layers.LSTMCell(units)
tf.contrib.rnn.LSTMCell = keras.layers.LSTMCell(units)
tf.contrib.rnn.GRUCell = keras.layers.GRUCell(units, reset_after=False)
tf.contrib.rnn.MultiRNNCell = keras.layers.StackedRNNCells(cells)
tf.contrib.rnn.DropoutWrapper = keras.layers.LSTMCell(units, dropout=1 - keep_prob)
tf.contrib.rnn.OutputProjectionWrapper = keras.layers.Dense(units) after the RNN
tf.contrib.rnn.InputProjectionWrapper = keras.layers.Dense(units) before the RNN
tf.contrib.rnn.EmbeddingWrapper = keras.layers.Embedding(n, units) before the RNN
tf.contrib.rnn.LSTMStateTuple = the list [h, c]
tf.contrib.rnn.static_rnn = keras.layers.RNN(cell, return_sequences=True, unroll=True)
tf.contrib.rnn.static_bidirectional_rnn = keras.layers.Bidirectional(layer)
tf.contrib.rnn.stack_bidirectional_dynamic_rnn = several keras.layers.Bidirectional
tf.contrib.rnn.ConvLSTMCell = keras.layers.ConvLSTM2D(filters, kernel_size)
tf.contrib.rnn.LayerNormBasicLSTMCell = a cell of one's own, LayerNormalization
tf.contrib.rnn.LSTMBlockCell = keras.layers.LSTMCell(units)
tf.contrib.rnn.LSTMBlockFusedCell = keras.layers.LSTM(units)
tf.contrib.rnn.GRUBlockCell = keras.layers.GRUCell(units)
tf.contrib.rnn.* = keras.layers.RNN and its cells
tf.contrib.cudnn_rnn.CudnnLSTM = keras.layers.LSTM(units)
tf.contrib.cudnn_rnn.CudnnGRU = keras.layers.GRU(units)
tf.contrib.cudnn_rnn.* = keras.layers.LSTM, keras.layers.GRU
tf.contrib.grid_rnn.* = keras.layers.RNN with a cell of one's own
tf.contrib.seq2seq.sequence_loss = keras.losses.SparseCategoricalCrossentropy, \
sample_weight=
tf.contrib.seq2seq.BahdanauAttention = keras.layers.AdditiveAttention()
tf.contrib.seq2seq.LuongAttention = keras.layers.Attention()
tf.contrib.seq2seq.* = keras.layers.RNN and keras.layers.Attention, a loop to decode
tf.contrib.legacy_seq2seq.* = keras.layers.RNN for encoder and decoder
tf.contrib.crf.* = a loss of one's own: tf.nn, tf.scan
tf.contrib.losses.* = keras.losses
tf.contrib.metrics.* = keras.metrics
tf.contrib.framework.arg_scope = functools.partial
tf.contrib.framework.get_or_create_global_step = optimizer.iterations
tf.contrib.framework.list_variables = tf.train.list_variables(path)
tf.contrib.framework.load_variable = tf.train.load_variable(path, name)
tf.contrib.framework.nest.* = tf.nest
tf.contrib.framework.sort = tf.sort(values)
tf.contrib.framework.argsort = tf.argsort(values)
tf.contrib.framework.get_variables = model.variables
tf.contrib.framework.assign_from_checkpoint = legacy_tf1.checkpoints.load_into(model, path)
tf.contrib.framework.* = keras.Model and tf.train.Checkpoint
tf.contrib.learn.DNNClassifier = a keras.Sequential of Dense layers, model.fit
tf.contrib.learn.DNNRegressor = a keras.Sequential of Dense layers, model.fit
tf.contrib.learn.LinearClassifier = keras.layers.Dense(classes), model.fit
tf.contrib.learn.LinearRegressor = keras.layers.Dense(1), model.fit
tf.contrib.learn.Estimator = keras.Model, model.fit
tf.contrib.learn.SKCompat = keras.wrappers.SKLearnClassifier(model)
tf.contrib.learn.ModeKeys.* = the argument training=True or False
tf.contrib.learn.RunConfig = model.fit with callbacks
tf.contrib.learn.infer_real_valued_columns_from_input = keras.utils.FeatureSpace
tf.contrib.learn.datasets.* = sklearn.datasets, keras.datasets
tf.contrib.learn.preprocessing.* = keras.layers.TextVectorization()
tf.contrib.learn.monitors.* = keras.callbacks
tf.contrib.learn.* = keras.Model and model.fit
tf.contrib.eager.Variable = tf.Variable(initial_value)
tf.contrib.eager.Iterator = iter(dataset)
tf.contrib.eager.implicit_gradients = tf.GradientTape
tf.contrib.eager.implicit_value_and_gradients = tf.GradientTape
tf.contrib.eager.gradients_function = tf.GradientTape
tf.contrib.eager.value_and_gradients_function = tf.GradientTape
tf.contrib.eager.defun = tf.function
tf.contrib.eager.Saver = tf.train.Checkpoint
tf.contrib.eager.Checkpoint = tf.train.Checkpoint
tf.contrib.eager.Network = keras.Model
tf.contrib.eager.metrics.* = keras.metrics
tf.contrib.eager.py_func = tf.py_function
tf.contrib.eager.num_gpus = len(tf.config.list_physical_devices("GPU"))
tf.contrib.eager.* = tf of the same name
tf.contrib.data.batch_and_drop_remainder = dataset.batch(n, drop_remainder=True)
tf.contrib.data.shuffle_and_repeat = dataset.shuffle(n).repeat()
tf.contrib.data.map_and_batch = dataset.map(f).batch(n)
tf.contrib.data.prefetch_to_device = dataset.prefetch(tf.data.AUTOTUNE)
tf.contrib.data.* = tf.data of the same name
tf.contrib.training.HParams = a dataclass, or types.SimpleNamespace
tf.contrib.training.* = model.fit
tf.contrib.factorization.KMeans = sklearn.cluster.KMeans
tf.contrib.factorization.KMeansClustering = sklearn.cluster.KMeans
tf.contrib.factorization.GMM = sklearn.mixture.GaussianMixture
tf.contrib.factorization.* = sklearn.decomposition
tf.contrib.tensor_forest.* = sklearn.ensemble.RandomForestClassifier
tf.contrib.boosted_trees.* = sklearn.ensemble.GradientBoostingClassifier, \
sklearn.ensemble.HistGradientBoostingClassifier
tf.contrib.estimator.boosted_trees_classifier_train_in_memory = \
sklearn.ensemble.HistGradientBoostingClassifier
tf.contrib.estimator.boosted_trees_regressor_train_in_memory = \
sklearn.ensemble.HistGradientBoostingRegressor
tf.contrib.timeseries.* = keras.layers.LSTM on \
keras.utils.timeseries_dataset_from_array, statsmodels.tsa
tf.contrib.cluster_resolver.* = tf.distribute.cluster_resolver
tf.contrib.keras.* = keras of the same name
tf.contrib.distributions.* = tensorflow_probability.distributions
tf.contrib.bayesflow.* = tensorflow_probability
tf.contrib.image.rotate = keras.layers.RandomRotation, scipy.ndimage.rotate
tf.contrib.image.* = keras.layers of image augmentation
tf.contrib.lookup.HashTable = tf.lookup.StaticHashTable
tf.contrib.lookup.* = tf.lookup
tf.contrib.summary.* = tf.summary
tf.contrib.tensorboard.* = tensorboard.plugins
tf.contrib.opt.AdamWOptimizer = keras.optimizers.AdamW(learning_rate, weight_decay)
tf.contrib.opt.NadamOptimizer = keras.optimizers.Nadam(learning_rate)
tf.contrib.opt.LazyAdamOptimizer = keras.optimizers.Adam(learning_rate)
tf.contrib.opt.ScipyOptimizerInterface = scipy.optimize.minimize
tf.contrib.opt.* = keras.optimizers
tf.contrib.nn.alpha_dropout = keras.layers.AlphaDropout(rate)
tf.contrib.nn.* = tf.nn
tf.contrib.signal.* = tf.signal
tf.contrib.ffmpeg.* = tf.audio.decode_wav(contents)
tf.contrib.util.* = tf.make_tensor_proto, tf.make_ndarray
tf.contrib.predictor.* = tf.saved_model.load(path)
tf.contrib.saved_model.* = tf.saved_model
tf.contrib.quantize.* = tensorflow_model_optimization
tf.contrib.tpu.* = tf.distribute.TPUStrategy
tf.contrib.distribute.* = tf.distribute
tf.contrib.lite.* = tf.lite
tf.contrib.tensorrt.* = tf.experimental.tensorrt
tf.contrib.autograph.* = tf.autograph
tf.contrib.gan.* = tf_gan
tf.contrib.stateless.* = tf.random.stateless_normal and others
tf.contrib.graph_editor.* = nothing: there is no graph to edit
tf.contrib.specs.* = keras.Sequential
tf.contrib.* = no one counterpart
"""

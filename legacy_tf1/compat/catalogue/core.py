"""Names of TensorFlow 1 outside contrib that TensorFlow 2.0 no longer has.

What was only renamed is not repeated here: TensorFlow's own table has it.
"""

SINCE = "2.0"

ROWS = """
tf.placeholder = an argument of the function: call it with the value (keras.Input)
tf.placeholder_with_default = an argument with a default value
tf.sparse_placeholder = an argument of the function: a tf.sparse.SparseTensor
tf.sparse.placeholder = an argument of the function: a tf.sparse.SparseTensor
tf.Session = nothing: operations run as they are called (speed: @tf.function)
tf.InteractiveSession = nothing: operations run as they are called
tf.ConfigProto = tf.config: set_soft_device_placement, threading, ...
tf.GPUOptions = tf.config.experimental.set_memory_growth(gpu, True)
tf.OptimizerOptions = tf.config.optimizer.set_jit(True)
tf.GraphOptions = tf.config.optimizer
tf.RunOptions = tf.profiler.experimental
tf.RunMetadata = tf.profiler.experimental
tf.GraphDef = tf.saved_model.save(model, path)
tf.GraphKeys = attributes of the layer or model: model.trainable_variables, ...
tf.GraphKeys.* = attributes of the layer or model: model.trainable_variables, ...
tf.Graph = nothing, or a @tf.function
tf.get_default_graph = nothing: there is no graph to get (inside: @tf.function)
tf.reset_default_graph = keras.utils.clear_session()
tf.get_default_session = nothing: there is no session
tf.set_random_seed = keras.utils.set_random_seed(seed)
tf.get_seed = keras.random.SeedGenerator(seed)
tf.random.set_random_seed = keras.utils.set_random_seed(seed)
tf.random.get_seed = keras.random.SeedGenerator(seed)
tf.global_variables_initializer = nothing: variables have values once created
tf.initialize_all_variables = nothing: variables have values once created
tf.initialize_local_variables = nothing: variables have values once created
tf.initialize_variables = nothing: variables have values once created
tf.local_variables_initializer = nothing: metric.reset_state()
tf.variables_initializer = nothing: variables have values once created
tf.tables_initializer = nothing: tables are filled once created
tf.initialize_all_tables = nothing: tables are filled once created
tf.initializers.global_variables = nothing: variables have values once created
tf.is_variable_initialized = nothing: variables have values once created
tf.report_uninitialized_variables = nothing: variables have values once created
tf.get_variable = tf.Variable(initial_value), or layer.add_weight(shape, initializer)
tf.get_local_variable = tf.Variable(initial_value, trainable=False)
tf.variable_scope = a keras.Layer that owns its variables (names: tf.name_scope)
tf.op_scope = tf.name_scope(name)
tf.variable_op_scope = tf.name_scope(name)
tf.get_variable_scope = the layer that owns the variables
tf.VariableScope = a keras.Layer
tf.AUTO_REUSE = call the same layer object again
tf.make_template = a keras.Layer, called again
tf.no_regularizer = regularizer=None
tf.trainable_variables = model.trainable_variables
tf.global_variables = model.variables
tf.all_variables = model.variables
tf.local_variables = metric.variables
tf.model_variables = model.variables
tf.moving_average_variables = keras.optimizers.Adam(use_ema=True)
tf.add_to_collection = a list of one's own
tf.add_to_collections = a list of one's own
tf.get_collection = model.losses, model.trainable_variables, a list of one's own
tf.get_collection_ref = a list of one's own
tf.assign = variable.assign(value)
tf.assign_add = variable.assign_add(value)
tf.assign_sub = variable.assign_sub(value)
tf.scatter_update = variable.scatter_nd_update(indices, updates)
tf.scatter_add = variable.scatter_nd_add(indices, updates)
tf.scatter_sub = variable.scatter_nd_sub(indices, updates)
tf.scatter_nd_update = tf.tensor_scatter_nd_update(tensor, indices, updates)
tf.scatter_nd_add = tf.tensor_scatter_nd_add(tensor, indices, updates)
tf.scatter_nd_sub = tf.tensor_scatter_nd_sub(tensor, indices, updates)
tf.gradients = tape.gradient(loss, variables), in a `with tf.GradientTape() as tape:`
tf.hessians = two nested tf.GradientTape, or tape.jacobian
tf.control_dependencies = nothing: a @tf.function runs in the order it is written
tf.group = nothing: call the one, then the other
tf.tuple = nothing: Python's tuple
tf.cond = if, in a @tf.function
tf.case = if and elif, in a @tf.function
tf.while_loop = while, in a @tf.function
tf.div = x / y, or tf.math.floordiv(x, y) for integers
tf.arg_max = tf.argmax(x, axis)
tf.arg_min = tf.argmin(x, axis)
tf.to_float = tf.cast(x, tf.float32)
tf.to_double = tf.cast(x, tf.float64)
tf.to_int32 = tf.cast(x, tf.int32)
tf.to_int64 = tf.cast(x, tf.int64)
tf.to_bfloat16 = tf.cast(x, tf.bfloat16)
tf.to_complex64 = tf.cast(x, tf.complex64)
tf.to_complex128 = tf.cast(x, tf.complex128)
tf.py_func = tf.numpy_function(func, inp, Tout)
tf.Print = tf.print(...)
tf.setdiff1d = numpy.setdiff1d(x, y)
tf.sparse_to_dense = tf.sparse.to_dense(sparse)
tf.sparse_merge = tf.sparse.SparseTensor(indices, values, dense_shape)
tf.Dimension = an int, or None
tf.clip_by_average_norm = tf.clip_by_norm(t, clip_norm)
tf.count_up_to = range, or tf.data.Dataset.range
tf.colocate_with = tf.device(name)
tf.container = nothing
tf.add_check_numerics_ops = tf.debugging.enable_check_numerics()
tf.convert_to_tensor_or_sparse_tensor = tf.convert_to_tensor(value)
tf.enable_eager_execution = nothing: it is on
tf.disable_eager_execution = nothing: write for eager execution
tf.disable_v2_behavior = nothing: write for TensorFlow 2
tf.enable_resource_variables = nothing: they are
tf.import_graph_def = tf.saved_model.load(path)
tf.Summary = tf.summary.scalar(name, data, step)
tf.summary.Summary = tf.summary.scalar(name, data, step)
tf.Event = tf.summary.create_file_writer(logdir)
tf.summary.FileWriter = tf.summary.create_file_writer(logdir)
tf.summary.FileWriterCache = tf.summary.create_file_writer(logdir)
tf.summary.merge = nothing: tf.summary.scalar(...) writes at once
tf.summary.merge_all = nothing: tf.summary.scalar(...) writes at once
tf.summary.scalar = tf.summary.scalar(name, data, step), or callbacks.TensorBoard
tf.summary.histogram = tf.summary.histogram(name, data, step)
tf.summary.image = tf.summary.image(name, data, step)
tf.summary.audio = tf.summary.audio(name, data, sample_rate, step)
tf.summary.text = tf.summary.text(name, data, step)
tf.summary.tensor_summary = tf.summary.write(tag, tensor, step)
tf.nn.xw_plus_b = tf.matmul(x, weights) + biases, or keras.layers.Dense(units)
tf.nn.relu_layer = keras.layers.Dense(units, activation="relu")
tf.nn.dynamic_rnn = keras.layers.RNN(cell, return_sequences=True, return_state=True)
tf.nn.bidirectional_dynamic_rnn = keras.layers.Bidirectional(keras.layers.RNN(cell))
tf.nn.static_rnn = keras.layers.RNN(cell, return_sequences=True, unroll=True)
tf.nn.static_bidirectional_rnn = keras.layers.Bidirectional(keras.layers.RNN(cell))
tf.nn.static_state_saving_rnn = keras.layers.RNN(cell, stateful=True)
tf.nn.raw_rnn = keras.layers.RNN(cell) with a cell of one's own
tf.nn.rnn_cell.* = keras.layers.SimpleRNNCell, LSTMCell, GRUCell
tf.nn.rnn_cell.BasicRNNCell = keras.layers.SimpleRNNCell(units)
tf.nn.rnn_cell.RNNCell = a keras.Layer with state_size and call(inputs, states)
tf.nn.rnn_cell.BasicLSTMCell = keras.layers.LSTMCell(units)
tf.nn.rnn_cell.LSTMCell = keras.layers.LSTMCell(units)
tf.nn.rnn_cell.GRUCell = keras.layers.GRUCell(units, reset_after=False)
tf.nn.rnn_cell.MultiRNNCell = keras.layers.StackedRNNCells(cells)
tf.nn.rnn_cell.DropoutWrapper = keras.layers.LSTMCell(units, dropout=1 - keep_prob)
tf.nn.rnn_cell.ResidualWrapper = a keras.Layer that adds its input to its output
tf.nn.rnn_cell.DeviceWrapper = tf.device(name)
tf.nn.rnn_cell.LSTMStateTuple = the list [h, c]
tf.nn.dropout = tf.nn.dropout(x, rate=1 - keep_prob), or keras.layers.Dropout(rate)
tf.nn.softmax_cross_entropy_with_logits_v2 = tf.nn.softmax_cross_entropy_with_logits
tf.nn.batch_norm_with_global_normalization = keras.layers.BatchNormalization()
tf.nn.fused_batch_norm = keras.layers.BatchNormalization()
tf.layers.dense = keras.layers.Dense(units, activation)
tf.layers.Dense = keras.layers.Dense(units, activation)
tf.layers.conv1d = keras.layers.Conv1D(filters, kernel_size)
tf.layers.conv2d = keras.layers.Conv2D(filters, kernel_size)
tf.layers.conv3d = keras.layers.Conv3D(filters, kernel_size)
tf.layers.conv2d_transpose = keras.layers.Conv2DTranspose(filters, kernel_size)
tf.layers.conv3d_transpose = keras.layers.Conv3DTranspose(filters, kernel_size)
tf.layers.separable_conv1d = keras.layers.SeparableConv1D(filters, kernel_size)
tf.layers.separable_conv2d = keras.layers.SeparableConv2D(filters, kernel_size)
tf.layers.max_pooling1d = keras.layers.MaxPooling1D(pool_size, strides)
tf.layers.max_pooling2d = keras.layers.MaxPooling2D(pool_size, strides)
tf.layers.max_pooling3d = keras.layers.MaxPooling3D(pool_size, strides)
tf.layers.average_pooling1d = keras.layers.AveragePooling1D(pool_size, strides)
tf.layers.average_pooling2d = keras.layers.AveragePooling2D(pool_size, strides)
tf.layers.average_pooling3d = keras.layers.AveragePooling3D(pool_size, strides)
tf.layers.flatten = keras.layers.Flatten()
tf.layers.dropout = keras.layers.Dropout(rate), called with training=True or False
tf.layers.batch_normalization = keras.layers.BatchNormalization(), with training=
tf.layers.InputSpec = keras.layers.InputSpec
tf.layers.Layer = keras.Layer
tf.layers.* = keras.layers of the same name
tf.losses.mean_squared_error = keras.losses.MeanSquaredError()
tf.losses.absolute_difference = keras.losses.MeanAbsoluteError()
tf.losses.softmax_cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
tf.losses.sparse_softmax_cross_entropy = keras.losses.SparseCategoricalCrossentropy(\
from_logits=True)
tf.losses.sigmoid_cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
tf.losses.log_loss = keras.losses.BinaryCrossentropy()
tf.losses.hinge_loss = keras.losses.Hinge()
tf.losses.huber_loss = keras.losses.Huber(delta)
tf.losses.cosine_distance = keras.losses.CosineSimilarity()
tf.losses.add_loss = layer.add_loss(loss)
tf.losses.get_losses = model.losses
tf.losses.get_total_loss = loss + sum(model.losses)
tf.losses.get_regularization_losses = model.losses
tf.losses.get_regularization_loss = sum(model.losses)
tf.losses.compute_weighted_loss = loss(y_true, y_pred, sample_weight)
tf.losses.* = keras.losses
tf.metrics.accuracy = keras.metrics.Accuracy()
tf.metrics.auc = keras.metrics.AUC()
tf.metrics.mean = keras.metrics.Mean()
tf.metrics.precision = keras.metrics.Precision()
tf.metrics.recall = keras.metrics.Recall()
tf.metrics.mean_squared_error = keras.metrics.MeanSquaredError()
tf.metrics.root_mean_squared_error = keras.metrics.RootMeanSquaredError()
tf.metrics.mean_absolute_error = keras.metrics.MeanAbsoluteError()
tf.metrics.mean_iou = keras.metrics.MeanIoU(num_classes)
tf.metrics.* = keras.metrics
tf.train.GradientDescentOptimizer = keras.optimizers.SGD(learning_rate)
tf.train.MomentumOptimizer = keras.optimizers.SGD(learning_rate, momentum)
tf.train.AdamOptimizer = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
tf.train.AdagradOptimizer = keras.optimizers.Adagrad(learning_rate)
tf.train.AdadeltaOptimizer = keras.optimizers.Adadelta(learning_rate, rho=0.95)
tf.train.RMSPropOptimizer = keras.optimizers.RMSprop(learning_rate, epsilon=1e-10)
tf.train.FtrlOptimizer = keras.optimizers.Ftrl(learning_rate)
tf.train.ProximalGradientDescentOptimizer = keras.optimizers.SGD(learning_rate)
tf.train.ProximalAdagradOptimizer = keras.optimizers.Adagrad(learning_rate)
tf.train.Optimizer = keras.optimizers.Optimizer
tf.train.exponential_decay = keras.optimizers.schedules.ExponentialDecay(\
rate, decay_steps, decay_rate)
tf.train.piecewise_constant = keras.optimizers.schedules.PiecewiseConstantDecay(\
boundaries, values)
tf.train.piecewise_constant_decay = keras.optimizers.schedules.PiecewiseConstantDecay(\
boundaries, values)
tf.train.polynomial_decay = keras.optimizers.schedules.PolynomialDecay(rate, decay_steps)
tf.train.inverse_time_decay = keras.optimizers.schedules.InverseTimeDecay(\
rate, decay_steps, decay_rate)
tf.train.natural_exp_decay = keras.optimizers.schedules.ExponentialDecay(\
rate, decay_steps, exp(-decay_rate))
tf.train.cosine_decay = keras.optimizers.schedules.CosineDecay(rate, decay_steps)
tf.train.cosine_decay_restarts = keras.optimizers.schedules.CosineDecayRestarts(\
rate, first_decay_steps)
tf.train.ExponentialMovingAverage = keras.optimizers.Adam(use_ema=True), or the same
tf.train.Saver = model.save(path), or tf.train.Checkpoint(model=model)
tf.train.import_meta_graph = keras.saving.load_model(path)
tf.train.export_meta_graph = model.save(path)
tf.train.NewCheckpointReader = tf.train.load_checkpoint(path)
tf.train.checkpoint_exists = os.path.exists(path)
tf.train.get_checkpoint_state = tf.train.latest_checkpoint(directory)
tf.train.global_step = optimizer.iterations
tf.train.get_global_step = optimizer.iterations
tf.train.create_global_step = optimizer.iterations
tf.train.get_or_create_global_step = optimizer.iterations
tf.train.Supervisor = model.fit, with keras.callbacks.BackupAndRestore
tf.train.MonitoredSession = model.fit, with callbacks
tf.train.MonitoredTrainingSession = model.fit, with callbacks
tf.train.SingularMonitoredSession = model.fit, with callbacks
tf.train.Scaffold = model.fit, with callbacks
tf.train.SessionRunHook = keras.callbacks.Callback
tf.train.LoggingTensorHook = keras.callbacks.Callback
tf.train.StopAtStepHook = model.fit(epochs, steps_per_epoch)
tf.train.CheckpointSaverHook = keras.callbacks.ModelCheckpoint(path)
tf.train.SummarySaverHook = keras.callbacks.TensorBoard(logdir)
tf.train.NanTensorHook = keras.callbacks.TerminateOnNaN()
tf.train.Coordinator = nothing: tf.data reads in the background
tf.train.QueueRunner = tf.data.Dataset
tf.train.start_queue_runners = nothing: tf.data reads in the background
tf.train.add_queue_runner = tf.data.Dataset
tf.train.string_input_producer = tf.data.Dataset.list_files(pattern)
tf.train.slice_input_producer = tf.data.Dataset.from_tensor_slices(tensors)
tf.train.range_input_producer = tf.data.Dataset.range(limit)
tf.train.input_producer = tf.data.Dataset.from_tensor_slices(tensors)
tf.train.limit_epochs = dataset.repeat(epochs)
tf.train.batch = dataset.batch(batch_size)
tf.train.batch_join = dataset.batch(batch_size)
tf.train.shuffle_batch = dataset.shuffle(buffer_size).batch(batch_size)
tf.train.shuffle_batch_join = dataset.shuffle(buffer_size).batch(batch_size)
tf.train.replica_device_setter = tf.distribute.ParameterServerStrategy
tf.train.SyncReplicasOptimizer = tf.distribute.MirroredStrategy()
tf.train.Server = tf.distribute.Server
tf.TextLineReader = tf.data.TextLineDataset(filenames)
tf.WholeFileReader = tf.data.Dataset.list_files(pattern).map(tf.io.read_file)
tf.TFRecordReader = tf.data.TFRecordDataset(filenames)
tf.FixedLengthRecordReader = tf.data.FixedLengthRecordDataset(filenames, record_bytes)
tf.IdentityReader = tf.data.Dataset
tf.python_io.TFRecordWriter = tf.io.TFRecordWriter(path)
tf.python_io.tf_record_iterator = tf.data.TFRecordDataset(path)
tf.io.tf_record_iterator = tf.data.TFRecordDataset(path)
tf.data.make_one_shot_iterator = iter(dataset), or a for loop
tf.data.make_initializable_iterator = iter(dataset), or a for loop
tf.data.Iterator = iter(dataset), or a for loop
tf.app.run = absl.app.run(main), or main()
tf.app.flags.FLAGS = argparse, or absl.flags.FLAGS
tf.app.flags.* = argparse, or absl.flags
tf.flags.FLAGS = argparse, or absl.flags.FLAGS
tf.flags.* = argparse, or absl.flags
tf.gfile.FastGFile = tf.io.gfile.GFile(name, mode)
tf.logging.* = Python's logging, or tf.get_logger()
tf.resource_loader.* = importlib.resources
tf.image.resize_images = tf.image.resize(images, size)
tf.image.resize_bilinear = tf.image.resize(images, size)
tf.image.resize_nearest_neighbor = tf.image.resize(images, size, method="nearest")
tf.image.resize_bicubic = tf.image.resize(images, size, method="bicubic")
tf.image.resize_area = tf.image.resize(images, size, method="area")
tf.image.resize_image_with_crop_or_pad = tf.image.resize_with_crop_or_pad(image, h, w)
tf.multinomial = tf.random.categorical(logits, num_samples)
tf.truncated_normal = tf.random.truncated_normal(shape, stddev=stddev)
tf.truncated_normal_initializer = keras.initializers.TruncatedNormal(stddev=stddev)
tf.random_normal_initializer = keras.initializers.RandomNormal(stddev=stddev)
tf.random_uniform_initializer = keras.initializers.RandomUniform(minval, maxval)
tf.constant_initializer = keras.initializers.Constant(value)
tf.zeros_initializer = keras.initializers.Zeros()
tf.ones_initializer = keras.initializers.Ones()
tf.orthogonal_initializer = keras.initializers.Orthogonal()
tf.variance_scaling_initializer = keras.initializers.VarianceScaling()
tf.uniform_unit_scaling_initializer = keras.initializers.VarianceScaling(\
distribution="uniform")
tf.glorot_normal_initializer = keras.initializers.GlorotNormal()
tf.glorot_uniform_initializer = keras.initializers.GlorotUniform()
tf.saved_model.builder.SavedModelBuilder = tf.saved_model.save(model, path)
tf.saved_model.simple_save = tf.saved_model.save(model, path)
tf.saved_model.loader.load = tf.saved_model.load(path)
tf.saved_model.utils.build_tensor_info = signatures= of tf.saved_model.save
tf.saved_model.signature_def_utils.* = signatures= of tf.saved_model.save
tf.feature_column.input_layer = keras.utils.FeatureSpace
tf.feature_column.linear_model = keras.layers.Dense(1) after keras.utils.FeatureSpace
tf.feature_column.* = keras.utils.FeatureSpace
tf.distributions.* = tensorflow_probability.distributions
tf.estimator.DNNClassifier = a keras.Sequential of Dense layers, model.fit
tf.estimator.DNNRegressor = a keras.Sequential of Dense layers, model.fit
tf.estimator.LinearClassifier = keras.layers.Dense(classes), model.fit
tf.estimator.LinearRegressor = keras.layers.Dense(1), model.fit
tf.estimator.BoostedTreesClassifier = sklearn.ensemble.HistGradientBoostingClassifier, \
TensorFlow Decision Forests
tf.estimator.BoostedTreesRegressor = sklearn.ensemble.HistGradientBoostingRegressor, \
TensorFlow Decision Forests
tf.estimator.BoostedTreesEstimator = sklearn.ensemble.HistGradientBoostingClassifier, \
TensorFlow Decision Forests
tf.estimator.Estimator = keras.Model with train_step, model.fit
tf.estimator.EstimatorSpec = keras.Model.compile(optimizer, loss, metrics)
tf.estimator.ModeKeys = the argument training=True or False
tf.estimator.ModeKeys.* = the argument training=True or False
tf.estimator.RunConfig = model.fit with callbacks
tf.estimator.TrainSpec = model.fit
tf.estimator.EvalSpec = model.fit(validation_data=...)
tf.estimator.train_and_evaluate = model.fit(validation_data=...)
tf.estimator.inputs.numpy_input_fn = tf.data.Dataset.from_tensor_slices((x, y))
tf.estimator.inputs.pandas_input_fn = tf.data.Dataset.from_tensor_slices((dict(x), y))
tf.estimator.* = keras.Model and model.fit
tf.examples.tutorials.mnist.input_data.read_data_sets = keras.datasets.mnist.load_data()
tf.examples.* = keras.datasets
tf.keras.backend.get_session = nothing: there is no session
tf.keras.backend.set_session = nothing: tf.config
tf.keras.backend.* = keras.ops
tf.keras.layers.CuDNNLSTM = keras.layers.LSTM(units)
tf.keras.layers.CuDNNGRU = keras.layers.GRU(units)
tf.keras.wrappers.scikit_learn.* = keras.wrappers.SKLearnClassifier
tf.keras.preprocessing.text.Tokenizer = keras.layers.TextVectorization()
tf.keras.preprocessing.image.ImageDataGenerator = keras.layers.RandomFlip() and others
tf.keras.preprocessing.sequence.pad_sequences = keras.utils.pad_sequences
tf.keras.utils.multi_gpu_model = tf.distribute.MirroredStrategy()
tf.keras.estimator.model_to_estimator = model.fit
tf.test.is_gpu_available = tf.config.list_physical_devices("GPU")
tf.test.compute_gradient_error = tf.test.compute_gradient(f, x)
tf.user_ops.* = tf.load_op_library(path)
tf.pywrap_tensorflow.NewCheckpointReader = tf.train.load_checkpoint(path)
"""

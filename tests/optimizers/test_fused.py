"""Grouped and compiled updates: the numbers of the plain one, and when they serve."""

import collections
import gc
import pickle
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkit.optimizers import Adam, GradientDescent, Momentum, RMSprop, fused
from tfkit.schedules import ExponentialDecay

OPTIMIZERS = {
    "gradient_descent": lambda **o: GradientDescent(0.1, **o),
    "momentum": lambda **o: Momentum(0.1, bias_correction=True, **o),
    "momentum_keras": lambda **o: Momentum(0.1, convention="keras", **o),
    "rmsprop": lambda **o: RMSprop(0.1, **o),
    "rmsprop_keras": lambda **o: RMSprop(0.1, convention="keras", **o),
    "adam": lambda **o: Adam(0.1, **o),
    "adam_keras": lambda **o: Adam(0.1, convention="keras", **o),
}
OPTIONS = {
    "none": {},
    "clipnorm": {"clipnorm": 0.5},
    "global_clipnorm": {"global_clipnorm": 0.5},
    "weight_decay": {"weight_decay": 0.1},
    "accumulation": {"gradient_accumulation_steps": 2},
    "ema": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    "loss_scale": {"loss_scale_factor": 8.0},
}
# Large for the lowered threshold, in between, and small, twice two shapes.
SHAPES = [(30, 10), (40, 4), (3, 2), (5,), (), (2, 3), (2, 2, 2)]
STEPS = 6
GENERATOR = np.random.default_rng(0)
STARTS = [GENERATOR.normal(size=shape) for shape in SHAPES]
GRADIENTS = [[GENERATOR.normal(size=shape) for shape in SHAPES] for _ in range(STEPS)]


@pytest.fixture(autouse=True)
def low_thresholds(monkeypatch):
    """Sizes at which all ways occur without large tensors."""
    monkeypatch.setattr(fused, "LARGE", 200)
    monkeypatch.setattr(fused, "LARGE_WITHOUT_SLOTS", 200)
    monkeypatch.setattr(fused, "SMALL", 20)


@pytest.fixture(params=OPTIMIZERS)
def name(request):
    return request.param


def variables_of(dtype="float32", starts=STARTS):
    return [keras.Variable(start, dtype=dtype) for start in starts]


def ways(optimizer):
    """How many variables went which way."""
    counts = collections.Counter()
    for part in optimizer.update_plan:
        counts[part.way] += len(part.members)
    return dict(counts)


def expected_ways(name):
    """SHAPES has one large, one in between, and five small ones."""
    if name.startswith(("adam", "rmsprop")):
        return {"compiled": 1, "grouped": 5, "plain": 1}
    return {"compiled": 1, "plain": 6}


def run(optimizer, *, dtype="float32", variables=None, steps=range(STEPS), plain=False):
    """Walks along GRADIENTS in one tf.function; returns weights and slots at the end."""
    variables = variables or variables_of(dtype)
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(gradients):
        optimizer.apply(gradients, variables)

    with pytest.MonkeyPatch.context() as patch:
        if plain:
            patch.setattr(fused, "_why_all_plain", lambda optimizer: "for comparison")
        for number in steps:
            step([tf.constant(g, dtype) for g in GRADIENTS[number]])
    return [
        keras.ops.convert_to_numpy(v).astype("float64")
        for v in [*variables, *optimizer.variables]
    ]


def same(found, expected, **tolerance):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


def oracle(name, start, gradients, rate=0.1, beta=0.9, beta_2=0.999, epsilon=1e-8):
    """The formulas of the course and of Keras, in NumPy's float64."""
    w, v, s = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for t, g in enumerate(gradients, start=1):
        if name == "gradient_descent":
            w = w - rate * g
        elif name == "momentum":
            v = beta * v + (1 - beta) * g
            w = w - rate * v / (1 - beta**t)
        elif name == "momentum_keras":
            v = beta * v - rate * g
            w = w + v
        elif name == "rmsprop":
            s = beta * s + (1 - beta) * g**2
            w = w - rate * g / (np.sqrt(s) + epsilon)
        elif name == "rmsprop_keras":
            s = beta * s + (1 - beta) * g**2
            w = w - rate * g / np.sqrt(s + epsilon)
        else:
            v = beta * v + (1 - beta) * g
            s = beta_2 * s + (1 - beta_2) * g**2
            scale = np.sqrt(1 - beta_2**t)
            # Keras's epsilon is not scaled by the root of the correction.
            shift = epsilon if name == "adam_keras" else epsilon * scale
            w = w - rate * scale / (1 - beta**t) * v / (np.sqrt(s) + shift)
    return w


def test_formulas_in_numpy(float64, name):
    optimizer = OPTIMIZERS[name]()
    found = run(optimizer, dtype="float64")
    assert ways(optimizer) == expected_ways(name)
    for place, start in enumerate(STARTS):
        expected = oracle(name, start, [step[place] for step in GRADIENTS])
        # float64 rounding; 1 - 0.999**t of the oracle loses three digits.
        np.testing.assert_allclose(found[place], expected, rtol=1e-11, atol=1e-13)


# The conventions differ in the formula alone, which no option reaches.
@pytest.mark.parametrize(
    ("name", "options"),
    [
        (name, options)
        for name in OPTIMIZERS
        for options in OPTIONS
        if options == "none" or not name.endswith("keras")
    ],
)
def test_equals_the_plain_update(name, options):
    optimizer = OPTIMIZERS[name](**OPTIONS[options])
    found = run(optimizer)
    assert ways(optimizer) == expected_ways(name)
    plain = OPTIMIZERS[name](**OPTIONS[options])
    expected = run(plain, plain=True)
    assert ways(plain) == {"plain": len(SHAPES)}
    # The same float32 operations, some fused: a few roundings at 6e-8 in each of six
    # steps of 0.1; a weight near zero keeps the rounding of those it came from.
    same(found, expected, rtol=1e-6, atol=5e-7)


def test_bfloat16_equals_the_plain_update(name):
    optimizer = OPTIMIZERS[name]()
    found = run(optimizer, dtype="bfloat16")
    assert ways(optimizer) == expected_ways(name)
    expected = run(OPTIMIZERS[name](), dtype="bfloat16", plain=True)
    # bfloat16 rounds at 4e-3 of weights and steps; XLA rounds less often.
    same(found, expected, rtol=0.02, atol=0.03)


def test_types_are_not_mixed():
    variables = [
        *variables_of("float32", STARTS[2:6]),
        *variables_of("float64", STARTS[2:6]),
    ]
    optimizer = Adam(0.1)

    @tf.function(autograph=False)
    def step():
        optimizer.apply([tf.ones(v.shape, v.dtype) for v in variables], variables)

    optimizer.build(variables)
    step()
    assert [part.members for part in optimizer.update_plan] == [
        (0, 1, 2, 3),
        (4, 5, 6, 7),
    ]
    for variable, start in zip(variables, STARTS[2:6] * 2, strict=True):
        # The first step of Adam has the length of the rate, less 1e-8.
        np.testing.assert_allclose(variable, start - 0.1, rtol=0, atol=3e-7)


def test_buffers_have_a_limit(monkeypatch):
    monkeypatch.setattr(fused, "BUFFER", 24)
    variables = variables_of(starts=[np.ones(5)] * 9)
    optimizer = Adam(0.1)
    optimizer.build(variables)
    step = tf.function(lambda: optimizer.apply([tf.ones(5)] * 9, variables))
    step()
    assert {part.way: part.members for part in optimizer.update_plan} == {
        "grouped": (4, 5, 6, 7),
        "plain": (8,),
    }
    same(variables, [np.full(5, 0.9)] * 9, rtol=1e-6)


# Each reason to leave a variable alone.


def test_says_why_small_ones_are_alone():
    variables = variables_of(starts=STARTS[2:5])
    optimizer = Adam(0.1)
    optimizer.build(variables)
    tf.function(lambda: optimizer.apply([tf.ones(v.shape) for v in variables]))()
    (part,) = optimizer.update_plan
    assert (part.way, part.reason) == ("plain", "fewer than 4 small ones")


@pytest.mark.parametrize("name", ["gradient_descent", "momentum"])
def test_short_formulas_are_not_joined(name):
    optimizer = OPTIMIZERS[name]()
    run(optimizer)
    compiled, plain = optimizer.update_plan
    assert compiled.reason == "200 elements or more"
    assert plain.reason == "fewer than 200 elements, and not to be joined"


def test_without_tf_function_only_large_ones_are_compiled():
    variables, optimizer = variables_of(), Adam(0.1)
    for gradients in GRADIENTS:
        optimizer.apply([tf.constant(g, "float32") for g in gradients], variables)
    assert ways(optimizer) == {"compiled": 1, "plain": 6}
    assert "small, outside a tf.function" in {p.reason for p in optimizer.update_plan}
    expected = run(Adam(0.1), plain=True)[: len(SHAPES)]
    same(variables, expected, rtol=1e-6, atol=5e-7)  # float32, fused


def test_float16_is_left_alone():
    optimizer = Adam(0.1, epsilon=1e-4)
    run(optimizer, dtype="float16")
    (part,) = optimizer.update_plan
    assert part.reason == "float16 is rounded after each operation"


def test_sparse_gradients_stay_sparse():
    optimizer, variable = GradientDescent(0.1), keras.Variable(np.ones((300, 2)))
    optimizer.build([variable])
    gradient = tf.IndexedSlices(
        tf.ones((1, 2)), tf.constant([7]), tf.constant([300, 2])
    )
    tf.function(lambda: optimizer.apply([gradient], [variable]))()
    (part,) = optimizer.update_plan
    assert (part.way, part.reason) == ("plain", "sparse gradients")
    expected = np.ones((300, 2))
    expected[7] = 0.9
    np.testing.assert_allclose(variable, expected, rtol=1e-6)  # float32


def test_inside_xla_the_plain_formula_is_best(name):
    optimizer, variables = OPTIMIZERS[name](), variables_of()
    optimizer.build(variables)

    @tf.function(jit_compile=True, autograph=False)
    def step(gradients):
        optimizer.apply(gradients, variables)

    for gradients in GRADIENTS:
        step([tf.constant(g, "float32") for g in gradients])
    (part,) = optimizer.update_plan
    assert (part.way, "XLA compiles" in part.reason) == ("plain", True)
    expected = run(OPTIMIZERS[name](), plain=True)[: len(SHAPES)]
    same(variables, expected, rtol=1e-6, atol=5e-7)  # float32, fused


def test_inside_xla_by_way_of_loops_and_concrete_functions():
    optimizer, variables = Adam(0.1), variables_of()
    optimizer.build(variables)

    def turn(number):
        optimizer.apply([tf.ones(v.shape) for v in variables], variables)
        return (number + 1,)

    def loop():
        tf.while_loop(lambda number: number < 3, turn, [tf.constant(0)])

    tf.function(loop, jit_compile=True, autograph=False).get_concrete_function()()
    assert ways(optimizer) == {"plain": len(SHAPES)}
    in_xla = [v.numpy() for v in variables]
    for variable, start in zip(variables, STARTS, strict=True):
        variable.assign(start)
    optimizer = Adam(0.1)
    optimizer.build(variables)
    tf.function(loop, autograph=False)()
    assert ways(optimizer) == {"compiled": 1, "grouped": 5, "plain": 1}
    same(variables, in_xla, rtol=1e-6, atol=5e-7)  # float32, fused


def test_a_strategy_updates_its_own_variables():
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        optimizer, variable = Adam(0.1), keras.Variable(np.ones(300), dtype="float32")
        optimizer.build([variable])
    assert fused.plan(optimizer, [tf.ones(300)], [variable])[0].reason == (
        "a tf.distribute strategy places the variables"
    )


def test_a_subclass_with_its_own_update_step_is_asked():
    class Frozen(Adam):
        def update_step(self, gradient, variable, learning_rate):
            pass

    optimizer = Frozen(0.1)
    same(run(optimizer)[: len(SHAPES)], STARTS, rtol=1e-6)  # float32
    assert optimizer.update_plan[0].reason == "Frozen has an update_step of its own"


def test_a_subclass_without_a_word_is_not_joined():
    class Normalized(Momentum):
        def formula(self, gradient, slots, learning_rate, step):
            return (
                learning_rate * gradient / keras.ops.sqrt(keras.ops.sum(gradient**2))
            ), slots

    optimizer = Normalized(0.1)
    found = run(optimizer, steps=[0])
    assert "grouped" not in ways(optimizer)
    for w, start, g in zip(found, STARTS, GRADIENTS[0], strict=False):
        expected = start - 0.1 * g / np.linalg.norm(g)
        np.testing.assert_allclose(w, expected, rtol=0, atol=5e-7)  # float32


# What changes between two calls.


def test_gradients_of_some_variables_only():
    variables, optimizer = variables_of(), Adam(0.1)
    optimizer.build(variables)
    without = {1: (0, 3), 3: (2,), 4: (0, 1, 2, 3)}

    def gradients_of(number, missing):
        values = [tf.constant(g, "float32") for g in GRADIENTS[number]]
        return [None if i in missing else g for i, g in enumerate(values)]

    for number in range(STEPS):
        missing = without.get(number, ())
        step = tf.function(
            lambda gradients: optimizer.apply(gradients, variables), autograph=False
        )
        if missing:
            with pytest.warns(UserWarning, match="Gradients do not exist"):
                step(gradients_of(number, missing))
        else:
            step(gradients_of(number, missing))
    # A variable left out keeps weights and averages; the step counts on.
    for place, start in enumerate(STARTS):
        w, v, s = start, np.zeros_like(start), np.zeros_like(start)
        for number in range(STEPS):
            if place in without.get(number, ()):
                continue
            g, t = GRADIENTS[number][place], number + 1
            v, s = 0.9 * v + 0.1 * g, 0.999 * s + 0.001 * g**2
            root = np.sqrt(s / (1 - 0.999**t))
            w = w - 0.1 * v / (1 - 0.9**t) / (root + 1e-8)
        # float32 rounds at 6e-8, six times.
        np.testing.assert_allclose(variables[place], w, rtol=0, atol=2e-6)


def test_schedule_and_changes_by_hand_reach_the_compiled_program():
    variable = keras.Variable(np.zeros(300), dtype="float32")
    optimizer = GradientDescent(ExponentialDecay(0.8, 0.5, 1))
    optimizer.build([variable])
    step = tf.function(lambda: optimizer.apply([tf.ones(300)], [variable]))
    step()  # 0.8
    step()  # 0.4
    optimizer.learning_rate = 0.1
    step()  # 0.1
    step()  # 0.05
    assert ways(optimizer) == {"compiled": 1}
    np.testing.assert_allclose(variable, -1.35, rtol=1e-6)  # float32


def test_a_function_as_learning_rate_is_not_compiled_in():
    rates = iter([0.5, 0.25])
    variable = keras.Variable(np.zeros(300), dtype="float64")
    optimizer = GradientDescent(lambda: next(rates))
    for _ in range(2):
        optimizer.apply([tf.ones(300, "float64")], [variable])
    np.testing.assert_allclose(variable, -0.75, rtol=1e-15)
    (program,) = optimizer._programs.compiled.values()
    assert program.experimental_get_tracing_count() == 1


def test_is_traced_once_and_kept_over_callers():
    optimizer, variables = Adam(0.1), variables_of()
    optimizer.build(variables)
    for _ in range(2):
        run(optimizer, variables=variables)  # a new tf.function each time
    for gradients in GRADIENTS:  # and none
        optimizer.apply([tf.constant(g, "float32") for g in gradients], variables)
    (program,) = optimizer._programs.compiled.values()
    assert program.experimental_get_tracing_count() == 1


def test_gradients_of_unknown_shape():
    optimizer, variables = Adam(0.1), variables_of()
    optimizer.build(variables)
    unknown = [tf.TensorSpec(None, "float32") for _ in SHAPES]

    @tf.function(input_signature=[unknown], autograph=False)
    def step(gradients):
        optimizer.apply(gradients, variables)

    for gradients in GRADIENTS:
        step([tf.constant(g, "float32") for g in gradients])
    assert ways(optimizer) == expected_ways("adam")
    expected = run(Adam(0.1), plain=True)[: len(SHAPES)]
    same(variables, expected, rtol=1e-6, atol=5e-7)  # float32, fused


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if n != "gradient_descent"])
def test_a_slot_set_by_hand_counts(name):
    def after_a_change(plain):
        optimizer, variables = OPTIMIZERS[name](), variables_of()
        run(optimizer, variables=variables, steps=[0, 1], plain=plain)
        for variable in variables:
            optimizer.slot(variable, optimizer.slot_names[0]).assign(
                np.full(variable.shape, 0.25)
            )
        return run(optimizer, variables=variables, steps=[2, 3], plain=plain)

    # As in test_equals_the_plain_update.
    same(after_a_change(False), after_a_change(True), rtol=1e-6, atol=5e-7)


def test_nothing_of_it_is_saved(tmp_path):
    optimizer, twin = Adam(0.1, name="same"), Adam(0.1, name="same")
    variables, of_twin = variables_of(), variables_of()
    run(optimizer, variables=variables, steps=range(3))
    run(twin, variables=of_twin, steps=range(3), plain=True)
    assert optimizer.get_config() == twin.get_config()
    names = [
        [name for name, _ in tf.train.list_variables(checkpoint.save(tmp_path / "c"))]
        for checkpoint in (
            tf.train.Checkpoint(optimizer=optimizer),
            tf.train.Checkpoint(optimizer=twin),
        )
    ]
    assert names[0] == names[1]


def test_goes_on_bit_by_bit_after_saving(name):
    optimizer, variables = OPTIMIZERS[name](), variables_of()
    run(optimizer, variables=variables, steps=range(3))
    store = {}
    optimizer.save_own_variables(store)
    twin = type(optimizer).from_config(optimizer.get_config())
    of_twin = variables_of(starts=[v.numpy() for v in variables])
    twin.build(of_twin)
    twin.load_own_variables(store)
    same(
        run(twin, variables=of_twin, steps=range(3, STEPS)),
        run(optimizer, variables=variables, steps=range(3, STEPS)),
        rtol=0,  # the same program on the same numbers
    )


def test_is_pickled_and_freed():
    optimizer = Adam(0.1)
    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(10)])
    model.compile(optimizer, "mse", jit_compile=False)
    model.train_on_batch(np.ones((2, 30)), np.ones((2, 10)))
    assert ways(optimizer) == {"compiled": 1, "plain": 1}
    twin = pickle.loads(pickle.dumps(model)).optimizer
    same(twin.variables, optimizer.variables, rtol=0)
    del model
    gone = weakref.ref(optimizer)
    programs = weakref.ref(optimizer._programs)
    del optimizer
    gc.collect()
    assert gone() is None
    assert programs() is None


# In Keras's own training.


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_fit(name, jit_compile):
    x = GENERATOR.normal(size=(24, 20)).astype("float32")
    y = x.sum(axis=1, keepdims=True)

    def trained(plain=False):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((20,)),
                keras.layers.Dense(12, "tanh"),
                keras.layers.LayerNormalization(),
                keras.layers.Dense(1),
            ]
        )
        optimizer = OPTIMIZERS[name](clipnorm=1.0, weight_decay=0.01)
        optimizer.learning_rate = 0.01
        model.compile(optimizer, "mse", jit_compile=jit_compile)
        with pytest.MonkeyPatch.context() as patch:
            if plain:
                patch.setattr(fused, "_why_all_plain", lambda optimizer: "comparison")
            model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
        return model.get_weights(), ways(optimizer)

    weights, chosen = trained()
    if jit_compile:
        assert chosen == {"plain": 6}
    else:
        assert chosen["compiled"] == 1
        joined = name.startswith(("adam", "rmsprop"))
        assert chosen.get("grouped", 0) == (5 if joined else 0)
    # float32: the rounding of six steps through the network; Adam and RMSprop divide
    # by roots of small numbers.
    same(weights, trained(plain=True)[0], rtol=0, atol=2e-5)


@pytest.mark.slow  # starts a second TensorFlow
def test_with_deterministic_operations(run_python):
    script = """
import keras, numpy as np, tensorflow as tf
from tfkit.optimizers import Adam
tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)
variables = [keras.Variable(np.zeros(n), dtype="float32") for n in (70_000, 1, 2, 3, 4)]
optimizer = Adam(0.1)
optimizer.build(variables)
tf.function(lambda: optimizer.apply([tf.ones(v.shape) for v in variables], variables))()
print(sorted(p.way for p in optimizer.update_plan), {round(float(v[0]), 6) for v in variables})
"""
    assert run_python(script).splitlines()[-1] == "['compiled', 'grouped'] {-0.1}"

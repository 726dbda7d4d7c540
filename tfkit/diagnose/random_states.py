"""The global random states of Python, NumPy, Keras and TensorFlow: the caller's."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random import seed_generator
from keras.src.utils import rng_utils
from tensorflow.python.eager import context


@contextlib.contextmanager
def random_states_restored() -> Iterator[None]:
    """Puts all four back at the end, also after an exception."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (theirs)
    names = (rng_utils.GLOBAL_RANDOM_SEED, seed_generator.GLOBAL_SEED_GENERATOR)
    of_keras = {name: global_state.get_global_attribute(name) for name in names}
    generator = of_keras[seed_generator.GLOBAL_SEED_GENERATOR]
    state = None if generator is None else generator.state.numpy()
    # TensorFlow has no getter for the place in its sequence of operation seeds, and no
    # such sequence before the first seed.
    eager = context.context()
    of_tensorflow = {n: vars(eager)[n] for n in ("_seed", "_rng") if n in vars(eager)}
    seeds = of_tensorflow.get("_rng")
    place = None if seeds is None else seeds.getstate()
    try:
        yield
    finally:
        vars(eager).update(of_tensorflow)
        if seeds is not None:
            seeds.setstate(place)
        # Without its generator, Keras would draw the seed of a new one.
        for name, value in of_keras.items():
            global_state.set_global_attribute(name, value)
        if generator is not None:
            generator.state.assign(state)
        np.random.set_state(numpy)  # noqa: NPY002
        random.setstate(python)


@contextlib.contextmanager
def own_seed(seed: int) -> Iterator[None]:
    """Seeds all that Keras draws from, and puts the caller's random states back.

    `keras.utils.set_random_seed` is the only way to seed a model that someone else
    builds: layers without a seed of their own take one from Python's generator, `fit`
    shuffles by TensorFlow's.
    """
    with random_states_restored():
        keras.utils.set_random_seed(seed)
        yield

"""Why there is an engine: the recipe of every textbook never trains D on Keras 3."""

import warnings

import keras
import numpy as np
import pytest

from tests.engine.small import BATCH, EXAMPLE, LATENT, distance


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="what TensorFlow's trainer does")
def test_the_textbook_recipe_never_trains_the_discriminator():
    generator = keras.Sequential([keras.Input((LATENT,)), keras.layers.Dense(EXAMPLE)])
    discriminator = keras.Sequential(
        [keras.Input((EXAMPLE,)), keras.layers.Dense(1, activation="sigmoid")]
    )
    discriminator.compile("adam", "binary_crossentropy")
    discriminator.trainable = False
    gan = keras.Sequential([generator, discriminator])
    gan.compile("adam", "binary_crossentropy")
    before = [w.copy() for w in discriminator.get_weights()]
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all the notice that Keras gives
        for _ in range(20):
            latents = rng.normal(size=(BATCH, LATENT))
            fakes = generator.predict_on_batch(latents)
            discriminator.train_on_batch(rng.normal(size=(BATCH, EXAMPLE)), np.ones((BATCH, 1)))
            discriminator.train_on_batch(fakes, np.zeros((BATCH, 1)))
            gan.train_on_batch(latents, np.ones((BATCH, 1)))
    assert distance(before, discriminator.get_weights()) == 0

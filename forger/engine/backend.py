"""The backend that Keras runs on; the only two files that differ between them are beside this."""

import keras

if keras.backend.backend() == "jax":
    from forger.engine.backend_jax import Stateful, apply, input_gradient, repeat, vjp
else:
    from forger.engine.backend_tensorflow import (  # type: ignore[assignment]
        Stateful,
        apply,
        input_gradient,
        repeat,
        vjp,
    )

__all__ = ["Stateful", "apply", "input_gradient", "repeat", "vjp"]

"""The backend that Keras runs on; the two backend_*.py files hold all that differs."""

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

"""train: train a recipe's GAN."""

from pathlib import Path

from stages.gan import dataset_files, environment, models, timings
from stages.gan.errors import UserError
from stages.gan.files import write_arrays, write_history
from stages.gan.params.compute import Compute
from stages.gan.params.declared import Declared
from stages.gan.progress import Progress
from stages.gan.stage import run


def main() -> None:
    """Write models/R, and history.csv and snapshots.npz in reports/recipes/R."""
    recipe, declared = Declared.asked("train")
    key = f"recipes.{recipe}"
    compute = declared.section("compute", Compute)
    resolved = environment.resolved()
    environment.prepare(compute, resolved)

    # Only now: these import Keras, whose backend, threads and device are set above.
    from stages.gan.checkpoints import Checkpoint, forget, key_of
    from stages.gan.engine.distribution import split_batches
    from stages.gan.networks import Networks
    from stages.gan.params.method import Method
    from stages.gan.params.section import Seed
    from stages.gan.params.train import NEUTRAL, Train
    from stages.gan.training import DivergedError, Trainer

    if compute.devices > 1:
        split_batches(compute.devices)
    networks = declared.section(f"{key}.networks", Networks)
    settings = declared.section(f"{key}.train", Train)
    method, folder = declared.section(f"{key}.method", Method), Path("data", recipe)
    data = dataset_files.read_about(folder)
    arrays = dataset_files.load_part(folder, "train")
    jit, seed = resolved["jit"], declared.section("seed", Seed)
    where = f"{compute.backend} on {resolved['device']}, {'with' if jit else 'without'} XLA"
    forget()
    neutral = ["compute.steps_per_call", *(f"{key}.train.{name}" for name in NEUTRAL)]
    own = key_of(declared, *neutral)
    reports = Path("reports/recipes", recipe)
    about = {
        "method": method,
        "objective": settings.objective,
        "latent": networks.latent.description(),
        "data": {name: data[name] for name in dataset_files.DESCRIPTION},
        "packing": settings.packing,
        "ema": settings.ema,
    }
    try:
        with Progress(f"{recipe} ({where})") as told, Checkpoint(own, told.tell) as checkpoint:
            trainer = Trainer(method, networks, settings, arrays, data, seed, jit, told)
            result = trainer.run(compute.steps_per_call, checkpoint)
    except DivergedError as error:
        kept = Path("models", f"{recipe}.diverged")
        models.save(kept, error.networks, {**about, "epoch": error.epoch})
        raise UserError(
            *error.problems, f"the networks as they were after epoch {error.epoch} are in {kept}"
        ) from None
    write_history(reports, result.history)
    write_arrays(reports / "snapshots.npz", result.snapshots)
    about["decision_threshold"] = result.threshold
    models.save(Path("models", recipe), result.networks, about)
    updates = int(result.history["step"].iloc[-1])
    timings.record(recipe, reports / "history.csv", result.seconds, updates, resolved["device"])


if __name__ == "__main__":
    run(main)

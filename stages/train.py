"""train: train a recipe's networks."""

from pathlib import Path

from forger import compute as environment
from forger.compute import Compute
from forger.config.declared import Declared, run
from forger.core.errors import UserError
from forger.core.files import write_arrays, write_history
from forger.core.progress import Progress
from forger.data.folder import DataFolder
from forger.models.saving import write_products
from forger.report import timings


def main(declared: Declared) -> None:
    """Write models/R, and history.csv and snapshots.npz in reports/recipes/R."""
    recipe = declared.recipe
    compute = declared.section("compute", Compute)
    resolved = environment.read_resolved()
    environment.prepare(compute, resolved)

    # Only now: these import Keras, whose backend, threads and device are set above.
    from forger.config.section import Seed
    from forger.engine.distribution import split_batches
    from forger.methods.kinds import AnyMethod
    from forger.methods.settings import NEUTRAL, Train
    from forger.networks.families import Networks
    from forger.training.assembly import Plan
    from forger.training.checkpoints import Checkpoint, forget, key_of
    from forger.training.trainer import DivergedError, Trainer
    from forger.training.watch import account

    if compute.devices > 1:
        split_batches(compute.devices)
    method = declared.section("method", AnyMethod)
    settings = declared.section("train", Train)
    plan = Plan(method, declared.section("networks", Networks), settings)
    data = DataFolder(Path("data", recipe)).read()
    jit = resolved["jit"]
    seed = declared.section("seed", Seed)
    where = f"{compute.backend} on {resolved['device']}, {'with' if jit else 'without'} XLA"
    forget()
    neutral = ["compute.steps_per_call", *(f"train.{name}" for name in NEUTRAL)]
    own = key_of(declared, *neutral)
    reports = Path("reports/recipes", recipe)
    about = {
        "method": method.kind,
        "data": data.description.model_dump(mode="json", exclude={"law"}),
        "ema": settings.ema,
    }
    try:
        with Progress(f"{recipe} ({where})") as told, Checkpoint(own, told.tell) as checkpoint:
            trainer = Trainer(plan, data, seed, jit, told)
            result = trainer.run(compute.steps_per_call, checkpoint)
    except DivergedError as error:
        kept = Path("models", f"{recipe}.diverged")
        write_products(kept, error.products, {**about, "epoch": error.epoch})
        raise UserError(
            *error.problems, f"the networks as they were after epoch {error.epoch} are in {kept}"
        ) from None
    write_history(reports, result.history)
    write_arrays(reports / "snapshots.npz", result.snapshots)
    about |= account(method, result.history).describe()
    if result.best:
        about["best"] = result.best
    write_products(Path("models", recipe), result.products, about)
    updates = int(result.history["step"].iloc[-1])
    timings.record(recipe, reports / "history.csv", result.seconds, updates, resolved["device"])


if __name__ == "__main__":
    run("train", main)

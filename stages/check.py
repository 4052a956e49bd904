"""check: report all problems of the parameters at once, before anything runs or is removed."""

from forger import compute
from forger.config.kinds import list_kinds
from forger.core import code
from forger.core.files import whole, write_json
from forger.core.stage import run
from forger.data.outside import link
from forger.parameters import Parameters, read
from forger.report import settings


def main() -> None:
    """Validate all parameters, and write what the other stages depend on.

    That is data/resolved.json, the fingerprints of the stages' code in data/code, the settings that
    reports show in data/settings, and links to data that lie elsewhere.
    """
    parameters = read()
    write_json(compute.FILE, compute.resolve(parameters.compute))
    write_fingerprints(parameters)
    write_settings(parameters)
    link({name: parameters.recipes[name].dataset for name in parameters.run})


def write_fingerprints(parameters: Parameters) -> None:
    """Write the fingerprint of each stage's code, per recipe of `run`; see forger/core/code.py."""
    with whole(code.FOLDER) as folder:
        folder.mkdir()
        write_json(folder / f"{code.LAST}.json", code.describe(code.LAST))
        for recipe in parameters.run:
            kinds = set(list_kinds(parameters.recipes[recipe]))
            for stage in code.STAGES:
                write_json(folder / recipe / f"{stage}.json", code.describe(stage, kinds))


def write_settings(parameters: Parameters) -> None:
    """Write what each report of `run` says of its recipe: one file instead of 60 parameters."""
    compute = parameters.compute
    with whole(settings.FOLDER) as folder:
        folder.mkdir()
        for recipe in parameters.run:
            about = {
                "seed": parameters.seed,
                "compute": {"precision": compute.precision, "threads": compute.threads},
            }
            write_json(folder / f"{recipe}.json", about | parameters.recipes[recipe].settings)


if __name__ == "__main__":
    run(main)

"""check: every problem of params.yaml at once, before anything else runs or is removed."""

from forger import compute
from forger.config.kinds import chosen
from forger.core import code
from forger.core.files import write_json
from forger.core.stage import run
from forger.data.outside import link
from forger.parameters import read


def main() -> None:
    """Validate params.yaml; write data/resolved.json, the fingerprints of the stages' code in
    data/code, and links to data that lie elsewhere."""
    parameters = read()
    write_json(compute.FILE, compute.resolve(parameters.compute))
    code.write({name: set(chosen(parameters.recipes[name])) for name in parameters.run})
    link({name: parameters.recipes[name].dataset for name in parameters.run})


if __name__ == "__main__":
    run(main)

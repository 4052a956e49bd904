"""check: every problem of params.yaml at once, before anything else runs or is removed."""

from stages.gan.environment import FILE, resolve
from stages.gan.files import write_json
from stages.gan.outside import link
from stages.gan.recipe import read
from stages.gan.stage import run


def main() -> None:
    """Validate params.yaml; write data/resolved.json, and links to data that lie elsewhere."""
    parameters = read()
    write_json(FILE, resolve(parameters.compute))
    link({name: parameters.recipes[name].dataset for name in parameters.run})


if __name__ == "__main__":
    run(main)

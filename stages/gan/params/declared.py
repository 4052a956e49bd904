"""What dvc.yaml declares for a stage, and nothing else of params.yaml."""

from typing import Any

from stages.gan.errors import UserError
from stages.gan.params.section import parse


class Declared:
    """The parameters of one stage, such as `train@sinusoid`, as DVC has them for this run.

    What dvc.yaml does not declare for the stage is not there: it can't reach the result unseen.
    Raises UserError where there is no such stage in this run.
    """

    def __init__(self, stage: str) -> None:
        import dvc.api
        from dvc.exceptions import DvcException

        try:
            self.values: dict[str, Any] = dvc.api.params_show(stages=stage)
        except DvcException as error:
            raise UserError(f"dvc.yaml: {stage}: {error}") from None

    def value(self, key: str) -> Any:
        """The raw value of a key such as `recipes.sinusoid.method`."""
        value = self.values
        for part in key.split("."):
            value = value[part]
        return value

    def section(self, key: str, schema: Any) -> Any:
        """A section, validated: an instance of `schema`, or of one of the kinds it unites."""
        return parse(schema, self.value(key), where=key)

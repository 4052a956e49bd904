"""What dvc.yaml declares for a stage, and nothing else of params.yaml."""

from typing import Any, TypeVar

from stages.gan.params.section import Section

S = TypeVar("S", bound=Section)


class Declared:
    """The parameters of one stage, such as `train@sinusoid`, as DVC has them for this run.

    What dvc.yaml does not declare for the stage is not there: it can't reach the result unseen.
    """

    def __init__(self, stage: str) -> None:
        import dvc.api

        self.values: dict[str, Any] = dvc.api.params_show(stages=stage)

    def value(self, key: str) -> Any:
        """The raw value of a key such as `recipes.sinusoid.method`."""
        value = self.values
        for part in key.split("."):
            value = value[part]
        return value

    def section(self, key: str, schema: type[S]) -> S:
        """A section, validated."""
        return schema.parse(self.value(key), where=key)

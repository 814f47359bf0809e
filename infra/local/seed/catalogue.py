"""The demo's models: configs, and the papers that each model reads day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emmaa_cycle.model_config import ModelConfig, parse_model_config
from infra.local.seed.data import rasmachine, rasmodel, skcm
from infra.local.seed.data.papers import Paper

_CONFIGS = Path(__file__).parent / "configs"
#: The last day that the demo has papers for; day 0 is history.
LAST_DAY = 2


@dataclass(frozen=True)
class DemoModel:
    """One model of the demo.

    :param name: its short name, for which ``configs/<name>.json`` is the config
    :param days: the papers of each day's inbox, from day 0 on; empty if it reads none
    :param curated: what a person put into the model on day 0
    :param bel: whether the model holds the statements of PyBEL's example graphs
    """

    name: str
    days: Sequence[Sequence[Paper]] = ()
    curated: Sequence[Paper] = ()
    bel: bool = False

    @property
    def config_text(self) -> str:
        """The text of the model's ``config.json``."""
        return (_CONFIGS / f"{self.name}.json").read_text(encoding="utf-8")

    @property
    def config(self) -> ModelConfig:
        """The model's config."""
        return parse_model_config(self.name, self.config_text)

    def inbox(self, day: int) -> Sequence[Paper]:
        """Return the papers that arrive on a day."""
        return self.days[day] if day < len(self.days) else ()

    def papers_until(self, day: int) -> list[Paper]:
        """All papers known at the end of a day, the curated ones included."""
        return [
            *self.curated,
            *(paper for number in range(day + 1) for paper in self.inbox(number)),
        ]


# In the order of their first day: a corpus is made before the model that is tested with it.
MODELS = (
    DemoModel("bel_examples", bel=True),
    DemoModel("rasmodel", curated=rasmodel.CURATED),
    DemoModel("rasmachine", days=rasmachine.DAYS),
    DemoModel("skcm", days=skcm.DAYS),
    DemoModel("sandbox", curated=rasmodel.SANDBOX),
)


def demo_model(name: str) -> DemoModel:
    """Return a model by its short name."""
    return next(model for model in MODELS if model.name == name)

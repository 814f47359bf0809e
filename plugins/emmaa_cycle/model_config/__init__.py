"""A model's ``config.json``, which is validated once when it is read.

Fields for display or legacy code are not changed, and never prevent a model from running. A field
that controls the cycle is typed; a wrong value is refused by a message with model, key and field.
"""

from emmaa_cycle.model_config.document import (
    DEFAULT_TEST_CORPUS,
    MakeTests,
    MetadataFilter,
    ModelConfig,
    QuerySection,
    Reading,
    SearchTerm,
    Step,
    TestSection,
)
from emmaa_cycle.model_config.parsing import parse_model_config
from emmaa_cycle.model_config.path_search import (
    PATH_MODEL_TYPES,
    ModelType,
    PathLimits,
    StatementChecking,
)
from emmaa_cycle.model_config.simulation import HypothesisTester, Simulation

__all__ = [
    "DEFAULT_TEST_CORPUS",
    "PATH_MODEL_TYPES",
    "HypothesisTester",
    "MakeTests",
    "MetadataFilter",
    "ModelConfig",
    "ModelType",
    "PathLimits",
    "QuerySection",
    "Reading",
    "SearchTerm",
    "Simulation",
    "StatementChecking",
    "Step",
    "TestSection",
    "parse_model_config",
]

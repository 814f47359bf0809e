"""Limits of the path search in ``config.json`` (docs/reference/model-config.md#tests)."""

import pytest

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.model_config import PathLimits, StatementChecking, parse_model_config

DEFAULT = PathLimits(max_path_length=5, max_paths=1)


def test_the_default_fills_what_the_config_leaves_out() -> None:
    assert StatementChecking().limits("pysb", DEFAULT) == DEFAULT
    assert StatementChecking(max_paths=0).limits("pysb", DEFAULT) == PathLimits(5, 0)


def test_a_model_types_own_limits_win_one_by_one() -> None:
    checking = StatementChecking.model_validate(
        {"max_path_length": 10, "max_paths": 3, "pysb": {"max_path_length": 7}}
    )
    assert checking.limits("pysb", DEFAULT) == PathLimits(7, 3)
    assert checking.limits("signed_graph", DEFAULT) == PathLimits(10, 3)
    assert checking.limits("dynamic", DEFAULT) == PathLimits(10, 3)


def test_a_wrong_limit_of_the_only_model_type_is_refused_with_its_field() -> None:
    config = b"""{"search_terms": [],
        "test": {"mc_types": ["signed_graph"],
                 "statement_checking": {"signed_graph": {"max_path_length": 0}}}}"""
    with pytest.raises(ModelConfigError, match=r"signed_graph\.max_path_length"):
        parse_model_config("m", config)

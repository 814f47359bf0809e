"""The environment of Amazon MWAA: its options, its size and its versions."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import yaml

from emmaa_airflow.dag_defaults import MODEL_RUNS
from emmaa_cycle.resources import MWAA_ENVIRONMENT
from infra.cloudformation.templates import FOLDER, load_template
from infra.mwaa.versions import VERSIONS
from tests.infra.templates_of import PREFIXES, Filled


@PREFIXES
def test_airflow(prefix: str) -> None:
    airflow = Filled("airflow", Prefix=prefix).one("AWS::MWAA::Environment")
    options = airflow["AirflowConfigurationOptions"]

    assert airflow["Name"] == prefix + MWAA_ENVIRONMENT
    assert options["core.dag_ignore_file_syntax"] == "regexp"
    for section in ("secrets.backend", "workers.secrets_backend"):
        assert options[section].endswith(".SecretsManagerBackend")
        kwargs = json.loads(options[f"{section}_kwargs"])
        assert kwargs["connections_prefix"] == f"{prefix}emmaa/airflow/connections"
        assert not re.match(kwargs["connections_lookup_pattern"], "aws_default")
        assert re.match(kwargs["connections_lookup_pattern"], "smtp_default")
    assert airflow["PluginsS3Path"] == "<PluginsKey>"
    assert airflow["DagS3Path"] == "airflow/dags"
    assert len(airflow["NetworkConfiguration"]["SubnetIds"]) == 2


def test_the_options_are_airflow_s_own() -> None:
    """Airflow takes a name that it does not know, and says nothing."""
    found = importlib.util.find_spec("airflow")
    assert found is not None
    [folder] = found.submodule_search_locations or []
    known = yaml.safe_load((Path(folder) / "config_templates" / "config.yml").read_text())
    options = Filled("airflow").one("AWS::MWAA::Environment")["AirflowConfigurationOptions"]

    for name in options:
        section, _, option = name.partition(".")
        assert option in known[section]["options"], name


def test_airflow_has_room_for_a_thousand_models_as_the_local_stacks_have() -> None:
    options = Filled("airflow").one("AWS::MWAA::Environment")["AirflowConfigurationOptions"]
    compose = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yaml").read_text())
    local = compose["x-airflow-environment"]["AIRFLOW__CORE__MAX_MAP_LENGTH"]
    # All updates at noon, and in as many runs as may be active an assembly or, at once, statistics,
    # queries, export and tests of three corpora: one triggerer carries them alone.
    triggers = 1000 + MODEL_RUNS * (1 + 6)

    assert options["core.max_map_length"] == local
    assert int(options["core.max_map_length"]) >= 1000
    assert int(options["triggerer.capacity"]) >= triggers


def test_only_versions_that_are_tried_can_be_chosen() -> None:
    parameter = load_template("airflow").parameters["AirflowVersion"]

    assert tuple(parameter.rules["AllowedValues"]) == VERSIONS
    assert parameter.default == "3.2.1", "what AWS documents, in every region of MWAA"

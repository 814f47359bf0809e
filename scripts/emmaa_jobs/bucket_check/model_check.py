"""One model of a bucket: what would run, with which class, and what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import ClientError

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.names import check_name
from emmaa_cycle.plan import unset_field
from emmaa_cycle.s3_layout import (
    JSON_GZ,
    config_key,
    corpus_key,
    corpus_prefix,
    corpus_stats_prefix,
    model_prefix,
    model_stats_prefix,
)
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import STAGES
from emmaa_cycle.titles import title_fault
from emmaa_jobs.bucket import Bucket, DatedKey
from emmaa_jobs.bucket_check.findings import Cause, Daily, Finding, ModelReport
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.config_file import ConfigFile, load_config
from emmaa_jobs.model.corpus import load_test_corpus
from emmaa_jobs.model.model_file import check_readable, listed_papers
from emmaa_jobs.stats.previous_round import previous_corpus_stats, previous_model_stats

#: A date after that of any round.
_NEXT = "9999-12-31-23-59-59"
_REMEDY = "make that round's statistics again; until then, those before it are compared with"

_PICKLE = ".pkl"
_IMPORT = "python scripts/import_legacy.py"
#: Finds a fault that the jobs would find, raising ModelConfigError; returns what they leave out.
ConfigCheck = Callable[[ConfigFile, Bucket], Iterable[LeftOut]]


def check_model(
    bucket: Bucket, model: str, settings: Settings, config_checks: list[ConfigCheck]
) -> ModelReport:
    """Look at one model.

    :param config_checks: what else than the config's own types is checked
    """
    try:
        check_name("model", model)
        config_file = load_config(bucket, model)
    except InputError as error:
        return unreadable(model, str(error))
    config = config_file.config
    newest, findings = _newest_state(bucket, model, config)
    findings += _config_faults(bucket, config_file, config_checks)
    findings += _other_pickles(bucket, config_file)
    findings += _display_findings(config_file)
    findings += [Finding(Cause.NOTE, config_key(model), note) for note in config.notes]
    findings += _part_findings(config.left_out)
    findings += _filter_findings(config_file)
    findings += _export_findings(config_file)
    for corpus in config.test.test_corpus:
        findings += _corpus_findings(bucket, corpus, own=corpus == f"{model}_tests")
    findings += _statistics_findings(bucket, model, config)
    return ModelReport(
        model=model,
        daily=_daily(config, findings),
        newest=newest,
        classes=stage_classes(settings, config, model),
        corpora=list(config.test.test_corpus),
        findings=findings,
    )


def unreadable(model: str, problem: str) -> ModelReport:
    """Return the report on a folder that cannot be read."""
    key = f"models/{model}/config.json"
    return ModelReport(model, Daily.INVALID, findings=[Finding(Cause.CONFIG, key, problem)])


def stage_classes(settings: Settings, config: ModelConfig, model: str) -> dict[str, str]:
    """Return the resource class of each job of a day; empty for a model that does not run."""
    if not (config.run_daily_update or config.run_daily_tests):
        return {}
    jobs = RoundJobs(settings, model, "", config)
    return {
        str(stage): str(jobs.resource_class(stage))
        for stage, spec in STAGES.items()
        if spec.per_model and not unset_field(config, stage)
    }


def _daily(config: ModelConfig, findings: list[Finding]) -> Daily:
    if not (config.run_daily_update or config.run_daily_tests):
        return Daily.NOTHING
    if any(finding.cause is Cause.CONFIG for finding in findings):
        return Daily.INVALID
    return Daily.UPDATE if config.run_daily_update else Daily.TESTS


def _newest_state(bucket: Bucket, model: str, config: ModelConfig) -> tuple[str, list[Finding]]:
    states = bucket.dated_keys(model_prefix(model), (JSON_GZ, _PICKLE))
    if not states:
        # An update starts an empty model; there is nothing to test without one.
        problem = "the model has no state, and without run_daily_update nothing makes one"
        missing = Finding(Cause.MISSING, f"{model_prefix(model)}<date>{JSON_GZ}", problem)
        return "", [] if config.run_daily_update else [missing]
    newest = max(states, key=_json_last)
    if newest.key.endswith(JSON_GZ):
        return newest.key, list(_state_findings(bucket, model, newest))
    remedy = f"{_IMPORT} --bucket {bucket.name} --model {model}"
    problem = "the newest state is a pickle of the original's"
    return newest.key, [Finding(Cause.PICKLE, newest.key, problem, remedy)]


def _state_findings(bucket: Bucket, model: str, newest: DatedKey) -> Iterator[Finding]:
    try:
        check_readable(bucket, model, newest.date)
    except (ClientError, InputError) as error:
        remedy = f"repair it, or remove it: the state before {newest.date} is then the newest"
        yield Finding(Cause.UNREADABLE, newest.key, str(error), remedy)
    else:
        noted = LeftOutList()
        listed_papers(bucket, model, newest.date, noted)
        yield from (Finding(Cause.NOTE, each.item, each.reason) for each in noted)


def _json_last(state: DatedKey) -> tuple[str, bool]:
    # Of a state that was imported, pickle and JSON stand side by side.
    return state.date, state.key.endswith(JSON_GZ)


def _config_faults(
    bucket: Bucket, config_file: ConfigFile, checks: list[ConfigCheck]
) -> Iterator[Finding]:
    for check in checks:
        try:
            yield from _part_findings(check(config_file, bucket))
        except InputError as error:  # also what the config names and the bucket does not have
            yield Finding(Cause.CONFIG, config_key(config_file.model), str(error))


def _display_findings(config_file: ConfigFile) -> Iterator[Finding]:
    """Find what the original dashboard stumbles over; the model itself runs.

    It reads the config as it is written: ``get_model_config``, ``_default_test`` and the model
    page of its ``api.py``.
    """
    key, config, document = config_key(config_file.model), config_file.config, config_file.document
    missing = [name for name in ("human_readable_name", "description") if not document.get(name)]
    if not isinstance(document.get("assembly"), (dict, list)):
        missing.append("assembly")
    for name in missing:
        problem = f"field {name} is missing, and the original dashboard needs it"
        yield Finding(Cause.DISPLAY, key, problem, f"add {name} to the config")
    default = config.test.default_test_corpus
    if default is None:
        problem = "field test.default_test_corpus is missing: the model's page answers 500"
        yield Finding(Cause.DISPLAY, key, problem, "name one of test.test_corpus there")
    elif default not in config.test.test_corpus:
        problem = f"field test.default_test_corpus names {default}, which is not tested daily"
        yield Finding(Cause.DISPLAY, key, problem, "name one of test.test_corpus there")
    if fault := title_fault(config_file.config.human_readable_name):
        problem = f"field human_readable_name is not used: {fault}"
        remedy = f"change it; until then mails and pages say {config_file.model}"
        yield Finding(Cause.DISPLAY, config_key(config_file.model), problem, remedy)


def _other_pickles(bucket: Bucket, config_file: ConfigFile) -> Iterator[Finding]:
    extra = config_file.config.reading.model_extra or {}
    entries = extra.get("other_files")
    for entry in entries if isinstance(entries, list) else ():
        fields = entry if isinstance(entry, dict) else {}
        place, name = fields.get("bucket"), fields.get("filename")
        if isinstance(place, str) and isinstance(name, str) and name.endswith((_PICKLE, ".pickle")):
            target = f"{name.rpartition('.')[0]}{JSON_GZ}"
            imported = place == bucket.name and _exists(bucket, target)
            change = f"name {target} in the config's reading.other_files"
            import_it = f"{_IMPORT} --bucket {place} --key {name}, then "
            problem = f"reading.other_files names a pickle in s3://{place}"
            yield Finding(Cause.PICKLE, name, problem, ("" if imported else import_it) + change)


def _part_findings(parts: Iterable[LeftOut]) -> Iterator[Finding]:
    for part in parts:
        remedy = f"correct it; until then the {part.kind} {part.item} is left out"
        yield Finding(Cause.MISSING, part.where, part.reason, remedy)


def _filter_findings(config_file: ConfigFile) -> Iterator[Finding]:
    from emmaa_jobs.model_testing.filters import filter_faults

    for corpus, fault in filter_faults(config_file).items():
        remedy = f"correct it; until then {corpus} is not tested"
        yield Finding(Cause.MISSING, config_key(config_file.model), fault, remedy)


def _export_findings(config_file: ConfigFile) -> Iterator[Finding]:
    from emmaa_jobs.exports.plan import ExportPlan

    for name, fault in ExportPlan.of(config_file).faults.items():
        remedy = f"correct it; until then rounds have no file {name}"
        yield Finding(Cause.MISSING, config_key(config_file.model), fault, remedy)


def _corpus_findings(bucket: Bucket, corpus: str, *, own: bool) -> Iterator[Finding]:
    prefix, plain = corpus_prefix(corpus), corpus_key(corpus)
    plain_pickle = plain.removesuffix(JSON_GZ) + _PICKLE
    dated = bucket.dated_keys(prefix, (JSON_GZ, _PICKLE))
    if dated:
        newest = max(dated, key=_json_last).key
    elif _exists(bucket, plain):
        newest = plain
    elif _exists(bucket, plain_pickle):
        newest = plain_pickle
    elif own:
        return  # the model's own corpus, which its first round makes
    else:
        yield Finding(
            Cause.MISSING, plain, f"the test corpus {corpus} does not exist (test.test_corpus)"
        )
        return
    if newest.endswith(_PICKLE):
        remedy = f"{_IMPORT} --bucket {bucket.name} --tests {corpus}"
        problem = f"the newest version of the test corpus {corpus} is a pickle of the original's"
        yield Finding(Cause.PICKLE, newest, problem, remedy)
        return
    try:
        load_test_corpus(bucket, corpus)
    except (ClientError, InputError) as error:
        remedy = f"repair it, or take {corpus} out of test.test_corpus"
        yield Finding(Cause.UNREADABLE, newest, str(error), remedy)


def _exists(bucket: Bucket, key: str) -> bool:
    return next(iter(bucket.keys(key)), None) == key


def _statistics_findings(bucket: Bucket, model: str, config: ModelConfig) -> Iterator[Finding]:
    """Find statistics with which the next round's cannot be compared."""
    if problem := _fault_of_model(bucket, model):
        yield _finding(bucket, model_stats_prefix(model), problem)
    for corpus in config.test.test_corpus:
        if problem := _fault_of_corpus(bucket, model, corpus):
            yield _finding(bucket, corpus_stats_prefix(model, corpus), problem)


def _fault_of_model(bucket: Bucket, model: str) -> str:
    try:
        if previous := previous_model_stats(bucket, model, _NEXT):
            previous.check("model_summary", "all_stmts")
    except (ClientError, InputError) as error:
        return str(error)
    return ""


def _fault_of_corpus(bucket: Bucket, model: str, corpus: str) -> str:
    try:
        if previous := previous_corpus_stats(bucket, model, corpus, _NEXT):
            previous.check("test_round_summary", "all_test_results")
    except MissingObjectError:
        return ""  # no config of a round, which is named elsewhere
    except (ClientError, InputError) as error:
        return str(error)
    return ""


def _finding(bucket: Bucket, prefix: str, problem: str) -> Finding:
    newest = bucket.latest(prefix, (".json",))
    return Finding(Cause.UNREADABLE, newest.key if newest else prefix, problem, _REMEDY)

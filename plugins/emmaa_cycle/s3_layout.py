"""The S3 keys of the bucket (docs/reference/s3-layout.md).

``model`` is a model's short name, ``corpus`` a test corpus' name and ``round_date`` a ``<dt>``.
Gzipped JSON (``.json.gz``) replaces the original's pickles under the same stem.
"""

from __future__ import annotations

from emmaa_cycle.names import MAX_LENGTH, check_name

MODELS = "models/"
TESTS = "tests/"
JSON_GZ = ".json.gz"


def model_folder(model: str) -> str:
    """Return ``models/<m>/``; a model exists if its folder does."""
    return f"{MODELS}{check_name('model', model)}/"


def config_key(model: str) -> str:
    """Return the key of the model's ``config.json``."""
    return model_folder(model) + "config.json"


def grounding_map_key(model: str) -> str:
    """Return the key of the model's grounding map, JSON ``{text: {namespace: id}}``."""
    return model_folder(model) + "grounding_map.json"


def model_prefix(model: str) -> str:
    """Return the prefix of all stored states of the model."""
    return model_folder(model) + "model_"


def model_key(model: str, round_date: str) -> str:
    """Return the key of one state of the model: its raw EMMAA statements."""
    return f"{model_prefix(model)}{round_date}{JSON_GZ}"


def inbox_prefix(model: str, reader: str) -> str:
    """Return the prefix of reader output for the model's update, in one folder per day."""
    return f"inbox/{check_name('model', model)}/{check_name('reader', reader)}/"


def inbox_key(model: str, reader: str, day: str, name: str) -> str:
    """Return the key of a file of reader output that arrived on ``day`` (``YYYY-MM-DD``)."""
    return f"{inbox_prefix(model, reader)}{day}/{name}"


def paper_ids_prefix(model: str) -> str:
    """Return the prefix of all lists of read papers."""
    return f"papers/{check_name('model', model)}/paper_ids_"


def paper_ids_key(model: str, round_date: str) -> str:
    """Return the key of the papers read up to one state of the model, a JSON list."""
    return f"{paper_ids_prefix(model)}{round_date}.json"


def results_folder(model: str) -> str:
    """Return the folder of managers and test results."""
    return f"results/{check_name('model', model)}/"


def model_manager_prefix(model: str) -> str:
    """Return the prefix of all model managers."""
    return results_folder(model) + "model_manager_"


def model_manager_key(model: str, round_date: str) -> str:
    """Return the key of a round's model manager, whose upload starts the later stages."""
    return f"{model_manager_prefix(model)}{round_date}{JSON_GZ}"


def results_prefix(model: str, corpus: str) -> str:
    """Return the prefix of all results of one corpus, including the delimiter."""
    return f"{results_folder(model)}results_{check_name('test corpus', corpus)}_"


def results_key(model: str, corpus: str, round_date: str) -> str:
    """Return the key of the test results of one corpus in one round."""
    return f"{results_prefix(model, corpus)}{round_date}.json"


def paths_folder(model: str) -> str:
    """Return the folder of a model's paths."""
    return f"paths/{check_name('model', model)}/"


def paths_prefix(model: str, corpus: str) -> str:
    """Return the prefix of all paths of one corpus, including the delimiter."""
    check_name("test corpus", corpus)
    return f"{paths_folder(model)}paths_{corpus}_"


def paths_key(model: str, corpus: str, round_date: str) -> str:
    """Return the key of the paths that explain a corpus's tests in one round, JSON Lines."""
    return f"{paths_prefix(model, corpus)}{round_date}.jsonl"


def latest_paths_key(model: str, corpus: str) -> str:
    """Return the key of the newest paths of one corpus, overwritten by newer rounds."""
    check_name("test corpus", corpus)
    return f"{paths_folder(model)}{corpus}_latest_paths.jsonl"


def assembled_prefix(model: str) -> str:
    """Return the prefix of all assembled statements."""
    return f"assembled/{check_name('model', model)}/statements_"


def assembled_key(model: str, round_date: str, extension: str = ".gz") -> str:
    """Return the key of a round's assembled statements: ``.gz`` (one JSON list) or ``.jsonl``."""
    return f"{assembled_prefix(model)}{round_date}{extension}"


def latest_assembled_key(model: str, extension: str = ".json") -> str:
    """Return the key of the newest assembled statements, ``.json`` or ``.jsonl``."""
    check_name("model", model)
    return f"assembled/{model}/latest_statements_{model}{extension}"


def assembly_record_key(model: str) -> str:
    """Return the key of what the next round needs to know of a model's newest assembly."""
    check_name("model", model)
    return f"assembled/{model}/latest_record_{model}.json.gz"


def export_folder(model: str) -> str:
    """Return the folder of a model's exports."""
    return f"exports/{check_name('model', model)}/"


def export_key(model: str, export_format: str, round_date: str, extension: str) -> str:
    """Return the key of one of a round's models in another tool's format."""
    check_name("export format", export_format)
    return f"{export_folder(model)}{export_format}_{round_date}.{extension}"


def model_stats_prefix(model: str) -> str:
    """Return the prefix of all model statistics."""
    return f"model_stats/{check_name('model', model)}/model_stats_"


def model_stats_key(model: str, round_date: str) -> str:
    """Return the key of a round's model statistics."""
    return f"{model_stats_prefix(model)}{round_date}.json"


def corpus_stats_prefix(model: str, corpus: str) -> str:
    """Return the prefix of all statistics of one corpus, including the delimiter."""
    check_name("test corpus", corpus)
    return f"stats/{check_name('model', model)}/test_stats_{corpus}_"


def corpus_stats_key(model: str, corpus: str, round_date: str) -> str:
    """Return the key of the statistics of one corpus in one round."""
    return f"{corpus_stats_prefix(model, corpus)}{round_date}.json"


def combined_stats_prefix(model: str) -> str:
    """Return the prefix of the original's oldest statistics, of model and tests together."""
    return f"stats/{check_name('model', model)}/stats_"


def corpus_prefix(corpus: str) -> str:
    """Return the prefix of all dated versions of a corpus, including the delimiter."""
    return f"{TESTS}{check_name('test corpus', corpus)}_"


def corpus_key(corpus: str, round_date: str | None = None) -> str:
    """Return the key of a test corpus: dated if a job made it, undated if a person did."""
    if round_date is None:
        return f"{TESTS}{check_name('test corpus', corpus)}{JSON_GZ}"
    return f"{corpus_prefix(corpus)}{round_date}{JSON_GZ}"


def model_tests_corpus(model: str) -> str:
    """Return the name of the corpus that is made from a model's own statements."""
    return f"{check_name('model', model)}_tests"


def left_out_folder(model: str) -> str:
    """Return the folder of the lists of items that a model's stages left out."""
    return f"left_out/{check_name('model', model)}/"


def left_out_prefix(model: str, stage: str) -> str:
    """Return the prefix of a stage's lists of left-out items, including the delimiter.

    :param stage: the stage's name; for stages that run once a corpus, ``<stage>_<corpus>``
    """
    check_name("stage", stage, max_length=2 * MAX_LENGTH)
    return f"{left_out_folder(model)}{stage}_"


def left_out_key(model: str, stage: str, round_date: str) -> str:
    """Return the key of a stage's list of left-out items in one round."""
    return f"{left_out_prefix(model, stage)}{round_date}.json"


def quality_key(model: str, round_date: str) -> str:
    """Return the key of what the gate says of one round (:mod:`emmaa_cycle.quality.release`)."""
    return f"quality/{check_name('model', model)}/round_{round_date}.json"


def overview_prefix(model: str = "") -> str:
    """Return the prefix of a model's overview objects, or of all models' if none is given."""
    return f"overview/{check_name('model', model)}/" if model else "overview/"


def overview_key(model: str, stage: str) -> str:
    """Return the key of one part of a model's overview, overwritten each round.

    :param stage: the stage's name; for stages that run once a corpus, ``<stage>_<corpus>``
    """
    check_name("stage", stage, max_length=2 * MAX_LENGTH)
    return f"{overview_prefix(model)}{stage}.json"


def combined_prefix() -> str:
    """Return the prefix of all models' combined overviews."""
    return "overview_by_model/"


def combined_key(model: str) -> str:
    """Return the key of the copies of a model's parts, overwritten by each of its jobs."""
    return f"{combined_prefix()}{check_name('model', model)}.json"


def query_image_folder(model: str) -> str:
    """Return the folder of the plots of a model's simulations."""
    return f"query_images/{check_name('model', model)}/"


def query_image_key(model: str, observable: str, round_date: str) -> str:
    """Return the key of a plot of a simulation that answers queries of one round.

    :param observable: the name of the plotted amount: letters, digits and underscores
    """
    return f"{query_image_folder(model)}{observable}_{round_date}.png"


def query_answers_key(model: str, round_date: str) -> str:
    """Return the key of a round's answers to queries, as the EMMAA page shows them."""
    return f"query_answers/{check_name('model', model)}/answers_{round_date}.json"


def public_url(bucket: str, key: str) -> str:
    """Return the web address of an object in a public bucket."""
    return f"https://{bucket}.s3.amazonaws.com/{key}"

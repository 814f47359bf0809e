"""Explanations in words: paths, links to their evidence, and texts of results."""

from emmaa_jobs.explanation.english import statement_sentence
from emmaa_jobs.explanation.paths import Explainer, Explanation, path_json
from emmaa_jobs.explanation.result_codes import RESULT_TEXT

__all__ = ["RESULT_TEXT", "Explainer", "Explanation", "path_json", "statement_sentence"]

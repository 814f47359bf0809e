"""The reader ``indra_json``: INDRA statement JSON, from whatever made it.

The evidence names its paper in ``text_refs``, so one file may hold several papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from emmaa_jobs.reading.file_reader import FileReader, Skip, json_list, no_skip
from emmaa_jobs.reading.interface import Reading


class IndraJson(FileReader):
    """Files that hold a JSON list of INDRA statements."""

    names_papers: ClassVar[bool] = True

    def parse(self, text: str, skip: Skip = no_skip) -> Sequence[Reading]:
        """Return the items of the list, which are checked one by one where they enter a model.

        :raises BrokenOutputError: if it is no JSON list.
        """
        return json_list(text)

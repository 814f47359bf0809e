"""NCBI's ESummary and the INDRA DB's list of curations on this machine."""

from __future__ import annotations

from typing import Any

from tests.jobs.local_service import Reply, Request


class Summaries:
    """ESummary over made-up papers.

    :param titles: by PMID
    """

    def __init__(self, titles: dict[str, str]) -> None:
        self.titles = titles

    def __call__(self, request: Request) -> Reply:
        assert request.path == "/esummary.fcgi"
        asked = request.parameters
        assert (asked["db"], asked["retmode"], asked["tool"]) == ("pubmed", "json", "emmaa")
        uids = asked["id"].split(",")
        found: dict[str, Any] = {"uids": uids}
        for uid in uids:
            found[uid] = {"uid": uid, "error": "cannot get document summary"}
            if uid in self.titles:
                found[uid] = {"uid": uid, "title": self.titles[uid], "source": "Made up"}
        return Reply.json({"header": {"type": "esummary", "version": "0.3"}, "result": found})


def curation(
    source_hash: int | None,
    day: str = "Mon, 02 Mar 2026",
    *,
    pa_hash: int = 1,
    tag: str = "correct",
    curator: str = "ada@example.org",
) -> dict[str, Any]:
    """Return a curation in the service's format."""
    return {
        "id": 1,
        "pa_hash": pa_hash,
        "source_hash": source_hash,
        "tag": tag,
        "text": None,
        "curator": curator,
        "date": f"{day} 12:30:00 GMT",
        "source": "EMMAA",
        "pa_json": None,
        "ev_json": None,
    }


def curation_list(request: Request, curations: list[dict[str, Any]], key: str) -> Reply:
    """``curation/list``, which wants an API key."""
    assert (request.method, request.path) == ("GET", "/curation/list")
    if request.parameters.get("api_key") != key:
        return Reply.json({"result": "failure", "reason": "Invalid credentials."}, status=401)
    return Reply.json(curations)

"""Every reference to a page of docs/, in code and between pages, leads to a page and heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FOLDERS = ("dags", "docs", "infra", "lambdas", "plugins", "scripts", "tests")
SUFFIXES = {".dockerfile", ".html", ".md", ".mako", ".py", ".sh", ".toml", ".yaml", ".yml"}
#: ``docs/page.md`` or ``docs/page.md#heading``, as docstrings, comments and messages write it.
REFERENCE = re.compile(r"(?<![\w/.-])docs/[\w/.-]+?\.md(?:#[\w-]+)?")
#: The target of a Markdown link that is not on the web.
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")
#: A file or folder of the repository, as the pages name it in code spans; a recipe's is new.
NAMED = re.compile(r"(?<!new file )`((?:dags|infra|lambdas|plugins|scripts|tests)/[\w/.-]*)`")
#: Named by pages, but made on each machine.
GENERATED = {"infra/compose/env/"}
FENCE = re.compile(r"^ *```.*?^ *```$", re.M | re.S)


def sources() -> Iterator[Path]:
    """All files of the project that may cite a page."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(ROOT).parts)
            if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
                yield path


def anchors(text: str) -> set[str]:
    """Return the names by which GitHub links to the headings of a page."""
    found: set[str] = set()
    times: Counter[str] = Counter()
    for heading in re.findall(r"^#+ +(.*?) *#*$", FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w -]", "", plain).replace(" ", "-")
        found.add(f"{slug}-{times[slug]}" if times[slug] else slug)
        times[slug] += 1
    return found


def fault(page: Path, anchor: str) -> str | None:
    """Say why a target does not exist; None if it does."""
    if not page.exists():
        return "no such page"
    if anchor and (page.suffix != ".md" or anchor not in anchors(page.read_text())):
        return "no such heading"
    return None


def broken(path: Path, targets: list[str], base: Path) -> Iterator[str]:
    """Return the targets of a file that do not exist, with the reason."""
    for target in targets:
        page, _, anchor = target.partition("#")
        reason = fault(base / page if page else path, anchor)
        if reason:
            yield f"{path.relative_to(ROOT)}: {target}: {reason}"


def test_each_reference_to_a_page_leads_to_its_heading() -> None:
    cited = {}
    for path in sources():
        targets = REFERENCE.findall(path.read_text(errors="replace"))
        cited[path] = [] if path == Path(__file__) else targets

    faults = [fault for path, targets in cited.items() for fault in broken(path, targets, ROOT)]
    assert faults == []
    assert sum(target.startswith("docs/reference/") for t in cited.values() for target in t) > 40


def test_each_link_between_pages_leads_to_its_heading() -> None:
    links = {page: LINK.findall(FENCE.sub("", page.read_text())) for page in PAGES}

    faults = [f for page, targets in links.items() for f in broken(page, targets, page.parent)]
    assert faults == []
    assert sum(map(len, links.values())) > 100


def test_each_page_is_linked_from_another_one() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in LINK.findall(page.read_text())
        if not target.startswith("#")
    }

    assert [page.name for page in PAGES if page.parent != ROOT and page not in linked] == []


def test_each_file_that_a_page_names_exists() -> None:
    texts = {page: " ".join(FENCE.sub("", page.read_text()).split()) for page in PAGES}
    named = {page: NAMED.findall(text) for page, text in texts.items()}

    faults = [
        f"{page.relative_to(ROOT)}: {name}"
        for page, names in named.items()
        for name in names
        if name not in GENERATED and not (ROOT / name).exists()
    ]
    assert faults == []
    assert sum(map(len, named.values())) > 50


def test_headings_are_named_as_on_github() -> None:
    text = "# A model's `config.json`\n\n## Twice\n```\n# no heading\n```\n## Twice\n### [x](y) & z"

    assert anchors(text) == {"a-models-configjson", "twice", "twice-1", "x--z"}


def test_a_reference_that_leads_nowhere_is_found() -> None:
    here = ROOT / "README.md"
    targets = [
        "docs/none.md",
        "docs/architecture.md#none",
        "docs/architecture.md#what-was-left-out",
    ]

    assert list(broken(here, targets, ROOT)) == [
        "README.md: docs/none.md: no such page",
        "README.md: docs/architecture.md#none: no such heading",
    ]

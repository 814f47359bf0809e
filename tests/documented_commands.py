"""The commands in README, CONTRIBUTING and docs/: found in blocks and, with a program, in the text.

Manuals' notation is spelled out: ``[optional]``, ``(one | other)`` and ``one|other``.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAMS = (
    *("make", "python", ".venv/bin/python", "scripts/.venv/bin/python", "aws", "airflow"),
    *("docker", "source", "uvx", "cp", "git", "jq"),
)
#: What stands for a value, and one that fits.
_VALUES = {"B": "my-bucket", "DT": "2026-03-02-10-00-00", "YYYY-MM-DD": "2026-03-02", "…": ""}
_BLOCK = re.compile(
    r"^ *```(?:console|bash|sh|)\n(?P<fenced>.*?)^ *```$"
    r"|^ *```\w+\n.*?^ *```$"  # of another language
    r"|(?<=\n\n)(?P<indented>(?: {4,}\S[^\n]*\n|\n(?= {4}))+)",
    re.M | re.S,
)
_NAMES = "|".join(map(re.escape, PROGRAMS))
_FOUND = re.compile(rf"(?:^\s*|^.*?(?:; do|\|) +)(?:\$ )?({_NAMES}) (?! *=)")
_INLINE = re.compile(r"`((?:python (?:scripts/|-m )|aws \w|airflow \w)[^`]+)`")
_OPERATORS = frozenset("|&;<>()")


@dataclass(frozen=True)
class Command:
    """A command as a page has it.

    :param text: one line, up to its comment
    """

    page: str
    text: str

    @property
    def program(self) -> str:
        """The program that it runs."""
        return self.text.split()[0]

    def spellings(self) -> list[list[str]]:
        """Return the words of each way to read its notation, up to a pipe or redirection."""
        texts = (
            _spelled_out(self.text) if "[" in self.text and "'" not in self.text else [self.text]
        )
        return [_words(text) for text in texts]


def documented_commands() -> list[Command]:
    """Return the commands of all pages, without repetitions."""
    pages = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]
    pages += sorted((REPOSITORY / "docs").rglob("*.md"))
    found = [
        Command(str(page.relative_to(REPOSITORY)), text)
        for page in pages
        for text in commands_of(page.read_text())
    ]
    return list(dict.fromkeys(found))


def commands_of(page: str) -> Iterator[str]:
    """Return the commands of one page."""
    for block in _BLOCK.finditer(page):
        text = block["fenced"] or block["indented"] or ""
        yield from _of_block(textwrap.dedent(text))
    for span in _INLINE.findall(page):
        yield " ".join(span.split())


def _of_block(text: str) -> Iterator[str]:
    lines = iter(text.replace("\\\n", " ").splitlines())
    for line in lines:
        match = _FOUND.search(line)
        if match is None:
            continue
        command = line[match.start(1) :]
        while _is_open(command):
            more = next(lines, None)
            if more is None:
                break
            command += " " + more.strip()
        yield " ".join(command.split())


def _is_open(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def _spelled_out(text: str) -> list[str]:
    """Return a text with each choice made in each way, innermost first."""
    if (found := re.search(r"\[([^][]*)\]|\(([^()]*)\)", text)) is not None:
        optional, choice = found.groups()
        chosen = ["", optional] if optional is not None else choice.split(" | ")
        rest = [text[: found.start()] + one + text[found.end() :] for one in chosen]
        return [spelled for one in rest for spelled in _spelled_out(one)]
    if (found := re.search(r"(\w+)\|(\w+)", text)) is not None:
        rest = [text[: found.start()] + one + text[found.end() :] for one in found.groups()]
        return [spelled for one in rest for spelled in _spelled_out(one)]
    return [text]


def _words(text: str) -> list[str]:
    text = re.sub(r"\$\([^()]*\)", "value", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word and set(word) <= _OPERATORS:
            break
        if value := _VALUES.get(word, word):
            words.append(value)
    return words

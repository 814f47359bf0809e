"""The report of a benchmark: tables in Markdown, and goals."""

from __future__ import annotations


class Report:
    """Prints as it goes, and remembers what was missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def rows(self, *rows: tuple[str, ...]) -> None:
        """Print rows of a table."""
        for row in rows:
            print(f"| {' | '.join(row)} |", flush=True)

    def head(self, title: str, *columns: str) -> None:
        """Begin a table."""
        print(f"\n{title}\n")
        self.rows(columns, ("---", *["---:"] * (len(columns) - 1)))

    def goal(self, what: str, reached: bool) -> None:
        """Print whether a goal is reached."""
        print(f"\n{'reached' if reached else 'MISSED'}: {what}", flush=True)
        if not reached:
            self.missed.append(what)

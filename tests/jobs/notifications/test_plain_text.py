"""Plain text of mails and tweets: one line of a limited length."""

from __future__ import annotations

import pytest

from emmaa_jobs.notifications.plain_text import one_line


@pytest.mark.parametrize("longest", [1, 2, 10, 19])
def test_a_long_line_is_cut_to_its_limit(longest: int) -> None:
    line = one_line("a" * 20, longest)
    assert line == "a" * (longest - 1) + "…"


def test_a_line_within_the_limit_stays_as_it_is() -> None:
    assert one_line("a" * 20, 20) == "a" * 20
    assert one_line("a \n b\x00c", 20) == "a b c"

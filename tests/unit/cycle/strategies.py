"""Strategies for the property tests of the cycle."""

from __future__ import annotations

import string
from datetime import UTC

from hypothesis import strategies as st

from emmaa_cycle.dates import format_round

#: What :func:`emmaa_cycle.names.check_name` promises to allow.
names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=128
).filter(lambda name: name == name.strip() and not name.startswith("-") and name not in (".", ".."))

moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
rounds = moments.map(format_round)
buckets = st.text(string.ascii_lowercase + string.digits + ".-", min_size=3, max_size=63)
etags = st.from_regex(r"[0-9a-f]{32}(-[1-9][0-9]{0,3})?", fullmatch=True)

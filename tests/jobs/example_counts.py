"""The number of examples that tests of hypothesis try: few in the suite, more on demand.

``ODD_EXAMPLES=1000`` before the command of one test tries a thousand (docs/testing.md).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(few: int) -> int:
    """Return the number of examples that a test shall try.

    :param few: the number in the suite
    """
    return int(os.environ.get("ODD_EXAMPLES", few))


def costly(few: int) -> settings:
    """Return the settings of a test whose examples take a second or more.

    Examples are not made smaller: each step of that would take as long.

    :param few: examples in the suite
    """
    return settings(
        max_examples=examples(few),
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=_FIXTURES,
    )

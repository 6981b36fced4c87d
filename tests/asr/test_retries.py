from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asr_fair.asr.retries import asked_wait_s

NOW = datetime(2026, 10, 21, 7, 28, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 GMT"}, 120.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 -0000"}, 120.0),
        ({"retry-after": "Wednesday, 21-Oct-26 07:30:00 GMT"}, 120.0),
        ({"retry-after": "Tue, 20 Oct 2026 07:30:00 GMT"}, 0.0),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """The forms of RFC 9110, sections 5.6.7 and 10.2.3, the obsolete date among them."""
    assert asked_wait_s(headers, NOW) == seconds

"""A service in trouble says so in its log, and not once for every request that it refuses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from provenance_api.refusals import Refusals

from provenance.errors import OverloadedError, ReadOnlyError

if TYPE_CHECKING:
    import pytest


def test_a_flood_of_refusals_is_a_few_lines_with_numbers(caplog: pytest.LogCaptureFixture) -> None:
    async def flood() -> None:
        refusals = Refusals(seconds=0.2)
        for number in range(300):
            refusals.note(OverloadedError(f"{number} records wait"), "/v1/records")
        refusals.note(ReadOnlyError("for Ada, who asked"), "/v1/records")
        await asyncio.sleep(0.7)
        refusals.note(OverloadedError("again"), "/v1/records")

    with caplog.at_level("INFO", logger="provenance.api"):
        asyncio.run(flood())

    said = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert said == [
        ("ERROR", "request failed: 0 records wait"),
        ("ERROR", "request failed"),
        ("WARNING", "299 more requests failed in 0 s: overloaded"),
        ("INFO", "no request fails any more: read-only is over"),
        ("INFO", "no request fails any more: overloaded is over"),
        ("ERROR", "request failed: again"),
    ]
    assert [vars(one)["code"] for one in caplog.records[:2]] == ["overloaded", "read-only"]

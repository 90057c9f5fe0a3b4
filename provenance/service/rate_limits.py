"""How much one key may use a service that others can reach (library ``limits``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from provenance.errors import NotAllowedError, RateLimitedError
from provenance.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.accept_records import Item
    from provenance.service.settings import WritePolicy

__all__ = ["Admission"]


class Admission:
    """Applies a write policy to records whose signatures were already checked.

    Counting before the signature would let anybody use up another's allowance.
    """

    def __init__(self, policy: WritePolicy) -> None:
        """Start with nothing counted."""
        self._policy = policy
        self._limiter: RateLimiter = MovingWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(policy.requests_per_minute)
        self._records = RateLimitItemPerMinute(policy.records_per_minute)

    def admit(self, items: Sequence[Item]) -> list[Item]:
        """Refuse what the policy does not let in, each record alone.

        One request may carry records of several keys: it counts as one request for each.
        """
        counted: set[str] = set()
        return [self._admit(item, counted) for item in items]

    def _admit(self, item: Item, counted: set[str]) -> Item:
        if not isinstance(item, Record):
            return item
        if item.kid not in self._policy.allowed_keys:
            return NotAllowedError(f"key {item.kid} is not in the write policy", field="kid")
        try:
            if item.kid not in counted:
                self._count(self._requests, item.kid, "requests")
                counted.add(item.kid)
            self._count(self._records, item.kid, "records")
        except RateLimitedError as error:
            return error
        return item

    def _count(self, item: RateLimitItemPerMinute, kid: str, unit: str) -> None:
        if not self._limiter.hit(item, unit, kid):
            reset = self._limiter.get_window_stats(item, unit, kid).reset_time
            raise RateLimitedError(
                f"limit {item.amount} {unit} a minute and key", retry_at=int(reset) + 1
            )

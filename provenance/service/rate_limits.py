"""How much one key may use a service that others can reach (library ``limits``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from provenance.errors import NotAllowedError, RateLimitedError

if TYPE_CHECKING:
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

    def check_key(self, kid: str) -> None:
        """Refuse a key that the policy does not list; needs no signature, so it comes first.

        Raises:
            NotAllowedError: not listed.
        """
        if kid not in self._policy.allowed_keys:
            raise NotAllowedError(f"key {kid} is not in the write policy", field="kid")

    def count_request(self, kid: str) -> None:
        """Count a request that carries records of ``kid``.

        Raises:
            RateLimitedError: one more than the policy allows in a minute.
        """
        self._count(self._requests, kid, "requests")

    def count_record(self, kid: str) -> None:
        """Count one new record of ``kid``.

        Raises:
            RateLimitedError: one more than the policy allows in a minute.
        """
        self._count(self._records, kid, "records")

    def _count(self, item: RateLimitItemPerMinute, kid: str, unit: str) -> None:
        if not self._limiter.hit(item, unit, kid):
            reset = self._limiter.get_window_stats(item, unit, kid).reset_time
            raise RateLimitedError(
                f"limit {item.amount} {unit} a minute and key", retry_at=int(reset) + 1
            )

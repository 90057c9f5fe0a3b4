"""Which of several representations a client wants (RFC 9110 §12.5.1)."""

from __future__ import annotations

import functools
import re

from provenance.errors import NotAcceptableError

__all__ = ["negotiate"]

_RANGE = re.compile(r"\s*([^\s;,/]+)/([^\s;,/]+)\s*(?:;(.*))?")
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*")


@functools.lru_cache(256)
def negotiate(accept: str, *offers: str) -> str:
    """Return the offer that the client weighs most; among equals, the first.

    Args:
        accept: the Accept header; a client that sends none takes anything.
        offers: media types without parameters, best first.

    Raises:
        NotAcceptableError: the client wants none of them.
    """
    ranges = _ranges(accept) if accept.strip() else {("*", "*"): 1.0}
    best = max(offers, key=lambda offer: _weight(offer, ranges))  # the first of equals
    if _weight(best, ranges) > 0:
        return best
    raise NotAcceptableError(
        f"expected one of {', '.join(offers)}, got {accept[:200]}", field="accept"
    )


def _ranges(accept: str) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for part in accept.lower().split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            continue  # a range that nobody can read is no wish
        weights = [
            float(weight[1])
            for parameter in (match[3] or "").split(";")
            if (weight := _WEIGHT.fullmatch(parameter)) is not None
        ]
        found[match[1], match[2]] = weights[0] if weights else 1.0
    return found


def _weight(offer: str, ranges: dict[tuple[str, str], float]) -> float:
    """Return the weight that the most specific range gives to an offer, 0 without one."""
    kind, _, subtype = offer.partition("/")
    for known in ((kind, subtype), (kind, "*"), ("*", "*")):
        if known in ranges:
            return ranges[known]
    return 0.0

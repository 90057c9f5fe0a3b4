"""Single-byte mutations of a receipt, and what each one must come to.

A mutant is *refused* when its exit code is 1 or 2, or when it is 3 because no key of the policy
signed a checkpoint: the name and the key id of a signature line belong to no proof, and an altered
one may be a key that the log took after the policy was made. No time is claimed then, and nothing
is said to be in the log. A receipt has one text only (``Receipt.parse``
compares with its re-serialisation), so that every byte belongs to JSON's grammar, to a name of
the format or to a value; and every value is covered by a signature, by a proof, or by comparison
with policy and given block hash. What is not refused, and why:

* **Signature lines of keys that the policy does not know.** Anybody may add such a line to a
  note (C2SP signed-note) and nobody reads it: a mutant that still parses has the same verdict,
  word for word. A known key's line that becomes an unknown one leaves its checkpoint unsigned.
* **A header nobody vouches for.** Outside its state root it may become another header, equally
  unproved: exit code 3 before and after, and no time is claimed. Once a block hash is given, as
  in the campaign, each of these bytes is refused.
* **The chain id of an anchor without history proof.** It may come to name a chain that the
  policy does not know, where nothing is checked: the anchor no longer counts, and 0 becomes 3,
  or rests on the receipt's other anchors.
  With a history proof it must be the beacon's chain id, which lies in the log, and is refused.
  Beside a statement it must be the one that was signed, and is refused as well.
* **The name and key id of a witness's line.** It becomes an unknown key's line, which anybody may
  add, and one cosignature less counts: 0 becomes 3, or another state still has the quorum.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import receipts
from receipts import MAINNET, OTHERNET, THIRDNET, Shape

from provenance.given import GivenBlock
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from receipts import Built

    from provenance.verdict import Verdict

__all__ = [
    "ALL",
    "MANY",
    "REPRESENTATIVES",
    "REVOKED",
    "SMALL",
    "free",
    "is_refused",
    "mutants",
    "span",
    "survivors",
    "verdict_of",
]

SMALL = Shape(
    crowd=0,
    claims={"contributors": None, "license": None, "access": None, "title": "T"},
    identity={},
)
"""A complete receipt, one disclosure, beacon and history included, with short proofs."""

MANY = replace(
    SMALL,
    anchors=(MAINNET, OTHERNET, THIRDNET),
    policy_chains=(MAINNET, OTHERNET, THIRDNET),
    kinds={OTHERNET: "receipt", THIRDNET: "trusted-rpc"},
    levels={THIRDNET: "trusted-rpc"},
    sizes={OTHERNET: 11, THIRDNET: 11},
    cosigned=2,
    witnesses=2,
    quorum=2,
)
"""Two anchored sets, of which one has the proof of an event and a statement; all cosigned."""

REVOKED = replace(
    SMALL,
    identity={"recovery": receipts.key_of(17).public.thumbprint},
    revoker=17,
    words={11: (17, {"compromised_since": receipts.EVIDENCE_TIME + 2})},
)
"""With a revocation by the recovery key, which is younger than the record's last proof."""

ALL = frozenset(range(256))
REPRESENTATIVES = frozenset(b'0"\xff')
"""A digit, JSON's own, and what is no UTF-8; a neighbour of the original comes with them."""


def mutants(
    octets: bytes, replacements: Iterable[int], positions: Iterable[int]
) -> Iterator[tuple[int, bytes]]:
    """Yield (position, mutant) for each replacement, and for the original with one bit turned.

    The latter is the mutant that most often still is base64, hex or a number.
    """
    chosen = frozenset(replacements)
    for position in positions:
        original = octets[position]
        values = chosen | {original ^ 1}
        for value in sorted(values - {original}):
            yield position, octets[:position] + bytes([value]) + octets[position + 1 :]


def verdict_of(made: Built, octets: bytes) -> Verdict:
    """Verify with every block of the receipt vouched for."""
    blocks = [GivenBlock(block_hash) for block_hash in made.evidence_hashes.values()]
    return verify_receipt(octets, made.policy, now_unix=receipts.NOW, blocks=blocks)


def is_refused(verdict: Verdict) -> bool:
    """Tell whether nothing was proved that rests on the log."""
    if verdict.exit_code in {1, 2}:
        return True
    bounds = (verdict.not_before, verdict.not_after, verdict.signed_not_before)
    return (
        verdict.exit_code == 3
        and verdict.check("checkpoint").code == "checkpoint-no-policy-key"
        and verdict.check("inclusion").code == "not-reached"
        and bounds == (None, None, None)
    )


def survivors(
    made: Built, replacements: Iterable[int], positions: Iterable[int] | None = None
) -> list[tuple[int, int, Verdict]]:
    """Return (position, value, verdict) of every mutant that is not refused."""
    octets = made.octets
    everywhere = range(len(octets)) if positions is None else positions
    found = []
    for position, mutant in mutants(octets, replacements, everywhere):
        verdict = verdict_of(made, mutant)
        if not is_refused(verdict):
            found.append((position, mutant[position], verdict))
    return found


def free(octets: bytes) -> set[int]:
    """Return the positions of the last two kinds: in witnesses' lines, and in chain ids."""
    places: set[int] = set()
    for found in re.finditer(rb"\xe2\x80\x94 (witness-[^ ]+ .{6})", octets):
        places |= set(range(*found.span(1)))  # the key id's 4 bytes are in 6 digits of base64
    for found in re.finditer(rb'{"chain_id":([0-9]+),[^{]*"evidence":{"kind":"(\w+)', octets):
        ends = octets.index(b'"history":', found.end()) + len(b'"history":')
        if octets.startswith(b"null", ends) and found[2] != b"trusted":
            places |= set(range(*found.span(1)))
    return places


def span(octets: bytes, start: bytes, end: bytes) -> range:
    """Return the positions from ``start`` up to and with the next ``end`` behind it."""
    first = octets.index(start)
    return range(first, octets.index(end, first + len(start)) + len(end))

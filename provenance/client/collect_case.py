"""Gather a case from a ledger: a record, everything about it, each entry with a verified receipt.

The service is asked which records are about which, and believed in nothing else: each receipt is
verified by the reader's own policy before it is used, and must be of the record that was asked
for. A service may still leave records out; whoever needs to know that it did not reads the whole
log (``audit``).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from provenance.case import Case, entry_of
from provenance.digests import from_hex
from provenance.errors import (
    MalformedError,
    RefusedByServiceError,
    TooLargeError,
    VerificationError,
)
from provenance.record_standing import targets_of
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from provenance.case import Entry
    from provenance.client.service import LedgerClient
    from provenance.given import GivenBlock, RpcAnswer
    from provenance.policy import Policy

__all__ = ["MAX_RECORDS", "collect_case"]

MAX_RECORDS: Final = 5_000
"""Records of one case: anybody may sign any number of them about a record."""

_NOT_FOUND: Final = 404


def collect_case(  # noqa: PLR0913 -- each is one thing a reader may give
    client: LedgerClient,
    record_ids: Sequence[bytes],
    policy: Policy,
    *,
    now_unix: int,
    lineage: bool = False,
    blocks: Iterable[GivenBlock] = (),
    ask: Callable[[bytes], RpcAnswer | None] | None = None,
    allow_dev_chain: bool = False,
) -> Case:
    """Gather everything that a ledger has about some records.

    Args:
        record_ids: 32 bytes each.
        lineage: also follow datasets to those that they came from, and that came from them.
        blocks: blocks whose hash the reader vouches for.
        ask: asks a node of the reader's choice about the blocks of one receipt.
        allow_dev_chain: let a chain that the log's operator runs count.

    Raises:
        RefusedByServiceError: the ledger has no such record.
        VerificationError: a receipt that the policy does not prove to be an entry of its log, or
            of another record than was asked for.
        TooLargeError: more than ``MAX_RECORDS``.
        UnavailableError: the service is away.
    """
    gathering = _Gathering(client, lineage=lineage)
    given = tuple(blocks)

    def read(record_id: bytes) -> Entry:
        octets = client.receipt(record_id.hex())
        rpc = None if ask is None else ask(octets)
        verdict = verify_receipt(
            octets,
            policy,
            now_unix=now_unix,
            blocks=given,
            rpc=rpc,
            allow_dev_chain=allow_dev_chain,
        )
        entry = entry_of(octets, verdict)
        if entry.id != record_id:
            raise VerificationError(f"got the receipt of another record than {record_id.hex()}")
        return entry

    return Case.of(record_ids, gathering.run(record_ids, read))


class _Gathering:
    """What is to be read next, and what was read."""

    def __init__(self, client: LedgerClient, *, lineage: bool) -> None:
        self._client = client
        self._lineage = lineage
        self._found: dict[bytes, Entry] = {}

    def run(self, record_ids: Sequence[bytes], read: Callable[[bytes], Entry]) -> Iterable[Entry]:
        waiting: deque[tuple[bytes, bytes | None]] = deque((one, None) for one in record_ids)
        while waiting:
            record_id, about = waiting.popleft()
            if record_id in self._found:
                continue
            if len(self._found) >= MAX_RECORDS:
                raise TooLargeError(limit=MAX_RECORDS, length=MAX_RECORDS + 1, unit="records")
            try:
                entry = read(record_id)
            except RefusedByServiceError as error:
                if error.status != _NOT_FOUND or record_id in record_ids:
                    raise
                continue  # of another log, or not there: the case names it as missing
            if about is None or about in targets_of(entry.record):
                self._found[record_id] = entry
                waiting.extend(self._next(entry))
            # else the service, or a "dataset digest" that is a record's id, led astray
        return self._found.values()

    def _next(self, entry: Entry) -> list[tuple[bytes, bytes | None]]:
        """Return the ids of what a record is about, and of what is said to be about it."""
        related = _related(entry)
        above = [one for one in targets_of(entry.record) if self._lineage or one not in related]
        up: list[tuple[bytes, bytes | None]] = [(one, None) for one in above]
        down = [
            (from_hex(_text(hit, "id"), field="id"), entry.id)
            for hit in self._client.lookup(digest=entry.id.hex())
            if self._lineage or _text(hit, "type") != "deposit"
        ]
        return [*up, *down]


def _related(entry: Entry) -> set[bytes]:
    """Return the ids that a record relates to, as another dataset."""
    relations = entry.record.claims.get("relations")
    listed = relations if isinstance(relations, list) else []
    return {bytes.fromhex(one["record"]) for one in listed if "record" in one}


def _text(hit: dict[str, object], name: str) -> str:
    value = hit.get(name)
    if not isinstance(value, str):
        raise MalformedError("the service left it out or gave another type", field=name)
    return value

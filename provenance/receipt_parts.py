"""The parts of a receipt, parsed: records and log states, whose every byte is in its one form (1).

    receipt file  ->  Receipt  ->  record, keys, beacon   each a Record
                                   first, anchored        each a LogState: checkpoint and proofs

Nothing is verified here; the checks (``verify_log.py`` and those after it) work on these parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from provenance.checkpoint import Checkpoint
from provenance.errors import MalformedError
from provenance.identity import BoundKey
from provenance.note import Note
from provenance.receipt import ProofSet, Receipt
from provenance.record import Record, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.keys import PublicKey
    from provenance.note import NoteVerifier
    from provenance.receipt import LoggedRecord, Proven, Revocations

__all__ = ["LogState", "Parts", "RevocationParts"]


@dataclass(frozen=True, slots=True)
class LogState:
    """A checkpoint of the receipt, read but not yet verified, with the proofs under it."""

    name: str
    """Member of the receipt: ``first`` or ``anchored[0]`` and so on."""
    proofs: ProofSet
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def of(cls, name: str, proofs: ProofSet) -> LogState:
        """Read the checkpoint's text.

        Raises:
            MalformedError: not a note, or not a checkpoint's.
        """
        note, checkpoint = _read_checkpoint(proofs.checkpoint)
        return cls(name, proofs, note, checkpoint)

    def is_by_any(self, keys: Iterable[NoteVerifier]) -> bool:
        """Tell whether a line of the checkpoint claims to be one of these keys'."""
        return any(key.made(line) for key in keys for line in self.note.signatures)


@dataclass(frozen=True, slots=True)
class Parts:
    """A receipt whose records and checkpoints are parsed: what the checks work on.

    A service that has just parsed the record, or holds the key's, makes this itself and saves
    the second parse; for a stranger's file it is made by ``parse``.
    """

    receipt: Receipt
    record: Record
    keys: tuple[Record, ...]
    beacon: Record | None
    states: tuple[LogState, ...]
    """``first``, then each of ``anchored``."""
    revocations: RevocationParts | None = None

    @classmethod
    def parse(cls, octets: bytes) -> Parts:
        """Parse a receipt and everything in it.

        Raises:
            MalformedError: or one of its leaves; ``field`` is the member at fault.
        """
        receipt = Receipt.parse(octets)
        return cls.of(receipt, parse_record(receipt.record.sd_jwt.encode(), complete=False))

    @classmethod
    def of(cls, receipt: Receipt, record: Record) -> Parts:
        """Put the parts together around an already parsed record, which must be the receipt's.

        Raises:
            MalformedError: a part does not parse.
        """
        if record.compact != receipt.record.sd_jwt.encode():
            raise RuntimeError("the record is not the receipt's")
        beacon = None if receipt.beacon is None else _read_beacon(receipt.beacon.sd_jwt)
        states = [LogState.of(name, proofs) for name, proofs in receipt.proof_sets()]
        _check_growing([state.checkpoint.tree_size for state in states[1:]])
        keys = tuple(_read_key(key, f"keys[{i}]") for i, key in enumerate(receipt.keys))
        shown = receipt.revocations
        revocations = None if shown is None else RevocationParts.of(shown)
        return cls(receipt, record, keys, beacon, tuple(states), revocations)

    @property
    def newest(self) -> LogState:
        """The greatest anchored state where there is one, else the first."""
        return self.states[-1]

    @property
    def anchored(self) -> tuple[LogState, ...]:
        """The anchored states, in the order of the receipt's ``anchored``."""
        return self.states[1:]

    @property
    def all_states(self) -> tuple[LogState, ...]:
        """Every state that has to be signed, that of the revocations included."""
        return self.states if self.revocations is None else (*self.states, self.revocations.state)

    def key_of(self, kid: str) -> PublicKey | None:
        """Return the key that some ``key`` record of the receipt carries."""
        shown = () if self.revocations is None else self.revocations.keys
        records = (self.record, *self.keys, *shown)
        return next((one.key for one in records if one.key is not None and one.kid == kid), None)

    def revocation_records(self) -> Iterator[tuple[str, Record]]:
        """Yield the ``revocation`` records with their names in the receipt."""
        if self.revocations is not None:
            for i, one in enumerate(self.revocations.records):
                yield f"revocations.records[{i}]", one

    def named_records(self) -> Iterator[tuple[str, Record]]:
        """Yield every record with its name in the receipt."""
        yield "record", self.record
        for i, key in enumerate(self.keys):
            yield f"keys[{i}]", key
        if self.beacon is not None:
            yield "beacon", self.beacon
        if self.revocations is not None:
            for name, record, _ in self.revocations.named_proofs():
                yield name, record


@dataclass(frozen=True, slots=True)
class RevocationParts:
    """What the log says against keys, parsed; nothing of it is verified."""

    state: LogState
    """The checkpoint that covers all of it; its set of proofs is empty."""
    receipt: Revocations
    keys: tuple[Record, ...]
    records: tuple[Record, ...]

    @classmethod
    def of(cls, receipt: Revocations) -> RevocationParts:
        """Parse the records and the checkpoint.

        Raises:
            MalformedError: a part does not parse, or is of another type.
        """
        where = "revocations"
        keys = [_read_key(one.record, f"{where}.keys[{i}]") for i, one in enumerate(receipt.keys)]
        records = []
        for i, one in enumerate(receipt.records):
            record = parse_record(one.record.sd_jwt.encode(), complete=False)
            if record.type != "revocation":
                message = f"expected a revocation, got {record.type}"
                raise MalformedError(message, field=f"{where}.records[{i}]")
            records.append(record)
        proofs = ProofSet(receipt.checkpoint, (), (), None)
        return cls(LogState.of(where, proofs), receipt, tuple(keys), tuple(records))

    def named_proofs(self) -> Iterator[tuple[str, Record, Proven]]:
        """Yield every record with its name in the receipt and its proof."""
        for i, (record, proven) in enumerate(zip(self.keys, self.receipt.keys, strict=True)):
            yield f"revocations.keys[{i}]", record, proven
        for i, (record, proven) in enumerate(zip(self.records, self.receipt.records, strict=True)):
            yield f"revocations.records[{i}]", record, proven

    def bound_keys(self) -> list[BoundKey]:
        """Return the ``key`` records with their places."""
        return [
            BoundKey(record, proven.record.leaf_index)
            for record, proven in zip(self.keys, self.receipt.keys, strict=True)
        ]

    def placed(self) -> list[tuple[Record, int]]:
        """Return the ``revocation`` records with their leaf indexes."""
        return [
            (record, proven.record.leaf_index)
            for record, proven in zip(self.records, self.receipt.records, strict=True)
        ]


@lru_cache(maxsize=256)  # pure; a service meets the same key records in receipt after receipt
def _read_key(logged: LoggedRecord, field: str) -> Record:
    record = parse_record(logged.sd_jwt.encode(), complete=False)
    if record.key is None:
        raise MalformedError(f"expected a key record, got {record.type}", field=field)
    return record


@lru_cache(maxsize=64)  # pure; one beacon serves every record of its minute
def _read_beacon(sd_jwt: str) -> Record:
    record = parse_record(sd_jwt.encode(), complete=False)
    if record.type != "beacon":
        raise MalformedError(f"expected a beacon, got {record.type}", field="beacon")
    return record


@lru_cache(maxsize=64)  # pure; one checkpoint serves every record of its batch
def _read_checkpoint(text: str) -> tuple[Note, Checkpoint]:
    note = Note.parse(text)
    return note, Checkpoint.from_text(note.text)


def _check_growing(sizes: Sequence[int]) -> None:
    """Check that each anchored checkpoint is greater than the one before, so that none is twice."""
    for i, (old, new) in enumerate(pairwise(sizes), start=1):
        if new <= old:
            field = f"anchored[{i}].checkpoint"
            raise MalformedError(f"expected a tree size above {old}, got {new}", field=field)

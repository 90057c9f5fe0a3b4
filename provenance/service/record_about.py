"""What a running ledger holds about one record: how it stands, and who read its files again.

Read from the entries alone: words of closed lists, ids and digests stand in the clear, so that
no disclosure is opened for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.attribution_values import read_ruling
from provenance.errors import DamagedReceiptError, MalformedError, NotFoundError
from provenance.ledger.load_record import check_entry
from provenance.record import Record, parse_entry
from provenance.record_standing import BEARING, stand, targets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.ports import LogReader
    from provenance.record_standing import RecordStanding

__all__ = ["MOST_ABOUT", "MOST_ABOUT_A_HIT", "About", "about_record"]

MOST_ABOUT: Final = 1_000
"""Entries of each type that are read about one record."""

MOST_ABOUT_A_HIT: Final = 100
"""The same for each of the hits of a look-up, of which there may be many."""


_TYPES: Final = (*sorted(BEARING), "fixity")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, read back and checked against its tile."""

    record: Record
    leaf_index: int


@dataclass(frozen=True, slots=True)
class About:
    """What is about a record."""

    standing: RecordStanding
    complete: bool
    """False where there is more about it than is read here: a client reads the rest."""
    fixity: tuple[int, ...]
    """Leaf indexes of ``fixity`` records, oldest first."""

    def to_json(self) -> dict[str, object]:
        """Return the standing for a view of the record."""
        return self.standing.to_json() | {"complete": self.complete}


def about_record(
    record: Record, leaf_index: int, *, log: LogReader, most: int = MOST_ABOUT
) -> About:
    """Read what stands about a record, ``most`` entries at each step.

    Raises:
        DamagedReceiptError: an entry is damaged.
    """
    reading = _Reading(log, most)
    about = reading.about(record.id)
    for dispute in [one for one in about if one.record.type == "dispute"]:
        for ruling in reading.about(dispute.record.id):
            if ruling.record.type == "ruling":
                for corrected in read_ruling(ruling.record).corrects:
                    reading.about(corrected)
    return About(
        standing=stand(Placed(record, leaf_index), reading.found.values()),
        complete=reading.complete,
        fixity=tuple(reading.fixity(record.id)),
    )


class _Reading:
    """Entries, each read once, and whether there were more than are read."""

    def __init__(self, log: LogReader, most: int) -> None:
        self._log = log
        self._most = most
        self._asked: dict[bytes, list[Placed]] = {}
        self._fixity: dict[bytes, Sequence[int]] = {}
        self.found: dict[int, Placed] = {}
        self.complete = True

    def about(self, record_id: bytes) -> list[Placed]:
        """Return the entries that bear on how a record stands, oldest first.

        Each type has its own ``most``: what anybody may say any number of times hides nothing.
        """
        if record_id not in self._asked:
            found = dict(self._log.records_about(record_id, _TYPES, self._most + 1))
            self._fixity[record_id] = found.pop("fixity")
            self.complete = self.complete and max(map(len, found.values())) <= self._most
            indexes = sorted(one for some in found.values() for one in some[: self._most])
            named = [self._read(one) for one in indexes]
            self._asked[record_id] = [one for one in named if record_id in targets_of(one.record)]
        return self._asked[record_id]

    def fixity(self, record_id: bytes) -> Sequence[int]:
        """Return where those lie who read the files of a record again, once it was asked about."""
        return self._fixity[record_id]

    def _read(self, leaf_index: int) -> Placed:
        placed = self.found.get(leaf_index)
        if placed is None:
            placed = self.found[leaf_index] = Placed(self._entry(leaf_index), leaf_index)
        return placed

    def _entry(self, leaf_index: int) -> Record:
        entries = self._log.entries(leaf_index, leaf_index + 1)
        if not entries:
            raise NotFoundError(f"there is no entry {leaf_index}")
        check_entry(entries[0], leaf_index, self._log.read_tile)
        try:
            return parse_entry(entries[0])
        except MalformedError as error:
            raise DamagedReceiptError(f"entry {leaf_index} does not parse: {error}") from error

"""After a fault: open the folder without one, ask again, and let the auditor judge the files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from faults.auditor import Auditor
from faults.chain_events import ChainView
from faults.storage_forks import note_acks
from faults.strace_sweep_work import NONCE
from faults.wire import demand, entry_of, record_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from faults.journal import Journal
    from faults.storage_forks import Base, Forks, Outcome
    from faults.strace_sweep_work import Work

__all__ = ["audit_folder", "check_recovered"]


def audit_folder(folder: Path, journal: Journal, blocks: Iterable[str] | None = frozenset()) -> int:
    """I1 to I4, I7 and I8 of a folder at rest; return how many entries it has.

    Args:
        blocks: hashes of the chain's blocks, for anchored receipts; None leaves receipts out.
    """
    auditor = Auditor(folder, journal)
    auditor.read_entries(from_index=0)
    auditor.check_acknowledged()
    auditor.check_heads()
    if blocks is not None:
        auditor.check_receipts(ChainView(blocks=set(blocks)))
    auditor.check_integrity()
    return len(auditor.tree.leaves)


def check_recovered(  # noqa: PLR0917 -- as they are met: where, what, and what it said
    forks: Forks, base: Base, work: Work, folder: Path, struck: Outcome, journal: Journal
) -> int:
    """Ask for everything again; what was answered before must be answered alike.

    Returns:
        Acknowledgements noted, those of the struck job included.
    """
    compacts = [*base.compacts, *work.records]
    count = note_acks(journal, struck.said, compacts)
    if work.job == "change":
        _change_again(forks, work, folder)
    if work.job in {"bind", "follow"}:
        _check_bound(forks, work, folder, struck)
    again = forks.do(
        "examine",
        folder,
        batches=[[one.decode() for one in compacts]],
        show=[record_id(one).hex() for one in compacts],
    )
    demand(again.code == 0, "I9", f"the folder does not come up again: {again.error}")
    count += note_acks(journal, again.said, compacts)
    demand(len(again.all("ack")) == len(compacts), "I7", "not everything was acknowledged again")
    for record, line in zip(compacts, again.all("shown"), strict=True):
        _check_shown(record, line["as"].encode(), work, struck)
    if work.job == "erase":
        check_erased(forks, base, work, folder, struck)
    if work.job == "publish":
        _check_published(again, work, struck)
    return count


def _check_published(again: Outcome, work: Work, struck: Outcome) -> None:
    """A manifest is there whole or not at all; once it was acknowledged, it is there."""
    shown = [line["as"] for line in again.all("manifest") if line["manifest"] == work.asked["id"]]
    demand(shown in ([], [work.asked["manifest"]]), "I1", f"a manifest is shown as {shown}")
    demand(shown or not struck.all("published"), "I1", "a published manifest is gone")


def _check_bound(forks: Forks, work: Work, folder: Path, struck: Outcome) -> None:
    """I5, I6: one anchor, one nonce, one set of signed bytes, before and after asking again.

    What the job had said of its state is so still, or more.
    """
    last = "final" if work.job == "follow" else "sent"
    before = _anchors(folder)
    bound, sent = struck.all("bound"), struck.all("sent")
    demand(len(before) <= 1, "I5", f"bound twice: {before}")
    demand(len(before) == 1 or not bound, "I5", "a bound anchor is gone")
    demand(not sent or before[0][2] != "prepared", "I5", f"its broadcast is forgotten: {before}")
    for name, states in (("included", {"included", "final"}), ("final", {"final"})):
        kept = not struck.all(name) or before[0][2] in states
        demand(kept, "I6", f"that it is {name} is forgotten: {before}")
    again = work.do(forks, folder, None)
    demand(again.code == 0, "I9", f"cannot bind again: {again.error}")
    after = _anchors(folder)
    demand([row[2] for row in after] == [last], "I5", f"after asking again: {after}")
    demand(not before or before[0][:2] == after[0][:2], "I5", f"{before} became {after}")
    demand(after[0][3] == 1, "I5", f"signed more than once: {after}")


def _anchors(folder: Path) -> list[tuple[int, int, str, int]]:
    """Return tree size, nonce, state and number of attempts of the job's own anchors."""
    question = f"""SELECT tree_size, nonce, state,
        (SELECT count(*) FROM anchor_attempts AS a WHERE a.anchor_id = anchors.anchor_id)
        FROM anchors WHERE nonce = {NONCE:d} OR state <> 'final'"""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        return db.execute(question).fetchall()


def _change_again(forks: Forks, work: Work, folder: Path) -> None:
    """Run the operator's command again: before it, the service starts or says what to do."""
    before = forks.do("recover", folder)
    said = before.error or ""
    demand(
        before.code == 0 or said.startswith("unfinished-change"),
        "I9",
        f"half-way through a change the service says {said}",
    )
    again = work.do(forks, folder, None)
    demand(again.code == 0, "I9", f"the change cannot be finished: {again.error}")


def _check_shown(record: bytes, shown: bytes, work: Work, struck: Outcome) -> None:
    """I1: whole as it was sent, or after an erasure without any disclosure; nothing between."""
    found = record_id(record).hex()
    if found not in work.asked.get("ids", ()):
        demand(shown == record, "I1", f"record {found} is shown as {shown!r}")
        return
    bare = entry_of(record) + b"~"
    if struck.all("erased"):
        demand(shown == bare, "I1", f"record {found} was erased, and shows {shown!r}")
    demand(shown in {record, bare}, "I1", f"record {found} is half erased: {shown!r}")


def check_erased(forks: Forks, base: Base, work: Work, folder: Path, struck: Outcome) -> None:
    """An erased key is on no page of any file: after the answer, and after asking again."""
    for found in work.asked["ids"]:
        with closing(sqlite3.connect(base.folder / "keys.sqlite")) as db:
            question = "SELECT key FROM disclosure_keys WHERE record_id = ?"
            (key,) = db.execute(question, (bytes.fromhex(found),)).fetchone()
        if struck.all("erased"):
            _demand_gone(key, folder)
        again = work.do(forks, folder, None)
        demand(again.code == 0, "I9", f"cannot erase again: {again.error}")
        _demand_gone(key, folder)


def _demand_gone(key: bytes, folder: Path) -> None:
    for path in folder.glob("keys.sqlite*"):
        demand(key not in path.read_bytes(), "I1", f"an erased key is still in {path.name}")

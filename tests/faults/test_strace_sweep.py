"""A few faults in system calls on each test run; thousands are for ``scripts/faults``."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from faults.storage_audit import audit_folder
from faults.storage_forks import Forks, copy_ledger, make_base
from faults.strace_sweep import Point, points_of, run
from faults.strace_sweep_work import make_works
from faults.wire import Violation

SEED = 11
POINTS = 8

TRACE = """\
read(3<pipe:[1]>, ""..., 1) = 1
pwrite64(9</led/keys.sqlite-wal>, ""..., 32, 0) = 32
write(6<pipe:[2]>, ""..., 20) = 20
write(13</led/signer.memory.new>, ""..., 377) = 377
read(13</led/signer.memory>, ""..., 377) = 376
rename("/led/signer.memory.new", "/led/signer.memory") = 0
+++ exited with 0 +++
"""


def need_strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")


def test_calls_are_numbered_by_name_and_counted_outside_the_folder_too() -> None:
    points = points_of(TRACE, Path("/led"))

    assert [point for point in points if point.fault == "KILL"] == [
        Point("pwrite64", 1, "KILL"),
        Point("write", 2, "KILL"),
        Point("rename", 1, "KILL"),
    ]
    assert Point("read", 2, "EIO") in points
    assert not [point for point in points if point[:2] in {("write", 1), ("read", 1)}]


def test_an_injection_names_the_call_and_its_number() -> None:
    assert Point("write", 2, "KILL").injection == "inject=write:signal=KILL:when=2"
    assert Point("fsync", 1, "EIO").injection == "inject=fsync:error=EIO:when=1"


@pytest.mark.timeout(240)
def test_nothing_is_lost_to_faults_in_system_calls(campaign_folder: Path) -> None:
    need_strace()

    found = run(campaign_folder, SEED, POINTS, print)
    again = run(campaign_folder, SEED, POINTS, print)

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["points"] >= POINTS
    assert counts["pairs"] == POINTS // 4
    assert again["counts"] == counts, "a campaign that is done does nothing more"


def test_a_lost_acknowledgement_is_found(campaign_folder: Path, tmp_path: Path) -> None:
    """The control: an older copy put in the place of the ledger."""
    target = tmp_path / "target"
    with Forks() as forks:
        base = make_base(forks, campaign_folder / "founded", tmp_path / "base", seed=SEED)
        work = make_works(base, SEED)[0]
        copy_ledger(base.folder, target)
        struck = work.do(forks, target, None)
        with closing(base.journal()) as journal:
            audit_folder(target, journal)
            for line, record in zip(struck.all("ack"), work.records, strict=True):
                journal.ack(
                    record,
                    line["ack"],
                    line["receipt"].encode(),
                    is_new=True,
                    retried=False,
                    at=0,
                )
            copy_ledger(base.folder, target)

            with pytest.raises(Violation, match="I1"):
                audit_folder(target, journal)

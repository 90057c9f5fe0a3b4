"""Some crash states on each test run, the control among them; thousands are for the campaign."""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest

from faults.power_loss import run, run_control
from faults.power_loss_disk import VARIANTS, Disk, events_of
from faults.power_loss_trace import Call, read_calls, read_said

if TYPE_CHECKING:
    from pathlib import Path

SEED = 21
STATES = 28
ROOT = "/led"


def need_strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")


def call(begin: int, name: str, path: str = "", *strings: bytes, end: int = 0, at: int = 0) -> Call:
    octets = b"".join(strings)
    return Call(begin, end or begin, name, path, strings, (at,), "O_CREAT", len(octets))


def states(*calls: Call, files: dict[str, bytes] | None = None) -> list[dict[str, bytes]]:
    """Return many states that a crash after these calls may leave."""
    disk = Disk(ROOT, {"db": b"old"} if files is None else files)
    for event in events_of(calls, ROOT):
        disk.take(event)
    return [disk.crash(variant, Random(seed)) for variant in VARIANTS for seed in range(20)]


WRITE = call(1, "pwrite64", "/led/db", b"new")


def test_what_was_not_fsynced_may_be_kept_or_lost() -> None:
    assert {state["db"] for state in states(WRITE)} == {b"old", b"new"}


def test_what_was_fsynced_is_there_in_every_state() -> None:
    assert {state["db"] for state in states(WRITE, call(2, "fsync", "/led/db"))} == {b"new"}


def test_an_fsync_covers_nothing_that_returned_after_it_began() -> None:
    late = call(1, "pwrite64", "/led/db", b"new", end=3)
    sync = call(2, "fdatasync", "/led/db", end=4)

    assert {state["db"] for state in states(late, sync)} == {b"old", b"new"}


def test_an_fsync_counts_only_once_it_has_returned() -> None:
    disk = Disk(ROOT, {"db": b"old"})
    begun, ended = events_of([call(2, "fsync", "/led/db", end=9)], ROOT)

    disk.take(events_of([WRITE], ROOT)[0])
    disk.take(begun)
    assert disk.crash("lost", Random(1))["db"] == b"old"
    disk.take(ended)
    assert disk.crash("lost", Random(1))["db"] == b"new"


def test_a_rename_is_durable_after_an_fsync_of_its_folder_only() -> None:
    made = [
        call(1, "openat", "", b"/led/db.new"),
        call(2, "write", "/led/db.new", b"new"),
        call(3, "fsync", "/led/db.new"),
        call(4, "rename", "", b"/led/db.new", b"/led/db"),
    ]

    assert {state["db"] for state in states(*made)} == {b"old", b"new"}
    assert {state["db"] for state in states(*made, call(5, "fsync", "/led"))} == {b"new"}


def test_a_write_is_torn_at_blocks() -> None:
    whole = call(1, "pwrite64", "/led/db", b"n" * 1024)
    found = {state["db"] for state in states(whole, files={"db": b"o" * 1024})}

    assert found == {a * 512 + b * 512 for a in (b"o", b"n") for b in (b"o", b"n")}


def test_a_trace_is_read_across_threads(tmp_path: Path) -> None:
    path, octets = "".join(f"\\x{byte:02x}" for byte in b"/led/db"), "\\x61\\x62"
    trace = tmp_path / "trace"
    trace.write_text(
        f'7 pwrite64(3<{path}>, "{octets}", 2, 40 <unfinished ...>\n'
        f"8 fsync(4<{path}>) = 0\n"
        "7 <... pwrite64 resumed>) = 2\n"
        f"9 fsync(4<{path}>) = -1 EIO (Input/output error)\n"
    )

    sync, write = read_calls(trace)

    assert (sync.name, sync.begin) == ("fsync", 1)
    assert (write.begin, write.end, write.path) == (0, 2, "/led/db")
    assert (write.strings, write.numbers[-1], write.result) == ((b"ab",), 40, 2)


def test_an_answer_counts_once_it_is_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n"
    parts = [head + b'{"re', b'sults":', b"[]}HTTP"]
    calls = [
        Call(at, at, "writev", "socket:[5]", (part,), (), "", len(part))
        for at, part in enumerate(parts)
    ]

    assert read_said(calls[:2]) == []
    assert [said.place for said in read_said(calls)] == [2]


@pytest.mark.timeout(240)
def test_nothing_is_lost_when_the_power_goes(campaign_folder: Path) -> None:
    need_strace()

    counts = run(campaign_folder, SEED, STATES, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["states"] == STATES
    assert counts["states with something to lose"] > STATES / 2


@pytest.mark.timeout(240)
def test_the_control_without_waiting_for_the_disk_loses(campaign_folder: Path) -> None:
    need_strace()

    found = run_control(campaign_folder, SEED, STATES, print)

    assert isinstance(found["violations"], int)
    assert found["violations"] > 0, "databases with synchronous=NORMAL were not found out"

"""Record what a real service does to its disk, and what it says meanwhile, with strace.

``strace -f`` orders all system calls of all threads in one file: writes with their bytes, fsyncs,
renames, and what leaves through sockets. From it comes one list of events; a crash is a place in
that list.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faults.http import GoneError, get
from faults.journal import Journal
from faults.load import Load
from faults.processes import ORIGIN
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.wire import JSON

__all__ = ["Call", "Said", "read_calls", "read_said", "record"]

CALLS = (
    "openat,creat,write,pwrite64,writev,pwritev,fsync,fdatasync,sync_file_range,rename,renameat,"
    "renameat2,unlink,unlinkat,ftruncate,fallocate,link,linkat,mkdir,mkdirat,sendto,sendmsg"
)
START_SECONDS = 120.0
_TESTS = Path(__file__).parents[1]
_PROGRAM = Path(sys.executable).with_name("provenance")


# --- recording ------------------------------------------------------------------------------


def record(folder: Path, trace: Path, *, seed: int, seconds: float, is_normal: bool) -> None:
    """Serve ``folder`` under strace, with clients for some seconds, and stop in order.

    Args:
        is_normal: the control: the same service on databases that do not wait for the disk.
    """
    program = ["-m", "faults.power_loss_normal"] if is_normal else [str(_PROGRAM)]
    options = ["-f", "--seccomp-bpf", "-y", "-xx", "-s", str(1 << 24), "-e", f"trace={CALLS}"]
    command = ["strace", *options, "-o", str(trace), sys.executable, *program]
    command += ["serve", str(folder), "--port", "0"]
    path = os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "PYTHONPATH": path}
    (folder / "address").unlink(missing_ok=True)
    with (folder.parent / "serve.log").open("ab") as log:
        strace = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env
        )
    with strace:
        try:
            url = _wait_address(folder / "address", strace)
            _use(url, folder.parent / "journal.sqlite", seed, seconds)
        finally:
            for child in _children(strace.pid):
                os.kill(child, signal.SIGTERM)
            strace.wait(START_SECONDS)
    demand(strace.returncode == 0, "I9", f"the traced service ended with {strace.returncode}")


def _wait_address(address: Path, strace: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not address.exists():
        demand(strace.poll() is None, "I9", "the traced service ended before it was up")
        demand(time.monotonic() < deadline, "I9", "the traced service is not up")
        time.sleep(0.02)
    return address.read_text("ascii").strip()


def _children(process_id: int) -> list[int]:
    return [
        int(word)
        for task in Path(f"/proc/{process_id}/task").glob("*/children")
        for word in task.read_text("ascii").split()
    ]


def _use(url: str, journal: Path, seed: int, seconds: float) -> None:
    """Deposit and read; what is answered is found in the trace again."""
    load = Load(Journal(journal), origin=ORIGIN, seed=seed, clients=2, pause=0.05)
    load.address.set(url)
    load.start()
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            for path in ("/checkpoint", "/v1/anchors?limit=100"):
                demand(get(url, path)[0] == 200, "I9", f"no answer for {path}")
            load.check()
            time.sleep(0.3)
        load.finish(START_SECONDS)
    except GoneError as error:
        raise AssertionError("the traced service does not answer") from error
    finally:
        load.abandon()


# --- reading --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One system call that succeeded; places are lines of the trace."""

    begin: int
    end: int
    name: str
    path: str
    """Of the descriptor it is about; empty for calls that name files."""
    strings: tuple[bytes, ...]
    numbers: tuple[int, ...]
    """What follows the last string or the descriptor."""
    flags: str
    result: int


_UNFINISHED = " <unfinished ...>"
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_HEX_PATH = re.compile(r"\(\d+<([^>]*)>")
_NUMBER = re.compile(r"(?<![\w<\[])\d+(?![\w>\]])")


def read_calls(trace: Path) -> Iterator[Call]:
    """Yield the calls in the order in which they ended."""
    begun: dict[str, tuple[int, str]] = {}
    with trace.open(encoding="ascii", errors="replace") as lines:
        for place, line in enumerate(lines):
            process, _, text = line.rstrip("\n").partition(" ")
            text = text.lstrip()
            if text.endswith(_UNFINISHED):
                begun[process] = (place, text.removesuffix(_UNFINISHED))
                continue
            begin = place
            if text.startswith("<... "):
                begin, first = begun.pop(process, (place, ""))
                text = first + text.partition(" resumed>")[2]
            call = _parse(begin, place, text)
            if call is not None:
                yield call


def _parse(begin: int, end: int, text: str) -> Call | None:
    words, equals, answer = text.rpartition(" = ")
    name, parenthesis, arguments = words.partition("(")
    if not equals or not parenthesis or not answer[:1].isdigit():
        return None
    path = _HEX_PATH.match(parenthesis + arguments)
    strings = tuple(_octets(found) for found in _STRING.findall(arguments))
    rest = arguments.rpartition('"')[2] if strings else arguments[path.end() if path else 0 :]
    return Call(
        begin,
        end,
        name,
        "" if path is None else _octets(path[1]).decode("utf-8", "replace"),
        strings,
        tuple(int(found) for found in _NUMBER.findall(rest)),
        rest,
        int(answer.partition("<")[0].partition(" ")[0]),
    )


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


# --- what left ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One whole answer of the service, and the place from which on somebody has it."""

    place: int
    body: JSON | str


_SENDS = {"write", "writev", "sendto", "sendmsg"}


def read_said(calls: list[Call]) -> list[Said]:
    """Return the service's answers, in the order in which they were sent."""
    streams: dict[str, bytearray] = {}
    found = []
    for call in calls:
        if call.name not in _SENDS or not call.path.startswith("socket:"):
            continue
        stream = streams.setdefault(call.path, bytearray())
        stream += b"".join(call.strings)[: call.result]
        if not stream.startswith(b"HTTP/1."):
            stream.clear()  # a question to the node
        while (body := _take_body(stream)) is not None:
            said = _read_body(body)
            if said is not None:
                found.append(Said(call.begin, said))
    return sorted(found, key=lambda said: said.place)


def _take_body(stream: bytearray) -> bytes | None:
    head, blank, rest = bytes(stream).partition(b"\r\n\r\n")
    if not blank:
        return None
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    length = int(fields.get(b"content-length", b"0"))
    if len(rest) < length:
        return None
    del stream[: len(head) + 4 + length]
    return rest[:length]


def _read_body(body: bytes) -> JSON | str | None:
    if body.startswith(ORIGIN.encode() + b"\n"):
        return body.decode()
    if not body.startswith(b"{"):
        return None
    said: JSON = json.loads(body)
    return None if "jsonrpc" in said else said

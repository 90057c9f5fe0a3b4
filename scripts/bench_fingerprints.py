"""Fingerprints beside those who hash files too, in turns, so that all meet the same machine.

Folders lie in the page cache: what is measured is hashing, not a disk. Ours makes the whole
fingerprint, tree included; the peers only hash. Python's own start is left out for all who are
written in it, and the start of our other process is counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench_figures import Figure, middle

from provenance.files.digest_cache import DigestCache
from provenance.files.walk import fingerprint_dataset, hash_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["measure_fingerprints"]

REPO = Path(__file__).resolve().parent.parent
FORMATS = REPO / ".tools/formats/bin/python"
C = "C, OpenSSL, 2 threads"
HUGE_BYTES = 1 << 30


class Race(NamedTuple):
    """What all hash, how much it is, and which share of the yardstick's speed is the least."""

    what: str
    amount: float
    unit: str
    least: float


Peers = dict[str, "Callable[[Path], float]"]
"""Who hashes -> a function that hashes a folder and returns the seconds it took."""

BAGIT = """
import os, sys, time, bagit
os.chdir(sys.argv[1])
began = time.perf_counter()
bagit.make_manifests(sys.argv[2], 2, ["sha256"])
print(time.perf_counter() - began)
"""

DVC = """
import sys, time
from dvc_data.hashfile.build import build
from dvc_data.hashfile.db import HashFileDB
from dvc_objects.fs.local import LocalFileSystem
fs = LocalFileSystem()
began = time.perf_counter()
build(HashFileDB(fs, sys.argv[1]), sys.argv[2], fs, "md5", dry_run=True)
print(time.perf_counter() - began)
"""


def measure_fingerprints(rounds: int, files: int, most_files: int) -> list[Figure]:
    """Hash many small files, large ones and a huge one; then see what memory it takes."""
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as parent:
        room = Path(parent)
        peers = _peers(room)
        lengths = [4_096 + 61_440 * (index * 7_919 % files) // files for index in range(files)]
        small = _make_files(room / "small", lengths)
        race = Race(f"{files:,} x 4-64 KiB", files, "files/s", 0.88)
        figures = _race(race, small, peers, rounds)
        figures += _cache_figures(small, room, rounds)
        shutil.rmtree(small)
        large = _make_files(room / "large", [10 << 20] * (files // 100))
        gigabytes = (10 << 20) * (files // 100) / 1e9
        race = Race(f"{files // 100} x 10 MiB", gigabytes, "GB/s", 0.95)
        figures += _race(race, large, peers, rounds)
        shutil.rmtree(large)
        huge = _make_files(room / "huge", [HUGE_BYTES])
        figures += _huge_figures(huge, rounds)
        shutil.rmtree(huge)
        return figures + _memory_figures(room, most_files) + _import_figures(room, most_files)


def _make_files(folder: Path, lengths: list[int]) -> Path:
    for index, length in enumerate(lengths):
        path = folder / f"{index // 500:03}" / f"{index:06}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for start in range(0, length, 1 << 20):
                file.write(os.urandom(min(1 << 20, length - start)))
    return folder


# --- who hashes ---------------------------------------------------------------------------


def _peers(room: Path) -> Peers:
    """Return ours first, and every peer that this machine has."""
    peers: Peers = {"provenance": lambda folder: _timed(lambda: fingerprint_dataset(folder))}
    program = _compiled(room)
    if program is not None:
        peers[C] = partial(_run, [str(program), "2"])
    for name in ("openssl dgst -sha256 -r", "sha256sum"):
        if shutil.which(name.split()[0]) is not None:
            peers[f"{name.split()[0]} x2"] = partial(_xargs, name)
    (room / "empty").mkdir()
    for name, script, package in (("bagit-python x2", BAGIT, "bagit"), ("dvc", DVC, "dvc_data")):
        if _has(package):
            peers[name] = partial(_run_script, script, room / "empty")
    return peers


def _compiled(room: Path) -> Path | None:
    """Compile the yardstick, where there are a compiler and OpenSSL's headers."""
    program = room / "hash_threads"
    source = Path(__file__).with_name("hash_threads.c")
    command = ["gcc", "-O2", "-o", str(program), str(source), "-lcrypto", "-lpthread"]
    if shutil.which("gcc") is None:
        return None
    done = subprocess.run(command, check=False, capture_output=True)
    return program if done.returncode == 0 else None


def _has(package: str) -> bool:
    if not FORMATS.exists():
        return False
    done = subprocess.run([FORMATS, "-c", f"import {package}"], check=False, capture_output=True)
    return done.returncode == 0


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(command: list[str], folder: Path) -> float:
    whole = [*command, str(folder)]
    return _timed(lambda: subprocess.run(whole, check=True, stdout=subprocess.DEVNULL))


def _xargs(program: str, folder: Path) -> float:
    command = f"find . -type f -print0 | xargs -0 -P 2 -n 200 {program} > /dev/null"
    return _timed(
        lambda: subprocess.run(command, shell=True, cwd=folder, check=True)  # noqa: S602 -- fixed text
    )


def _run_script(script: str, empty: Path, folder: Path) -> float:
    done = subprocess.run(
        [FORMATS, "-c", script, empty, folder], check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


# --- what is measured ---------------------------------------------------------------------


def _race(race: Race, folder: Path, peers: Peers, rounds: int) -> list[Figure]:
    """Let all hash one folder, in turns; then the share of each peer's speed that we reach."""
    taken: dict[str, list[float]] = {name: [] for name in peers}
    for turn in range(rounds + 1):
        for name, hash_folder in peers.items():
            seconds = hash_folder(folder)
            if turn:  # the first one warms up
                taken[name].append(seconds)
    figures = [
        middle(f"{race.what}: {name}", [race.amount / seconds for seconds in times], race.unit)
        for name, times in taken.items()
    ]
    ours = taken.pop("provenance")
    for name, times in taken.items():
        ratios = [theirs / mine for theirs, mine in zip(times, ours, strict=True)]
        target = f">= {race.least}" if name == C else "> 1"
        figures.append(middle(f"{race.what}: our speed / {name}", ratios, "", target=target))
    return figures


def _cache_figures(folder: Path, room: Path, rounds: int) -> list[Figure]:
    """Compare a first run that fills the cache, and a second that asks it, with one without."""
    first, second = [], []
    time.sleep(2.1)  # what is younger is not remembered
    for turn in range(rounds):
        path = room / "cache" / f"{turn}.sqlite"
        plain = _timed(lambda: fingerprint_dataset(folder))
        filling = _timed(partial(_with_cache, folder, path))
        asking = _timed(partial(_with_cache, folder, path))
        first.append(filling / plain)
        second.append(asking / plain)
    return [
        middle("small files: time with an empty cache / without", first, ""),
        middle("small files: time with a full cache / without", second, ""),
    ]


def _with_cache(folder: Path, path: Path) -> None:
    with DigestCache(path) as cache:
        fingerprint_dataset(folder, cache=cache)


def _huge_figures(folder: Path, rounds: int) -> list[Figure]:
    figures = []
    plain: list[float] = []
    for turn in range(rounds + 1):
        seconds = _timed(lambda: fingerprint_dataset(folder))
        plain += [seconds] if turn else []
    figures.append(middle("one file of 1 GiB", [HUGE_BYTES / 1e9 / one for one in plain], "GB/s"))
    for algorithm, target in (("sha256-chunks", "<= 1.1"), ("blake3", ""), ("sm3", "")):
        ratios = []
        for _ in range(min(rounds, 3)):
            alone = _timed(lambda: fingerprint_dataset(folder))
            both = _timed(partial(_hash_also, folder, algorithm))
            ratios.append(both / alone)
        name = f"one file of 1 GiB: time with {algorithm} / without"
        figures.append(middle(name, ratios, "", target=target))
    return figures


def _hash_also(folder: Path, algorithm: str) -> None:
    for _ in hash_blocks(folder, algorithms=(algorithm,)):
        pass


MEMORY = """
import resource, sys, time
from pathlib import Path
from provenance.files.walk import fingerprint_dataset
began = time.perf_counter()
files = fingerprint_dataset(Path(sys.argv[1])).files
seconds = time.perf_counter() - began
(peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(files, peak.split()[1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, seconds)
"""
"""Prints the count of files; KiB here, and at most of any of our other processes; seconds."""


def _memory_figures(room: Path, most_files: int) -> list[Figure]:
    """Peak memory of a process that hashes 1,000, 10,000 ... files, 1,000 to a folder."""
    figures, made, count = [], 0, 1_000
    folder = room / "many"
    while count <= most_files:
        began = time.perf_counter()
        for number in range(made, count):
            inner = folder / f"{number // 1_000:04}"
            if number % 1_000 == 0:
                inner.mkdir(parents=True)
            (inner / f"sample_{number:07}.dat").touch()
        making, made = time.perf_counter() - began, count
        runs = [_memory_of(folder, count) for _ in range(1 if count > 100_000 else 3)]
        here, others, seconds = zip(*runs, strict=True)
        note = f"in {median(seconds):.1f} s; {making:.0f} s to make them"
        figures.append(middle(f"{count:,} empty files: peak memory", here, "MiB", note=note))
        figures.append(middle(f"{count:,} empty files: each other process", others, "MiB"))
        count *= 10
    return figures


def _memory_of(folder: Path, count: int) -> tuple[float, float, float]:
    """Return MiB of the first process and of the largest other one, and seconds."""
    command = [sys.executable, "-c", MEMORY, str(folder)]
    files, here, others, seconds = subprocess.check_output(command, text=True).split()
    if int(files) != count:
        raise RuntimeError(f"expected {count} files, got {files}")
    return int(here) / 1024, int(others) / 1024, float(seconds)


IMPORT = """
import sys, time
from pathlib import Path
from provenance.imports import read_source
began = time.perf_counter()
read_source(Path(sys.argv[1]), "sha256sums")
seconds = time.perf_counter() - began
(peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], seconds)
"""


def _import_figures(room: Path, most_files: int) -> list[Figure]:
    """Peak memory of reading a list of checksums: its entries are held, to be put in order."""
    figures = []
    for count in sorted({min(300_000, most_files), most_files}):
        path = room / "SHA256SUMS"
        with path.open("w") as file:
            for number in range(count):
                name = f"{number // 1_000:04}/sample_{number:07}.dat"
                file.write(f"{os.urandom(32).hex()}  {name}\n")
        command = [sys.executable, "-c", IMPORT, str(path)]
        peak, seconds = subprocess.check_output(command, text=True).split()
        name = f"import of {count:,} lines of SHA256SUMS: peak memory"
        figures.append(Figure(name, int(peak) / 1024, "MiB", note=f"in {float(seconds):.1f} s"))
    return figures

"""Figures of the benchmarks: what is measured, beside whom, and against which target."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Figure", "Others", "middle", "percentile", "print_figures", "repeat_us"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: the median of several rounds, with the range that they spanned."""

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    target: str = ""
    """What it should reach, as ``>= 1500``; empty where nothing was promised."""
    note: str = ""


def middle(
    name: str, values: Sequence[float], unit: str, *, target: str = "", note: str = ""
) -> Figure:
    """Make the figure of several rounds."""
    return Figure(name, median(values), unit, min(values), max(values), target, note)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def repeat_us(work: Callable[[], object], times: int, rounds: int = 5) -> list[float]:
    """Return microseconds per call of ``work``, one value for each round of ``times`` calls."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(times):
            work()
        taken.append(1e6 * (time.perf_counter() - started) / times)
    return taken


class Others:
    """How much of the machine other programs used meanwhile: the first suspect of bad figures."""

    def __init__(self, *mine: int) -> None:
        """Begin to watch; ``mine`` are process ids that count as ours, with their children."""
        self._mine = (os.getpid(), *mine)
        self._began = self._read()

    def _read(self) -> tuple[float, float, float]:
        whole = psutil.cpu_times()
        busy = sum(whole) - whole.idle - whole.iowait
        ours = 0.0
        for pid in self._mine:
            process = psutil.Process(pid)
            # this program's children are listed by themselves, or have ended and are its own
            children = process.children(recursive=True) if pid != os.getpid() else []
            for one in (process, *children):
                times = one.cpu_times()
                ours += times.user + times.system
        return time.perf_counter(), busy, ours

    def share(self) -> float:
        """Return the cores that others used on average, of ``os.cpu_count()``."""
        now = self._read()
        elapsed, busy, ours = (
            after - before for after, before in zip(now, self._began, strict=True)
        )
        return max(0.0, (busy - ours) / elapsed)


def print_figures(figures: Sequence[Figure], *, as_json: bool) -> None:
    """Print a table, or one JSON array."""
    if as_json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
        return
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        spread = "" if figure.low is None else f"[{_short(figure.low)}..{_short(figure.high or 0)}]"
        end = "  ".join(part for part in (figure.target, figure.note) if part)
        value = f"{_short(figure.value):>10} {figure.unit:<10}"
        print(f"{figure.name:<{width}} {value} {spread:<19} {end}".rstrip())


def _short(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

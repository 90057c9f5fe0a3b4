"""What campaigns found, one JSON object a line, and the tables that are made from it.

A line is one finished slice: ``campaign``, ``seed``, ``count`` (what was asked for), ``counts``
(what was reached, by name), ``seconds``, ``day``, ``machine``, ``commit``; ``codes`` tells which
error codes the ledger logged meanwhile, and ``violation`` stands only where a promise was broken.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from faults.profiles import Campaign
    from faults.wire import JSON

__all__ = [
    "DOCUMENT",
    "IN_TIME",
    "RESULTS",
    "append",
    "describe",
    "judge_times",
    "read",
    "render_codes",
    "render_table",
    "say_times",
    "total",
    "write_report",
]

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "reliability-results.jsonl"
DOCUMENT = ROOT / "docs" / "reliability.md"


IN_TIME = "within stated time"
"""A line's member: {figure: [the worst, what was stated]}; it is told, and breaks no promise."""


def judge_times(campaign: Campaign, counts: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return each stated figure of a slice, the worst beside what is stated (I9)."""
    return {
        name: [counts[name], limit] for name, limit in campaign.stated.items() if name in counts
    }


def say_times(found: Mapping[str, Sequence[float]]) -> str:
    """Say whether all stated figures were kept to, and which were not."""
    late = [f"{_short(name)} {at:g} of {most:g}" for name, (at, most) in found.items() if at > most]
    return f"no ({', '.join(late)})" if late else "yes"


def _short(name: str) -> str:
    return name.removeprefix("worst seconds: ")


def append(path: Path, line: Mapping[str, object]) -> None:
    """Add one line, durably: hours of work may lie between two."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[JSON]:
    """Return all lines; none when there is no such file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def describe(began: float) -> dict[str, object]:
    """Return what a line says of when, where and of which code; ``began`` is monotonic."""
    system, python = platform.system(), platform.python_version()
    return {
        "seconds": round(time.monotonic() - began, 1),
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": f"{os.cpu_count()} cores, {system}, Python {python}",
        "commit": _commit(),
    }


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "provenance", "api")
    return (git("rev-parse", "--short=7", "HEAD") or "unknown") + ("+" if changed else "")


# --- tables -----------------------------------------------------------------------------------


def total(lines: Iterable[JSON]) -> dict[str, int | float]:
    """Add the counts of several slices; what is called worst, longest or most is not added."""
    found: dict[str, int | float] = {}
    for line in lines:
        for name, value in line["counts"].items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if name.startswith(("worst", "longest", "most")):
                found[name] = max(found.get(name, 0), value)
            else:
                found[name] = found.get(name, 0) + value
    return {name: round(value, 2) for name, value in found.items()}


def render_table(rows: Sequence[tuple[Campaign, Sequence[JSON]]]) -> str:
    """Return Markdown: fault, target, stated times, what was reached, command and seeds."""
    text = ["| fault | target | stated time | reached | how, and when |", "| --- " * 5 + "|"]
    for campaign, lines in rows:
        reached, how = _reached(campaign, lines), _how(campaign.name, lines)
        stated = "; ".join(_stated(name, most) for name, most in campaign.stated.items()) or "-"
        text.append(f"| {campaign.fault} | {campaign.target} | {stated} | {reached} | {how} |")
    return "\n".join(text)


def _stated(name: str, most: float) -> str:
    return f"{_short(name)} <= {most:g}{'' if ' ms' in name else ' s'}"


def _reached(campaign: Campaign, lines: Sequence[JSON]) -> str:
    if not lines:
        return "not run yet"
    found = total(lines)
    # what the target counts comes first
    order = sorted(found, key=lambda name: (name != campaign.unit, name))
    said = [f"{found[name]:,} {name}" for name in order]
    if times := judge_times(campaign, found):
        said.append(f"{IN_TIME}: {say_times(times)}")
    broken = [str(line["violation"]) for line in lines if "violation" in line]
    said += [f"**broken: {text}**" for text in broken] or ["nothing broken"]
    return "; ".join(said).replace("|", "\\|")


def _how(name: str, lines: Sequence[JSON]) -> str:
    if not lines:
        return f"`scripts/faults {name}`"
    slices = " ".join(f"{line['seed']}x{line['count']}" for line in lines[:_SHOWN])
    more = "" if len(lines) <= _SHOWN else f" and {len(lines) - _SHOWN} more"
    minutes = sum(line["seconds"] for line in lines) / 60
    commits = ", ".join(sorted({line["commit"] for line in lines}))
    days = sorted({line["day"] for line in lines})
    first = lines[0]
    command = f"scripts/faults {name} --seed {first['seed']} --count {first['count']}"
    return f"`{command}`; seeds x counts {slices}{more}; {minutes:.0f} min, {days[-1]}, {commits}"


_SHOWN = 4


def render_codes(lines: Iterable[JSON]) -> str:
    """Return Markdown: which codes the ledger logged in which campaign, and how often."""
    by_code: dict[str, dict[str, int]] = {}
    for line in lines:
        for code, count in line.get("codes", {}).items():
            seen = by_code.setdefault(code, {})
            seen[line["campaign"]] = seen.get(line["campaign"], 0) + count
    text = ["| code | logged in |", "| --- | --- |"]
    for code, seen in sorted(by_code.items()):
        where = ", ".join(f"{name} ({count:,})" for name, count in sorted(seen.items()))
        text.append(f"| `{code}` | {where} |")
    return "\n".join(text)


# --- the document -----------------------------------------------------------------------------


def write_report(place: Path, campaigns: Sequence[Campaign], document: Path = DOCUMENT) -> None:
    """Put the figures of the results at ``place`` into the document, between its marks."""
    lines = read(place)
    rows = [
        (campaign, [line for line in lines if line["campaign"] == campaign.name])
        for campaign in campaigns
        if campaign.full
    ]
    text = document.read_text("utf-8")
    text = _put(text, "figures", render_table(rows))
    text = _put(text, "codes", render_codes(lines))
    document.write_text(text, "utf-8")


def _put(text: str, name: str, table: str) -> str:
    begin, end = f"<!-- {name}: scripts/faults report -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the document has no place for its {name}")
    return f"{before}{begin}\n{table}\n{end}{after}"

"""Write ``tests/vectors/records``: records good and bad, for any implementation to judge.

    .venv/bin/python scripts/make_record_vectors.py

A published vector is never changed: the test that compares the folder with what this makes is
there to notice it. New cases are added in ``tests/record_cases.py``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "tests" / "vectors" / "records"

sys.path.insert(0, str(ROOT / "tests"))

from record_cases import all_cases  # noqa: E402 -- found by the line above

if TYPE_CHECKING:
    from record_cases import Case


def vector(case: Case) -> str:
    """Write one case as JSON."""
    members: dict[str, object] = {
        "description": case.description,
        "source": "scripts/make_record_vectors.py",
        "compact": case.compact.decode("latin-1"),
        "complete": case.complete,
        "expect": case.expect,
        "field": case.field,
    }
    if case.payload is not None:
        members["payload"] = case.payload
    return json.dumps(members, ensure_ascii=False, indent=1) + "\n"


def vectors() -> dict[str, str]:
    """Return every vector by its file name."""
    return {f"{case.name}.json": vector(case) for case in all_cases()}


def main() -> int:
    """Write them all; return the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = vectors()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sums = [f"{hashlib.sha256(made[name].encode()).hexdigest()}  {name}\n" for name in sorted(made)]
    (FOLDER / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print(f"wrote {len(made)} vectors to {FOLDER}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

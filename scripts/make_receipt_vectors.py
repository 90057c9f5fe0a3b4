"""Write the golden receipts to ``tests/vectors/receipts``, with fixed keys and a fixed clock.

    .venv/bin/python scripts/make_receipt_vectors.py

The cases are in ``tests/receipt_cases.py``. A published vector never changes: when a new version
of a format comes, it gets vectors beside the old ones.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
FOLDER = TESTS / "vectors" / "receipts"

if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    import receipt_cases

    FOLDER.mkdir(parents=True, exist_ok=True)
    sums = []
    for case in receipt_cases.all_cases():
        text = receipt_cases.to_text(receipt_cases.to_vector(case))
        (FOLDER / f"{case.name}.json").write_text(text)
        sums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {case.name}.json\n")
    (FOLDER / "SHA256SUMS").write_text("".join(sorted(sums, key=lambda line: line[66:])))
    print(f"{len(sums)} vectors in {FOLDER}")

"""A program: one of several processes that write a small ledger on PostgreSQL.

python writer_process.py FOLDER LEDGER_ADDRESS KEYS_ADDRESS NAME COUNT

It prints a line of JSON for every record that was acknowledged.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from databases import Place
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record


def main() -> None:
    """Deposit ``COUNT`` records one after the other, three at a time."""
    folder, ledger_address, keys_address, name, count = sys.argv[1:]
    ledger = SmallLedger(Path(folder), place=Place(ledger_address, keys_address))
    key = key_of(name)
    writer = ledger.writer()
    writer.start()
    writer.accept([key_record(key).compact]).result(30)
    for start in range(0, int(count), 3):
        records = [deposit(key, f"{name} {number}") for number in range(start, start + 3)]
        futures = [writer.accept([one.compact]) for one in records]
        for future in futures:
            answer = accepted(future.result(30)[0])
            said = {"id": answer.record_id.hex(), "leaf_index": answer.leaf_index}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
    writer.close()
    ledger.close()


if __name__ == "__main__":
    main()

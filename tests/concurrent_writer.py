"""A program that deposits into a small ledger beside other processes that do the same.

    concurrent_writer.py FOLDER LEDGER KEYS NAME COUNT

Writes a line ``ready``, waits for one on its standard input, then deposits COUNT datasets of its
own and, in between, the same ones that every other process deposits. Each answer is a line of
JSON: record id, leaf index, whether it was new.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from databases import Place
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record

__all__: list[str] = []

_AT_ONCE = 5


def main() -> None:
    folder, ledger_address, keys_address, name, count = sys.argv[1:]
    ledger = SmallLedger(Path(folder), place=Place(ledger_address, keys_address))
    writer = ledger.writer()
    writer.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    key, shared = key_of(name), key_of("shared")
    futures = [writer.accept([key_record(key).compact, key_record(shared).compact])]
    futures[0].result(timeout=120)
    for start in range(0, int(count), _AT_ONCE):
        places = range(start, start + _AT_ONCE)
        mine = [deposit(key, f"{name} {at}", contributors=1).compact for at in places]
        # the same bytes in every process, salts too
        same = [deposit(shared, f"shared {at}").compact for at in places]
        futures.append(writer.accept(mine + same))
        if len(futures) > 3:
            futures[-3].result(timeout=120)
    for future in futures:
        for answer in map(accepted, future.result(timeout=120)):
            line = json.dumps([answer.record_id.hex(), answer.leaf_index, answer.is_new])
            sys.stdout.write(line + "\n")
    writer.close()
    ledger.close()


if __name__ == "__main__":
    main()

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
from typing import TYPE_CHECKING

from databases import Place
from small_ledger import SmallLedger, accepted, deposit, key_of, key_record

if TYPE_CHECKING:
    from concurrent.futures import Future

    from provenance.service.writer import Answer

__all__: list[str] = []

_AT_ONCE = 5


def _tell(future: Future[list[Answer]]) -> None:
    """Wait for the answers of one request, and pass them on at once."""
    for answer in map(accepted, future.result(timeout=120)):
        line = json.dumps([answer.record_id.hex(), answer.leaf_index, answer.is_new])
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


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
    futures[0].result(timeout=120)  # a key is known once it is in the log
    for start in range(0, int(count), _AT_ONCE):
        places = range(start, start + _AT_ONCE)
        mine = [deposit(key, f"{name} {at}", contributors=1).compact for at in places]
        # the same bytes in every process, salts too
        same = [deposit(shared, f"shared {at}").compact for at in places]
        futures.append(writer.accept(mine + same))
        while len(futures) > 3:
            _tell(futures.pop(0))
    for future in futures:
        _tell(future)
    writer.close()
    ledger.close()


if __name__ == "__main__":
    main()

"""A depositor who publishes a manifest by several requests at once: on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from small_ledger import accepted, deposit_of_files, key_of, key_record

from provenance.digests import sha256
from provenance.fingerprint import FileEntry, write_manifest

if TYPE_CHECKING:
    from small_ledger import SmallLedger

ALICE = key_of("alice")
FILES = [FileEntry(f"{at:02}.csv", sha256(b"%d" % at), 1) for at in range(50)]


def test_a_manifest_published_by_many_at_once_is_published(either: SmallLedger) -> None:
    writer = either.writer()
    writer.start()
    filed = deposit_of_files(ALICE, FILES)
    answers = writer.accept([key_record(ALICE).compact, filed.compact]).result(timeout=20)
    writer.close()
    index = accepted(answers[1]).leaf_index
    manifest = write_manifest(FILES)
    failed: list[Exception] = []

    def publish() -> None:
        try:
            for _ in range(10):
                either.store.store_manifest(index, [manifest], [one.sha256 for one in FILES])
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is shown below
            failed.append(error)

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert either.store.manifest(index) == manifest
    assert len(either.store.file_digests(index)) == len(FILES)

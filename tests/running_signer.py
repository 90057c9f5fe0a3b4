"""A signer process's server in a thread of the test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance.service.signer_process import SignerServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.service.settings import LedgerFolder


@contextmanager
def serving_signer(folder: LedgerFolder, port: int = 0) -> Iterator[SignerServer]:
    """Run the signer of a folder; port 0 takes a free one."""
    server = SignerServer(folder, port=port)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:  # else a test that fails would keep the whole run from ending
        server.stop()
        thread.join(20)
    assert not thread.is_alive()

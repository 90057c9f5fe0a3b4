"""A program: serve a ledger folder as ``provenance serve`` does, with a shorter patience.

python serve_for_tests.py FOLDER BODY_SECONDS
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from provenance_api.app import create_app
from provenance_api.server import free_port, serve

from provenance.cli.log_format import JSONLines
from provenance.files.atomic import write_bytes
from provenance.service.ledger import Ledger
from provenance.service.settings import LedgerFolder


async def _run(ledger: Ledger, body_seconds: float) -> None:
    port = free_port("127.0.0.1")

    def on_ready() -> None:
        write_bytes(ledger.folder.address, b"http://127.0.0.1:%d" % port)

    app = create_app(ledger, body_seconds=body_seconds)
    await serve(app, host="127.0.0.1", port=port, on_ready=on_ready, stop=asyncio.Event())


def main() -> None:
    """Serve until SIGTERM."""
    handler = logging.StreamHandler()
    handler.setFormatter(JSONLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("provenance").setLevel(logging.DEBUG)
    ledger = Ledger(LedgerFolder(Path(sys.argv[1])))
    ledger.start()
    try:
        asyncio.run(_run(ledger, float(sys.argv[2])))
    finally:
        ledger.stop()


if __name__ == "__main__":
    main()

"""A program: serve a ledger with a story in it, to look at its page by hand.

python tests/page/serve_page.py
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from visited_site import serving_site


def main() -> None:
    """Serve until SIGINT or SIGTERM; the first line printed is JSON: address, folder, records."""
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, lambda *_: sys.exit(0))
    with (
        tempfile.TemporaryDirectory(prefix="page-") as folder,
        serving_site(Path(folder)) as site,
    ):
        story = {"url": site.url, "folder": folder, "records": site.records}
        sys.stdout.write(json.dumps(story) + "\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()

"""The verifier finds in a browser what it finds in Node: the same vectors, in little time."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

REPO = Path(__file__).parents[2]
PUBLISHED = Path(os.environ.get("PROVENANCE_VECTORS", REPO.parent / "shared" / "vectors"))
SUITES = (
    *("receipts", "records", "anchor", "event", "history", "header", "sdjwt"),
    *("rfc6962-merkle", "jsontestsuite/test_parsing", "eip1186-proofs"),
    *("wycheproof/ed25519_test.json", "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"),
    "sunlight-mirror-log/mirror-and-cosignatures.json",
)
MOST_MILLISECONDS = 300
"""That verifying a receipt may take, once the page is loaded."""

RUN = """
async (name) => {
  const { SUITES } = await import("/tests/web/core_vectors.js");
  const load = async (folder) => {
    const answer = await fetch(`/folder/${folder}`);
    if (!answer.ok) return null;
    const octets = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    return (await answer.json()).map(([file, text]) => [file, octets(text)]);
  };
  return SUITES[name](load);
}
"""

TIME = """
async ([receipt, policy, block]) => {
  const { verifyReceipt } = await import("/api/web/core/verify.js");
  const octets = (text) => new TextEncoder().encode(text);
  const given = { now: 0, blocks: [{ hash: block }] };
  const began = performance.now();
  const verdict = await verifyReceipt(octets(receipt), octets(policy), given);
  return [performance.now() - began, verdict.exit_code];
}
"""


class Files(http.server.SimpleHTTPRequestHandler):
    """The repository's files, and at ``/folder/...`` all vectors of a folder at once."""

    extensions_map = {  # noqa: RUF012 -- as the base class has it
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
    }

    def do_GET(self) -> None:
        """Answer one request."""
        if not self.path.startswith("/folder/"):
            super().do_GET()
            return
        place, _, rest = unquote(self.path.removeprefix("/folder/")).partition("/")
        root = PUBLISHED / rest if place == "published" else REPO / place / rest
        if not root.is_dir():
            self.send_error(404)
            return
        files = sorted(path for path in root.rglob("*") if path.is_file())
        listed = [
            [path.relative_to(root).as_posix(), base64.b64encode(path.read_bytes()).decode()]
            for path in files
        ]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(listed).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def bare_page(chromium: Browser) -> Iterator[Page]:
    """A page without anything on it, from a server that has the core's files."""
    handler = functools.partial(Files, directory=REPO)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = chromium.new_page(base_url=f"http://127.0.0.1:{server.server_address[1]}")
        try:
            page.goto("/tests/web/core_vectors.js")
            yield page
        finally:
            page.close()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", SUITES)
def test_vectors_are_judged_alike_in_the_browser(bare_page: Page, name: str) -> None:
    result = bare_page.evaluate(RUN, name)
    if result is None:
        pytest.skip(f"published vectors are absent: {PUBLISHED} (set PROVENANCE_VECTORS)")

    assert result["wrong"] == []
    assert result["checked"]


def test_a_receipt_is_verified_at_once(bare_page: Page) -> None:
    vector = json.loads((REPO / "tests/vectors/receipts/complete-by-hash.json").read_text())
    given = [vector["receipt"], vector["policy"], vector["given"]["block_hashes"][0]]

    first = bare_page.evaluate(TIME, given)
    again = bare_page.evaluate(TIME, given)

    assert (first[1], again[1]) == (0, 0)
    assert again[0] < MOST_MILLISECONDS, (first, again)

"""Files hashed by the page's own modules in Chromium, under the Content-Security-Policy it has.

The files lie in the page cache. A long one is of zeros and takes no room on the disk: SHA-256 is
as fast over them as over anything else.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import psutil
from bench_figures import Figure, Others, middle
from playwright.sync_api import sync_playwright
from provenance_api.security import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

__all__ = ["measure_page"]

WEB = Path(__file__).resolve().parent.parent / "api" / "web"
LONG_BYTES = 2_000_000_000
SMALL_BYTES = 4_096

_PAGE = b"""<!doctype html><title>bench</title>
<input type="file" id="file"><input type="file" id="folder" webkitdirectory>"""
_HASH = """async (id) => {
  const { hashFiles, pickedFiles } = await import("/web/hashing.js");
  const { ManifestBuilder } = await import("/web/core/manifest.js");
  const began = performance.now();
  const builder = new ManifestBuilder();
  const picked = pickedFiles(document.getElementById(id).files);
  for (const entry of await hashFiles(picked, { onProgress() {} })) builder.add(entry);
  builder.finish();
  return (performance.now() - began) / 1000;
}"""


class _Handler(BaseHTTPRequestHandler):
    """Serves ``api/web`` below ``/web/``, and a page with two inputs."""

    kinds: ClassVar = {".js": "text/javascript"}

    def do_GET(self) -> None:
        """Answer with a file, or with the page."""
        place = WEB / self.path.removeprefix("/web/")
        body = place.read_bytes() if self.path.startswith("/web/") else _PAGE
        self.send_response(200)
        self.send_header("content-type", self.kinds.get(place.suffix, "text/html"))
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _opened() -> Iterator[Page]:
    program = shutil.which("chromium")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        browser.close()
    server.shutdown()


class _Memory:
    """The most memory that the browser's processes had together, above what they began with."""

    def __init__(self) -> None:
        self._began = self.most = _browser_bytes()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.most = max(self.most, _browser_bytes())

    def grown_mib(self) -> float:
        """Stop watching, and return MiB."""
        self._ended.set()
        self._thread.join()
        return (self.most - self._began) / 2**20


def _browser_bytes() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_info().rss if "chrom" in process.name() else 0
        except psutil.NoSuchProcess:
            continue
    return total


def measure_page(rounds: int, files: int) -> list[Figure]:
    """Hash a file of 2 GB, and ``files`` of 4 KiB."""
    others = Others()
    with tempfile.TemporaryDirectory() as scratch, _opened() as page:
        long = Path(scratch) / "long.bin"
        with long.open("wb") as file:
            file.truncate(LONG_BYTES)
        page.set_input_files("#file", long)
        memory = _Memory()
        took = [page.evaluate(_HASH, "file") for _ in range(rounds)]
        grown = memory.grown_mib()
        folder = _small_files(Path(scratch) / "small", files)
        page.set_input_files("#folder", folder)
        each = [files / page.evaluate(_HASH, "folder") for _ in range(rounds)]
    speeds = [LONG_BYTES / 1e6 / seconds for seconds in took]
    note = f"cores used by others: {others.share():.2f}"
    return [
        middle("page: a file of 2 GB in Chromium", speeds, "MB/s", target=">= 180", note=note),
        Figure("page: memory above before, meanwhile", grown, "MiB", target="flat"),
        middle(f"page: {files:,} files of 4 KiB in Chromium", each, "files/s"),
    ]


def _small_files(folder: Path, count: int) -> Path:
    began = time.time_ns()
    for number in range(count):
        place = folder / f"{number % 100:02}" / f"{number}.bin"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((began + number).to_bytes(16, "big") * (SMALL_BYTES // 16))
    return folder

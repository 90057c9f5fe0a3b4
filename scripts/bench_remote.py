"""Datasets behind URLs and on a cluster, beside the same bytes on this machine.

Servers and workers are processes of their own on the loopback interface, so they share the
processors with what is measured; what a network adds is only played, by a server that sends no
faster than so much over each connection.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from bench_figures import Figure, middle

from provenance.files.walk import hash_blocks
from provenance.remote.dask_engine import hash_with_dask
from provenance.remote.hash_url import hash_files, hash_url
from provenance.remote.location import open_location
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provenance.files.blocks import Block

__all__ = ["measure_remote"]

Ways: TypeAlias = "Mapping[str, Callable[[], bytes]]"
"""Who hashes -> what hashes all, and returns the digests one after the other."""

LONG_FILES = ((256 << 20, 0), (64 << 20, 40_000_000))
"""Bytes, and bytes a second over each connection: no limit, and what one stream may bring."""

OBJECTS = 400
OBJECT_BYTES = 256 << 10

WEB_SERVER = """
import http.server, os, re, sys, time
path, rate = sys.argv[1], int(sys.argv[2])

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if "list-type=2" in self.path:  # of S3: what is below the object, which is nothing
            text = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        with open(path, "rb") as file:
            length = os.fstat(file.fileno()).st_size
            asked = re.fullmatch(r"bytes=(\\d+)-(\\d*)", self.headers.get("Range", ""))
            start = int(asked[1]) if asked else 0
            stop = min(int(asked[2] or length) + 1, length) if asked else length
            self.send_response(206 if asked else 200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(stop - start))
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{length}")
            self.end_headers()
            stop = start if self.command == "HEAD" else stop
            began, first = time.monotonic(), start
            while start < stop:
                most = min(stop - start, 1 << 16 if rate else 1 << 22)
                start += os.sendfile(self.connection.fileno(), file.fileno(), start, most)
                if rate:
                    time.sleep(max(0, (start - first) / rate - (time.monotonic() - began)))
    do_HEAD = do_GET
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
"""

S3_SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(86_400)
"""


def measure_remote(rounds: int) -> list[Figure]:
    """Measure HTTP in ranges and as one stream, S3 and dask, each beside its yardstick."""
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as parent:
        room = Path(parent)
        return [
            *_web_figures(room, rounds),
            *_object_figures(room, rounds),
            *_cluster_figures(room, rounds),
        ]


def _write(path: Path, length: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for start in range(0, length, 1 << 20):
            file.write(os.urandom(min(1 << 20, length - start)))
    return path


def _here(path: Path) -> bytes:
    return _digests(hash_blocks(path))


def _behind(url: Url) -> bytes:
    return _digests(hash_url(url))


def _on_cluster(path: Path, scheduler: str) -> bytes:
    return _digests(hash_with_dask(path, scheduler))


def _digests(blocks: Iterable[Block]) -> bytes:
    return b"".join(block.sha256 for block in blocks)


def _compare(what: str, amount: float, unit: str, ways: Ways, rounds: int) -> list[Figure]:
    """Let each way hash the same in turns; the first is the one that the others are held to.

    Raises:
        RuntimeError: they do not come to the same.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    results = set()
    for turn in range(rounds + 1):
        for name, work in ways.items():
            began = time.perf_counter()
            results.add(work())
            if turn:  # the first one warms up
                taken[name].append(time.perf_counter() - began)
    if len(results) != 1:
        raise RuntimeError(f"{what}: {len(results)} different results")
    figures = [
        middle(f"{what}: {name}", [amount / seconds for seconds in times], unit)
        for name, times in taken.items()
    ]
    first, *others = taken
    for name in others:
        pairs = zip(taken[first], taken[name], strict=True)
        ratios = [theirs / ours for ours, theirs in pairs]
        figures.append(middle(f"{what}: speed, {first} / {name}", ratios, ""))
    return figures


@contextlib.contextmanager
def _serving(program: str, *arguments: str) -> Iterator[int]:
    """Run a server in a process of its own; yield its port."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            yield int(server.stdout.readline()) if server.stdout else 0
        finally:
            server.terminate()


# --- HTTP ---------------------------------------------------------------------------------


def _web_figures(room: Path, rounds: int) -> list[Figure]:
    figures = []
    for length, rate in LONG_FILES:
        path = _write(room / "web" / f"{length}.bin", length)
        with _serving(WEB_SERVER, str(path), str(rate)) as port:
            url = Url(f"http://127.0.0.1:{port}/data.bin")
            ways: Ways = {
                "in ranges": partial(_behind, url),
                "one stream": partial(_one_stream, url),
                "local file": partial(_here, path),
            }
            what = f"HTTP, {length >> 20} MiB{_limit(rate)}"
            figures += _compare(what, length / 1e9, "GB/s", ways, rounds)
    return figures


def _limit(rate: int) -> str:
    return f", {rate / 1e6:.0f} MB/s a connection" if rate else ""


def _one_stream(url: Url) -> bytes:
    """Hash a file as one answer, as of a server that knows no ranges."""
    location = open_location(url)
    try:
        (file,) = location.files([])  # type: ignore[arg-type]  # nothing is noted here
        ((_, row),) = hash_files(location, [file._replace(is_stream=True)], (), lambda _: None)
        return row.sha256
    finally:
        location.close()


# --- S3 -----------------------------------------------------------------------------------


def _object_figures(room: Path, rounds: int) -> list[Figure]:
    return _few_figures(room, rounds) + _many_figures(room, rounds)


def _few_figures(room: Path, rounds: int) -> list[Figure]:
    """Measure one long object, not of moto, which would be what is slow."""
    figures = []
    for length, rate in LONG_FILES:
        path = _write(room / "long" / f"{length}.bin", length)
        with _serving(WEB_SERVER, str(path), str(rate)) as port, _settings(port):
            ways: Ways = {
                "ours": partial(_behind, Url("s3://data-bucket/data.bin")),
                "boto3, one stream": partial(_hash_object, _client(), "data.bin"),
                "local file": partial(_here, path),
            }
            what = f"S3, {length >> 20} MiB{_limit(rate)}"
            figures += _compare(what, length / 1e9, "GB/s", ways, rounds)
    return figures


def _many_figures(room: Path, rounds: int) -> list[Figure]:
    """Measure many objects of moto, which does about all of the work."""
    folder = room / "objects"
    for number in range(OBJECTS):
        _write(folder / f"{number:04}", OBJECT_BYTES)
    with _serving(S3_SERVER) as port, _settings(port):
        client = _upload(folder)
        ways: Ways = {
            "ours": partial(_behind, Url("s3://data-bucket/")),
            "boto3, one after the other": partial(_one_by_one, client),
            "local folder": partial(_here, folder),
        }
        what = f"S3 of moto, {OBJECTS} x {OBJECT_BYTES >> 10} KiB"
        return _compare(what, OBJECTS * OBJECT_BYTES / 1e6, "MB/s", ways, rounds)


@contextlib.contextmanager
def _settings(port: int) -> Iterator[None]:
    ours = {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _upload(folder: Path) -> Any:  # noqa: ANN401 -- as below
    client = _client()
    client.create_bucket(Bucket="data-bucket")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = str(path.relative_to(folder))
        client.put_object(Bucket="data-bucket", Key=key, Body=path.read_bytes())
    return client


def _client() -> Any:  # noqa: ANN401 -- boto3 makes its classes as it runs
    import boto3  # noqa: PLC0415 -- nothing else needs it

    return boto3.client("s3")


def _one_by_one(client: Any) -> bytes:  # noqa: ANN401 -- as above
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="data-bucket")
    return b"".join(_hash_object(client, one["Key"]) for page in pages for one in page["Contents"])


def _hash_object(client: Any, key: str) -> bytes:  # noqa: ANN401 -- as above
    digest = hashlib.sha256()
    for octets in client.get_object(Bucket="data-bucket", Key=key)["Body"].iter_chunks(1 << 20):
        digest.update(octets)
    return digest.digest()


# --- dask ---------------------------------------------------------------------------------


def _cluster_figures(room: Path, rounds: int) -> list[Figure]:
    import distributed  # noqa: PLC0415 -- it takes a second

    for number in range(10 * OBJECTS):
        _write(room / "many" / f"{number // 500}" / f"{number:04}", 32 << 10)
    for number in range(32):
        _write(room / "large" / f"{number:04}", 16 << 20)
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
    )
    figures = []
    with cluster:
        address = cluster.scheduler_address
        for part, octets in (("many", 10 * OBJECTS * (32 << 10)), ("large", 512 << 20)):
            ways: Ways = {
                "2 workers": partial(_on_cluster, room / part, address),
                "local engine": partial(_here, room / part),
            }
            figures += _compare(f"dask, {part}", octets / 1e9, "GB/s", ways, rounds)
    return figures

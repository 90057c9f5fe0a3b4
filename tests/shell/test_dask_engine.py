"""Hashing by a real dask cluster on the loopback interface, also while its workers are killed."""

from __future__ import annotations

import os
import random
import signal
import warnings
from typing import TYPE_CHECKING

import pytest
from remote_servers import Web, web_server

from provenance.errors import (
    ClusterMismatchError,
    EmptyDatasetError,
    MalformedError,
    UnavailableError,
    UnusableDatasetError,
)
from provenance.files.manifest_file import write_blocks
from provenance.files.tree import SYMLINK
from provenance.files.walk import hash_blocks
from provenance.remote import cluster_tasks, dask_engine
from provenance.remote.dask_engine import hash_with_dask
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from distributed import LocalCluster

pytestmark = pytest.mark.filterwarnings("default")  # dask warns of its own doings


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers, each with a nanny that starts it again when it dies."""
    import distributed  # noqa: PLC0415 -- it takes a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        )
        yield cluster
        cluster.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data, some = tmp_path / "data", random.Random(5)
    for folder in ("a", "a/数据", "b\u0301", "z"):  # one is not NFC on the disk
        (data / folder).mkdir(parents=True)
        for number in range(70):
            (data / folder / f"e\u0301 {number}.bin").write_bytes(some.randbytes(number))
    (data / "long.bin").write_bytes(some.randbytes(3 << 20))
    (data / "a-b").write_bytes(b"")
    return data


def manifests(
    data: Path, cluster: LocalCluster, to: Path, algorithms: tuple[str, ...] = ()
) -> list[bytes]:
    write_blocks(to / "here.jsonl", hash_blocks(data, algorithms=algorithms), algorithms)
    there = hash_with_dask(data, cluster.scheduler_address, algorithms=algorithms)
    write_blocks(to / "there.jsonl", there, algorithms)
    return [(to / name).read_bytes() for name in ("here.jsonl", "there.jsonl")]


def test_cluster_gives_the_manifest_of_the_local_engine(
    cluster: LocalCluster, data: Path, tmp_path: Path
) -> None:
    here, there = manifests(data, cluster, tmp_path, ("blake3", "sha256-chunks"))

    assert here == there
    for side in ("blake3", "chunks"):
        one, other = (tmp_path / f"{name}.{side}.jsonl" for name in ("here", "there"))
        assert one.read_bytes() == other.read_bytes()


def test_killed_worker_changes_nothing(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number in range(300):
        (data / f"{number}.bin").write_bytes(random.Random(number).randbytes(200_000))
    monkeypatch.setattr(dask_engine, "MOST_FILES", 4)  # many batches, so that some are cut short
    killed: list[int] = []

    def kill(files: int, _: int) -> None:
        pids = [worker.process.pid for worker in cluster.workers.values() if worker.process]
        if files > 100 and not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    blocks = hash_with_dask(data, cluster.scheduler_address, on_progress=kill)
    write_blocks(tmp_path / "there.jsonl", blocks)
    write_blocks(tmp_path / "here.jsonl", hash_blocks(data))

    assert len(killed) == 1
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_problems_are_those_of_the_local_engine(cluster: LocalCluster, data: Path) -> None:
    (data / "link").symlink_to("/etc/passwd")
    (data / "Z").mkdir()
    with pytest.raises(UnusableDatasetError) as here:
        list(hash_blocks(data))

    with pytest.raises(UnusableDatasetError) as there:
        list(hash_with_dask(data, cluster.scheduler_address))

    assert there.value.problems == here.value.problems
    assert ("link", SYMLINK, "") in there.value.problems


def test_file_that_changes_after_the_walk_is_named(data: Path) -> None:
    seen = (data / "long.bin").stat()
    expected = cluster_tasks.Expected(b"long.bin", seen.st_size, seen.st_mtime_ns - 1)
    batch = cluster_tasks.LocalBatch(str(data), "", (expected,), ())

    (row,) = cluster_tasks.hash_batch(batch)

    assert "changed" in row.wrong


def test_one_file_and_no_file(cluster: LocalCluster, data: Path, tmp_path: Path) -> None:
    here, there = manifests(data / "long.bin", cluster, tmp_path)
    assert here == there

    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyDatasetError):
        list(hash_with_dask(tmp_path / "empty", cluster.scheduler_address))


def test_url_is_read_by_the_workers(cluster: LocalCluster) -> None:
    content = random.Random(1).randbytes(100_000)
    with web_server(Web(content)) as web:
        url = Url(f"{web.url}/data.bin")
        blocks = hash_with_dask(url, cluster.scheduler_address)
        entries = [entry for block in blocks for entry in block.entries()]

    assert [(entry.path, entry.length) for entry in entries] == [("data.bin", 100_000)]


def test_another_version_on_the_workers_is_told(
    cluster: LocalCluster, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_tasks, "version", lambda _: "0.0.1")  # of this side only

    with pytest.raises(ClusterMismatchError, match=r"expected provenance-ledger 0\.0\.1"):
        list(hash_with_dask(data, cluster.scheduler_address))


def test_address_is_looked_at_before_anybody_is_asked(data: Path) -> None:
    with pytest.raises(MalformedError, match="--scheduler"):
        list(hash_with_dask(data, "nonsense"))


def test_nobody_at_the_address(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 1)

    with pytest.raises(UnavailableError, match="--scheduler"):
        list(hash_with_dask(data, "tcp://127.0.0.1:9"))

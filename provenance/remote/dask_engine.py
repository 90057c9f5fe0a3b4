"""Hash a dataset with the workers of a dask.distributed cluster.

One walk here parts the files into batches; dask alone decides which worker hashes which, and
gives the batches of a worker that dies to others. Results come as they come and are put in order
here, so the manifest is the same byte for byte as without a cluster.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from provenance.errors import (
    ClusterMismatchError,
    MalformedError,
    ProvenanceError,
    UnavailableError,
)
from provenance.files.tree import NOT_READABLE, walk_tree
from provenance.remote.cluster_tasks import Expected, LocalBatch, UrlBatch, hash_batch, versions
from provenance.remote.location import missing, open_location
from provenance.remote.rows import Run, in_manifest_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from distributed import Client

    from provenance.files.blocks import Block
    from provenance.files.tree import Found, Problem, Problems
    from provenance.remote.rows import Row
    from provenance.remote.url import Url

    Batch: TypeAlias = LocalBatch | UrlBatch

__all__ = ["hash_with_dask"]

_F = TypeVar("_F")
_ADDRESS = re.compile(r"(?:[a-z]+://)?[^\s/]+:[0-9]{1,5}")

BYTES_IN_BATCH = 64 << 20
MOST_FILES = 256
"""A batch is some tens of milliseconds of work, dask's own cost a few."""

BATCHES_A_THREAD = 4
"""Under way for each thread of the cluster, or done and waiting for one before them."""

FEWEST_BATCHES = 16
CONNECT_SECONDS = 20


def hash_with_dask(
    place: Path | Url,
    scheduler: str,
    *,
    algorithms: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
) -> Iterator[Block]:
    """Yield the files of a folder or URL as ``files.walk.hash_blocks`` does.

    Only when the iteration ends without an error are they those of the dataset.

    Args:
        place: what every worker sees under the same path or URL.
        scheduler: address of dask's scheduler, as ``tcp://10.0.0.1:8786``; what it sends is
            believed, so it must be one's own.

    Raises:
        UnusableDatasetError: at the end, with every problem met.
        EmptyDatasetError: there is no file.
        MalformedError: no address of a scheduler.
        ClusterMismatchError: the workers run other versions.
        UnavailableError: the scheduler does not answer, or the workers keep dying.
        DriverMissingError: dask is not installed.
    """
    run = Run(on_progress, on_problem)
    with _connected(scheduler) as client:
        batches = _batches(place, tuple(algorithms), run.problems)
        for paths, rows in _hashed(client, batches):
            run.tell(sum(row.length for row in rows))
            block = run.block(paths, rows)
            if block is not None:
                yield block
    run.finish(place)


# --- the cluster --------------------------------------------------------------------------


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        # imported here: it takes a second, and only who asks for a cluster waits for it
        from distributed import Client  # noqa: PLC0415
    except ImportError as error:
        raise missing("distributed", "cluster") from error
    if _ADDRESS.fullmatch(scheduler) is None:
        raise MalformedError(
            f"expected an address as tcp://10.0.0.1:8786, got {scheduler!a:.80}",
            field="--scheduler",
        )
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UnavailableError(f"{scheduler}: {error}", field="--scheduler") from error
    try:
        _check_versions(client)
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)


def _check_versions(client: Client) -> None:
    try:
        client.get_versions(check=True)
        told: dict[str, tuple[str, str]] = client.run(versions)
    except ValueError as error:  # dask's own packages, or Python, differ
        raise ClusterMismatchError(str(error)[:1_000]) from error
    except ImportError as error:
        raise ClusterMismatchError(f"a worker cannot import what it should run: {error}") from error
    except OSError as error:
        raise UnavailableError(f"the cluster does not answer: {error}") from error
    if not told:
        raise UnavailableError("the cluster has no workers", field="--scheduler")
    for worker, others in sorted(told.items()):
        if tuple(others) != versions():
            raise ClusterMismatchError(
                f"{worker}: expected {' with '.join(versions())}, got {' with '.join(others)}"
            )


@dataclass(slots=True)
class _UnderWay:
    """Batches that were submitted: their paths, and the rows of those that are done."""

    paths: dict[int, list[str]] = field(default_factory=dict)
    rows: dict[int, list[Row]] = field(default_factory=dict)
    numbers: dict[Any, int] = field(default_factory=dict)
    submitted: int = 0
    taken: int = 0

    def in_order(self) -> Iterator[tuple[list[str], list[Row]]]:
        while self.taken in self.rows:
            yield self.paths.pop(self.taken), self.rows.pop(self.taken)
            self.taken += 1


def _hashed(
    client: Client, batches: Iterator[tuple[list[str], Batch]]
) -> Iterator[tuple[list[str], list[Row]]]:
    """Yield paths and rows of each batch, in order."""
    from distributed import as_completed  # noqa: PLC0415 -- as above

    threads = sum(client.nthreads().values())
    most = max(FEWEST_BATCHES, BATCHES_A_THREAD * threads)
    under_way = _UnderWay()
    # with their results, which would otherwise be fetched one after the other
    done = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def submit() -> None:
        room = most - (under_way.submitted - under_way.taken)
        for paths, batch in islice(batches, max(0, room)):
            future = client.submit(hash_batch, batch, pure=False)
            under_way.numbers[future.key] = under_way.submitted
            under_way.paths[under_way.submitted] = paths
            under_way.submitted += 1
            done.add(future)

    try:
        submit()
        for future, rows in done:
            if future.status != "finished":
                _fail(future)
            under_way.rows[under_way.numbers.pop(future.key)] = rows
            yield from under_way.in_order()
            submit()
    finally:
        client.cancel(list(done.futures))


def _fail(future: Any) -> None:  # noqa: ANN401 -- distributed's Future is not typed
    """Raise what a worker raised, or what became of it."""
    try:
        future.result()
    except ProvenanceError:
        raise
    except ImportError as error:
        raise ClusterMismatchError(f"a worker cannot import what it should run: {error}") from error
    except Exception as error:
        raise UnavailableError(f"the cluster gave up: {error}"[:1_000]) from error


# --- batches ------------------------------------------------------------------------------


def _batches(
    place: Path | Url, algorithms: tuple[str, ...], problems: Problems
) -> Iterator[tuple[list[str], Batch]]:
    """Yield manifest paths and batch, in the order of the manifest."""
    if isinstance(place, Path):
        root = place.absolute()
        is_file = not root.is_dir()
        folder = str(root.parent if is_file else root)
        for found in walk_tree(root, problems):
            yield from _local_batches(folder, found, algorithms, problems)
        return
    location = open_location(place)
    try:
        files = in_manifest_order(location.files(problems), problems)
    finally:
        location.close()
    for some in _parted((file.length or 0, file) for file in files):
        yield [file.path for file in some], UrlBatch(place, tuple(some), algorithms)


def _local_batches(
    folder: str, found: Found, algorithms: tuple[str, ...], problems: Problems
) -> Iterator[tuple[list[str], Batch]]:
    seen = ((name, _expected(found, name, problems)) for name in found.names)
    files = ((file.length, (name, file)) for name, file in seen if file is not None)
    for some in _parted(files):
        paths = [found.prefix + name for name, _ in some]
        expected = tuple(file for _, file in some)
        yield paths, LocalBatch(folder, found.prefix, expected, algorithms)


def _expected(found: Found, name: str, problems: Problems) -> Expected | None:
    on_disk = found.on_disk.get(name, name.encode())
    try:
        seen = os.stat(on_disk, dir_fd=found.folder.descriptor, follow_symlinks=False)
    except OSError as error:
        problems.add(found.prefix + name, NOT_READABLE, error.strerror or "")
        return None
    return Expected(on_disk, seen.st_size, seen.st_mtime_ns)


def _parted(files: Iterable[tuple[int, _F]]) -> Iterator[list[_F]]:
    """Part files, given with their lengths in bytes, into batches."""
    batch: list[_F] = []
    octets = 0
    for length, file in files:
        if batch and (len(batch) >= MOST_FILES or octets + length > BYTES_IN_BATCH):
            yield batch
            batch, octets = [], 0
        batch.append(file)
        octets += length
    if batch:
        yield batch

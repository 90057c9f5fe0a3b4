"""Hash batches of short files in processes, and long files in threads, many at a time.

SHA-256 over a long buffer lets go of the interpreter's lock, so threads suffice for long files;
for short ones the interpreter itself is the cost, so they go to processes, of which this one is
the first: it hashes a batch itself whenever the others have enough to do. The others are started
when it turns out that there are short files, and one that dies costs time but no result.
"""

from __future__ import annotations

import importlib.util
import selectors
import socket
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from provenance.files.hash_file import HASHED, HEAD_BYTES, LONG, Answer, BatchHasher, names_of
from provenance.files.long_file import Hashed, hash_long

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from provenance.files.digest_cache import DigestCache

__all__ = ["Batch", "Hasher", "Wanted"]

FILES_BEFORE_PROCESSES = 128
"""Short files to meet before processes are worth their start: some 10 ms of work each way."""

QUEUED_BATCHES = 2
"""Batches a process has: one to do and one to go on with while the answer is read."""


_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); import hash_file; hash_file.serve(*sys.argv[2:])"
)
"""Run by its name and not by its file, which would be compiled each time."""


class Wanted(NamedTuple):
    """What a run wants beside SHA-256: further algorithms, and what is known already."""

    algorithms: tuple[str, ...] = ()
    cache: DigestCache | None = None

    @property
    def asks_cache(self) -> bool:
        """Whether the cache may spare reading a file: not where it must be read all the same."""
        return self.cache is not None and self.cache.answers and not self.algorithms


@dataclass(slots=True, eq=False)
class Batch:
    """Files to be hashed together, and what became of them.

    ``octets`` names them as ``hash_file`` reads it; the descriptors of their ``folders`` must
    stay open until ``is_done``.
    """

    folders: Sequence[int]
    octets: bytes
    count: int
    answer: Answer | None = None
    long: dict[int, Future[Hashed]] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Tell whether all files are hashed, or cannot be."""
        return self.answer is not None and all(one.done() for one in self.long.values())


class _StoppedError(Exception):
    """The run was given up while a long file was being read."""


class Hasher:
    """Processes and threads that hash; a context manager, and leaving it stops them soon."""

    def __init__(self, workers: int, wanted: Wanted) -> None:
        """Use as many processors as ``workers``; begin with no thread and no process."""
        self._workers = workers
        self._wanted = wanted
        self._here = BatchHasher(
            wanted.algorithms,
            look_up=wanted.cache.look_up if wanted.cache and wanted.asks_cache else None,
            wants_states=wanted.cache is not None,
        )
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="hash")
        self._selector = selectors.DefaultSelector()
        self._processes: list[_Process] | None = None
        self._short_files = 0
        self._lock = threading.Lock()
        self._bytes_read = 0
        self._is_stopped = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads and end the processes."""
        self.stop()
        self._selector.close()
        for process in self._processes or ():
            process.close()

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, those of unfinished files included."""
        return self._bytes_read

    def stop(self) -> None:
        """Give up what is under way; return when no thread uses a descriptor any more.

        That is within one buffer of a long file.
        """
        self._is_stopped = True
        # not by waiting for the futures: one that is cancelled here would never be told so
        self._threads.shutdown(wait=True, cancel_futures=True)

    def submit(self, batch: Batch) -> None:
        """Give a batch to a process that can take it, or else hash it before returning."""
        if self._processes is None and self._short_files >= FILES_BEFORE_PROCESSES:
            self._start_processes()
        self._collect(0)
        for process in self._processes or ():
            if len(process.queue) < QUEUED_BATCHES and process.send(batch):
                return
        self._hash_here(batch)

    def wait(self, batch: Batch, seconds: float) -> bool:
        """Wait for a batch no longer than ``seconds``; return whether it is done."""
        self._collect(0)
        if batch.answer is not None:
            wait(batch.long.values(), timeout=seconds)
        elif (spare := self._spare_batch()) is not None:
            self._hash_here(spare)
        else:
            self._collect(seconds)
        return batch.is_done

    def _spare_batch(self) -> Batch | None:
        """Return a batch that a process has not begun yet, most likely: better done here than idle.

        If it has, both come to the same.
        """
        queues = (process.queue for process in self._processes or () if len(process.queue) > 1)
        return next((queue[-1] for queue in queues if queue[-1].answer is None), None)

    def _start_processes(self) -> None:
        arguments = _arguments(self._wanted)
        self._processes = [_Process(arguments, self._wanted) for _ in range(self._workers - 1)]
        for process in self._processes:
            self._selector.register(process.socket, selectors.EVENT_READ, process)

    def _collect(self, seconds: float) -> None:
        """Take the answers that are there, or come within ``seconds``."""
        if not self._processes:
            return
        for key, _ in self._selector.select(seconds):
            process: _Process = key.data
            for batch, octets in process.receive():
                if batch.answer is None:
                    self._take(batch, octets)
            if process.is_lost:
                self._selector.unregister(process.socket)
                self._processes.remove(process)
                process.close()
                for batch in process.queue:
                    if batch.answer is None:
                        self._hash_here(batch)

    def _hash_here(self, batch: Batch) -> None:
        self._take(batch, self._here.hash_batch(batch.folders, batch.octets))

    def _take(self, batch: Batch, octets: bytes) -> None:
        """Keep an answer, and begin what it says is long."""
        has_states = self._wanted.cache is not None
        answer = Answer(octets, batch.count, len(self._wanted.algorithms), has_states=has_states)
        if any(answer.outcomes):
            names = names_of(batch.folders, batch.octets)
            for place, outcome in enumerate(answer.outcomes):
                if outcome == LONG:
                    batch.long[place] = self._threads.submit(self._hash_long, *names[place])
            pairs = zip(answer.outcomes, answer.numbers, strict=True)
            length = sum(number for outcome, number in pairs if outcome == HASHED)
        else:
            length = sum(answer.numbers)
        self._short_files += batch.count - len(batch.long)
        self._count(length)
        batch.answer = answer

    def _hash_long(self, folder: int, name: bytes) -> Hashed:
        return hash_long(folder, name, self._count, self._wanted.algorithms)

    def _count(self, length: int) -> None:
        if self._is_stopped:
            raise _StoppedError
        with self._lock:
            self._bytes_read += length


class _Process:
    """A process that runs ``hash_file.py``, the socket to it, and the batches it has."""

    def __init__(self, arguments: Sequence[str], wanted: Wanted) -> None:
        self.queue: deque[Batch] = deque()
        self.is_lost = False
        self._others = len(wanted.algorithms)
        self._has_states = wanted.cache is not None
        self._received = bytearray()
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(0)
        self._child: subprocess.Popen[bytes] | None = None
        with theirs:
            program = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(Path(__file__).parent)]
            try:
                self._child = subprocess.Popen(  # noqa: S603 -- our own file, this interpreter
                    [*program, str(theirs.fileno()), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    process_group=0,  # a Ctrl-C at the terminal is the parent's to answer
                )
            except OSError:
                self.is_lost = True

    def send(self, batch: Batch) -> bool:
        """Give it a batch; False when there is nobody to take it."""
        octets = memoryview(len(batch.octets).to_bytes(HEAD_BYTES, "big") + batch.octets)
        folders = list(batch.folders)
        while octets and not self.is_lost:
            try:
                octets = octets[socket.send_fds(self.socket, [octets], folders) :]
                folders = []  # they come along with the first bytes
            except BlockingIOError:
                self._wait_for_room()
            except OSError:
                self.is_lost = True
        if not self.is_lost:
            self.queue.append(batch)
        return not self.is_lost

    def _wait_for_room(self) -> None:
        """Wait until it reads; it may be waiting itself, for room to answer."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            for _, events in selector.select():
                if events & selectors.EVENT_READ:
                    self._read()

    def receive(self) -> list[tuple[Batch, bytes]]:
        """Return the batches that are done now, with their answers."""
        self._read()
        done = []
        while self.queue:
            count = self.queue[0].count
            size = Answer.size(count, self._others, has_states=self._has_states)
            if len(self._received) < size:
                break
            done.append((self.queue.popleft(), bytes(self._received[:size])))
            del self._received[:size]
        return done

    def _read(self) -> None:
        try:
            octets = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        self._received += octets
        self.is_lost = self.is_lost or not octets

    def close(self) -> None:
        """End the process, which has nothing to put in order, without waiting for its batches."""
        self.socket.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def _arguments(wanted: Wanted) -> list[str]:
    """Return what ``hash_file.py`` is told: algorithms, whether states, cache, where blake3 is."""
    places = []
    if "blake3" in wanted.algorithms:
        found = importlib.util.find_spec("blake3")
        if found is not None and found.origin is not None:
            places.append(str(Path(found.origin).parent.parent))
    cache = str(wanted.cache.path) if wanted.cache and wanted.asks_cache else ""
    return [",".join(wanted.algorithms), "1" if wanted.cache else "", cache, *places]

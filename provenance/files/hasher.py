"""Hash batches of files: long ones in threads, many short ones in a process beside each thread.

SHA-256 over a long buffer lets go of the interpreter's lock, so threads suffice; for short files
the interpreter itself is the cost. A process is started only when the first batch of short files
comes, and one that dies costs time but no result: its thread then does the batch itself.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeAlias

from provenance.files import hash_file
from provenance.files.hash_file import ANSWER, HASHED, HEAD, Hashed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

__all__ = ["Batch", "Hasher"]

Batch: TypeAlias = "Sequence[tuple[int, Sequence[bytes]]]"
"""(descriptor of a folder, names in it) ...; at most MOST_DESCRIPTORS folders, no empty group."""


class _StoppedError(Exception):
    """The run was given up while a long file was being read."""


class Hasher:
    """Threads that hash batches; a context manager, and leaving it stops them soon."""

    def __init__(self, workers: int) -> None:
        """Begin with ``workers`` threads and no process."""
        self.workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="hash")
        self._own = threading.local()
        self._processes: list[_Process] = []
        self._lock = threading.Lock()
        self._bytes_read = 0
        self._is_stopped = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads and end the processes."""
        self.stop()
        for process in self._processes:
            process.close()

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, those of unfinished files included."""
        return self._bytes_read

    def stop(self) -> None:
        """Give up what is under way, and return when no thread uses a descriptor any more.

        That is within one chunk of a long file, or one batch of short ones.
        """
        self._is_stopped = True
        # not by waiting for the futures: one that is cancelled here would never be told so
        self._threads.shutdown(wait=True, cancel_futures=True)

    def submit(self, batch: Batch, *, is_short: bool) -> Future[list[Hashed]]:
        """Begin a batch: of short files in a process, otherwise in a thread.

        The folders' descriptors must stay open until the result is there.
        """
        return self._threads.submit(self._in_process if is_short else self._here, batch)

    def _here(self, batch: Batch) -> list[Hashed]:
        return [
            hash_file.hash_file(folder, name, self._count)
            for folder, names in batch
            for name in names
        ]

    def _in_process(self, batch: Batch) -> list[Hashed]:
        answers = self._own_process().hash_batch(batch)
        if answers is None:
            return self._here(batch)
        self._count(sum(answer.number for answer in answers if answer.outcome == HASHED))
        return answers

    def _own_process(self) -> _Process:
        process: _Process | None = getattr(self._own, "process", None)
        if process is None:
            self._own.process = process = _Process()
            with self._lock:
                self._processes.append(process)
        return process

    def _count(self, length: int) -> None:
        if self._is_stopped:
            raise _StoppedError
        with self._lock:
            self._bytes_read += length


class _Process:
    """A process that runs ``hash_file.py``, and the socket to it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._child: subprocess.Popen[bytes] | None = None
        with theirs:
            command = [sys.executable, "-I", "-S", hash_file.__file__, str(theirs.fileno())]
            try:
                self._child = subprocess.Popen(  # noqa: S603 -- our own file, this interpreter
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    process_group=0,  # a Ctrl-C at the terminal is the parent's to answer
                )
            except OSError:
                self._socket.close()

    def hash_batch(self, batch: Batch) -> list[Hashed] | None:
        """Return one answer a file, or None when there is nobody to answer."""
        if self._child is None:
            return None
        names = b"/".join(b"\0".join(group) for _, group in batch)
        count = sum(len(group) for _, group in batch)
        try:
            socket.send_fds(self._socket, [HEAD.pack(len(names))], [folder for folder, _ in batch])
            self._socket.sendall(names)
            answer = hash_file.receive(self._socket, count * ANSWER.size)
        except OSError:
            answer = None
        if answer is None:
            self.close()
            return None
        return [Hashed(*fields) for fields in ANSWER.iter_unpack(answer)]

    def close(self) -> None:
        """Let the process end, by closing its socket."""
        self._socket.close()
        if self._child is not None:
            self._child.wait()
            self._child = None

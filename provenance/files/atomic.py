"""Files that are there whole or not at all, and still there after a power cut.

Write a temporary file beside the target, fsync it, rename it, fsync the folder. What a crash
leaves behind: before the rename a temporary file ``.writing-<random>.tmp`` that nobody reads,
after it the whole new file; never a part of one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import AlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = [
    "PRIVATE",
    "PUBLIC",
    "check_place",
    "fsync_folder",
    "make_folder",
    "write_bytes",
    "writing",
]

PRIVATE = 0o600
"""Mode of a file that only its owner may read."""

PUBLIC = 0o644
"""Mode of a file that anybody on the machine may read."""


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable: a rename is not until its folder is (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, *, mode: int = 0o700) -> None:
    """Make ``folder`` and those above it where they are missing, each name durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode=mode)
    folder.mkdir(mode=mode, exist_ok=True)
    fsync_folder(folder.parent)


def check_place(path: Path) -> None:
    """Refuse to put a file in the place of a device, a pipe, a socket or a folder.

    A rename would take ``/dev/null`` or ``/dev/stdout`` from everybody on the machine, if whoever
    asks may rename there, as in most containers.

    Raises:
        OSError: something is at ``path``, or a link there leads to it, that is no file.
    """
    try:
        kind = path.stat().st_mode
        # the names of open files are links that lead to files, and still no place for one
        is_open_file = path.is_symlink() and path.readlink().is_relative_to("/proc")
    except OSError:
        return  # nothing is there, or a link that leads nowhere; what is wrong, writing will say
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if is_open_file or not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "a device or a pipe, where a file is to be put", str(path))


@contextlib.contextmanager
def writing(path: Path, *, mode: int = PUBLIC, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a file that appears under ``path``, whole and durable, when the block ends.

    A block left by an exception writes nothing: what was at ``path`` stays.

    Args:
        path: in a folder that exists.
        mode: permission bits, set before the first byte is written.
        replace: False keeps a file that is there already, and fails.

    Raises:
        AlreadyExistsError: ``replace`` is False and something is at ``path``.
        OSError: see ``check_place``, and whatever else the system refuses.
    """
    if replace:
        check_place(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        _put_in_place(temporary, path, replace=replace)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def write_bytes(path: Path, octets: bytes, *, mode: int = PUBLIC, replace: bool = True) -> None:
    """Write ``octets`` to ``path``, whole and durable; see ``writing``."""
    with writing(path, mode=mode, replace=replace) as file:
        file.write(octets)


def _put_in_place(temporary: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temporary.replace(path)
        return
    # a hard link is the one call that fails, without a race, where a name is taken
    try:
        path.hardlink_to(temporary)
    except FileExistsError as error:
        raise AlreadyExistsError(f"{path} exists and is kept as it is") from error
    temporary.unlink()

"""The files of a folder, or of an archive read as a stream: names, lengths, a few texts, digests.

    zip, .eln    central directory, then each member as a stream
    tar          one pass; gzip, bzip2 and xz are undone on the way

Nothing is ever unpacked, no link is followed, and a name that would leave the place it is unpacked
to is refused, as is an archive made to grow: each text read has a limit, and so has the number of
files; members that overlap, sparse files and headers of absurd length are refused.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import itertools
import lzma
import os
import stat
import tarfile
import threading
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol, cast

from provenance.errors import (
    FileAccessError,
    MalformedError,
    TooLargeError,
    UnusableDatasetError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "MAX_FILES",
    "MAX_TEXT_BYTES",
    "Contents",
    "FileDigests",
    "Hash",
    "first_names",
    "hash_files",
    "is_archive",
    "is_zip",
    "look_into",
    "open_text",
    "read_text",
]

MAX_TEXT_BYTES = 512 << 20
"""Bytes of one manifest or metadata file: room for the list of three million files."""

MAX_DOCUMENT_BYTES = 128 << 20
"""Bytes of one JSON document: it is held in memory as a whole, at some ten times its size."""

MAX_FILES = 5_000_000
"""Files of one source."""

_CHUNK = 1 << 20
_FIRST_FILES = 200
_BATCH = 1_000
_FIRST_BYTES = 64 << 20
_LARGEST_READ = 64 << 20
# What reading an archive raises when it is damaged, besides OSError.
_DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error),
    *(EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder or an archive holds, by names as stored, ``/``-separated."""

    lengths: dict[str, int] = field(default_factory=dict)
    """Regular file -> length in bytes."""
    texts: dict[str, bytes] = field(default_factory=dict)
    """Content of the files that were asked for."""
    links: set[str] = field(default_factory=set)
    """Symbolic links, devices and pipes of a folder; an archive with such is refused."""


class Hash(Protocol):
    """What ``hashlib`` and ``blake3`` give."""

    def update(self, octets: bytes, /) -> object:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of the bytes so far."""
        ...


class FileDigests(NamedTuple):
    """Digests of one file, in the order of the algorithms asked for, and its length in bytes."""

    digests: tuple[bytes, ...]
    length: int


class _Member(NamedTuple):
    """A file on the way: ``open`` gives its content, good until the next one is asked for."""

    name: str
    length: int
    open: Callable[[], IO[bytes]]


def is_zip(path: Path) -> bool:
    """Tell whether a path is a zip archive, whatever its name."""
    return path.is_file() and zipfile.is_zipfile(path)


def is_archive(path: Path) -> bool:
    """Tell whether a path is a zip or tar archive, compressed or not."""
    if not path.is_file():
        return False
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except (OSError, *_DAMAGED):
        return False


def look_into(path: Path, wanted: Callable[[str], bool]) -> Contents:
    """List the files of a folder or archive, and read those that are ``wanted``, by stored name.

    Raises:
        FileAccessError: something cannot be read.
        MalformedError: the archive is damaged or has names or members that are refused.
        TooLargeError: a wanted file is above ``MAX_TEXT_BYTES``, or there are too many files.
    """
    contents = Contents()
    with _reading(path):
        for member in _members(path, contents.links):
            if len(contents.lengths) >= MAX_FILES:
                raise TooLargeError(
                    limit=MAX_FILES, length=len(contents.lengths) + 1, unit="files", field=str(path)
                )
            if member.name in contents.lengths:
                raise MalformedError("this name is there twice", field=_place(path, member.name))
            contents.lengths[member.name] = member.length
            if wanted(member.name):
                # what a small archive says to become is not unpacked to find out
                _check_length(member.length, _place(path, member.name))
                with member.open() as file:
                    contents.texts[member.name] = _all_of(file, _place(path, member.name))
    return contents


def hash_files(
    path: Path, names: Collection[str], algorithms: Collection[str]
) -> Iterator[tuple[str, FileDigests]]:
    """Hash some files of a folder or archive, in the order in which they lie there.

    Args:
        names: as stored, see ``Contents``; those that are not there are passed over.
        algorithms: names of ``imported.ALGORITHMS``.

    Raises:
        FileAccessError: something cannot be read.
        MalformedError: see ``look_into``.
    """
    if path.is_dir():
        yield from _hash_in_folder(path, names, algorithms)
        return
    with _reading(path):
        for member in _members(path, set()):
            if member.name in names:
                with member.open() as file:
                    yield member.name, _digests_of(file, algorithms)


def _hash_in_folder(
    root: Path, names: Collection[str], algorithms: Collection[str]
) -> Iterator[tuple[str, FileDigests]]:
    """Hash with a thread for each processor: ``hashlib`` lets go of the interpreter's lock."""
    there = (name for name in names if _is_plain(root / name))
    stopped = threading.Event()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        try:
            while some := list(itertools.islice(there, _BATCH)):
                places = [os.fspath(root / name) for name in some]
                same = itertools.repeat(algorithms), itertools.repeat(stopped)
                yield from zip(some, threads.map(_hash_on_disk, places, *same), strict=True)
        finally:  # given up: nobody waits for the rest of a long file
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _hash_on_disk(place: str, algorithms: Collection[str], stopped: threading.Event) -> FileDigests:
    with _opener(place)() as file:
        try:
            before = os.fstat(file.fileno())
            hashed = _digests_of(file, algorithms, stopped)
            after = os.fstat(file.fileno())
        except OSError as error:
            raise FileAccessError(f"{place}: {error.strerror}") from error
    if hashed.length != before.st_size or _state(before) != _state(after):
        raise UnusableDatasetError([(place, "the file changed while it was read", "")])
    return hashed


def _state(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def first_names(path: Path) -> list[str]:
    """Return names of the first files of an archive, to see what it is; empty for no archive.

    All names of a zip; of a tar the first ones, since it may take hours to come to the last.
    """
    names: list[str] = []
    length = 0
    try:
        with _reading(path):
            if is_archive(path):
                is_short = zipfile.is_zipfile(path)
                for member in _members(path, set()):
                    names.append(member.name)
                    length += member.length
                    if not is_short and (len(names) >= _FIRST_FILES or length > _FIRST_BYTES):
                        break
    except MalformedError:
        return []
    return names


def read_text(path: Path) -> bytes:
    """Return the content of one manifest or metadata file.

    Raises:
        FileAccessError: it cannot be read.
        TooLargeError: it is above ``MAX_TEXT_BYTES``.
    """
    with open_text(path) as file:
        return _all_of(file, str(path))


@contextmanager
def open_text(path: Path) -> Iterator[BinaryIO]:
    """Open the same to be read in pieces; it is no longer than ``read_text`` would return."""
    try:
        with path.open("rb") as file:
            _check_length(os.fstat(file.fileno()).st_size, str(path))
            yield file
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def _all_of(file: IO[bytes], place: str) -> bytes:
    octets = file.read(MAX_TEXT_BYTES + 1)
    _check_length(len(octets), place)
    return octets


def _check_length(length: int, place: str) -> None:
    limit = MAX_DOCUMENT_BYTES if place.endswith((".json", ".jsonld")) else MAX_TEXT_BYTES
    if length > limit:
        raise TooLargeError(limit=limit, length=length, unit="bytes", field=place)


def _new_hash(algorithm: str) -> Hash:
    if algorithm == "blake3":
        import blake3  # noqa: PLC0415 -- seldom wanted, and slow to load

        return cast("Hash", blake3.blake3())
    return hashlib.new(algorithm.replace("sha3-", "sha3_"))


def _digests_of(
    file: IO[bytes], algorithms: Collection[str], stopped: threading.Event | None = None
) -> FileDigests:
    hashes = [_new_hash(name) for name in algorithms]
    length = 0
    while not (stopped and stopped.is_set()) and (chunk := file.read(_CHUNK)):
        length += len(chunk)
        for one in hashes:
            one.update(chunk)
    return FileDigests(tuple(one.digest() for one in hashes), length)


def _place(path: Path, name: str) -> str:
    return f"{path.name}:{name}"


# --- folder, zip, tar ---------------------------------------------------------------------


def _members(path: Path, links: set[str]) -> Iterator[_Member]:
    """Yield the files; names of links and special files go into ``links``."""
    if path.is_dir():
        yield from _in_folder(path, links)
        return
    yield from _in_zip(path) if zipfile.is_zipfile(path) else _in_tar(path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in our words what is wrong with an archive, its members included."""
    try:
        yield
    except OSError as error:
        raise FileAccessError(f"{error.filename or path}: {error.strerror or error}") from error
    except _DAMAGED as error:
        raise MalformedError(f"the archive is damaged: {error}", field=path.name) from error


def _in_folder(root: Path, links: set[str]) -> Iterator[_Member]:
    folders = [(os.fspath(root), "")]
    while folders:
        folder, prefix = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((entry.path, name + "/"))
                    elif entry.is_file(follow_symlinks=False):
                        length = entry.stat(follow_symlinks=False).st_size
                        yield _Member(name, length, _opener(entry.path))
                    else:
                        links.add(name)
        except OSError as error:
            raise FileAccessError(f"{error.filename or folder}: {error.strerror}") from error


def _opener(place: str) -> Callable[[], IO[bytes]]:
    def open_it() -> IO[bytes]:
        try:
            # a link or pipe put in its place meanwhile is not followed
            return os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError as error:
            raise FileAccessError(f"{place}: {error.strerror}") from error

    return open_it


def _in_zip(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        # members that share compressed bytes: a few kilobytes can name petabytes that way
        if sum(info.compress_size for info in infos) > path.stat().st_size:
            raise MalformedError("the archive's members overlap", field=path.name)
        for info in infos:
            name = _safe_name(_zip_name(info, path), path)
            mode = info.external_attr >> 16
            if info.is_dir():
                continue
            if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
                raise MalformedError("expected a file, got a link", field=_place(path, name))
            if info.flag_bits & 0x1:
                raise MalformedError("the member is encrypted", field=_place(path, name))
            yield _Member(name, info.file_size, _zip_opener(archive, info))


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _zip_name(info: zipfile.ZipInfo, path: Path) -> str:
    """Return the name in UTF-8, which many programs write without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError as error:
        raise MalformedError(
            "the name is not UTF-8", field=_place(path, ascii(info.filename))
        ) from error


def _safe_name(name: str, path: Path) -> str:
    r"""Refuse a name that could leave the folder the archive is unpacked into.

    ``\`` separates folders for programs on Windows, and a drive begins with its letter.
    """
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or (len(parts[0]) == 2 and parts[0].endswith(":")):
        raise MalformedError(
            "the name leads out of the archive's folder", field=_place(path, ascii(name)[1:-1])
        )
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def _in_tar(path: Path) -> Iterator[_Member]:
    with (
        _decompressed(path) as stream,
        tarfile.TarFile(fileobj=stream, errorlevel=2, ignore_zeros=False) as archive,
    ):
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # it would keep every header
            name = _safe_name(info.name, path) if info.name.strip("/.") else ""
            if info.isdir():
                continue
            if not info.isfile() or info.sparse is not None or not name:
                raise MalformedError(
                    "expected a plain file, got a link, device or sparse file",
                    field=_place(path, name or info.name),
                )
            yield _Member(name, info.size, _tar_opener(archive, info))


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def open_it() -> IO[bytes]:
        file = archive.extractfile(info)
        if file is None:
            raise MalformedError("expected a file", field=info.name)
        return file

    return open_it


class _Guarded:
    """A stream that reads no header of absurd length into memory, as ``tarfile`` would."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._stream.read(size)

    def readinto(self, buffer: bytearray) -> int:
        octets = self._stream.read(len(buffer))
        buffer[: len(octets)] = octets
        return len(octets)

    def seek(self, position: int, whence: int = 0) -> int:
        return self._stream.seek(position, whence)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def _decompressed(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw, ExitStack() as stack:
        head = raw.read(6)
        raw.seek(0)
        stream: object = raw
        for magic, decompress in _COMPRESSIONS.items():
            if head.startswith(magic):
                stream = stack.enter_context(decompress(raw))
        # tarfile uses read, readinto, seek and tell alone
        yield cast("IO[bytes]", _Guarded(cast("IO[bytes]", stream)))


def _gunzip(raw: IO[bytes]) -> AbstractContextManager[object]:
    return gzip.GzipFile(fileobj=raw)


_COMPRESSIONS: dict[bytes, Callable[[IO[bytes]], AbstractContextManager[object]]] = {
    b"\x1f\x8b": _gunzip,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
"""First bytes of a compressed tar archive -> what undoes the compression."""

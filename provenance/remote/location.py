"""What a place behind a URL can do, whatever its protocol, and what may go wrong there.

A location gives each file a *version* (ETag, or length and time), and every range read belongs to
that version or is an error: content of two versions is never mixed in one digest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

from provenance.errors import DriverMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.files.tree import Problems
    from provenance.remote.url import Url

    Sink: TypeAlias = Callable[[bytes], object]

__all__ = [
    "ChangedError",
    "DroppedError",
    "Location",
    "RefusedError",
    "RemoteFile",
    "Sink",
    "missing",
    "open_location",
]


class DroppedError(Exception):
    """The connection went, or the server is busy: worth another try."""


class ChangedError(Exception):
    """The file is another one now than when it was listed."""


class RefusedError(Exception):
    """The file cannot be read, and asking again changes nothing; the text says why."""


class RemoteFile(NamedTuple):
    """A file as it was listed; ``path`` is relative, as the place spells it until it is checked."""

    path: str
    key: str
    """What names it there."""
    length: int | None
    version: str
    is_stream: bool = False
    """Whether it can only be read in one go, from its beginning."""


class Location(Protocol):
    """A place of files; used by many threads at once."""

    url: Url
    threads: int
    """How many ranges to ask for at a time."""

    def files(self, problems: Problems) -> Iterator[RemoteFile]:
        """Yield every file in any order, and note what is neither file nor folder.

        Raises:
            FileAccessError: nothing is there, or it must not be read.
            UnavailableError: nobody answers.
        """
        ...

    def read(self, file: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        """Give the bytes of ``file`` from ``start`` up to ``stop``, or its end, to ``sink``.

        It gives no byte of another version of the file. A file of no bytes is asked for, too.

        Raises:
            ChangedError: the file has changed since it was listed.
            DroppedError: it ended early; what was given holds.
            RefusedError: it cannot be read.
        """
        ...

    def check(self, file: RemoteFile) -> None:
        """Check, after the last read, that no read can have seen another version.

        Raises:
            ChangedError: the file has changed.
            DroppedError: nobody answers.
        """
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


class _Module(Protocol):
    def open_at(self, url: Url) -> Location: ...


_MODULES = {
    "s3": "s3_objects",
    "s3a": "s3_objects",
    "http": "web_file",
    "https": "web_file",
    "sftp": "sftp_tree",
    "ssh": "sftp_tree",
}
_NEEDED = {"s3_objects": "s3fs", "web_file": "aiohttp", "sftp_tree": "paramiko"}


def open_location(url: Url) -> Location:
    """Return the place that a URL names, of any protocol that fsspec knows.

    Raises:
        DriverMissingError: the package for its protocol is not installed.
        UnsupportedVersionError: nobody knows the protocol.
        FileAccessError: it cannot be connected to with these credentials.
        UnavailableError: nobody answers.
    """
    name = _MODULES.get(url.scheme, "any_tree")
    try:
        module = import_module(f"provenance.remote.{name}")
    except ImportError as error:
        raise missing(_NEEDED.get(name, "fsspec"), "remote") from error
    return cast("_Module", module).open_at(url)


def missing(package: str, extra: str) -> DriverMissingError:
    """Return the error that says what to install."""
    return DriverMissingError(
        f"{package} is not installed; at the root of the repository: "
        f".tools/bin/uv pip install -e '.[{extra}]'"
    )

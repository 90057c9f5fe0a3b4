"""A public log as a folder of files: what a mirror or a CDN's origin holds (C2SP tlog-tiles)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import NotFoundError, UnavailableError
from provenance.tlog import parse_tile_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LogFolder"]


class LogFolder:
    """Reads ``checkpoint`` and ``tile/...`` below one folder, and nothing else."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is read yet."""
        self._root = root

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            MalformedError: not one of the log's paths.
            NotFoundError: there is no such file.
            UnavailableError: the file cannot be read.
        """
        if path != "checkpoint":
            parse_tile_path(path)
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFoundError(f"{self._root} has no {path}") from error
        except OSError as error:
            raise UnavailableError(f"{self._root / path} cannot be read: {error}") from error

"""How a dataset's names are spelled on the disk, where its manifest has another Unicode form.

A manifest has names in NFC; a disk may have them in NFD, as a Mac often wrote them. Programs that
open files by the names of a list, as ``sha256sum -c`` does, need the disk's own spelling.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from provenance.fingerprint import FileEntry

__all__ = ["spelled_on_disk"]

_FOLDERS = 1024


def spelled_on_disk(entries: Iterable[FileEntry], dataset: Path) -> Iterator[FileEntry]:
    """Yield the files of a manifest under the names that they have in ``dataset``.

    Of a path that is not there the manifest's spelling is kept. What is yielded is for lists
    alone: a manifest takes names in NFC only.

    Args:
        entries: as a manifest has them.
        dataset: a folder, or the one file.
    """
    root = dataset if dataset.is_dir() else dataset.parent

    @lru_cache(maxsize=_FOLDERS)
    def unlike(folder: str) -> dict[str, str]:
        return _unlike(root / folder)

    for entry in entries:
        if entry.path.isascii():
            yield entry
        else:
            yield entry._replace(path=_spelled(entry.path, unlike))


def _spelled(path: str, unlike: Callable[[str], dict[str, str]]) -> str:
    spelled: list[str] = []
    for name in path.split("/"):
        spelled.append(name if name.isascii() else unlike("/".join(spelled)).get(name, name))
    return "/".join(spelled)


def _unlike(folder: Path) -> dict[str, str]:
    """Return NFC -> name, of the names in a folder that are not NFC."""
    try:
        names = [one.name for one in folder.iterdir() if not one.name.isascii()]
    except OSError:
        return {}  # what cannot be listed cannot be checked by a list either
    keys = (unicodedata.normalize("NFC", name) for name in names)
    return {key: name for key, name in zip(keys, names, strict=True) if key != name}

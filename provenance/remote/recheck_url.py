"""Read files behind a URL again, and compare them with what a manifest lists.

As ``files.recheck`` does of a folder: what else lies there is not read. The place is listed once
for each portion of the files.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from provenance.errors import FileAccessError, MalformedError
from provenance.files.recheck import Comparison
from provenance.files.tree import Problems
from provenance.remote.hash_url import FILES_IN_BLOCK, hash_files
from provenance.remote.location import open_location
from provenance.remote.rows import Run, in_manifest_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.files.recheck import Rechecked
    from provenance.files.tree import Problem
    from provenance.fingerprint import FileEntry
    from provenance.remote.location import Location, RemoteFile
    from provenance.remote.url import Url

__all__ = ["recheck_url"]


def recheck_url(
    url: Url,
    due: Iterable[FileEntry],
    *,
    only_file: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Rechecked:
    """Read the files that are ``due``, in order, and compare them with their digests.

    Args:
        only_file: whether the dataset is one file, and ``url`` may name that file.
        on_progress: told (files, bytes) done, some times a second.

    Raises:
        FileAccessError: nothing is there, or it must not be read.
        MalformedError: there is one file and the dataset has several; or an error of ``due``.
        UnavailableError: nobody answers, though asked again.
        DriverMissingError: the package for this protocol is not installed.
    """
    found = Comparison()
    run = Run(on_progress, problems=found.problems)
    location = open_location(url)
    try:
        listing = _Listing(location, only_file=only_file)
        read = hash_files(location, listing.look_for(due, found), (), run.tell)
        while some := list(itertools.islice(read, FILES_IN_BLOCK)):
            block = run.block([file.path for file, _ in some], [row for _, row in some])
            if block is not None:
                found.compare(block)
    finally:
        location.close()
    return found.result()


class _Listing:
    """What lies at a place, by path, and what there is neither file nor folder."""

    def __init__(self, location: Location, *, only_file: bool) -> None:
        problems = Problems()
        files = in_manifest_order(location.files(problems), problems)
        if not files:
            raise FileAccessError(f"{location.url}: no file is there", field="URL")
        self._wrong = {problem.path: problem for problem in problems}
        self._files = {file.path: file for file in files}
        name = location.url.name
        is_file = list(self._files) == [name] and not location.url.text.endswith("/")
        if is_file and not only_file:
            raise MalformedError(f"{location.url}: expected the dataset's folder, got a file")
        self._only = files[0] if is_file else None

    def look_for(self, due: Iterable[FileEntry], found: Comparison) -> Iterator[RemoteFile]:
        """Yield the files that are there, and note what became of the others."""
        for entry in due:
            found.expect(entry)
            file = self._only or self._files.get(entry.path)
            if file is not None:
                yield file._replace(path=entry.path)
            elif (wrong := self._in_the_way(entry.path)) is not None:
                found.problems.add(entry.path, wrong.what, wrong.detail)
            else:
                found.missing(entry.path)

    def _in_the_way(self, path: str) -> Problem | None:
        """Return what stands there instead of a file, or of a folder above it."""
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
        return next((self._wrong[one] for one in above if one in self._wrong), None)

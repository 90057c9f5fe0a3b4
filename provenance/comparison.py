"""Two lists of files side by side: what is the same, changed, gone, new, renamed, copied.

Both lists are in order (``fingerprint.in_order``), so one pass over each is enough and only what
differs is kept. A file that is at no such path in the other list, and whose content is, was
renamed; each file is paired once, first with first. What is new and repeats the content of a
file that is listed elsewhere is a copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.fingerprint import FileEntry

__all__ = [
    "MOST_SAMPLES",
    "Comparison",
    "Rename",
    "choose_part",
    "compare",
    "side_by_side",
    "under",
]

MOST_SAMPLES = 1_000
"""Files by which a folder is recognised as a part of a dataset (``choose_part``)."""


class Rename(NamedTuple):
    """The same content at another path."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What lies there, against what a manifest lists; paths are those of the manifest's root.

    A file is ``matched`` when path and content agree. ``wrong_length`` are matched files whose
    stated length, which nothing proves, is not that of the content.
    """

    matched: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    renamed: tuple[Rename, ...]
    wrong_length: tuple[str, ...]
    duplicated: tuple[Rename, ...] = ()
    """Files that no manifest line has by path, with the content of one that is listed."""

    @property
    def is_equal(self) -> bool:
        """Tell whether every file matched and no other was found."""
        return not (self.changed or self.missing or self.added or self.renamed or self.duplicated)


def compare(
    manifest: Iterable[FileEntry],
    found: Iterable[FileEntry],
    *,
    again: Callable[[], Iterable[FileEntry]] | None = None,
) -> Comparison:
    """Compare two lists in order, streaming; only differences are kept.

    Both are read to the end, so a ``Manifest`` gets checked on the way.

    Args:
        again: gives the manifest's files once more. It is asked only when files were added, to
            tell which of them are copies; None tells none.
    """
    matched, changed, wrong_length = 0, [], []
    missing: list[FileEntry] = []
    added: list[FileEntry] = []
    for listed, there in side_by_side(manifest, found):
        if there is None:
            missing += [listed] if listed else []
        elif listed is None:
            added.append(there)
        elif listed.sha256 != there.sha256:
            changed.append(listed.path)
        else:
            matched += 1
            if None not in {listed.length, there.length} and listed.length != there.length:
                wrong_length.append(listed.path)
    renamed = _pair_renames(missing, added)
    gone, come = {rename.before for rename in renamed}, {rename.after for rename in renamed}
    added = [entry for entry in added if entry.path not in come]
    duplicated = _find_copies(again(), added) if again is not None and added else ()
    copies = {copy.after for copy in duplicated}
    return Comparison(
        matched=matched,
        changed=tuple(changed),
        missing=tuple(entry.path for entry in missing if entry.path not in gone),
        added=tuple(entry.path for entry in added if entry.path not in copies),
        renamed=renamed,
        wrong_length=tuple(wrong_length),
        duplicated=duplicated,
    )


def side_by_side(
    left: Iterable[FileEntry], right: Iterable[FileEntry]
) -> Iterator[tuple[FileEntry | None, FileEntry | None]]:
    """Merge two lists in order by path; None stands where one has no such path."""
    lefts, rights = iter(left), iter(right)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.path < other.path):
            yield one, None
            one = next(lefts, None)
        elif one is None or other.path < one.path:
            yield None, other
            other = next(rights, None)
        else:
            yield one, other
            one, other = next(lefts, None), next(rights, None)


def _pair_renames(missing: list[FileEntry], added: list[FileEntry]) -> tuple[Rename, ...]:
    """Pair equal contents, first with first; each file once."""
    places: dict[bytes, list[str]] = {}
    for entry in reversed(missing):
        places.setdefault(entry.sha256, []).append(entry.path)
    return tuple(
        Rename(places[entry.sha256].pop(), entry.path)
        for entry in added
        if places.get(entry.sha256)
    )


def _find_copies(listed: Iterable[FileEntry], added: list[FileEntry]) -> tuple[Rename, ...]:
    """Pair what was added with the first listed file of the same content."""
    wanted = {entry.sha256 for entry in added}
    first: dict[bytes, str] = {}
    for entry in listed:
        if entry.sha256 in wanted:
            first.setdefault(entry.sha256, entry.path)
    return tuple(
        Rename(first[entry.sha256], entry.path) for entry in added if entry.sha256 in first
    )


# --- parts --------------------------------------------------------------------------------


def under(entries: Iterable[FileEntry], folder: str) -> Iterator[FileEntry]:
    """Yield what lies in a sub-folder, with paths relative to it; ``""`` is the whole dataset.

    Raises:
        NotFoundError: at the end, when nothing does.
    """
    prefix = folder and folder.rstrip("/") + "/"
    is_empty = True
    for entry in entries:
        if entry.path.startswith(prefix):
            is_empty = False
            yield entry._replace(path=entry.path[len(prefix) :])
    if is_empty:
        raise NotFoundError(f"no file of the dataset lies in {folder!a:.200}", field="path")


def choose_part(listed: Iterable[FileEntry], samples: Iterable[FileEntry]) -> str:
    """Return the folder of a dataset that files were most likely copied from, "" for the whole.

    Each sample speaks for every folder of the dataset that lists its path below it; where the
    content agrees too, it speaks louder than any number of paths. Of equals the whole wins, then
    the first by name: files that are the same in two folders are part of both.

    Args:
        listed: the whole dataset.
        samples: some of the files, at most ``MOST_SAMPLES``, with paths as they lie there.
    """
    contents = {entry.path: entry.sha256 for entry in samples}
    same: Counter[str] = Counter({"": 0})
    named: Counter[str] = Counter()
    for entry in listed:
        parts = entry.path.split("/")
        for depth in range(len(parts)):
            tail = "/".join(parts[depth:])
            if tail in contents:
                folder = "/".join(parts[:depth])
                named[folder] += 1
                same[folder] += contents[tail] == entry.sha256
    return max(sorted(same), key=lambda folder: (same[folder], named[folder]))

"""What became of files that were hashed elsewhere, made into blocks of a manifest in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import EmptyDatasetError, MalformedError, UnusableDatasetError
from provenance.files.blocks import Block
from provenance.files.tree import BAD_NAME, SAME_NAME, TOO_LONG, Problem, Problems
from provenance.fingerprint import MAX_PATH_BYTES
from provenance.merkle import leaf_hash
from provenance.text import casefold_key, check_path, nfc, told_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.remote.location import RemoteFile

__all__ = ["Row", "Run", "in_manifest_order"]


class Row(NamedTuple):
    """One file: hashed, or with what is ``wrong`` (a sentence of ``Problem``) and its detail."""

    sha256: bytes = b""
    length: int = 0
    others: tuple[bytes, ...] = ()
    chunks: tuple[bytes, ...] = ()
    wrong: str = ""
    detail: str = ""


@dataclass(slots=True)
class Run:
    """One pass over a dataset: what it has done, and whom it tells."""

    on_progress: Callable[[int, int], None] | None = None
    on_problem: Callable[[Problem], None] | None = None
    problems: Problems = field(default_factory=Problems)
    files: int = 0
    octets: int = 0
    told: int = 0

    def block(self, paths: list[str], rows: list[Row]) -> Block | None:
        """Return the files that were hashed, if any, and note what is wrong with the others."""
        pairs = list(zip(paths, rows, strict=True))
        for path, row in pairs:
            if row.wrong:
                self.problems.add(path, row.wrong, row.detail)
        good = [(path, row) for path, row in pairs if not row.wrong]
        self.files += len(good)
        self.tell()
        if not good:
            return None
        count = len(good[0][1].others)
        return Block(
            [path for path, _ in good],
            b"".join(row.sha256 for _, row in good),
            [row.length for _, row in good],
            b"".join(leaf_hash(row.sha256 + path.encode()) for path, row in good),
            others=tuple([row.others[at] for _, row in good] for at in range(count)),
            chunks=[row.chunks for _, row in good],
        )

    def tell(self, octets: int = 0) -> None:
        """Count bytes, and tell of progress and of the problems met since it was asked last."""
        self.octets += octets
        if self.on_progress is not None:
            self.on_progress(self.files, self.octets)
        if self.on_problem is not None:
            for problem in self.problems[self.told :]:
                self.on_problem(problem)
        self.told = len(self.problems)

    def finish(self, place: object) -> None:
        """Refuse a dataset with problems, or without files.

        Raises:
            UnusableDatasetError: with every problem met.
            EmptyDatasetError: there was no file.
        """
        self.tell()
        if self.problems:
            raise UnusableDatasetError(sorted(self.problems))
        if not self.files:
            raise EmptyDatasetError(f"{place}: expected a file, got none (folders do not count)")


def in_manifest_order(files: Iterable[RemoteFile], problems: Problems) -> list[RemoteFile]:
    """Return listed files with the paths of a manifest, in its order; others become problems.

    The rules are those of a folder on the disk (``files.tree``).
    """
    cleaned = [one for one in (_cleaned(file, problems) for file in files) if one is not None]
    cleaned.sort(key=lambda file: file.path)  # code points sort as their UTF-8 bytes do
    return list(_distinct(cleaned, problems))


def _cleaned(file: RemoteFile, problems: Problems) -> RemoteFile | None:
    try:
        path = nfc(file.path)
        check_path(path)
    except MalformedError as error:
        shown = file.path.encode("utf-8", "backslashreplace").decode()
        problems.add(shown, BAD_NAME, str(error))
        return None
    length = len(path.encode())
    if length > MAX_PATH_BYTES:
        problems.add(path, TOO_LONG, f"{length} bytes, limit {MAX_PATH_BYTES}")
        return None
    return file if path == file.path else file._replace(path=path)


def _distinct(files: list[RemoteFile], problems: Problems) -> Iterator[RemoteFile]:
    """Pass on files whose names, and those of their folders, are unique after case folding."""
    spelled: dict[str, str] = {}  # each path, and those of its folders, by what is folded
    is_file: set[str] = set()
    for file in files:
        *folders, name = file.path.split("/")
        other = _claim(folders, name, spelled, is_file)
        if other is None:
            yield file
        else:
            problems.add(file.path, SAME_NAME, told_apart(file.key, other))


def _claim(folders: list[str], name: str, spelled: dict[str, str], is_file: set[str]) -> str | None:
    """Return the other path that stands in the way of a file, else None."""
    path = ""
    for folder in folders:
        path += folder
        key = casefold_key(path)
        other = spelled.setdefault(key, path)
        if other != path or key in is_file:
            return other
        path += "/"
    path += name
    key = casefold_key(path)
    if key in spelled:
        return spelled[key]
    spelled[key] = path
    is_file.add(key)
    return None

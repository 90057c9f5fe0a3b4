"""Trees of git-annex and DataLad: the names of the keys hold length and digest, content is absent.

    SHA256E-s1048576--9f86d081….nii.gz      backend, length, digest, extension (where E ends it)

A key is the target of a symbolic link, or what stands in a small *pointer* file in place of the
content. Files that are in git itself, or unlocked with their content there, are hashed here: by
the algorithm of the keys, so that one list comes out. ``WORM`` and ``URL`` keys hold no digest and
are refused. Nothing of git is run; ``.git`` is not part of the dataset.
"""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import (
    FileAccessError,
    MalformedError,
    NameCollisionError,
    UnsupportedVersionError,
)
from provenance.imported import N_, SHA256, Listed, clean_path, entries_of, read_digest
from provenance.imports.contents import hash_files, read_text
from provenance.imports.findings import Findings, shown
from provenance.text import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["Key", "parse_key", "read", "sniff"]

_KEY = re.compile(
    r"(?P<backend>[A-Z0-9_]+)(?P<fields>(?:-[a-zA-Z][0-9]+)*)--(?P<name>[^/\n]+)", re.ASCII
)
_BACKENDS = {
    "SHA256": "sha256",
    "SHA512": "sha512",
    "SHA384": "sha384",
    "SHA224": "sha224",
    "SHA1": "sha1",
    "MD5": "md5",
    "SHA3_256": "sha3-256",
    "SHA3_512": "sha3-512",
    "BLAKE2B512": "blake2b",
}
"""Backend without its ``E`` -> algorithm; every other one has no digest that we know."""

_POINTER = b"/annex/objects/"
_LONGEST_POINTER = 32 << 10
"""As git-annex has it: a longer file is content."""

_OBJECTS = re.compile(r"(?:^|/)(?:\.git/|\.git/modules/.+/)?annex/objects/")


class Key(NamedTuple):
    """What the name of a key says; ``length`` in bytes is None where it does not."""

    algorithm: str
    digest: bytes
    length: int | None


def sniff(path: Path) -> bool:
    """Tell whether this is a working tree of git with an annex."""
    if not (path / ".git").exists():
        return False
    git = path / ".git"
    if (git / "annex").is_dir() or (path / ".datalad").is_dir():
        return True
    try:
        packed = (git / "packed-refs").read_bytes()
    except OSError:
        packed = b""
    refs = ("refs/heads/git-annex", "refs/remotes/origin/git-annex")
    return any((git / ref).is_file() or ref.encode() in packed for ref in refs)


def read(path: Path) -> Imported:
    """Read a tree.

    Raises:
        MalformedError: a link that leads to no key, or two algorithms in one tree.
        UnsupportedVersionError: a key without a digest; ``field`` is the file.
    """
    tree = _Tree(path)
    for name in _files_below(path):
        tree.take(name)
    if not tree.annexed:
        raise MalformedError("no file here is in the annex", field=path.name)
    tree.check_algorithm()
    findings = Findings()
    listed = [*tree.annexed, *tree.hashed()]
    if tree.plain:
        findings.note(
            N_("Not in the annex, or unlocked, so hashed here ({count}): {names}"),
            count=len(tree.plain),
            names=shown(sorted(tree.plain)),
        )
    _describe(path, findings)
    return findings.imported("git-annex", entries_of(listed), data=".", places=tree.places)


def parse_key(text: str, where: str) -> Key:
    """Read the name of a key.

    Raises:
        UnsupportedVersionError: a backend without a digest, or with one that is not known here.
        MalformedError: no key, or a digest of another length.
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise MalformedError(f"expected a git-annex key, got {text!r:.160}", field=where)
    backend, name = match["backend"], match["name"]
    # the backends ending in E keep the file's extensions behind the digest
    has_extension = backend.endswith("E") and backend[:-1] in _BACKENDS
    algorithm = _BACKENDS.get(backend[:-1] if has_extension else backend)
    if algorithm is None:
        raise UnsupportedVersionError(
            f"a key of {backend} holds no digest of the content; "
            "`git annex migrate` gives it one of SHA256E",
            field=where,
        )
    digest = name.split(".", 1)[0] if has_extension else name
    lengths = re.findall(r"-s([0-9]{1,16})(?=-|$)", match["fields"])
    if re.search("-[SC]", match["fields"]):
        raise UnsupportedVersionError("this is the key of a part of a file", field=where)
    return Key(
        algorithm, read_digest(algorithm, digest, where), int(lengths[0]) if lengths else None
    )


@dataclass(slots=True)
class _Tree:
    """What was found so far in the tree at ``root``."""

    root: Path
    annexed: list[Listed] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    """Path -> name on disk of files that git itself holds, or that are unlocked."""

    def take(self, name: str) -> None:
        """Note one file or link, by its name on disk."""
        path = clean_path(name, ascii(name)[1:-1])
        target = _link_target(self.root / name)
        if target is not None:
            self._take_link(path, name, target)
            return
        key = _pointer_key(self.root / name)
        if key is None:
            self._take_plain(path, name)
        else:
            self._take_key(path, key)

    def _take_plain(self, path: str, name: str) -> None:
        other = self.plain.setdefault(path, name)
        if other != name:
            raise NameCollisionError(f"{told_apart(other, name)} are one name in NFC", field=path)

    def _take_link(self, path: str, name: str, target: str) -> None:
        if _OBJECTS.search(target) is None:
            raise MalformedError("a link that leads to no key of the annex", field=path)
        self._take_key(path, target.rsplit("/", 1)[-1])
        place = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120 -- names, not paths on disk
        if not place.startswith(("../", "/")):
            self.places[path] = place

    def _take_key(self, path: str, text: str) -> None:
        key = parse_key(text, path)
        self.annexed.append(Listed(path, key.algorithm, key.digest, key.length, path))

    def check_algorithm(self) -> None:
        """Check that all keys are of one algorithm, by which the plain files are then hashed."""
        first, *others = sorted(self.annexed, key=lambda one: one.path)
        for one in others:
            if one.algorithm != first.algorithm:
                raise MalformedError(
                    f"expected a key of {first.algorithm} as of {first.path!r:.200}, "
                    f"got one of {one.algorithm}; one list may have one algorithm only",
                    field=one.path,
                )

    def hashed(self) -> Iterator[Listed]:
        """Hash the plain files by the algorithm of the keys."""
        algorithm = self.annexed[0].algorithm
        paths = {name: path for path, name in self.plain.items()}
        for name, hashed in hash_files(self.root, paths, [algorithm]):
            is_ours = algorithm == SHA256
            path = paths[name]
            yield Listed(path, algorithm, hashed.digests[0], hashed.length, path, is_ours)


def _files_below(root: Path) -> Iterator[str]:
    """Yield the names of all files and links; no ``.git``, also not that of a subdataset."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    if entry.name == ".git":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                        yield prefix + entry.name
                    else:
                        raise MalformedError(
                            "expected a file, got a device or pipe", field=prefix + entry.name
                        )
        except OSError as error:
            raise FileAccessError(f"{root / prefix}: {error.strerror}") from error


def _link_target(path: Path) -> str | None:
    r"""Return where a link leads, None for a file; Windows writes ``\`` there."""
    return str(path.readlink()).replace("\\", "/") if path.is_symlink() else None


def _pointer_key(path: Path) -> str | None:
    """Return the key in a pointer file, None where the file is content."""
    try:
        if path.stat().st_size > _LONGEST_POINTER:
            return None
        octets = path.read_bytes()
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    if not octets.startswith(_POINTER):
        return None
    return octets.removeprefix(_POINTER).split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")


# --- what it says of the data -----------------------------------------------------------------


def _describe(root: Path, findings: Findings) -> None:
    config = _config(root / ".datalad" / "config")
    for section in config.sections():
        if section.strip('" ') == "datalad" or section == 'datalad "dataset"':
            number = config.get(section, "id", fallback="")
            if number:
                findings.identifier(f"urn:uuid:{number}", ".datalad/config: id")
    modules = _config(root / ".gitmodules")
    absent = [
        place
        for section in modules.sections()
        if (place := modules.get(section, "path", fallback=""))
        and not (root / place / ".git").exists()
    ]
    if absent:
        findings.note(
            N_("Subdatasets that are not installed, whose files are not listed: {names}"),
            names=shown(absent),
        )


def _config(path: Path) -> configparser.ConfigParser:
    """Return a file of git's configuration, as far as it is one; empty where there is none."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    if path.is_file():
        text = "\n".join(
            line.strip() for line in read_text(path).decode("utf-8", "replace").splitlines()
        )
        try:
            parser.read_string(text)
        except configparser.Error:
            return configparser.ConfigParser()
    return parser

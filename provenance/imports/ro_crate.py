"""RO-Crate 1.1 to 1.3: a folder, its zip archive, or ``ro-crate-metadata.json`` alone.

    metadata descriptor --about--> root dataset --hasPart--> datasets, files
    {"@id": "data/a%20b.csv", "@type": "File", "contentSize": "4", "sha256": "9c65…"}

A folder or archive is a dataset as a whole, as ``fingerprint`` would see it: files that the crate
describes with a SHA-256 are taken as described, all others (the metadata itself, too) are hashed
here. Of the JSON document alone only the files that it describes are taken.

An ``@id`` is a URI reference, so ``%20`` is a space; many tools write the bare name instead. The
spelling that is at hand wins.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError
from provenance.imported import N_, SHA256, clean_path, read_digest
from provenance.imports.contents import hash_files, is_zip, look_into
from provenance.imports.crate_graph import Graph, is_elsewhere, path_in
from provenance.imports.crate_people import describe
from provenance.imports.documents import bytes_in, load_json, many, parse_json, seems
from provenance.imports.findings import Findings, shown
from provenance.imports.listing import Hashed, Item, NoPlace, complete

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator
    from pathlib import Path

    from provenance.imported import Imported
    from provenance.imports.contents import Contents
    from provenance.imports.crate_graph import Entity

__all__ = ["METADATA", "read", "read_whole", "sniff"]

METADATA: Final = "ro-crate-metadata.json"
_SIGNATURE: Final = ".minisig"
_VERSIONS: Final = ("1.1", "1.2", "1.3")


def sniff(path: Path) -> bool:
    """Tell whether it is a crate's folder, archive or metadata document."""
    if path.is_dir():
        return (path / METADATA).is_file()
    if path.name.endswith(METADATA):
        return True
    if path.suffix.lower() == ".eln":
        return False
    return seems(path, _is_crate) or (is_zip(path) and _has_metadata(path))


def _is_crate(document: dict[str, object]) -> bool:
    graph = document.get("@graph")
    return isinstance(graph, list) and any(
        isinstance(one, dict) and "ro/crate" in str(one.get("conformsTo")) for one in graph
    )


def _has_metadata(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False
    return any(re.fullmatch(rf"(?:[^/]+/)?{METADATA}", name) for name in names)


def read(path: Path) -> Imported:
    """Read a crate.

    Raises:
        MalformedError: no crate; a path that leads out of it; a digest that is none; a file at
            hand whose content is not the described one; a damaged or hostile archive.
    """
    if path.is_file() and not is_zip(path):
        findings = Findings()
        graph = Graph(load_json(path), path.name)
        describe(graph, findings)
        described = _described(graph, (), findings)
        return findings.imported("ro-crate", complete(described, NoPlace(), findings), data=".")
    return read_whole("ro-crate", path, _any_root)


def _any_root(contents: Contents, where: str) -> str:
    """Return the folder in an archive, with ``/``, that is the crate: none, or the only one."""
    if METADATA in contents.texts:
        return ""
    folders = {name.partition("/")[0] for name in contents.lengths}
    if len(folders) != 1:
        raise MalformedError(
            f"expected {METADATA} at the root or in its only folder, got {shown(sorted(folders))}",
            field=where,
        )
    return f"{folders.pop()}/"


def read_whole(source: str, path: Path, root_of: Callable[[Contents, str], str]) -> Imported:
    """Read a folder or archive with all its files.

    Args:
        root_of: finds the crate's folder in an archive; gets its contents and name.

    Raises:
        MalformedError: see ``read``.
    """
    contents = look_into(path, lambda name: name.rpartition("/")[2] == METADATA)
    if contents.links:
        raise MalformedError("expected files, got links", field=shown(sorted(contents.links)))
    prefix = "" if path.is_dir() else root_of(contents, path.name)
    octets = contents.texts.get(prefix + METADATA)
    if octets is None:
        raise MalformedError(f"expected {prefix}{METADATA}, got none", field=path.name)
    crate = _at_hand(path, prefix, contents)
    graph = Graph(parse_json(octets, METADATA), METADATA)
    findings = Findings()
    describe(graph, findings)
    _note_signatures(path, crate, findings)
    described = {one.path: one for one in _described(graph, crate.names, findings)}
    others = [
        Item(name, SHA256, None, None, f"{path.name}:{stored!r:.200}")
        for name, stored in crate.names.items()
        if name not in described
    ]
    return findings.imported(
        source,
        complete([*described.values(), *others], crate, findings),
        data=prefix.rstrip("/") or ".",
        places={
            name: stored.removeprefix(prefix)
            for name, stored in crate.names.items()
            if stored.removeprefix(prefix) != name
        },
    )


@dataclass(frozen=True, slots=True)
class _Crate:
    """A crate's files at hand: cleaned path -> stored name, and length in bytes."""

    source: Path
    names: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)

    def length(self, path: str) -> int | None:
        return self.lengths.get(path)

    def hash(self, paths: Collection[str]) -> Iterator[Hashed]:
        wanted = {self.names[path]: path for path in paths}
        if wanted:
            for name, found in hash_files(self.source, wanted, [SHA256]):
                yield Hashed(wanted[name], found.digests[0], found.length)


def _at_hand(path: Path, prefix: str, contents: Contents) -> _Crate:
    crate = _Crate(path)
    for name, length in contents.lengths.items():
        where = f"{path.name}:{name!r:.200}"
        cleaned = clean_path(name.removeprefix(prefix), where)
        if cleaned in crate.names:
            raise MalformedError("this name is there in two Unicode forms", field=where)
        crate.names[cleaned], crate.lengths[cleaned] = name, length
    return crate


def _described(graph: Graph, at_hand: Container[str], findings: Findings) -> Iterator[Item]:
    """Yield the files that are part of the root; name those that are not, or not here."""
    if graph.version not in _VERSIONS:
        findings.note(
            N_("The crate names version {version} of RO-Crate; it was read as {known}."),
            version=graph.version or "?",
            known=_VERSIONS[-1],
        )
    reached, elsewhere = set(), []
    for part in graph.parts():
        reached.add(part.id)
        if not part.is_a("File", "MediaObject"):
            continue
        name = _local_name(part, graph.root.id)
        if name is None:
            elsewhere.append(part.id)
        else:
            yield _item(part, name, at_hand)
    apart = [one.id for one in graph.entities() if one.is_a("File") and one.id not in reached]
    if elsewhere:
        findings.note(
            N_("These lie elsewhere and are left out ({count}): {names}."),
            count=len(elsewhere),
            names=shown(elsewhere),
        )
    if apart:
        findings.note(
            N_("Described as files, but no part of the crate ({count}): {names}."),
            count=len(apart),
            names=shown(apart),
        )


def _local_name(part: Entity, root: str) -> str | None:
    """Return the name of a file within the crate; None for one that is elsewhere."""
    name = part.id
    if "://" in root and name.startswith(root.rstrip("/") + "/"):
        name = name.removeprefix(root.rstrip("/") + "/")
    if is_elsewhere(name):
        # where a copy is kept in the crate (RO-Crate 1.2)
        local = part.members.get("localPath")
        return local if isinstance(local, str) and local else None
    return name


def _item(part: Entity, name: str, at_hand: Container[str]) -> Item:
    path = path_in(name, at_hand, f"{part.where}.@id")
    stated = many(part.members.get("sha256"))
    where = f"{part.where}.sha256"
    digests = set()
    for one in stated:
        if not isinstance(one, str):
            raise MalformedError("expected a digest in hex", field=where)
        digests.add(read_digest(SHA256, one.strip(), where))
    if len(digests) > 1:
        raise MalformedError(f"expected one digest, got {len(digests)}", field=where)
    sizes = many(part.members.get("contentSize"))
    length = bytes_in(sizes[0]) if len(sizes) == 1 else None
    return Item(path, SHA256, digests.pop() if digests else None, length, where)


def _note_signatures(path: Path, crate: _Crate, findings: Findings) -> None:
    beside = path.with_name(path.name + _SIGNATURE)
    names = [name for name in crate.names if name.endswith(_SIGNATURE)]
    names += [beside.name] if path.is_file() and beside.is_file() else []
    if names:
        findings.note(
            N_("Signed there ({names}); the signature was not checked, since no key is given."),
            names=shown(names),
        )

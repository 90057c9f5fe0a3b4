"""DVC: ``NAME.dvc``, ``dvc.lock``, or a folder that has them.

DVC keeps MD5 digests: the files are *declared*, never identified. A folder is one digest in the
``.dvc`` file, ``….dir``, and its list lies in the cache: without that, nothing can be said of its
files. Digests of DVC before 3.0 (without ``hash: md5``) were made of text whose line ends had been
changed, so they need not be those of the bytes.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.errors import MalformedError, UnsoundSourceError, UnsupportedVersionError
from provenance.imported import N_, Listed, clean_path, entries_of, read_digest
from provenance.imports.contents import read_text
from provenance.imports.documents import parse_json
from provenance.imports.findings import Findings, shown
from provenance.imports.yaml_documents import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_LOCK = "dvc.lock"
_SUFFIX = ".dvc"
_DIRECTORY = ".dir"
_DIGITS = re.compile(r"[0-9]{1,15}")
_DESCRIBED = ("desc", "type", "labels", "meta")
_MAX_BYTES = 32 << 20
"""Bytes of one file of DVC; PyYAML takes a minute for as many."""

_MD5 = re.compile("[0-9a-f]{32}")
_MD5_ONLY = N_("DVC keeps MD5 digests only: re-hash the files to give them an identity.")


def sniff(path: Path) -> bool:
    """Tell whether this is a file of DVC, a list in its cache, or a folder with a file of it."""
    if path.is_dir():
        # not a walk through all: whoever asks wants to know at once
        return (path / _LOCK).is_file() or (path / ".dvc").is_dir() or any(path.glob("*.dvc"))
    return path.name == _LOCK or (path.suffix in {_SUFFIX, _DIRECTORY} and path.is_file())


def read(path: Path) -> Imported:
    """Read what DVC tracks there.

    Raises:
        MalformedError: a file of another form, an output without MD5, or a folder whose list is
            not in the cache; ``field`` names file and output.
        UnsoundSourceError: a list in the cache that has another digest.
    """
    findings = Findings()
    if path.suffix == _DIRECTORY:
        findings.note(_MD5_ONLY)
        return findings.imported("dvc", entries_of(_listed_in(path)))
    root = path if path.is_dir() else path.parent
    found = _Outputs(root, findings)
    for file in sorted(_tracked_files(path)):
        found.take(file)
    data = "."
    listed = [*found.listed, *(one for output in found.outputs for one in found.files_of(output))]
    if not listed:
        raise MalformedError("expected an output", field=path.name)
    if len(found.outputs) == 1 and found.outputs[0].is_folder and not found.listed:
        # one tracked folder is the dataset itself: its name is not in the paths
        data = found.outputs[0].path
        listed = [one._replace(path=one.path[len(data) + 1 :]) for one in listed]
    findings.note(_MD5_ONLY)
    return findings.imported("dvc", entries_of(listed), data=data)


def _listed_in(path: Path) -> list[Listed]:
    """Return the files of a list; in the cache it has its digest for a name, in one of two ways."""
    octets = read_text(path)
    digest = hashlib.md5(octets, usedforsecurity=False).hexdigest()
    names = {path.stem, path.parent.name + path.stem}
    if any(map(_MD5.fullmatch, names)) and digest not in names:
        raise UnsoundSourceError("the list has another digest than its name", field=path.name)
    listed = list(_lines(octets, path.name))
    if not listed:
        raise MalformedError("expected at least one file", field=path.name)
    return listed


def _lines(octets: bytes, name: str) -> Iterator[Listed]:
    """Yield the files of a folder's list, with paths below the folder."""
    for index, value in enumerate(_list(parse_json(octets, name), name)):
        where = f"{name}[{index}]"
        line = _mapping(value, where)
        below = clean_path(_text(line.get("relpath"), f"{where}.relpath"), where)
        digest = read_digest("md5", _text(line.get("md5"), f"{where}.md5"), where)
        yield Listed(below, "md5", digest, None, where)


def _tracked_files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    if (path / _LOCK).is_file():
        yield path / _LOCK
    yield from _dvc_files(path)


def _dvc_files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in {".git", ".dvc"}]
        yield from (
            root / folder / name for name in names if name.endswith(_SUFFIX) and name != _SUFFIX
        )


@dataclass(frozen=True, slots=True)
class _Output:
    """One ``outs`` element; ``path`` is relative to the root that was given."""

    path: str
    md5: str
    length: int | None
    files: int | None
    is_legacy: bool
    where: str

    @property
    def is_folder(self) -> bool:
        return self.md5.endswith(_DIRECTORY)


@dataclass(slots=True)
class _Outputs:
    """Collects the outputs of several files of DVC."""

    root: Path
    findings: Findings
    outputs: list[_Output] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    """Files that are named one by one, in storage that keeps versions."""

    def take(self, file: Path) -> None:
        """Read one ``.dvc`` file or ``dvc.lock``."""
        name = os.path.relpath(file, self.root)
        document = _load(file, name)
        if file.name == _LOCK:
            self._take_lock(document, file, name)
            return
        folder = file.parent / _text(document.get("wdir", "."), f"{name}:wdir")
        for index, out in enumerate(_list(document.get("outs"), f"{name}:outs")):
            self._take_output(out, folder, f"{name}:outs[{index}]")
        for index, dependency in enumerate(_list(document.get("deps", []), f"{name}:deps")):
            self._take_origin(dependency, f"{name}:deps[{index}]")

    def _take_lock(self, document: dict[str, object], file: Path, name: str) -> None:
        if str(document.get("schema", "")) != "2.0":
            raise UnsupportedVersionError("expected schema 2.0", field=f"{name}:schema")
        stages = _mapping(document.get("stages"), f"{name}:stages")
        for stage, value in stages.items():
            where = f"{name}:stages.{stage}"
            block = _mapping(value, where)
            outs = _list(block.get("outs", []), f"{where}.outs")
            for index, out in enumerate(outs):
                self._take_output(out, file.parent, f"{where}.outs[{index}]")
            self.findings.note(
                N_("Stage {stage} ran {command}: {inputs} -> {outputs}"),
                stage=stage,
                command=_command(block.get("cmd")),
                inputs=_paths(block.get("deps")) or "-",
                outputs=_paths(outs) or "-",
            )

    def _take_output(self, value: object, folder: Path, where: str) -> None:
        out = _mapping(value, where)
        path = _text(out.get("path"), f"{where}.path")
        self.findings.no_place(*(f"{where}.{name}" for name in _DESCRIBED if name in out))
        if "files" in out:
            below = _below_root(self.root, folder, path, where)
            self.listed += _versioned(out["files"], below, f"{where}.files")
            return
        md5 = out.get("md5")
        if not isinstance(md5, str):
            raise UnsupportedVersionError(
                f"{path!r:.200} has no md5 here (`dvc commit` makes one)", field=where
            )
        if out.get("hash", "md5") != "md5":
            raise UnsupportedVersionError(f"unknown hash {out['hash']!r:.40}", field=where)
        is_legacy = "hash" not in out
        if is_legacy:
            self.findings.note(
                N_("Made before DVC 3: the MD5 of a text file may not be that of its bytes.")
            )
        self.outputs.append(
            _Output(
                path=_below_root(self.root, folder, path, where),
                md5=md5,
                length=_integer(out.get("size"), f"{where}.size"),
                files=_integer(out.get("nfiles"), f"{where}.nfiles"),
                is_legacy=is_legacy,
                where=where,
            )
        )

    def _take_origin(self, value: object, where: str) -> None:
        """Take where ``dvc import`` or ``import-url`` got the data from."""
        dependency = _mapping(value, where)
        origin = dependency.get("repo", dependency)
        address = origin.get("url", origin.get("path")) if isinstance(origin, dict) else None
        if isinstance(address, str) and "://" in address:
            self.findings.relation("hadPrimarySource", address, where)

    # --- the files of one output ------------------------------------------------------------

    def files_of(self, output: _Output) -> Iterator[Listed]:
        """Yield the one file of an output, or those that the cache lists for a folder."""
        if not output.is_folder:
            digest = read_digest("md5", output.md5, output.where)
            yield Listed(output.path, "md5", digest, output.length, output.where)
            return
        name = output.md5.removesuffix(_DIRECTORY)
        octets = self._cached(name, output)
        if hashlib.md5(octets, usedforsecurity=False).hexdigest() != name:
            raise UnsoundSourceError("the list in the cache has another digest", field=output.where)
        listed = list(_lines(octets, f"{name}{_DIRECTORY}"))
        if output.files is not None and output.files != len(listed):
            raise UnsoundSourceError(
                f"expected {output.files} files, the cache lists {len(listed)}", field=output.where
            )
        yield from (one._replace(path=f"{output.path}/{one.path}") for one in listed)

    def _cached(self, name: str, output: _Output) -> bytes:
        read_digest("md5", name, output.where)
        for cache in self._caches():
            # DVC 3 keeps its objects apart from those of DVC 2
            for place in ("files/md5", "."):
                path = cache / place / name[:2] / f"{name[2:]}{_DIRECTORY}"
                if path.is_file():
                    return read_text(path)
        raise MalformedError(
            f"the list of the files in {output.path!r:.200} is not in the cache; "
            "`dvc fetch` gets it",
            field=output.where,
        )

    def _caches(self) -> Iterator[Path]:
        for folder in (self.root.resolve(), *self.root.resolve().parents):
            if (folder / ".dvc").is_dir():
                for name in ("config.local", "config"):
                    configured = _cache_of(folder / ".dvc" / name)
                    if configured is not None:
                        yield (folder / ".dvc" / configured).resolve()
                yield folder / ".dvc" / "cache"
                return


def _below_root(root: Path, folder: Path, path: str, where: str) -> str:
    whole = os.path.normpath(os.path.join(os.path.relpath(folder, root), path))  # noqa: PTH118 -- names, not paths on disk
    return clean_path(whole.replace(os.sep, "/"), where)


def _versioned(value: object, folder: str, where: str) -> Iterator[Listed]:
    """Yield the files of a folder in storage that keeps versions: each with its own digest."""
    for index, one in enumerate(_list(value, where)):
        place = f"{where}[{index}]"
        file = _mapping(one, place)
        path = clean_path(f"{folder}/{_text(file.get('relpath'), f'{place}.relpath')}", place)
        if "md5" not in file:
            raise UnsupportedVersionError(f"{path!r:.200} has no md5 here", field=place)
        digest = read_digest("md5", _text(file["md5"], f"{place}.md5"), place)
        yield Listed(path, "md5", digest, _integer(file.get("size"), f"{place}.size"), place)


def _cache_of(config: Path) -> str | None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read(config, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    return parser.get("cache", "dir", fallback=None)


# --- taking YAML apart ------------------------------------------------------------------------


def _load(file: Path, name: str) -> dict[str, object]:
    return _mapping(parse_yaml(read_text(file), name, max_bytes=_MAX_BYTES), name)


def _mapping(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedError("expected a mapping", field=where)
    return {str(name): member for name, member in value.items()}


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise MalformedError("expected a list", field=where)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise MalformedError("expected text", field=where)
    return value


def _integer(value: object, where: str) -> int | None:
    """Return a number in decimal digits (all of YAML is read as text), None where it is absent."""
    if value is None:
        return None
    if not isinstance(value, str) or _DIGITS.fullmatch(value) is None:
        raise MalformedError("expected a number", field=where)
    return int(value)


def _command(value: object) -> str:
    lines = value if isinstance(value, list) else [value]
    said = " && ".join(" ".join(one.split()) for one in lines if isinstance(one, str))
    return said[:300] or "?"


def _paths(value: object) -> str:
    items = value if isinstance(value, list) else []
    paths = [one.get("path") for one in items if isinstance(one, dict)]
    return shown([path for path in paths if isinstance(path, str)], 5)

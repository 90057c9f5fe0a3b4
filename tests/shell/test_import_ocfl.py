"""OCFL objects that ocfl-py made, and damaged ones."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from import_trees import run_tool, tree_of

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    ProvenanceError,
    UnsoundSourceError,
    UnsupportedVersionError,
)
from provenance.fingerprint import FileEntry
from provenance.imports import kinds_of, read_source
from provenance.imports.rehash import find_files, rehash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.imported import Imported

Inventory: TypeAlias = "dict[str, Any]"
HEAD = {"a.csv": b"x\n1\n3\n", "copy.csv": b"y\n2\n", "sub/测量.csv": b"y\n2\n"}
OBJECT = "urn:uuid:0b5a1c8e-1111-4222-8333-444455556666"


def digests(imported: Imported) -> dict[str, bytes]:
    return {
        one.path: one.sha256 if isinstance(one, FileEntry) else one.digest
        for one in imported.entries
    }


def test_the_head_version_is_declared_by_sha512(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)

    imported = read_source(path)

    assert kinds_of(path) == ["ocfl"]
    assert imported.algorithm == "sha512"
    assert digests(imported) == {
        name: hashlib.sha512(octets).digest() for name, octets in HEAD.items()
    }
    assert [one.length for one in imported.entries] == [6, 4, 4]


def add_fixity(path: Path, *, leave_out: str = "") -> None:
    """Add a fixity block of SHA-256 over the content, as OCFL allows (ocfl-py leaves it empty)."""
    found = [one for one in path.rglob("content/**/*") if one.is_file() and one.name != leave_out]
    block: dict[str, list[str]] = {}
    for one in found:
        digest = hashlib.sha256(one.read_bytes()).hexdigest()
        block.setdefault(digest, []).append(str(one.relative_to(path)))
    rewrite(path, lambda inventory: inventory.update(fixity={"md5": {}, "SHA256": block}))


def test_sha256_is_imported(tmp_path: Path) -> None:
    imported = read_source(tree_of("ocfl-sha256", tmp_path))

    assert not imported.is_declared
    assert digests(imported) == {
        name: hashlib.sha256(octets).digest() for name, octets in HEAD.items()
    }


def test_a_fixity_block_of_all_files_makes_them_imported(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    add_fixity(path)

    assert digests(read_source(path)) == {
        name: hashlib.sha256(octets).digest() for name, octets in HEAD.items()
    }


def test_a_fixity_block_that_lacks_a_file_is_not_enough(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    add_fixity(path, leave_out="a.csv")

    assert read_source(path).is_declared


def test_an_earlier_version_is_named_by_its_folder(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha256", tmp_path)

    first, second = (read_source(path / version) for version in ("v1", "v2"))

    assert digests(first) == {"a.csv": hashlib.sha256(b"x\n1\n").digest()}
    assert len(second.entries) == 2
    assert "relations" not in first.metadata


def test_an_inventory_stands_for_the_folder_it_lies_in(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha256", tmp_path)

    for folder in (path, path / "v1"):
        assert (folder / "inventory.json").is_file()
        named, whole = (read_source(one) for one in (folder / "inventory.json", folder))
        assert named == whole
    assert kinds_of(path / "inventory.json") == ["ocfl"]


def test_the_chain_of_versions_is_told(tmp_path: Path) -> None:
    imported = read_source(tree_of("ocfl-sha256", tmp_path))

    assert imported.metadata == {
        "contributors": [{"name": "Josiah Carberry", "orcid": "0000-0002-1825-0097"}],
        "identifiers": [{"type": "urn", "value": OBJECT}],
    }
    assert [one.split(":")[-1] for one in imported.warnings] == [
        " first",
        " measured",
        " corrected",
    ]
    assert imported.warnings[0].startswith("Version v1 of 2026-01-01")


@pytest.mark.parametrize("message", ["", " \n", None])
def test_a_version_without_a_message_is_told_without_one(
    tmp_path: Path, message: str | None
) -> None:
    path = tree_of("ocfl-sha256", tmp_path)
    rewrite(path, lambda one: one["versions"]["v1"].update(message=message))

    assert read_source(path).warnings[0].endswith("Z, without a message")


@pytest.mark.parametrize("version", [None, "v2"])
def test_content_is_found_where_the_object_keeps_it(tmp_path: Path, version: str | None) -> None:
    path = tree_of("ocfl-sha512", tmp_path) / (version or "")
    imported = read_source(path)

    hashed = rehash(imported, find_files(imported, path, None), None)

    assert not hashed.is_declared
    assert all(isinstance(one, FileEntry) and not one.imported for one in hashed.entries)


def test_content_that_is_not_there_is_told_and_needs_no_content(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha256", tmp_path)
    (path / "v3" / "content" / "a.csv").unlink()

    imported = read_source(path)

    assert imported.entries[0].length is None
    assert any("a.csv" in one for one in imported.warnings)


# --- what makes an object wrong -------------------------------------------------------------


def rewrite(path: Path, change: Callable[[Inventory], object]) -> None:
    """Change an inventory and give it a sidecar that fits."""
    inventory = json.loads((path / "inventory.json").read_bytes())
    change(inventory)
    octets = json.dumps(inventory).encode()
    (path / "inventory.json").write_bytes(octets)
    algorithm = inventory["digestAlgorithm"]
    sidecar = f"{hashlib.new(algorithm, octets).hexdigest()} inventory.json\n"
    (path / f"inventory.json.{algorithm}").write_text(sidecar)


def test_digests_are_compared_without_regard_to_case(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    before = digests(read_source(path))

    rewrite(
        path, lambda one: one.update(manifest={k.upper(): v for k, v in one["manifest"].items()})
    )

    assert digests(read_source(path)) == before


def test_one_digest_in_two_spellings_is_refused(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    rewrite(
        path,
        lambda one: one["manifest"].update(
            {k.upper(): ["v1/content/z"] for k in [*one["manifest"]]}
        ),
    )

    with pytest.raises(MalformedError, match="two spellings"):
        read_source(path)


def test_an_inventory_that_its_sidecar_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    text = (path / "inventory.json").read_text()
    (path / "inventory.json").write_text(text.replace("corrected", "correct"))

    with pytest.raises(UnsoundSourceError, match=r"inventory\.json\.sha512"):
        read_source(path)


def add_path(inventory: Inventory, path: str) -> None:
    """List the content of a file of the head under another path, too."""
    state = inventory["versions"]["v3"]["state"]
    next(one for one in state.values() if "copy.csv" in one).append(path)


def in_manifest(inventory: Inventory, paths: object) -> None:
    """List paths for another digest."""
    inventory["manifest"]["ab"] = paths


WRONG: dict[str, tuple[Callable[[Inventory], object], type[ProvenanceError]]] = {
    "algorithm": (lambda one: one.update(digestAlgorithm="md5"), UnsupportedVersionError),
    "head": (lambda one: one.update(head="v2"), MalformedError),
    "no v2": (lambda one: one["versions"].pop("v2"), MalformedError),
    "name": (lambda one: one["versions"].update(x=one["versions"].pop("v2")), MalformedError),
    "no state": (lambda one: one["versions"]["v3"].pop("state"), MalformedError),
    "empty state": (lambda one: one["versions"]["v3"].update(state={}), MalformedError),
    "unknown": (lambda one: one["versions"]["v3"]["state"].update(ab=["z"]), MalformedError),
    "no manifest": (lambda one: one.pop("manifest"), MalformedError),
    "no id": (lambda one: one.pop("id"), MalformedError),
    "no array": (lambda one: in_manifest(one, "v1/content/x"), MalformedError),
    "content above": (lambda one: in_manifest(one, ["../../etc/passwd"]), MalformedError),
    "content absolute": (lambda one: in_manifest(one, ["/etc/passwd"]), MalformedError),
    "path above": (lambda one: add_path(one, "../up"), MalformedError),
    "path twice": (lambda one: add_path(one, "a.csv"), NameCollisionError),
    "path in case": (lambda one: add_path(one, "A.CSV"), NameCollisionError),
    "path below file": (lambda one: add_path(one, "a.csv/b"), NameCollisionError),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_inventory_is_refused(tmp_path: Path, name: str) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    change, error = WRONG[name]
    rewrite(path, change)

    with pytest.raises(error):
        read_source(path)


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """One reader would take the first of the two, another one the last."""
    path = tree_of("ocfl-sha512", tmp_path)
    text = (path / "inventory.json").read_text().replace('"head":', '"head": "v1", "head":', 1)
    (path / "inventory.json").write_text(text)
    digest = hashlib.sha512(text.encode()).hexdigest()
    (path / "inventory.json.sha512").write_text(f"{digest} inventory.json\n")

    with pytest.raises(MalformedError, match="twice"):
        read_source(path)


def test_another_version_of_the_format_is_refused(tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    (path / "0=ocfl_object_1.1").rename(path / "0=ocfl_object_2.0")

    with pytest.raises(UnsupportedVersionError):
        read_source(path)


def test_ocfl_py_makes_what_we_read(tmp_path: Path) -> None:
    source = tmp_path / "files"
    source.mkdir()
    (source / "100% sure?.csv").write_bytes(b"x\n")
    words = ["create", "--srcdir", "files", "--objdir", "object", "--id", "https://example.org/1"]
    run_tool(tmp_path, tmp_path, "ocfl-object.py", *words)

    imported = read_source(tmp_path / "object")

    assert digests(imported) == {"100% sure?.csv": hashlib.sha512(b"x\n").digest()}
    assert imported.metadata["identifiers"] == [{"type": "url", "value": "https://example.org/1"}]

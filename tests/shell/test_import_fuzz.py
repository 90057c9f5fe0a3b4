"""Documents of any shape: every reader answers, or raises an error of ours that names the place."""

from __future__ import annotations

import copy
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.cli.claims import check_claims
from provenance.errors import ProvenanceError
from provenance.fingerprint import FileEntry, summarize
from provenance.imports import kinds_of, reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "imports"
DOCUMENTS = {
    "croissant.json": "croissant",
    "datacite-bare.json": "datacite",
    "datacite-rest.json": "datacite",
    "datapackage-v1.json": "frictionless",
    "frictionless-describe.json": "frictionless",
    "dataverse.json": "dataverse",
    "elabftw.json": "ro-crate",
    "invenio-rdm.json": "invenio",
    "zenodo.json": "invenio",
}
WORDS = sorted(
    {
        *(
            "@id",
            "@type",
            "@graph",
            "about",
            "hasPart",
            "File",
            "Dataset",
            "./",
            "sha256",
            "author",
        ),
        *("ro-crate-metadata.json", "contentSize", "../x", "/x", "a", "md5:00", "data", "files"),
        *("https://orcid.org/0000-0002-1825-0097", "\ud800", "\x00", "e\u0301", "\u0897", "%2e%2e"),
        *("https://[", "resources", "path", "hash", "distribution", "metadata", "creators", "name"),
    }
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=9),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=8,
)
EXAMPLES = int(os.environ.get("IMPORT_FUZZ_EXAMPLES", "20"))
"""More for a soak."""
FUZZING = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document, from the outside in."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, (*path, index))


def replaced(value: Any, path: tuple[str | int, ...], new: object) -> Any:  # noqa: ANN401 -- JSON
    if not path:
        return new
    changed = copy.deepcopy(value)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = new
    return changed


def octets_of(value: object) -> bytes:
    return json.dumps(value).encode()


def answers(kind: str, path: Path) -> None:
    """Read, and check that what comes out may go into a deposit."""
    kinds_of(path)
    try:
        imported = reader_of(kind).read(path)
    except ProvenanceError:
        return
    check_claims(imported.metadata, [])
    if imported.entries:
        summarize(imported.entries)
    for one in imported.entries:
        assert not isinstance(one, FileEntry) or len(one.sha256) == 32
    assert all(said.isprintable() for said in imported.warnings), imported.warnings


@pytest.mark.parametrize("name", DOCUMENTS)
@FUZZING
@given(data=st.data())
def test_a_document_with_something_else_somewhere_is_answered(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    document = json.loads((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, data.draw(VALUES))
    (tmp_path / "document.json").write_bytes(octets_of(document))

    answers(DOCUMENTS[name], tmp_path / "document.json")


@pytest.mark.parametrize("kind", sorted({*DOCUMENTS.values()}))
@FUZZING
@given(value=VALUES)
def test_a_document_of_any_shape_is_answered(tmp_path: Path, kind: str, value: object) -> None:
    (tmp_path / "document.json").write_bytes(octets_of(value))

    answers(kind, tmp_path / "document.json")


@pytest.mark.parametrize("kind", sorted({*DOCUMENTS.values(), "citation-cff", "eln"}))
@FUZZING
@given(octets=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_answered(tmp_path: Path, kind: str, octets: bytes) -> None:
    (tmp_path / "document").write_bytes(octets)

    answers(kind, tmp_path / "document")


@FUZZING
@given(data=st.data())
def test_a_notebook_archive_with_something_else_somewhere_is_answered(
    tmp_path: Path, data: st.DataObject
) -> None:
    document = json.loads((DATA / "elabftw.json").read_bytes())
    path = data.draw(st.sampled_from(list(places(document))))
    document = replaced(document, path, data.draw(VALUES))
    archive = tmp_path / "export.eln"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("export/ro-crate-metadata.json", octets_of(document))
        file.writestr("export/a", b"x")
    octets = bytearray(archive.read_bytes())
    if data.draw(st.booleans()):
        octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    archive.write_bytes(bytes(octets))

    answers("eln", archive)


@FUZZING
@given(data=st.data())
def test_a_citation_file_with_something_else_somewhere_is_answered(
    tmp_path: Path, data: st.DataObject
) -> None:
    lines = (DATA / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(
            st.sampled_from(
                ["- &a [*a]", "title: [a, {b: c}]", "  - 1", "? x", "authors: *authors"]
            )
            | st.text(max_size=30).filter(lambda text: "\r" not in text)
        )
    text = "\n".join(lines)
    (tmp_path / "CITATION.cff").write_bytes(text.encode("utf-8", "surrogatepass"))

    answers("citation-cff", tmp_path / "CITATION.cff")

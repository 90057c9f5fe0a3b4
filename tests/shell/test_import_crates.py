"""RO-Crates and .eln archives: what is described is imported, all else hashed, nothing guessed."""

from __future__ import annotations

import hashlib
import json
import shutil
import unicodedata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from provenance.errors import MalformedError, NameCollisionError, ProvenanceError, TooLargeError
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import FileEntry, dataset_digest
from provenance.imports import kinds_of, read_source

if TYPE_CHECKING:
    from provenance.imported import Imported

DATA = Path(__file__).parents[1] / "data" / "imports"
METADATA = "ro-crate-metadata.json"
TEST, HELLO = b"test", b"hello"
FOLDER = "Experiment - 100% ethanol α - b6db898e"


def sha(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def crate(root: dict[str, Any], *entities: dict[str, Any], version: str = "1.1") -> dict[str, Any]:
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": f"https://w3id.org/ro/crate/{version}"},
    }
    parts = [{"@id": one["@id"]} for one in entities if one.get("@type") in {"File", "Dataset"}]
    whole = {"@id": "./", "@type": "Dataset", "hasPart": parts, **root}
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [descriptor, whole, *entities],
    }


def file(name: str, octets: bytes, **more: object) -> dict[str, Any]:
    size = str(len(octets))
    return {"@id": name, "@type": "File", "contentSize": size, "sha256": sha(octets), **more}


def lay(folder: Path, document: dict[str, Any], files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / METADATA).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    for name, octets in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    return folder


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return path


def elabftw(path: Path, **more: bytes) -> Path:
    members = {
        f"export/{METADATA}": (DATA / "elabftw.json").read_bytes(),
        f"export/{FOLDER}/export-elabftw.json": TEST,
        f"export/{FOLDER}/image.png": HELLO,
    }
    return packed(path, members | more)


def entries(imported: Imported) -> dict[str, FileEntry]:
    return {one.path: one for one in imported.entries if isinstance(one, FileEntry)}


def levels(imported: Imported) -> dict[str, bool]:
    return {path: one.imported for path, one in entries(imported).items()}


def people(imported: Imported) -> list[dict[str, Any]]:
    found = imported.metadata["contributors"]
    assert isinstance(found, list)
    return found


def said(imported: Imported) -> str:
    return "\n".join(imported.warnings)


# --- files ----------------------------------------------------------------------------------


def test_a_crate_folder_has_the_digest_that_hashing_it_gives(tmp_path: Path) -> None:
    document = crate({}, file("a.csv", TEST), file("data/b c.csv", HELLO))
    source = lay(tmp_path / "crate", document, {"a.csv": TEST, "data/b c.csv": HELLO, "x": b"x"})

    imported = read_source(source)

    assert imported.source == "ro-crate"
    assert dataset_digest(entries(imported).values()) == fingerprint_dataset(source).digest
    assert levels(imported) == {"a.csv": True, "data/b c.csv": True, "x": False, METADATA: False}
    assert "hashed here (2): ro-crate-metadata.json, x" in said(imported)


def test_an_eln_archive_has_the_digest_of_its_unpacked_folder(tmp_path: Path) -> None:
    archive = elabftw(tmp_path / "export.eln")
    shutil.unpack_archive(archive, tmp_path / "out", "zip")

    imported = read_source(archive)

    assert imported.source == "eln"
    assert imported.data == "export"
    unpacked = fingerprint_dataset(tmp_path / "out" / "export")
    assert dataset_digest(entries(imported).values()) == unpacked.digest
    assert [path for path, is_imported in levels(imported).items() if is_imported] == [
        f"{FOLDER}/export-elabftw.json",
        f"{FOLDER}/image.png",
    ]
    assert imported.metadata == {"contributors": [{"name": "王小明"}]}  # not the commenter


def test_the_document_alone_lists_what_it_describes(tmp_path: Path) -> None:
    source = lay(tmp_path / "crate", crate({}, file("a.csv", TEST)), {"a.csv": TEST, "b": b"b"})

    imported = read_source(source / METADATA)

    assert levels(imported) == {"a.csv": True}


@pytest.mark.parametrize("size", ["4", 4, 4.0], ids=["text", "integer", "float"])
def test_a_length_may_be_text_or_number(tmp_path: Path, size: object) -> None:
    document = crate({}, file("a.csv", TEST) | {"contentSize": size})

    imported = read_source(lay(tmp_path / "crate", document, {}) / METADATA)

    assert entries(imported)["a.csv"].length == 4


@pytest.mark.parametrize("size", ["4 KB", "-4", 4.5, True, None, [4, 5], {"@value": 4}, "9" * 30])
def test_a_length_that_is_none_is_left_open(tmp_path: Path, size: object) -> None:
    document = crate({}, file("a.csv", TEST) | {"contentSize": size})

    imported = read_source(lay(tmp_path / "crate", document, {}) / METADATA)

    assert entries(imported)["a.csv"].length is None


def test_a_careless_length_makes_the_file_be_read(tmp_path: Path) -> None:
    document = crate({}, file("a.csv", TEST) | {"contentSize": "5"})

    imported = read_source(lay(tmp_path / "crate", document, {"a.csv": TEST}))

    assert entries(imported)["a.csv"] == FileEntry("a.csv", hashlib.sha256(TEST).digest(), 4)


def test_another_file_in_the_place_of_the_described_one_is_refused(tmp_path: Path) -> None:
    document = crate({}, file("a.csv", TEST))
    source = lay(tmp_path / "crate", document, {"a.csv": HELLO})

    with pytest.raises(MalformedError, match=r"a\.csv.*5 bytes and other content") as caught:
        read_source(source)

    assert caught.value.field == "@graph[2].sha256"


def test_a_described_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    document = crate({}, file("a.csv", TEST), {"@id": "b.csv", "@type": "File"})

    imported = read_source(lay(tmp_path / "crate", document, {}))

    assert levels(imported) == {"a.csv": True, METADATA: False}
    assert "not at hand (1): a.csv" in said(imported)
    assert "left out (1): b.csv" in said(imported)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a%20b.csv", "a b.csv"),
        ("./a b.csv", "a b.csv"),
        ("100%25.csv", "100%25.csv"),
        ("100%25.csv", "100%.csv"),
        ("50% ethanol.csv", "50% ethanol.csv"),
        ("%E6%B0%94.csv", "气.csv"),
        ("b%ff.csv", "b%ff.csv"),
    ],
)
def test_the_spelling_that_is_at_hand_wins(tmp_path: Path, name: str, stored: str) -> None:
    source = lay(tmp_path / "crate", crate({}, file(name, TEST)), {stored: TEST})

    assert levels(read_source(source)) == {stored: True, METADATA: False}


def test_names_in_another_unicode_form_are_found_where_they_lie(tmp_path: Path) -> None:
    on_disk = unicodedata.normalize("NFD", "é.csv")
    source = lay(tmp_path / "crate", crate({}, file("é.csv", TEST)), {on_disk: TEST})

    imported = read_source(source)

    assert levels(imported) == {METADATA: False, "é.csv": True}
    assert imported.places == {"é.csv": on_disk}


def test_nested_datasets_are_followed_and_cycles_end(tmp_path: Path) -> None:
    inner = {"@id": "data/", "@type": "Dataset", "hasPart": ["data/a.csv", {"@id": "./"}]}
    document = crate({"hasPart": {"@id": "data/"}}, inner, file("data/a.csv", TEST))

    imported = read_source(lay(tmp_path / "crate", document, {}) / METADATA)

    assert levels(imported) == {"data/a.csv": True}


def test_what_is_elsewhere_or_apart_is_named_and_left_out(tmp_path: Path) -> None:
    remote, apart = file("https://example.org/c.csv", TEST), file("lonely.csv", TEST)
    document = crate({"hasPart": [{"@id": remote["@id"]}]}, remote, apart)

    imported = read_source(lay(tmp_path / "crate", document, {}) / METADATA)

    assert imported.entries == ()
    assert "elsewhere and are left out (1): https://example.org/c.csv" in said(imported)
    assert "no part of the crate (1): lonely.csv" in said(imported)


def test_a_local_copy_of_a_remote_file_is_taken(tmp_path: Path) -> None:
    document = crate({}, file("https://example.org/c.csv", TEST, localPath="c.csv"), version="1.2")

    imported = read_source(lay(tmp_path / "crate", document, {"c.csv": TEST}))

    assert levels(imported) == {"c.csv": True, METADATA: False}


def test_files_of_a_detached_crate_are_relative_to_its_address(tmp_path: Path) -> None:
    root = "https://example.org/crate/"
    document = crate({"@id": root}, file(f"{root}a.csv", TEST), version="1.2")
    document["@graph"][0]["about"] = {"@id": root}

    imported = read_source(lay(tmp_path / "crate", document, {}) / METADATA)

    assert levels(imported) == {"a.csv": True}
    assert imported.metadata["identifiers"] == [{"type": "url", "value": root}]


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("../a.csv", "data/../../a.csv", "%2e%2e/a.csv", "data/%2E./a.csv", "/etc/passwd"),
        *("..\\a.csv", "file:///etc/passwd", "FILE:a.csv", "C:/a.csv", "C:\\a.csv", "a//b", "a\tb"),
    ],
)
def test_a_path_that_leads_out_of_the_crate_is_refused(tmp_path: Path, name: str) -> None:
    source = lay(tmp_path / "crate", crate({}, file(name, TEST)), {})

    with pytest.raises(MalformedError) as caught:
        read_source(source)

    assert caught.value.field == "@graph[2].@id"


@pytest.mark.parametrize(
    "digest", ["9f86", "zz" * 32, " " + "ab" * 31, 7, {"@value": "ab" * 32}, ["ab" * 32, "cd" * 32]]
)
def test_a_digest_that_is_none_is_refused(tmp_path: Path, digest: object) -> None:
    source = lay(tmp_path / "crate", crate({}, file("a", TEST) | {"sha256": digest}), {})

    with pytest.raises(MalformedError) as caught:
        read_source(source)

    assert caught.value.field == "@graph[2].sha256"


def test_a_file_described_in_two_ways_is_refused(tmp_path: Path) -> None:
    document = crate({}, file("a.csv", TEST), file("./a.csv", HELLO))

    with pytest.raises(MalformedError, match="described otherwise"):
        read_source(lay(tmp_path / "crate", document, {}))


def test_two_ids_of_one_path_with_two_digests_are_refused(tmp_path: Path) -> None:
    document = crate({}, file("a b.csv", TEST), file("a%20b.csv", HELLO))

    with pytest.raises(NameCollisionError):
        read_source(lay(tmp_path / "crate", document, {}) / METADATA)


def test_a_member_named_twice_is_refused(tmp_path: Path) -> None:
    text = json.dumps(crate({}, file("a.csv", TEST))).replace(
        '"sha256":', f'"sha256": "{sha(HELLO)}", "sha256":'
    )
    (tmp_path / METADATA).write_text(text)

    with pytest.raises(MalformedError, match="'sha256' is there twice") as caught:
        read_source(tmp_path / METADATA)

    assert METADATA in str(caught.value)


@pytest.mark.parametrize(
    "graph", [[], [{}], [{"@id": METADATA}], [{"@id": METADATA, "about": 7}], 7]
)
def test_a_crate_without_a_root_is_refused(tmp_path: Path, graph: object) -> None:
    source = lay(tmp_path / "crate", {"@graph": graph}, {})

    with pytest.raises(MalformedError):
        read_source(source)


def test_a_link_in_a_crate_is_refused(tmp_path: Path) -> None:
    source = lay(tmp_path / "crate", crate({}), {})
    (source / "link").symlink_to("/etc/hostname")

    with pytest.raises(MalformedError, match="link"):
        read_source(source)


# --- archives -------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "crate/"])
def test_a_zipped_crate_may_have_its_root_in_its_only_folder(tmp_path: Path, prefix: str) -> None:
    document = json.dumps(crate({}, file("a.csv", TEST))).encode()
    members = {f"{prefix}{METADATA}": document, f"{prefix}a.csv": TEST}

    imported = read_source(packed(tmp_path / "crate.zip", members))

    assert imported.source == "ro-crate"
    assert imported.data == (prefix.rstrip("/") or ".")
    assert levels(imported) == {"a.csv": True, METADATA: False}


@pytest.mark.parametrize("stranger", ["readme.txt", "other/a.csv", "__MACOSX/export/a.csv"])
def test_an_eln_with_more_than_one_folder_at_its_root_is_refused(
    tmp_path: Path, stranger: str
) -> None:
    archive = elabftw(tmp_path / "export.eln", **{stranger: b"x"})

    with pytest.raises(MalformedError, match="single folder"):
        read_source(archive)


def test_an_eln_without_its_folder_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "flat.eln", {METADATA: (DATA / "elabftw.json").read_bytes()})

    with pytest.raises(MalformedError, match="single folder"):
        read_source(archive)


@pytest.mark.parametrize(
    "name",
    ["export/../../evil.sh", "/export/evil.sh", "..\\evil.sh", "C:\\evil.sh", "export/..\\x"],
)
def test_a_zip_that_would_slip_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = elabftw(tmp_path / "export.eln", **{name: b"evil"})

    with pytest.raises(MalformedError, match="out of the archive's folder"):
        read_source(archive)


def test_an_archive_of_another_content_than_described_is_refused(tmp_path: Path) -> None:
    members = {
        f"export/{METADATA}": (DATA / "elabftw.json").read_bytes(),
        f"export/{FOLDER}/export-elabftw.json": b"tampered",
    }

    with pytest.raises(MalformedError, match="other content"):
        read_source(packed(tmp_path / "export.eln", members))


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_signature_is_named_as_not_checked(tmp_path: Path, is_inside: bool) -> None:  # noqa: FBT001
    signature = f"{METADATA}.minisig" if is_inside else "export.eln.minisig"
    more = {f"export/{signature}": b"untrusted comment: x\n"} if is_inside else {}
    archive = elabftw(tmp_path / "export.eln", **more)
    if not is_inside:
        (tmp_path / signature).write_text("untrusted comment: x\n")

    imported = read_source(archive)

    assert f"Signed there ({signature}); the signature was not checked" in said(imported)


def test_a_metadata_document_of_absurd_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.imports.documents.MAX_DOCUMENT_BYTES", 1_000)

    with pytest.raises(TooLargeError):
        read_source(elabftw(tmp_path / "export.eln"))


@pytest.mark.parametrize("octets", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"no zip"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "broken.eln").write_bytes(octets)

    with pytest.raises(ProvenanceError):
        read_source(tmp_path / "broken.eln", "eln")


# --- people and what is said of the whole ----------------------------------------------------


PERSON = {
    "@id": "https://orcid.org/0000-0002-1825-0097",
    "@type": "Person",
    "name": "Josephine Doe",
    "affiliation": {"@id": "https://ror.org/05dxps055"},
}
UNIVERSITY = {"@id": "https://ror.org/05dxps055", "@type": "Organization", "name": "Caltech"}


def metadata(tmp_path: Path, document: dict[str, Any]) -> Imported:
    return read_source(lay(tmp_path / "crate", document, {}) / METADATA)


def test_what_the_root_says_prefills_a_deposit(tmp_path: Path) -> None:
    root = {
        "name": "Weather at the pole",
        "version": "1.10",
        "author": [{"@id": PERSON["@id"]}, {"@id": "#wang"}],
        "creator": {"@id": PERSON["@id"]},
        "license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
        "identifier": "https://doi.org/10.5072/pole",
        "isBasedOn": {"@id": "https://doi.org/10.5072/raw"},
        "datePublished": "2026-05-04",
        "description": "Air temperature " * 9,
    }
    wang = {"@id": "#wang", "@type": "Person", "givenName": "小明", "familyName": "王"}

    imported = metadata(tmp_path, crate(root, PERSON, UNIVERSITY, wang))

    assert imported.metadata == {
        "title": "Weather at the pole",
        "version": "1.10",
        "license": "CC-BY-4.0",
        "contributors": [
            {"name": "Josephine Doe", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"]},
            {"name": "王小明"},
        ],
        "identifiers": [{"type": "doi", "value": "10.5072/pole"}],
        "relations": [{"relation": "wasDerivedFrom", "identifier": "doi:10.5072/raw"}],
    }
    assert "no place for it: description, datePublished = 2026-05-04" in said(imported)


def test_people_in_place_as_older_notebooks_write_them_are_read(tmp_path: Path) -> None:
    author = {
        "firstName": "Stefanie",
        "surname": "Muster",
        "ORCID": "0000-0002-1825-0097",
        "affiliation": [{"organization": "Caltech", "RORID": "05dxps055"}],
    }
    root = {"author": [author, {"@type": "Person", "familyName": "Wayne", "givenName": "Bruce"}]}

    assert metadata(tmp_path, crate(root)).metadata["contributors"] == [
        {"name": "Stefanie Muster", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"]},
        {"name": "Bruce Wayne"},
    ]


def test_people_of_the_parts_are_credited_too_and_once(tmp_path: Path) -> None:
    part = {"@id": "data/", "@type": "Dataset", "author": {"@id": PERSON["@id"]}}
    one = file("a.csv", TEST, creator=[{"@id": PERSON["@id"]}, "Richard Roe"])

    imported = metadata(tmp_path, crate({"creator": {"@id": PERSON["@id"]}}, part, one, PERSON))

    found = people(imported)
    assert [one["name"] for one in found] == ["Josephine Doe", "Richard Roe"]


def test_a_role_between_crate_and_person_is_a_credit_role(tmp_path: Path) -> None:
    uri = "https://credit.niso.org/contributor-roles/formal-analysis/"
    roles = [
        {"@id": "#r1", "@type": "Role", "roleName": uri, "contributor": {"@id": PERSON["@id"]}},
        {"@id": "#r2", "@type": "Role", "roleName": "Cook", "contributor": {"@id": PERSON["@id"]}},
    ]

    imported = metadata(tmp_path, crate({"contributor": ["#r1", "#r2"]}, *roles, PERSON))

    assert people(imported)[0]["roles"] == ["formal-analysis"]
    assert "Josephine Doe: the role Cook is none of CRediT" in said(imported)


def test_whoever_made_the_data_is_credited_and_the_action_named(tmp_path: Path) -> None:
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "Measured",
        "agent": {"@id": PERSON["@id"]},
        "instrument": {"@id": "#thermometer"},
        "result": {"@id": "a.csv"},
    }
    other = action | {"@id": "#other", "agent": "#mallory", "result": {"@id": "#elsewhere"}}
    mallory = {"@id": "#mallory", "@type": "Person", "name": "Mallory"}

    imported = metadata(tmp_path, crate({}, file("a.csv", TEST), action, other, PERSON, mallory))

    found = people(imported)
    assert [one["name"] for one in found] == ["Josephine Doe"]
    assert "Actions are described there (Measured, Measured)" in said(imported)


@pytest.mark.parametrize(
    "licence",
    ["All rights reserved", {"@id": "#mine"}, "CC-BY", "https://creativecommons.org/licenses/by/"],
)
def test_a_licence_that_is_not_certain_is_left_out(tmp_path: Path, licence: object) -> None:
    imported = metadata(tmp_path, crate({"license": licence}))

    assert "license" not in imported.metadata
    assert "not certainly one of SPDX" in said(imported)


def test_the_licence_of_a_part_is_not_that_of_the_whole(tmp_path: Path) -> None:
    part = {"@id": "data/", "@type": "Dataset", "license": "CC-BY-4.0"}

    assert metadata(tmp_path, crate({}, part)).metadata == {}


def test_a_mistyped_orcid_is_left_out_and_named(tmp_path: Path) -> None:
    person = PERSON | {"@id": "https://orcid.org/0000-0002-1825-0098"}

    imported = metadata(tmp_path, crate({"author": {"@id": person["@id"]}}, person))

    assert imported.metadata["contributors"] == [{"name": "Josephine Doe", "ror": ["05dxps055"]}]
    assert "0000-0002-1825-0098" in said(imported)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.2-DRAFT", "1.3"])
def test_known_versions_are_read_without_a_word(tmp_path: Path, version: str) -> None:
    assert metadata(tmp_path, crate({}, version=version)).warnings == ()


def test_an_unknown_version_is_named(tmp_path: Path) -> None:
    assert "version 3.0 of RO-Crate" in said(metadata(tmp_path, crate({}, version="3.0")))


def test_a_crate_is_recognized_in_each_form(tmp_path: Path) -> None:
    folder = lay(tmp_path / "crate", crate({}), {})
    shutil.copy(folder / METADATA, tmp_path / "other.json")
    archive = shutil.make_archive(str(tmp_path / "crate"), "zip", folder)

    forms = [folder, folder / METADATA, tmp_path / "other.json", Path(archive)]

    assert [kinds_of(one)[0] for one in forms] == ["ro-crate"] * 4
    assert kinds_of(elabftw(tmp_path / "a.eln")) == ["eln"]

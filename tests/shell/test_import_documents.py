"""Repositories' and packages' documents: digests as declared, people and licence, every trap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from provenance.cli.claims import check_claims
from provenance.errors import MalformedError, ProvenanceError, TooLargeError
from provenance.fingerprint import DeclaredEntry, FileEntry
from provenance.imports import kinds_of, read_source

if TYPE_CHECKING:
    from provenance.imported import Imported

DATA = Path(__file__).parents[1] / "data" / "imports"
MD5_TEST = bytes.fromhex("098f6bcd4621d373cade4e832627b4f6")
MD5_HELLO = bytes.fromhex("5d41402abc4b2a76b9719d911017c592")
SHA_TEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SHA_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def document(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((DATA / name).read_bytes())
    return value


def written(folder: Path, value: object, name: str = "document.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def people(imported: Imported) -> list[dict[str, Any]]:
    found = imported.metadata["contributors"]
    assert isinstance(found, list)
    return found


def said(imported: Imported) -> str:
    return "\n".join(imported.warnings)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CITATION.cff", "citation-cff"),
        ("croissant.json", "croissant"),
        ("datacite-bare.json", "datacite"),
        ("datacite-rest.json", "datacite"),
        ("datapackage-v1.json", "frictionless"),
        ("dataverse.json", "dataverse"),
        ("elabftw.json", "ro-crate"),
        ("frictionless-describe.json", "frictionless"),
        ("invenio-rdm.json", "invenio"),
        ("zenodo.json", "invenio"),
    ],
)
def test_each_document_is_known_for_what_it_is_and_fits_a_deposit(name: str, kind: str) -> None:
    assert kinds_of(DATA / name) == [kind]

    check_claims(read_source(DATA / name).metadata, [])


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "zenodo.json"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / "zenodo.json").read_bytes())

    assert read_source(path) == read_source(DATA / "zenodo.json")


# --- DataCite -------------------------------------------------------------------------------


def test_datacite_people_keep_their_displayed_names_and_exact_roles() -> None:
    imported = read_source(DATA / "datacite-bare.json")

    assert imported.entries == ()
    assert imported.metadata["contributors"] == [
        {
            "name": "Doe, Josephine",
            "orcid": "0000-0002-1825-0097",
            "ror": ["05dxps055"],
            "roles": ["investigation"],
        },
        {"name": "王小明"},
        {"name": "王小明"},  # two people of one name are two people
        {"name": "Polar Weather Consortium"},
        {"name": "Roe, Richard", "roles": ["data-curation"]},
        {"name": "Poe, Petra"},
    ]
    assert "Poe, Petra: the role Editor is none of CRediT" in said(imported)
    assert "Example Data Centre is no contributor here" in said(imported)


def test_datacite_relations_that_prov_has_no_word_for_are_named() -> None:
    imported = read_source(DATA / "datacite-bare.json")

    assert imported.metadata["relations"] == [
        {"relation": "wasRevisionOf", "identifier": "doi:10.5072/example-v1"},
        {"relation": "wasDerivedFrom", "identifier": "https://example.org/raw"},
    ]
    assert "IsSupplementTo 10.5072/paper" in said(imported)
    assert imported.metadata["version"] == "1.10"


def test_datacite_takes_the_title_without_a_type() -> None:
    for name in ("datacite-bare.json", "datacite-rest.json"):
        assert read_source(DATA / name).metadata["title"] == "Weather at the pole"


def test_datacite_affiliations_may_be_bare_names() -> None:
    found = people(read_source(DATA / "datacite-rest.json"))

    assert found[1] == {"name": "王小明"}


@pytest.mark.parametrize(
    "identifiers",
    [
        {"identifiers": [{"identifier": "10.5072/x", "identifierType": "DOI"}]},
        {"identifiers": [{"identifier": "https://doi.org/10.5072/x", "identifierType": "DOI"}]},
        {"identifier": {"identifier": "10.5072/x", "identifierType": "DOI"}},
        {"doi": "10.5072/x"},
    ],
    ids=["4.3", "address", "4.0", "rest"],
)
def test_datacite_of_each_version_names_its_doi(
    tmp_path: Path, identifiers: dict[str, Any]
) -> None:
    path = written(tmp_path, {"creators": [], "titles": [{"title": "T"}], **identifiers})

    assert read_source(path).metadata["identifiers"] == [{"type": "doi", "value": "10.5072/x"}]


def test_datacite_rights_that_disagree_are_left_out(tmp_path: Path) -> None:
    rights = [{"rightsIdentifier": "cc-by-4.0", "rightsUri": "https://spdx.org/licenses/MIT.html"}]
    path = written(tmp_path, {"creators": [], "titles": [], "rightsList": rights})

    imported = read_source(path)

    assert imported.metadata == {}
    assert "CC-BY-4.0, MIT" not in imported.metadata
    assert "not certainly one of SPDX" in said(imported)


def test_datacite_of_several_licences_leaves_the_choice_to_the_user(tmp_path: Path) -> None:
    rights = [{"rightsIdentifier": "cc-by-4.0"}, {"rightsIdentifier": "mit"}]
    path = written(tmp_path, {"creators": [], "titles": [], "rightsList": rights})

    imported = read_source(path)

    assert "license" not in imported.metadata
    assert "Several licences are named (CC-BY-4.0, MIT)" in said(imported)


def test_datacite_gives_one_record_at_a_time(tmp_path: Path) -> None:
    one: dict[str, Any] = {"attributes": {"creators": [], "titles": []}}

    with pytest.raises(MalformedError) as caught:
        read_source(written(tmp_path, {"data": [one, one]}), "datacite")

    assert caught.value.field == "data"


# --- Zenodo and InvenioRDM ------------------------------------------------------------------


def test_zenodo_files_are_declared_by_md5_only() -> None:
    imported = read_source(DATA / "zenodo.json")

    assert imported.is_declared
    assert imported.entries == (
        DeclaredEntry("LIESMICH-ä.txt", "md5", MD5_HELLO, 5),
        DeclaredEntry("raw/temperature 2026.csv", "md5", MD5_TEST, 4),
    )
    assert imported.metadata["access"] == "open"
    assert imported.metadata["license"] == "CC-BY-4.0"


def test_zenodo_roles_join_a_creator_and_sponsors_do_not() -> None:
    imported = read_source(DATA / "zenodo.json")

    assert imported.metadata["contributors"] == [
        {"name": "Doe, Josephine", "orcid": "0000-0002-1825-0097", "roles": ["supervision"]},
        {"name": "王小明"},
        {"name": "Roe, Richard", "roles": ["data-curation"]},
    ]
    assert "Example Fund is no contributor here" in said(imported)


def test_invenio_entries_by_name_are_read_as_a_list_is(tmp_path: Path) -> None:
    as_object = document("invenio-rdm.json")
    as_list = as_object | {"files": list(as_object["files"]["entries"].values())}
    listing = {"enabled": True, "entries": as_list["files"]}

    found = [
        read_source(written(tmp_path, one, f"{number}.json")).entries
        for number, one in enumerate((as_object, as_list, listing))
    ]

    assert found[0] == found[1] == found[2]
    assert [one.path for one in found[0]] == ["a.csv", "b.csv"]


def test_invenio_people_have_affiliations_by_ror() -> None:
    found = people(read_source(DATA / "invenio-rdm.json"))

    assert found[0]["ror"] == ["05dxps055"]
    assert found[0]["roles"] == ["supervision"]
    assert found[1] == {"name": "Polar Weather Consortium", "ror": ["013q1eq08"]}


def test_a_zenodo_deposition_writes_checksums_without_prefix(tmp_path: Path) -> None:
    files = [{"filename": "a.csv", "filesize": 4, "checksum": MD5_TEST.hex()}]
    path = written(tmp_path, document("zenodo.json") | {"files": files})

    assert read_source(path).entries == (DeclaredEntry("a.csv", "md5", MD5_TEST, 4),)


def test_an_invenio_with_sha256_is_imported(tmp_path: Path) -> None:
    files = [{"key": "a.csv", "size": 4, "checksum": f"sha256:{SHA_TEST}"}]
    path = written(tmp_path, document("zenodo.json") | {"files": files})

    imported = read_source(path)

    assert imported.entries == (FileEntry("a.csv", bytes.fromhex(SHA_TEST), 4, imported=True),)


@pytest.mark.parametrize("files", [[], None, {"enabled": False}], ids=["empty", "null", "off"])
def test_a_record_that_shows_no_files_says_so(tmp_path: Path, files: object) -> None:
    imported = read_source(written(tmp_path, document("zenodo.json") | {"files": files}))

    assert imported.entries == ()
    assert files == {"enabled": False} or "shows no files" in said(imported)


@pytest.mark.parametrize(
    ("one", "field"),
    [
        ({"key": "../a", "checksum": f"md5:{MD5_TEST.hex()}"}, "files[0].key"),
        ({"key": "/a", "checksum": f"md5:{MD5_TEST.hex()}"}, "files[0].key"),
        ({"checksum": f"md5:{MD5_TEST.hex()}"}, "files[0]"),
        ({"key": "a", "checksum": "md5:098f"}, "files[0].checksum"),
        ({"key": "a", "checksum": "crc32:00000000"}, "files[0].checksum"),
        ({"key": "a", "checksum": {"md5": MD5_TEST.hex()}}, "files[0].checksum"),
    ],
)
def test_a_bad_file_of_a_record_is_named(tmp_path: Path, one: dict[str, Any], field: str) -> None:
    path = written(tmp_path, document("zenodo.json") | {"files": [one]})

    with pytest.raises(MalformedError) as caught:
        read_source(path)

    assert caught.value.field == field


def test_a_weak_digest_among_strong_ones_is_not_taken(tmp_path: Path) -> None:
    files = [
        {"key": "a.csv", "checksum": f"sha256:{SHA_TEST}"},
        {"key": "b.csv", "checksum": f"md5:{MD5_HELLO.hex()}"},
    ]

    imported = read_source(written(tmp_path, document("zenodo.json") | {"files": files}))

    assert [one.path for one in imported.entries] == ["a.csv"]
    assert "no SHA-256, so it is not taken (1): b.csv" in said(imported)


# --- Dataverse ------------------------------------------------------------------------------


def test_dataverse_digests_are_as_declared_by_the_repository() -> None:
    imported = read_source(DATA / "dataverse.json")

    assert imported.entries == (
        DeclaredEntry("notes.txt", "md5", MD5_TEST, 4),
        DeclaredEntry("raw/2026/temperature.tab", "md5", MD5_HELLO, None),
    )
    assert "as declared by the repository" in said(imported)


def test_a_table_that_dataverse_converted_is_named_and_has_no_length() -> None:
    imported = read_source(DATA / "dataverse.json")

    assert "converted these tables (1)" in said(imported)
    assert "which form of them its digests are of: raw/2026/temperature.tab" in said(imported)


def test_dataverse_people_and_licence() -> None:
    imported = read_source(DATA / "dataverse.json")

    assert imported.metadata == {
        "title": "Weather at the pole",
        "version": "2.1",
        "license": "CC-BY-4.0",
        "contributors": [
            {"name": "Doe, Josephine", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"]},
            {"name": "王小明"},
            {"name": "Roe, Richard", "roles": ["data-curation"]},
        ],
        "identifiers": [{"type": "doi", "value": "10.5072/FK2/POLE26"}],
    }


def test_dataverse_in_its_other_forms_lists_the_same_files(tmp_path: Path) -> None:
    whole = document("dataverse.json")
    version = whole["data"]["latestVersion"]
    forms = [
        {"status": "OK", "data": version},
        {"status": "OK", "data": version["files"]},
        {
            **{k: v for k, v in whole["data"].items() if k != "latestVersion"},
            "datasetVersion": version,
        },
    ]

    found = [
        read_source(written(tmp_path, one, f"{number}.json")).entries
        for number, one in enumerate(forms)
    ]

    assert found == [read_source(DATA / "dataverse.json").entries] * 3


@pytest.mark.parametrize(
    ("kind", "digest", "algorithm"),
    [
        ("SHA-1", "ab" * 20, "sha1"),
        ("SHA-512", "ab" * 64, "sha512"),
        ("SHA-256", "ab" * 32, "sha256"),
    ],
)
def test_dataverse_names_algorithms_in_its_own_way(
    tmp_path: Path, kind: str, digest: str, algorithm: str
) -> None:
    whole = document("dataverse.json")
    for file in whole["data"]["latestVersion"]["files"]:
        file["dataFile"]["checksum"] = {"type": kind, "value": digest}

    assert read_source(written(tmp_path, whole)).algorithm == algorithm


@pytest.mark.parametrize("folder", ["..", "a/../..", "a//b", "a/./b"])
def test_a_dataverse_folder_that_leads_out_is_refused(tmp_path: Path, folder: str) -> None:
    whole = document("dataverse.json")
    whole["data"]["latestVersion"]["files"][0]["directoryLabel"] = folder

    with pytest.raises(MalformedError) as caught:
        read_source(written(tmp_path, whole))

    assert caught.value.field == "data.latestVersion.files[0].directoryLabel"


def test_two_dataverse_files_at_one_path_are_refused(tmp_path: Path) -> None:
    whole = document("dataverse.json")
    files = whole["data"]["latestVersion"]["files"]
    files[1] |= {"label": "notes.txt", "directoryLabel": ""}

    with pytest.raises(MalformedError, match="listed with other content"):
        read_source(written(tmp_path, whole))


# --- Frictionless ---------------------------------------------------------------------------


def package(folder: Path, *resources: dict[str, Any], **more: object) -> Path:
    for name, octets in {"a.csv": b"test", "data/b.csv": b"hello"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    return written(folder, {"resources": list(resources), **more}, "datapackage.json")


def test_frictionless_hashes_without_prefix_are_md5() -> None:
    imported = read_source(DATA / "datapackage-v1.json")

    assert imported.entries == (
        DeclaredEntry("data/a.csv", "md5", MD5_TEST, 4),
        DeclaredEntry("data/b.csv", "md5", MD5_HELLO, 5),
    )
    assert "left out (2): https://example.org/c.csv, inline" in said(imported)
    assert imported.metadata["license"] == "PDDL-1.0"


def test_what_frictionless_describe_writes_is_imported() -> None:
    imported = read_source(DATA / "frictionless-describe.json")

    assert [(one.path, one.length) for one in imported.entries] == [
        ("penguins-raw.csv", 53098),
        ("penguins.csv", 15241),
    ]
    assert all(isinstance(one, FileEntry) and one.imported for one in imported.entries)


def test_a_resource_without_hash_is_hashed_where_it_lies(tmp_path: Path) -> None:
    package(
        tmp_path,
        {"path": "a.csv", "hash": f"sha256:{SHA_TEST}", "bytes": 4},
        {"path": "data/b.csv"},
        {"path": "gone.csv"},
    )

    imported = read_source(tmp_path)

    assert imported.entries == (
        FileEntry("a.csv", bytes.fromhex(SHA_TEST), 4, imported=True),
        FileEntry("data/b.csv", bytes.fromhex(SHA_HELLO), 5, imported=False),
    )
    assert "hashed here (1): data/b.csv" in said(imported)
    assert "left out (1): gone.csv" in said(imported)


def test_one_hash_over_several_files_is_the_digest_of_none(tmp_path: Path) -> None:
    whole = "0b" * 32
    package(tmp_path, {"path": ["a.csv", "data/b.csv"], "hash": f"sha256:{whole}", "bytes": 9})

    imported = read_source(tmp_path)

    assert [one.imported for one in imported.entries if isinstance(one, FileEntry)] == [False] * 2


@pytest.mark.parametrize("path", ["link", "link/secret"])
def test_a_link_beside_the_package_is_not_followed(tmp_path: Path, path: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("secret")
    (tmp_path / "package").mkdir()
    package(tmp_path / "package", {"path": path})
    target = tmp_path / "elsewhere" / ("secret" if path == "link" else "")
    (tmp_path / "package" / "link").symlink_to(target)

    imported = read_source(tmp_path / "package")

    assert imported.entries == ()
    assert f"left out (1): {path}" in said(imported)


def test_a_resource_that_has_changed_is_refused(tmp_path: Path) -> None:
    package(tmp_path, {"path": "a.csv", "hash": f"sha256:{SHA_HELLO}", "bytes": 5})

    with pytest.raises(MalformedError, match="other content") as caught:
        read_source(tmp_path)

    assert caught.value.field == "resources[0].path"


@pytest.mark.parametrize(
    "stats",
    [
        {"hash": MD5_TEST.hex(), "bytes": 4},
        {"md5": MD5_TEST.hex(), "bytes": 4},
        {"hash": MD5_TEST.hex(), "hashing": "md5"},
    ],
    ids=["hash", "md5", "hashing"],
)
def test_older_packages_have_the_hash_among_the_stats(
    tmp_path: Path, stats: dict[str, Any]
) -> None:
    package(tmp_path, {"path": "a.csv", "stats": stats})

    assert read_source(tmp_path).entries == (DeclaredEntry("a.csv", "md5", MD5_TEST, 4),)


@pytest.mark.parametrize(
    "path", ["../a.csv", "/etc/passwd", "a/../../b", "C:\\a.csv", "..\\a.csv", "~/a.csv", "C:a", ""]
)
def test_a_resource_outside_the_package_is_refused(tmp_path: Path, path: str) -> None:
    package(tmp_path, {"path": path, "hash": MD5_TEST.hex()})

    with pytest.raises(MalformedError) as caught:
        read_source(tmp_path)

    assert caught.value.field == "resources[0].path"


@pytest.mark.parametrize("given", ["abc", "sha256:", f"sha256:{MD5_TEST.hex()}", "crc:00", 7, {}])
def test_a_hash_that_is_none_is_refused(tmp_path: Path, given: object) -> None:
    package(tmp_path, {"path": "a.csv", "hash": given})

    with pytest.raises(MalformedError) as caught:
        read_source(tmp_path)

    assert caught.value.field == "resources[0].hash"


def test_a_broken_package_is_an_error_and_no_guess(tmp_path: Path) -> None:
    (tmp_path / "datapackage.json").write_text("{")

    with pytest.raises(MalformedError):
        read_source(tmp_path)


# --- Croissant ------------------------------------------------------------------------------


def croissant(*distribution: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "pole",
        "distribution": list(distribution),
    }


def test_what_mlcroissant_writes_is_imported() -> None:
    imported = read_source(DATA / "croissant.json")

    assert [(one.path, one.length) for one in imported.entries] == [
        ("images.zip", None),
        ("penguins-raw.csv", 53098),
        ("penguins.csv", 15241),
    ]
    assert imported.metadata["license"] == "CC0-1.0"
    assert imported.metadata["contributors"] == [
        {"name": "Kristen Gorman", "orcid": "0000-0002-1825-0097"},
        {"name": "Palmer Station LTER"},
    ]


def test_sets_of_files_and_rounded_lengths_are_named() -> None:
    warnings = said(read_source(DATA / "croissant.json"))

    assert "name no file and are left out (1): images." in warnings
    assert "rounded there are left open (1): images.zip." in warnings


def test_a_file_contained_in_an_archive_is_no_file_of_its_own(tmp_path: Path) -> None:
    inner = {
        "@type": "cr:FileObject",
        "@id": "a.csv",
        "sha256": SHA_TEST,
        "contentUrl": "a.csv",
        "containedIn": {"@id": "archive.zip"},
    }

    imported = read_source(written(tmp_path, croissant(inner)))

    assert imported.entries == ()
    assert "Contained in another file" in said(imported)


def test_an_address_in_place_of_the_digest_is_named(tmp_path: Path) -> None:
    # what Hugging Face writes for the repository itself
    repo = {
        "@type": "cr:FileObject",
        "@id": "repo",
        "name": "repo",
        "contentUrl": "https://huggingface.co/datasets/example/tree/refs%2Fconvert%2Fparquet",
        "encodingFormat": "git+https",
        "sha256": "https://github.com/mlcommons/croissant/issues/80",
    }

    imported = read_source(written(tmp_path, croissant(repo)))

    assert imported.entries == ()
    assert "distribution[0].sha256: an address stands where the digest" in said(imported)


@pytest.mark.parametrize(
    ("name", "address", "path"),
    [
        ("data-file", "https://example.org/files/a%20b.csv?download=1", "a b.csv"),
        ("a.csv", "https://example.org/api/access/datafile/26148?format=original", "a.csv"),
        ("archive", "https://example.org/download", "archive"),
        ("a.csv", "data/a.csv", "data/a.csv"),
        ("a.csv", "http://[broken", "a.csv"),
    ],
)
def test_a_file_goes_by_its_path_or_its_name(
    tmp_path: Path, name: str, address: str, path: str
) -> None:
    one = {"@type": "FileObject", "name": name, "contentUrl": address, "sha256": SHA_TEST}

    assert [x.path for x in read_source(written(tmp_path, croissant(one))).entries] == [path]


@pytest.mark.parametrize("address", ["../a", "/a", "file:///a", "C:\\a", "a\\..\\b", "a//b"])
def test_a_file_object_outside_the_dataset_is_refused(tmp_path: Path, address: str) -> None:
    one = {"@type": "sc:FileObject", "name": "a", "contentUrl": address, "sha256": SHA_TEST}

    with pytest.raises(MalformedError) as caught:
        read_source(written(tmp_path, croissant(one)))

    assert caught.value.field == "distribution[0].contentUrl"


# --- CITATION.cff ---------------------------------------------------------------------------


def cff(folder: Path, text: str) -> Path:
    path = folder / "CITATION.cff"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_citation_file_prefills_a_deposit() -> None:
    imported = read_source(DATA / "CITATION.cff")

    assert imported.entries == ()
    assert imported.metadata == {
        "title": "Weather at the pole",
        "version": "1.10",
        "license": "CC-BY-4.0 OR MIT",
        "contributors": [
            {"name": "Josephine von Haas Jr.", "orcid": "0000-0002-1825-0097"},
            {"name": "王小明"},
            {"name": "Alena No"},  # to YAML 1.1 "No" is false
            {"name": "Polar Weather Consortium"},
        ],
        "identifiers": [
            {"type": "doi", "value": "10.5281/zenodo.7654321"},
            {"type": "doi", "value": "10.5281/zenodo.7654320"},
            {"type": "swhid", "value": "swh:1:rev:309cf2674ee7a0749978cf8265ab91a60aea0f7d"},
            {"type": "url", "value": "https://example.org/pole"},
        ],
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("CITATION.cff", "1.10"),
        ("croissant.json", "1.0.0"),
        ("datacite-bare.json", "1.10"),
        ("datacite-rest.json", "1.10"),
        ("datapackage-v1.json", "1.10"),
        ("dataverse.json", "2.1"),
        ("zenodo.json", "1.10"),
    ],
)
def test_a_version_is_taken_as_it_is_written(name: str, version: str) -> None:
    imported = read_source(DATA / name)

    assert imported.metadata["version"] == version
    assert "version =" not in said(imported)


@pytest.mark.parametrize(
    ("value", "taken"), [(2, "2"), (1.5, None), (True, None), (["1"], None), ("x" * 101, None)]
)
def test_a_version_that_is_no_line_is_told(
    tmp_path: Path, value: object, taken: str | None
) -> None:
    imported = read_source(written(tmp_path, {"creators": [], "titles": [], "version": value}))

    assert imported.metadata.get("version") == taken
    assert ("version" in said(imported)) is (taken is None)


def test_a_draft_in_dataverse_has_no_version(tmp_path: Path) -> None:
    whole = document("dataverse.json")
    del whole["data"]["latestVersion"]["versionNumber"]

    assert "version" not in read_source(written(tmp_path, whole)).metadata


@pytest.mark.parametrize(
    "text",
    [
        "cff-version: 1.2.0\ntitle: a\ntitle: b\n",
        "cff-version: 1.2.0\nauthors:\n- {name: a, name: b}\n",
        "cff-version: 1.2.0\nx: &x {a: b}\ny: {<<: *x}\n",
        "cff-version: 1.2.0\n? [a, b]\n: c\n",
    ],
    ids=["top", "within", "merge", "list-as-key"],
)
def test_a_key_that_could_be_read_in_two_ways_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MalformedError, match="each key once"):
        read_source(cff(tmp_path, text))


def test_a_bomb_of_aliases_goes_off_nowhere(tmp_path: Path) -> None:
    lines = ["cff-version: 1.2.0", "a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]

    with pytest.raises(TooLargeError):
        read_source(cff(tmp_path, "\n".join(lines)))


def test_few_aliases_that_would_unfold_to_much_cost_nothing(tmp_path: Path) -> None:
    lines = ["cff-version: 1.2.0", "a0: &a0 [{name: x}, {name: y}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 11)]

    imported = read_source(cff(tmp_path, "\n".join([*lines, "authors: *a10"])))

    assert imported.metadata == {}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "a: [", "\0", "cff-version: 1.2.0\na: &a [*a]", "a: *b", "- " * 500, "{" * 500),
        *(
            "cff-version: 1.2.0\n---\nb: 2",
            "!!python/object/apply:os.system [id]",
            "%YAML 9\n---\n",
        ),
        *("title: no version", "cff-version: [1]"),
    ],
)
def test_what_is_no_citation_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProvenanceError):
        read_source(cff(tmp_path, text))


def test_a_tag_that_would_run_a_program_makes_a_list(tmp_path: Path) -> None:
    text = "cff-version: 1.2.0\ntitle: !!python/object/apply:os.system [touch pwned]\n"

    imported = read_source(cff(tmp_path, text))

    assert imported.metadata == {}
    assert not (tmp_path / "pwned").exists()

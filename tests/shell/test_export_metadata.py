"""DataCite, CITATION.cff, JATS and badges: by each format's schema or rules, and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from exporting import (
    CLAIMS,
    ORCID,
    PEOPLE,
    ROR,
    built,
    hostile_lines,
    put_dataset,
    sealed_subject,
    subject_of,
    text_of,
    verified,
    with_data,
)
from receipts import DEVNET, EVIDENCE_TIME, ORIGIN, Shape, build, key_of

from provenance.credit import ROLES
from provenance.errors import MalformedError
from provenance.exports import FORMATS, Subject, remarks, write_text
from provenance.exports.datacite import TYPES
from provenance.imports import read_source
from provenance.note import NoteSigner
from provenance.policy import CheckpointKey
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMAS = Path(__file__).parents[2] / ".tools" / "data" / "schemas"
TEXTS = [one for one in FORMATS if one not in {"bagit", "ro-crate", "sha256sums"}]
NOBODY: dict[str, object] = {"contributors": None}


def schema(path: str) -> Any:  # noqa: ANN401 -- whatever JSON is
    if not SCHEMAS.exists():
        pytest.skip("fetched by scripts/test")
    return json.loads((SCHEMAS / path).read_bytes())


def check_datacite(text: str) -> dict[str, Any]:
    """Complete a fragment by what is the repository's to say, and hold it to the schema."""
    fragment: dict[str, Any] = json.loads(text)
    whole = {"publisher": {"name": "A repository"}, "publicationYear": "2026"} | fragment
    whole.setdefault("titles", [{"title": "Untitled"}])
    whole.setdefault("creators", [{"name": "(:unav)"}])
    jsonschema.Draft201909Validator(
        schema("datacite/schemas/datacite-v4.5.json"),
        format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER,
    ).validate(whole)
    return fragment


def check_cff(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)
    jsonschema.Draft7Validator(schema("cffconvert/schemas/1.2.0/schema.json")).validate(found)
    return found


# --- DataCite -------------------------------------------------------------------------------


def test_datacite_names_everybody_and_the_receipt() -> None:
    subject = replace(subject_of(), ledger="https://log.example")

    made = check_datacite(text_of("datacite", subject))

    assert [one["name"] for one in made["creators"]] == ["王小明", "Kristen Gorman", "龔𠮷 (Team)"]
    assert made["creators"][0]["nameIdentifiers"][0]["nameIdentifier"].endswith(ORCID)
    assert made["creators"][0]["affiliation"][0]["affiliationIdentifier"].endswith(ROR)
    kinds = [(one["name"], one["contributorType"]) for one in made["contributors"]]
    assert kinds == [
        ("王小明", "DataCurator"),
        ("王小明", "DataCollector"),
        ("Kristen Gorman", "Other"),
    ]
    assert made["doi"] == "10.5072/penguins"
    assert made["version"] == "1.10"
    related = {one["relationType"]: one for one in made["relatedIdentifiers"]}
    assert related["IsDocumentedBy"]["relatedIdentifier"] == subject.receipt_url
    assert "ab" * 32 in related["IsNewVersionOf"]["relatedIdentifier"]
    assert related["IsDerivedFrom"]["relatedIdentifier"] == "10.6073/pasta.98b1"
    assert related["IsDerivedFrom"]["relatedIdentifierType"] == "DOI"
    assert made["rightsList"][0]["rightsIdentifier"] == "cc0-1.0"
    digests = {
        one["alternateIdentifierType"]: one["alternateIdentifier"]
        for one in made["alternateIdentifiers"]
    }
    assert digests["dataset digest (RFC 9162 tree, SHA-256)"] == subject.digest
    assert not {"publisher", "publicationYear"} & made.keys()


def test_datacite_dates_say_which_is_proved() -> None:
    (claimed,) = check_datacite(text_of("datacite", subject_of()))["dates"]
    assert "not proved" in claimed["dateInformation"]

    subject = verified(built())
    dates = check_datacite(text_of("datacite", subject))["dates"]

    assert [one["dateType"] for one in dates] == ["Submitted", "Other", "Other"]
    assert subject.not_after is not None
    proved = utc_text(subject.not_after.time_unix)
    assert dates[2]["date"] == proved.removesuffix(" UTC").replace(" ", "T") + "Z"
    assert "proved: existed no later than this" in dates[2]["dateInformation"]


def test_datacite_comes_back_through_our_importer(tmp_path: Path) -> None:
    path = tmp_path / "datacite.json"
    path.write_text(text_of("datacite", subject_of()))

    metadata = read_source(path, "datacite").metadata

    assert (metadata["title"], metadata["version"]) == (CLAIMS["title"], "1.10")
    assert metadata["license"] == "CC0-1.0"
    unmapped = {key: PEOPLE[1][key] for key in ("name", "ror")}  # its role has no type
    assert metadata["contributors"] == [PEOPLE[0], unmapped, PEOPLE[2]]


def test_a_relation_that_datacite_cannot_name_is_told() -> None:
    strange = {"relation": "wasDerivedFrom", "identifier": "RRID:SCR_1"}
    subject = subject_of({"relations": [strange, *CLAIMS["relations"]]})  # type: ignore[misc]  # a list

    (said,) = remarks("datacite", subject)

    assert said.facts == {"count": 2}  # and the record, since no service is named
    assert len(check_datacite(text_of("datacite", subject))["relatedIdentifiers"]) == 1


def test_a_single_file_also_has_its_plain_sha256(tmp_path: Path) -> None:
    subject = with_data(put_dataset(tmp_path / "data", {"a.csv": b"a\n"}), tmp_path)

    made = check_datacite(text_of("datacite", subject))

    assert {
        "alternateIdentifier": "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7",
        "alternateIdentifierType": "SHA-256",
    } in made["alternateIdentifiers"]


def test_every_role_has_a_type_but_the_one_that_is_a_reference() -> None:
    assert ROLES.keys() - TYPES.keys() == {"funding-acquisition"}
    types = schema("datacite/schemas/datacite-v4.5.json")["definitions"]["contributorType"]["enum"]
    assert set(TYPES.values()) <= set(types)


# --- CITATION.cff ---------------------------------------------------------------------------


def test_a_citation_file_is_valid_and_cuts_no_name(tmp_path: Path) -> None:
    subject = replace(subject_of(), ledger="https://log.example")

    text = text_of("citation-cff", subject)

    made = check_cff(text)
    assert made["authors"] == [
        {"name": "王小明", "orcid": f"https://orcid.org/{ORCID}"},
        {"name": "Kristen Gorman"},
        {"name": "龔𠮷 (Team)"},
    ]
    assert (made["title"], made["type"], made["license"]) == (CLAIMS["title"], "dataset", "CC0-1.0")
    assert {"type": "doi", "value": "10.5072/penguins"} in made["identifiers"]
    assert "企鹅" in text
    assert made["version"] == "1.10"
    path = tmp_path / "CITATION.cff"
    path.write_text(text)
    metadata = read_source(path).metadata
    assert metadata["title"] == CLAIMS["title"]
    assert [one["name"] for one in metadata["contributors"]] == [one["name"] for one in PEOPLE]  # type: ignore[attr-defined]  # a list


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        ("MIT OR Apache-2.0", ["MIT", "Apache-2.0"]),
        ("MIT AND Apache-2.0", None),
        ("LicenseRef-own", None),
        (None, None),
    ],
)
def test_licences_that_a_citation_file_cannot_hold_are_told(
    license_: str | None, expected: object
) -> None:
    subject = subject_of({"license": license_})

    assert check_cff(text_of("citation-cff", subject)).get("license") == expected
    assert bool(remarks("citation-cff", subject)) is (license_ is not None and expected is None)


def test_identifiers_that_the_schema_would_refuse_are_others() -> None:
    swhid = "swh:1:dir:" + "a" * 40
    named = [
        ("doi", "10.5072/a<b>c"),
        ("swhid", swhid),
        ("swhid", f"{swhid};path=/x"),
        ("url", "https://example.org/1"),
        ("handle", "20.500.1/2"),
    ]
    claims = {"identifiers": [{"type": kind, "value": value} for kind, value in named]}

    made = check_cff(text_of("citation-cff", subject_of(claims)))

    kinds = [one["type"] for one in made["identifiers"]]
    assert kinds == ["other", "swh", "other", "url", "other", "other"]


# --- JATS -----------------------------------------------------------------------------------


def test_jats_roles_are_as_jats4r_recommends() -> None:
    group = ET.fromstring(text_of("jats", subject_of()))

    assert group.tag == "contrib-group"
    first, second, third = group.findall("contrib")
    roles = first.findall("role")
    assert [one.text for one in roles] == ["Data curation", "Investigation"]
    assert roles[0].attrib == {
        "vocab": "credit",
        "vocab-identifier": "https://credit.niso.org/",
        "vocab-term": "Data curation",
        "vocab-term-identifier": "https://credit.niso.org/contributor-roles/data-curation/",
    }
    (dashed,) = second.findall("role")
    assert dashed.get("vocab-term") == "Writing – original draft"
    assert third.findall("role") == []
    identifier = first.find("contrib-id")
    assert identifier is not None
    assert identifier.attrib == {"contrib-id-type": "orcid", "authenticated": "false"}
    assert identifier.text == f"https://orcid.org/{ORCID}"
    places = {one.get("id"): one.findtext(".//institution-id") for one in group.findall("aff")}
    referred = [places[one.get("rid")] for one in second.findall("xref")]
    assert referred == [f"https://ror.org/{ROR}", "https://ror.org/013q1eq08"]


def test_jats_elements_stand_in_the_order_of_the_standard() -> None:
    order = ["contrib-id", "string-name", "role", "xref"]

    for one in ET.fromstring(text_of("jats", subject_of())).findall("contrib"):
        places = [order.index(part.tag) for part in one]
        assert places == sorted(places)


# --- badges ---------------------------------------------------------------------------------


def shown(subject: Subject) -> list[str]:
    """The two texts of a badge."""
    root = ET.fromstring(text_of("badge", subject))
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


DEV = Shape(anchors=(DEVNET,), policy_chains=(DEVNET,), beacon_chain=DEVNET)


def test_a_badge_says_no_more_than_the_verdict_proves() -> None:
    day = utc_text(EVIDENCE_TIME)[:10]
    entry = "entry 6 of ledger.example/log"

    assert shown(subject_of()) == ["provenance", "recorded"]
    assert shown(verified(built(), hashes=False)) == ["provenance", entry]
    assert shown(verified(built())) == ["provenance", f"anchored not after {day}"]
    assert shown(verified(build(DEV))) == ["provenance", entry]


def test_another_logs_policy_proves_nothing_to_a_badge() -> None:
    stranger = CheckpointKey(NoteSigner(ORIGIN, key_of(9)).verifier, 0, None)
    other = build(Shape(checkpoint_key=stranger)).policy

    assert shown(verified(built(), policy=other)) == ["provenance", "recorded"]


def test_a_badge_has_a_title_and_nothing_active() -> None:
    root = ET.fromstring(text_of("badge", subject_of()))

    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title")
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert (title.get("id"), title.text) == ("title", "provenance: recorded")
    assert {one.tag.rpartition("}")[2] for one in root.iter()} == {"svg", "title", "rect", "text"}
    assert not any(
        name.startswith("on") or "href" in name for one in root.iter() for name in one.attrib
    )


def test_a_badge_in_chinese_is_wide_enough() -> None:
    words = {"provenance": "溯源", "recorded": "已登记"}

    subject = replace(subject_of(), translate=lambda text: words.get(text, text))

    assert shown(subject) == ["溯源", "已登记"]
    widths = [
        int(one.get("width", "0"))
        for one in ET.fromstring(text_of("badge", subject))
        if one.tag.endswith("rect")
    ]
    assert widths == [2 * 12 + 12, 3 * 12 + 12]


# --- all of them ----------------------------------------------------------------------------


def hidden(claims: Mapping[str, object] | None = None) -> Subject:
    """The receipt of a deposit whose title, identifiers and people are all withheld."""
    hold = ("title", "identifiers", "contributors")
    return subject_of(claims, hold=hold)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_withheld_is_nowhere_and_nothing_stands_for_it(name: str) -> None:
    subject = hidden()
    assert subject.people == ()

    if name in {"citation-cff", "jats"}:
        with pytest.raises(MalformedError) as caught:
            text_of(name, subject)
        assert caught.value.field == "contributors"
        return
    text = text_of(name, subject)

    assert "penguins" not in text.lower()
    assert "企鹅" not in text
    assert not any(str(one["name"]) in text for one in PEOPLE)
    assert ORCID not in text or name.startswith("prov")  # the key holder's own, if it is there


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_sealed_is_absent_and_no_zero_stands_for_it(name: str) -> None:
    subject = sealed_subject()
    assert (subject.digest, subject.files) == (None, None)

    text = text_of(name, subject)

    assert "A sealed title" not in text
    assert "files" not in text
    assert '""' not in text
    assert "''" not in text
    if name == "datacite":
        made = check_datacite(text)
        assert [one["alternateIdentifier"] for one in made["alternateIdentifiers"]] == [
            subject.record_id
        ]
        assert "sizes" not in made
    if name == "citation-cff":
        assert [one["value"] for one in check_cff(text)["identifiers"]] == [subject.record_id]


def test_a_declared_digest_is_not_called_that_of_a_dataset() -> None:
    declared = {"algorithm": "md5", "digest": "ab" * 32}
    without = dict.fromkeys(("dataset_digest", "bytes", "assurance"))
    subject = subject_of(without | {"declared_digest": declared})

    (found,) = [
        one["alternateIdentifierType"]
        for one in check_datacite(text_of("datacite", subject))["alternateIdentifiers"]
        if one["alternateIdentifier"] == "ab" * 32
    ]
    assert found == "digest of a list of declared md5 digests, no identity"
    (cited,) = [
        one
        for one in check_cff(text_of("citation-cff", subject))["identifiers"]
        if one["value"] == "ab" * 32
    ]
    assert cited["description"].startswith("Digest of a list of declared md5 digests")


def test_one_withheld_person_is_left_out() -> None:
    subject = subject_of(hold=("contributors[1]",))

    assert [one["name"] for one in check_cff(text_of("citation-cff", subject))["authors"]] == [
        "王小明",
        "龔𠮷 (Team)",
    ]
    assert "Gorman" not in text_of("datacite", subject) + text_of("jats", subject)


def test_hostile_titles_and_names_stay_text() -> None:
    for title in hostile_lines()[::5]:
        name = title[:200].strip()
        subject = subject_of({"title": title, "contributors": [{"name": name}]})

        made = check_datacite(text_of("datacite", subject))
        assert (made["titles"][0]["title"], made["creators"][0]["name"]) == (title, name)
        cited = check_cff(text_of("citation-cff", subject))
        assert (cited["title"], cited["authors"]) == (title, [{"name": name}])
        group = ET.fromstring(text_of("jats", subject))
        legal = name.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
        assert group.findtext("contrib/string-name") == legal
        assert len(list(group.iter())) == 3


@pytest.mark.parametrize("name", TEXTS)
def test_a_record_that_is_no_deposit_is_refused_where_a_deposit_is_needed(name: str) -> None:
    subject = Subject.parse(build(Shape(kind="key", signer=8)).octets, now_unix=0)

    if name in {"tlog-proof", "badge"}:
        assert text_of(name, subject)
        return
    with pytest.raises(MalformedError):
        text_of(name, subject)


def test_unknown_formats_are_refused_with_the_known_ones() -> None:
    with pytest.raises(MalformedError) as caught:
        list(write_text("word", subject_of()))

    assert caught.value.field == "--to"
    assert "citation-cff" in str(caught.value)


def test_nobody_at_all_is_no_author() -> None:
    assert "creators" not in check_datacite(text_of("datacite", subject_of(NOBODY)))

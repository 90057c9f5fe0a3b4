"""PROV in three notations: read back by the package ``prov``, and claiming nothing unproved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from exporting import CLAIMS, ORCID, ROR, built, hostile_lines, subject_of, text_of, verified
from prov.model import (
    ProvActivity,
    ProvAgent,
    ProvAttribution,
    ProvDerivation,
    ProvDocument,
    ProvEntity,
    ProvRecord,
)
from receipts import DEVNET, Shape, build

if TYPE_CHECKING:
    from provenance.exports import Subject

FORMS = {"prov-json": "json", "prov-n": "provn", "prov-jsonld": "jsonld"}


def read_back(name: str, text: str) -> ProvDocument:
    return ProvDocument.deserialize(content=text, format=FORMS[name])


def values(record: ProvRecord, name: str) -> list[str]:
    """The values of an attribute as text, such as ``2026-...`` for a time."""
    return [str(value) for key, value in record.attributes if str(key) == name]


@pytest.mark.parametrize("name", FORMS)
def test_the_library_reads_back_what_was_meant(name: str) -> None:
    subject = subject_of()

    made = read_back(name, text_of(name, subject))

    (data,) = made.get_record(f"data:{subject.record_id}")
    assert values(data, "prov:label") == [CLAIMS["title"]]
    assert "10.5072/penguins" in " ".join(values(data, "ledger:identifier"))
    people = {
        values(one, "prov:label")[0]
        for one in made.get_records(ProvAgent)
        if values(one, "prov:label")
    }
    assert people == {"王小明", "Kristen Gorman", "龔𠮷 (Team)"}
    assert made.get_record(f"orcid:{ORCID}")
    assert len(made.get_record(f"ror:{ROR}")) == 1
    roles = [kind for one in made.get_records(ProvAttribution) for kind in values(one, "prov:type")]
    assert sorted(roles) == [
        "credit:data-curation/",
        "credit:investigation/",
        "credit:writing-original-draft/",
    ]


@pytest.mark.parametrize("name", FORMS)
def test_relations_are_those_of_the_record(name: str) -> None:
    made = read_back(name, text_of(name, subject_of()))

    derived = list(made.get_records(ProvDerivation))
    kinds = {str(one.args[1]): values(one, "prov:type") for one in derived}
    revision = kinds.pop("data:" + "ab" * 32)
    assert revision == ["prov:Revision"]
    ((other, plain),) = kinds.items()
    assert plain == []
    (entity,) = made.get_record(other)
    assert values(entity, "ledger:identifier") == ["https://doi.org/10.6073/pasta.98b1"]


@pytest.mark.parametrize(
    "relation",
    ["alternateOf", "hadPrimarySource", "specializationOf", "wasQuotedFrom", "wasRevisionOf"],
)
def test_every_relation_has_its_word(relation: str) -> None:
    claims = {"relations": [{"relation": relation, "record": "cd" * 32}]}

    text = text_of("prov-n", subject_of(claims))

    assert "cd" * 32 in text
    assert read_back("prov-n", text) == read_back(
        "prov-json", text_of("prov-json", subject_of(claims))
    )


def activities(subject: Subject) -> dict[str, ProvActivity]:
    made = read_back("prov-json", text_of("prov-json", subject))
    found = [one for one in made.get_records(ProvActivity) if isinstance(one, ProvActivity)]
    return {str(one.identifier).split(":")[0]: one for one in found}


def test_without_a_verdict_every_time_is_called_claimed() -> None:
    found = activities(subject_of())

    assert found.keys() == {"deposit", "anchor"}
    for one in found.values():
        assert one.get_startTime() is None
        assert one.get_endTime() is None
        assert not values(one, "ledger:provedNotAfter")
    assert values(found["deposit"], "ledger:claimedTime")
    assert values(found["anchor"], "ledger:claimedBlockTime")


def test_what_the_verdict_proves_is_called_proved() -> None:
    found = activities(verified(built()))

    (proved,) = values(found["deposit"], "ledger:provedNotAfter")
    assert proved.startswith("20")
    assert values(found["deposit"], "ledger:provedNotBefore")
    assert values(found["anchor"], "ledger:provedNotAfter") == [proved]


DEV = Shape(anchors=(DEVNET,), policy_chains=(DEVNET,), beacon_chain=DEVNET)


@pytest.mark.parametrize(
    "subject", [verified(build(DEV)), verified(built(), hashes=False)], ids=["dev", "unvouched"]
)
def test_what_proves_nothing_to_others_is_not_called_proved(subject: Subject) -> None:
    found = activities(subject)

    assert not values(found["deposit"], "ledger:provedNotAfter")
    assert not values(found["anchor"], "ledger:provedNotAfter")


@pytest.mark.parametrize("name", FORMS)
def test_hostile_titles_come_back_as_they_were(name: str) -> None:
    for title in hostile_lines()[::23]:
        claims = {"title": title, "contributors": [{"name": title[:200].strip()}]}
        subject = subject_of(claims)

        made = read_back(name, text_of(name, subject))

        (data,) = made.get_record(f"data:{subject.record_id}")
        assert values(data, "prov:label") == [title]
        assert len(list(made.get_records(ProvEntity))) == 4


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    program = (
        "import sys; sys.modules['prov.model'] = None\n"
        "from exporting import subject_of, text_of\n"
        "from provenance.errors import DriverMissingError\n"
        "try: text_of('prov-n', subject_of())\n"
        "except DriverMissingError as error: print(error)\n"
    )
    tests = str(Path(__file__).parents[1])

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tests, capture_output=True, text=True, check=True
    )

    assert ".tools/bin/uv pip install -e '.[formats]'" in done.stdout


def test_prov_json_keeps_chinese_readable() -> None:
    text = text_of("prov-json", subject_of())

    assert "企鹅" in text
    assert json.loads(text)

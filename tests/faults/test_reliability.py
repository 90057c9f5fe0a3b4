"""The document of the rig: nothing that was seen is missing in what operators read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from faults import results
from faults.profiles import CAMPAIGNS, find_campaign

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = results.DOCUMENT.read_text("utf-8")
OPERATING = results.DOCUMENT.with_name("operating.md").read_text("utf-8")
SEEN = DOCUMENT.partition("## What an operator sees")[2].partition("<!-- codes")[0]


def explained() -> set[str]:
    """Every code that stands at the head of a row of operating.md."""
    rows = [line.split("|")[1] for line in OPERATING.splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall("`([a-z-]+)`", row)}


def anchors() -> set[str]:
    heads = re.findall("(?m)^##+ (.+)$", OPERATING)
    return {re.sub("[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


def told_codes() -> dict[str, set[str]]:
    """Campaign -> the codes in its row of what an operator sees."""
    rows = [line.split("|") for line in SEEN.splitlines() if line.startswith("| ")]
    return {
        name: set(re.findall("`([a-z-]+)`", row[2]))
        for row in rows
        for name in re.findall("[a-z-]+", row[1])
    }


def test_every_code_that_a_campaign_saw_stands_in_its_row() -> None:
    told = told_codes()
    missing = {
        (line["campaign"], code)
        for line in results.read(results.RESULTS)
        for code in set(line.get("codes", {})) - told.get(line["campaign"], set())
    }

    assert not missing


def test_every_code_that_a_campaign_saw_is_explained_to_operators() -> None:
    seen = {code for line in results.read(results.RESULTS) for code in line.get("codes", {})}

    assert seen <= explained()


def test_every_code_that_the_document_names_is_explained_to_operators() -> None:
    named = set(re.findall("`([a-z-]+)`", SEEN)) - {"code"}

    assert len(named) > 10
    assert named <= explained()


def test_every_campaign_tells_what_an_operator_sees() -> None:
    rows = [line.split("|")[1] for line in SEEN.splitlines() if line.startswith("| ")]
    told = {name for row in rows for name in re.findall("[a-z-]+", row)}

    assert {campaign.name for campaign in CAMPAIGNS if campaign.full} <= told


def test_links_lead_to_sections_of_the_operators_document() -> None:
    links = set(re.findall(r"operating\.md#([a-z0-9-]+)", DOCUMENT))

    assert len(links) > 4
    assert links <= anchors()


@pytest.mark.parametrize("name", [campaign.name for campaign in CAMPAIGNS])
def test_every_campaign_can_be_loaded(name: str) -> None:
    campaign = find_campaign(name)

    assert campaign is not None
    assert callable(campaign.load())


def test_full_profile_reaches_its_counts_within_six_hours() -> None:
    for campaign in CAMPAIGNS:
        slices = list(campaign.slices(1))
        assert sum(piece.count for piece in slices) == campaign.full
        assert len({piece.seed for piece in slices}) == len(slices)

    assert sum(campaign.minutes for campaign in CAMPAIGNS) <= 360


def test_what_took_longer_than_stated_is_told_and_breaks_nothing() -> None:
    campaign = find_campaign("failover")
    assert campaign is not None

    found = results.judge_times(campaign, {"worst seconds: outage": 6.5, "failovers": 3})

    assert found == {"worst seconds: outage": [6.5, 5]}
    assert results.say_times(found) == "no (outage 6.5 of 5)"
    assert results.say_times({"worst seconds: outage": [4.5, 5]}) == "yes"


def test_report_adds_slices_and_tells_broken_promises(tmp_path: Path) -> None:
    place, document = tmp_path / "results.jsonl", tmp_path / "reliability.md"
    document.write_text(DOCUMENT, "utf-8")
    facts = {"seconds": 60.0, "day": "2026-01-02", "machine": "one", "commit": "abc1234"}
    for seed, worst in ((1000, 2.5), (1001, 0.5)):
        counts = {"failovers": 10, "worst seconds: outage": worst}
        line = {"campaign": "failover", "seed": seed, "count": 10, "counts": counts, **facts}
        results.append(place, {**line, "codes": {"unavailable": 3}})
    broken = {"campaign": "reorgs", "seed": 5, "count": 9, "counts": {}, **facts}
    results.append(place, {**broken, "violation": "I5: twice"})

    results.write_report(place, CAMPAIGNS, document)
    once = document.read_text("utf-8")
    results.write_report(place, CAMPAIGNS, document)

    assert document.read_text("utf-8") == once
    told = "20 failovers; 2.5 worst seconds: outage; within stated time: yes; nothing broken"
    assert told in once
    assert "| outage <= 5 s; after the last fault, final <= 90 s |" in once
    assert "**broken: I5: twice**" in once
    assert "| `unavailable` | failover (6) |" in once
    assert json.dumps(facts["commit"]).strip('"') in once

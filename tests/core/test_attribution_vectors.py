"""The committed cases about attribution are what the rules make of them today."""

from __future__ import annotations

import json

from attribution_vectors import PLACE, vectors


def test_the_committed_cases_are_those_of_the_rules() -> None:
    made = json.loads(json.dumps(vectors()))

    assert json.loads(PLACE.read_text(encoding="utf-8")) == made


def test_the_cases_reach_every_status_and_state() -> None:
    cases = json.loads(PLACE.read_text(encoding="utf-8"))["cases"]

    statuses = {p["status"] for c in cases for one in c["credit"] for p in one["people"]}
    states = {one["state"][0] for case in cases for one in case["disputes"]}
    marks = {mark for case in cases for _, _, found in case["lineage"]["nodes"] for mark in found}
    assert statuses == {"claimed", "accepted", "objected", "amended", "own", "unclear"}
    assert states == {"open", "ruled", "corrected", "withdrawn"}
    assert marks == {"withdrawn", "superseded", "corrected", "disputed"}

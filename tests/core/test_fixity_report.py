"""The fixity report: what it says, what it may not say, and which files a seed draws."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.fingerprint import FileEntry, Tally, summarize
from provenance.fixity_report import BadFile, FixityReport, draw, tally_of

SCHEMA = json.loads((files("provenance") / "schemas" / "fixity-report.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
ENTRIES = [FileEntry(f"数据/{n:04}.csv", hashlib.sha256(b"%d" % n).digest(), 4) for n in range(500)]
SOUND = FixityReport(
    record=bytes(range(32)),
    dataset_digest=b"\x5f" * 32,
    files=500,
    asked="sample",
    seed=b"\x9a" * 32,
    checked=10,
    failed=0,
    missing=0,
    length=40,
    checked_digest=b"\xc0" * 32,
    bad=(),
    started_unix=1_790_000_000,
    ended_unix=1_790_000_060,
    tool="provenance-ledger 0.1.0",
)
BAD = (
    BadFile("a.csv", "changed", b"\1" * 32, found=b"\2" * 32),
    BadFile("b.csv", "unreadable", b"\1" * 32, reason="it cannot be read (Input/output error)"),
    BadFile("测量.csv", "missing", b"\1" * 32),
)
DAMAGED = replace(SOUND, failed=2, missing=1, bad=BAD)
WHOLE = replace(SOUND, asked="all", seed=None, checked=500)


@pytest.mark.parametrize("report", [SOUND, DAMAGED, WHOLE, replace(WHOLE, asked="share")])
def test_a_report_is_read_as_it_was_written_and_fits_the_schema(report: FixityReport) -> None:
    octets = report.to_bytes()

    assert FixityReport.parse(octets) == report
    VALIDATOR.validate(json.loads(octets))
    assert report.is_sound is not bool(report.bad)
    assert report.claims()["report_digest"] == hashlib.sha256(octets).hexdigest()


def test_the_schema_is_one_and_knows_every_member() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$id"] == "urn:provenance-ledger:schema:fixity-report:1"
    assert list(SCHEMA["properties"]) == list(json.loads(DAMAGED.to_bytes()))
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) - {"seed"}


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"format": "provenance-manifest"}, "format"),
    ({"v": 2}, "format"),
    ({"v": True}, "format"),
    ({"asked": "some"}, "asked"),
    ({"asked": "all"}, "seed"),
    ({"seed": "9a"}, "seed"),
    ({"seed": None}, "seed"),
    ({"checked": 0}, "checked"),
    ({"checked": 501}, "checked"),
    ({"checked": 500}, "seed"),
    ({"failed": 10}, "missing"),
    ({"missing": 0}, "bad"),
    ({"bad": []}, "bad"),
    ({"ended": 1_789_999_999}, "ended"),
    ({"host": "archive-7"}, "host"),
    ({"tool": ""}, "tool"),
]


@pytest.mark.parametrize(("change", "field"), CHANGES)
def test_what_cannot_be_true_is_refused(change: dict[str, Any], field: str) -> None:
    members = json.loads(DAMAGED.to_bytes()) | change

    with pytest.raises(MalformedError) as refused:
        FixityReport.parse(json.dumps(members).encode())

    assert refused.value.field == field
    assert isinstance(refused.value, UnsupportedVersionError) is (field == "format")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "lost"}, "bad[0].outcome"),
        ({"outcome": "missing"}, "bad[0].found"),
        ({"outcome": "unreadable"}, "bad[0].found"),
        ({"found": "01" * 32}, "bad[0].found"),
        ({"path": "../a.csv"}, "bad[0].path"),
        ({"path": "z.csv"}, "bad"),
        ({"path": "b.csv"}, "bad"),
        ({"reason": "so"}, "bad[0].reason"),
        ({"host": "x"}, "bad[0].host"),
    ],
)
def test_a_bad_file_has_what_its_outcome_wants(change: dict[str, Any], field: str) -> None:
    members = json.loads(DAMAGED.to_bytes())
    members["bad"][0] |= change

    with pytest.raises(MalformedError) as refused:
        FixityReport.parse(json.dumps(members).encode())

    assert refused.value.field == field


@settings(max_examples=100)
@given(st.binary(max_size=300), st.integers(0, 900))
def test_no_other_error_leaves_the_parser(noise: bytes, at: int) -> None:
    octets = DAMAGED.to_bytes()

    for damaged in (noise, octets[:at] + noise[:3] + octets[at + 3 :]):
        try:
            FixityReport.parse(damaged)
        except MalformedError:
            continue


# --- which files are due ----------------------------------------------------------------------


def test_a_draw_is_the_documented_rule() -> None:
    seed = bytes.fromhex("5a" * 32)
    ranked = sorted(ENTRIES, key=lambda one: hmac.new(seed, one.path.encode(), "sha256").digest())

    drawn = draw(iter(ENTRIES), 20, seed)

    assert drawn == sorted(ranked[:20])
    assert drawn == draw(reversed(ENTRIES), 20, seed)
    assert draw(ENTRIES, 500, seed) == ENTRIES
    assert draw(ENTRIES, 10, seed) == [one for one in drawn if one in ranked[:10]]


def test_a_draw_never_changes() -> None:
    drawn = draw(ENTRIES, 3, bytes(32))

    assert [one.path for one in drawn] == ["数据/0013.csv", "数据/0060.csv", "数据/0271.csv"]


def test_each_file_is_drawn_as_often_as_another() -> None:
    counts = dict.fromkeys((one.path for one in ENTRIES[:20]), 0)
    for number in range(2_000):
        for one in draw(ENTRIES[:20], 5, hashlib.sha256(b"%d" % number).digest()):
            counts[one.path] += 1

    # 500 expected, standard deviation 19: six of them
    assert all(abs(count - 500) < 116 for count in counts.values())


def test_the_tally_is_the_dataset_digest_of_what_passes() -> None:
    tally = Tally()

    passed = list(tally_of(ENTRIES[:7], tally))

    assert passed == ENTRIES[:7]
    assert tally.summary() == summarize(ENTRIES[:7])

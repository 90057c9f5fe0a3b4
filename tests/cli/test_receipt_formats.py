"""``receipt --format``: a certificate in place of the receipt, and the receipt inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import receipts
from command_line import CommandLine
from test_receipt_waiting import RECORD, serving

if TYPE_CHECKING:
    from pathlib import Path

MADE = receipts.build()


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF-1.7"), ("html", b"<!doctype html>")])
def test_a_certificate_is_written(
    line: CommandLine, tmp_path: Path, kind: str, start: bytes
) -> None:
    with serving(MADE.policy.octets, [MADE.octets]) as (url, _):
        ran = line.here("receipt", RECORD, "--ledger", url, "--format", kind)

    made = tmp_path / f"{RECORD[:16]}.receipt.{kind}"
    assert (ran.code, made.read_bytes()[: len(start)]) == (0, start)
    assert "Complete" in ran.out


def test_the_readers_own_policy_may_be_given(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(MADE.policy.octets)
    arguments = ("--format", "html", "--language", "en", "--policy", "mine.json", "-o", "c.html")

    with serving(b"no policy at all", [MADE.octets]) as (url, _):
        # waiting reads the served policy, the certificate does not
        ran = line.here("receipt", RECORD, "--ledger", url, *arguments)

    assert ran.code == 2
    with serving(MADE.policy.octets, [MADE.octets]) as (url, _):
        ran = line.here("receipt", RECORD, "--ledger", url, *arguments)

    assert ran.code == 0
    page = (tmp_path / "c.html").read_text("utf-8")
    assert MADE.policy.digest.hex() in page
    assert "证书" not in page


@pytest.mark.parametrize("arguments", [("--format", "docx"), ("--language", "fr")])
def test_an_unknown_choice_is_refused_before_anything_is_asked(
    line: CommandLine, arguments: tuple[str, str]
) -> None:
    ran = line.here("receipt", RECORD, "--ledger", "http://127.0.0.1:9", *arguments)

    assert ran.code == 2
    assert arguments[0] in ran.err

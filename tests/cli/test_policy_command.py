"""``policy trust``: an institution's key in a policy, from its own request to a bound person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import CommandLine, open_quickly

from provenance.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Served


def _institute(folder: Path, name: str = "极地研究所") -> CommandLine:
    folder.mkdir()
    line = CommandLine(folder, folder / "home")
    line.succeed("key", "new", "--name", name, "--ror", "05dxps055")
    open_quickly(line.home)
    return line


def test_an_institution_gets_into_a_policy_by_its_own_request(
    ledger: Served, tmp_path: Path
) -> None:
    institute = _institute(tmp_path / "institute")
    asked = tmp_path / "institute.request"
    institute.succeed("key", "request", "--policy", ledger.policy, "-o", asked)

    ran = institute.here(
        *("policy", "trust", ledger.policy, asked, "-o", tmp_path / "ours.json", "--json")
    )

    before, made = (
        Policy.parse(ledger.policy.read_bytes()),
        Policy.parse((tmp_path / "ours.json").read_bytes()),
    )
    (one,) = made.institution_keys
    assert (ran.code, ran.json()["digest"], ran.json()["key"]) == (
        0,
        made.digest.hex(),
        one.key.thumbprint,
    )
    assert (one.name, one.ror) == ("极地研究所", "05dxps055")
    assert (made.origin, made.chains, made.checkpoint_keys) == (
        before.origin,
        before.chains,
        before.checkpoint_keys,
    )
    shown = institute.here("policy", "show", tmp_path / "ours.json").out
    assert one.key.thumbprint in shown

    # the same institution again is not a second one, and may be called otherwise
    words = ["policy", "trust", tmp_path / "ours.json", asked, "--name", "Polar Institute"]
    institute.succeed(*words, "-o", tmp_path / "ours.json")
    (again,) = Policy.parse((tmp_path / "ours.json").read_bytes()).institution_keys
    assert (again.name, again.key) == ("Polar Institute", one.key)


def test_what_is_no_request_for_this_log_is_refused(ledger: Served, tmp_path: Path) -> None:
    institute = _institute(tmp_path / "institute")
    other, bad = tmp_path / "other.request", tmp_path / "bad.request"
    institute.succeed("key", "request", "--origin", "another.example/log", "-o", other)
    bad.write_bytes(other.read_bytes().replace(b'"v":1', b'"v":2'))
    taken = tmp_path / "taken.json"
    taken.write_text("{}")

    for words, field in (
        ([other], "REQUEST"),
        ([bad], "v"),
        ([tmp_path / "none"], None),
    ):
        ran = institute.here("policy", "trust", ledger.policy, *words, "-o", taken)
        assert ran.code == 2, (ran, field)
    assert taken.read_text() == "{}"

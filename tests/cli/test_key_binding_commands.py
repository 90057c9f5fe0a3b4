"""A person's key from request to revocation, on the command line and a real ledger."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine, open_quickly, served

from provenance.files.keystore import KeyStore
from provenance.policy import InstitutionKey, Policy, render_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = ("institute", "li", "stranger")


@dataclass(frozen=True)
class Place:
    """A served ledger whose policy names the institute."""

    folder: Path
    policy: Path
    people: dict[str, CommandLine]

    def json(self, who: str, *words: object) -> Any:  # noqa: ANN401 -- JSON
        ran = self.people[who].here(*words, "--json")
        assert ran.code == 0, ran
        return json.loads(ran.out)

    def refused(self, who: str, *words: object) -> str:
        ran = self.people[who].here(*words, "--json")
        assert ran.code == 2, ran
        return str(json.loads(ran.out)["error"])

    def deposit(self, who: str, name: str, *words: object) -> Path:
        data = self.folder / f"{name}.txt"
        data.write_text(name)
        self.json(who, "deposit", data, "-o", self.folder / name, *words)
        return self.folder / name / "receipt.json"

    def verified(self, receipt: Path, *words: object) -> dict[str, Any]:
        """The checks by name; what is not anchored yet does not matter here."""
        ran = self.people["li"].here(
            "verify", receipt, "--policy", self.policy, "--allow-dev-chain", *words, "--json"
        )
        return {one["name"]: one for one in json.loads(ran.out)["checks"]}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    people = {}
    for who in PEOPLE:
        (tmp_path / who).mkdir()
        people[who] = CommandLine(tmp_path / who, tmp_path / who / "home")
        people[who].succeed("key", "new", "--label", "mine", "--name", who.title())
        open_quickly(people[who].home)
    founder = people["institute"]
    founder.succeed("init", tmp_path / "ledger", "--origin", "keys.example/ledger")
    file = tmp_path / "ledger" / "policy.json"
    policy = Policy.parse(file.read_bytes())
    (stored,) = KeyStore(founder.home).keys()
    made = render_policy(
        origin=policy.origin,
        root_key=policy.root_key,
        checkpoint_keys=policy.checkpoint_keys,
        chains=policy.chains,
        institution_keys=[InstitutionKey("Polar Institute", "05dxps055", stored.public)],
    )
    file.write_bytes(made)
    with served(tmp_path / "ledger", founder) as url:
        lines = {who: CommandLine(line.folder, line.home, url) for who, line in people.items()}
        yield Place(tmp_path, file, lines)


def test_a_key_is_bound_rotated_and_revoked(place: Place) -> None:
    before = place.deposit("li", "before")
    asked, word = place.folder / "asked.json", place.folder / "word.json"
    place.json("li", "key", "request", "-o", asked)
    bound = place.json("institute", "key", "bind", asked, "-o", word)
    assert bound["vouched_for"] == {"name": "Li"}
    assert place.refused("stranger", "key", "accept", word) == "not-found"
    accepted = place.json("li", "key", "accept", word)
    after = place.deposit("li", "after")

    identity = place.verified(after)["identity"]
    assert identity["text"] == f"bound by Polar Institute at entry {accepted['leaf_index']}: proved"
    assert identity["facts"]["claimed_name"] == "Li"
    assert place.verified(before)["identity"]["code"] == "key-self-asserted"

    rotated = place.json("li", "key", "rotate", "--key", "mine", "--label", "second")
    assert rotated["type"] == "revocation"
    data = place.folder / "x.txt"
    data.write_text("x")
    assert place.refused("li", "deposit", data, "--key", "mine", "-o", place.folder / "x") == (
        "key-revoked"
    )
    second = place.deposit("li", "second", "--key", "second")
    assert place.verified(second)["identity"]["code"] == "key-self-asserted"

    url = place.people["li"].ledger
    status = place.verified(after, "--log", url, "--require-key-status")["key-status"]
    assert status["code"] == "revoked-later"
    assert status["facts"]["reason"] == "superseded"
    shown = place.json("stranger", "key", "show", accepted["key"])
    types = [one["type"] for one in shown["entries"]]
    assert types.count("revocation") == 1
    assert types.count("key") == 3  # its own two, and the successor's


def test_an_institution_dates_a_compromise_and_a_stranger_revokes_nothing(place: Place) -> None:
    asked, word = place.folder / "asked.json", place.folder / "word.json"
    place.json("li", "key", "request", "-o", asked)
    place.json("institute", "key", "bind", asked, "--may-bind", "-o", word)
    kid = place.json("li", "key", "accept", word)["key"]
    receipt = place.deposit("li", "data")

    assert place.refused("stranger", "key", "revoke", kid) == "not-authorised"
    assert place.refused("li", "key", "revoke", "--compromised-since", "5") == "malformed"
    since = int(time.time()) - 3_600
    place.json("institute", "key", "revoke", kid, "--compromised-since", since)

    saved = json.loads(receipt.read_bytes())
    assert "revocations" not in saved
    log = place.people["li"].ledger
    status = place.verified(receipt, "--log", log)["key-status"]
    assert status["code"] in {"compromised-undecided", "compromised-before"}
    assert status["text"].startswith(("Polar Institute, which", "void: Polar Institute, which"))


def test_a_request_that_was_changed_is_refused(place: Place) -> None:
    asked = place.folder / "asked.json"
    place.json("li", "key", "request", "-o", asked)
    request = json.loads(asked.read_bytes())
    head, *rest = request["sd_jwt"].split("~")
    request["sd_jwt"] = "~".join([f"{head[:-4]}AAAA", *rest])
    asked.write_text(json.dumps(request))

    ran = place.people["institute"].here("key", "bind", asked, "-o", "word.json", "--json")

    assert ran.code == 1
    assert json.loads(ran.out)["error"] == "bad-signature"


def test_a_recovery_key_is_named_in_the_first_record_and_revokes(place: Place) -> None:
    safe = KeyStore(place.people["stranger"].home).keys()[0].thumbprint
    place.json("li", "key", "new", "--label", "guarded", "--recovery", safe)
    place.deposit("li", "guarded", "--key", "guarded")
    kid = KeyStore(place.people["li"].home).find("guarded").thumbprint

    revoked = place.json("stranger", "key", "revoke", kid, "--reason", "keyCompromise")

    assert revoked["type"] == "revocation"

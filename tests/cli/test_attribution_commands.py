"""Who did what, from one end to the other: two institutions, four people, one real ledger."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from command_line import CommandLine, Ran, open_quickly, served
from strategies import private_key, salts
from time_authority import make_authority

from provenance.attribution_values import read_statement
from provenance.client import LedgerClient
from provenance.client.collect_case import collect_case
from provenance.digests import sha256
from provenance.dispute_case import dispute_of
from provenance.files.keystore import KeyStore
from provenance.files.time_token import read_roots, verify_token
from provenance.policy import InstitutionKey, Policy, render_policy
from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.case import Case

DATA = Path(__file__).parents[2] / ".tools" / "data"
IERS = [
    DATA / f"iers-2026-{day}" / "astropy_iers_data" / "data" for day in ("10-12", "10-19", "11-02")
]
PENGUINS = DATA / "penguins" / "palmerpenguins" / "data"

ORIGIN = "attribution.example/ledger"
LI, WANG, GORMAN, CHEN = (
    "0000-0002-1825-0097",
    "0000-0001-5109-3700",
    "0000-0002-1694-233X",
    "0000-0001-2345-6789",
)


@dataclass(frozen=True)
class Place:
    """A served ledger and everybody who uses it."""

    folder: Path
    url: str
    policy: Path
    people: dict[str, CommandLine]

    def run(self, who: str, *words: object) -> Ran:
        return self.people[who].here(*words)

    def json(self, who: str, *words: object) -> Any:  # noqa: ANN401 -- JSON
        ran = self.run(who, *words, "--json")
        assert ran.code == 0, ran
        return json.loads(ran.out)

    def refused(self, who: str, code: str, *words: object) -> dict[str, Any]:
        ran = self.run(who, *words, "--json")
        problem: dict[str, Any] = json.loads(ran.out)
        assert (ran.code, problem["error"]) == (2, code), ran
        return problem

    def deposit(self, who: str, data: Path, title: str, *words: object) -> str:
        target = self.people[who].folder / f"{len(list(self.folder.rglob('receipt.json')))}.made"
        made = self.json(who, "deposit", data, "--title", title, "-o", target, *words)
        return str(made["id"])

    def thumbprint(self, who: str) -> str:
        (key,) = KeyStore(self.people[who].home).keys()
        return key.thumbprint


PEOPLE = {
    "institute": ("Polar Institute", None),
    "observatory": ("Observatory", None),
    "li": ("李雷", LI),
    "wang": ("王芳", WANG),
    "gorman": ("Kristen Gorman", GORMAN),
    "chen": ("陈晨", None),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("attribution")
    people = {}
    for who, (name, orcid) in PEOPLE.items():
        (folder / who).mkdir()
        line = CommandLine(folder / who, folder / who / "home")
        said = [] if orcid is None else ["--orcid", orcid]
        assert line.here("key", "new", "--name", name, *said).code == 0
        open_quickly(line.home)
        people[who] = line
    founder = people["institute"]
    founder.succeed("init", folder / "ledger", "--origin", ORIGIN)
    _trust(folder / "ledger", people)
    with served(folder / "ledger", founder) as url:
        lines = {who: CommandLine(line.folder, line.home, url) for who, line in people.items()}
        yield Place(folder, url, folder / "ledger" / "policy.json", lines)


def _trust(ledger: Path, people: dict[str, CommandLine]) -> None:
    """Put the two institutions into the policy that the ledger serves."""
    policy = Policy.parse((ledger / "policy.json").read_bytes())
    keys = []
    for who, ror in (("institute", "05dxps055"), ("observatory", "013q1eq08")):
        (stored,) = KeyStore(people[who].home).keys()
        keys.append(InstitutionKey(name=PEOPLE[who][0], ror=ror, key=stored.public))
    made = render_policy(
        origin=policy.origin,
        root_key=policy.root_key,
        checkpoint_keys=policy.checkpoint_keys,
        chains=policy.chains,
        institution_keys=keys,
    )
    (ledger / "policy.json").write_bytes(made)


def named_by_gorman(place: Place) -> str:
    """A deposit by Gorman that names three others, one of them without ORCID iD."""
    people = [
        f"Kristen Gorman; orcid={GORMAN}; roles=investigation, Data curation",
        f"李雷; orcid={LI}; roles=软件, 验证",
        f"王芳; orcid={WANG}; roles=方法设计",
        "陈晨; roles=可视化",
    ]
    flags = [word for one in people for word in ("--contributor", one)]
    return place.deposit("gorman", PENGUINS, "Palmer penguins", *flags)


def row(credit: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    (found,) = [one for one in credit["people"] if one["name"] == name]
    return {
        "status": found["status"],
        **{one["role"]: one["status"] for one in found["roles"]},
    }


def test_what_nobody_answered_is_claimed_and_never_agreed(place: Place) -> None:
    credit = place.json("li", "credit", named_by_gorman(place))

    assert row(credit, "Kristen Gorman") == {
        "status": "own",
        "investigation": "own",
        "data-curation": "own",
    }
    assert row(credit, "李雷") == {
        "status": "claimed",
        "software": "claimed",
        "validation": "claimed",
    }
    assert row(credit, "陈晨") == {"status": "claimed", "visualization": "claimed"}


@pytest.fixture(scope="module")
def penguins(place: Place) -> str:
    """That deposit, answered: accepted by Li, objected to by Wang, amended by Chen."""
    penguins = named_by_gorman(place)
    links = {one["name"]: one["link"] for one in place.json("gorman", "invite", penguins)}
    assert all(
        link.startswith(f"{place.url}/respond#respond={penguins}.") for link in links.values()
    )

    place.json("li", "respond", links["李雷"], "object", "--reason", "我没有参与。")
    place.json("li", "respond", links["李雷"], "accept")
    place.json("wang", "respond", penguins, "object", "--reason", "Not my method.\nAsk others.")
    place.json("chen", "respond", links["陈晨"], "amend", "--roles", "可视化呈现,Software")
    return penguins


def test_each_named_person_answers_by_his_link(place: Place, penguins: str) -> None:
    credit = place.json("gorman", "credit", penguins, "--policy", place.policy)

    assert row(credit, "李雷") == {
        "status": "accepted",
        "software": "accepted",
        "validation": "accepted",
    }
    assert row(credit, "王芳") == {"status": "objected", "methodology": "objected"}
    assert row(credit, "陈晨") == {
        "status": "amended",
        "software": "amended",
        "visualization": "accepted",
    }
    answers = {
        one["name"]: [
            (answer["answer"], answer["matched_by"], answer["counts"])
            for claim in one["claims"]
            for answer in claim["answers"]
        ]
        for one in credit["people"]
    }
    assert answers["李雷"] == [("object", "orcid", False), ("accept", "orcid", True)]
    assert answers["陈晨"] == [("amend", "name", True)]


def test_exports_leave_out_whoever_objected(place: Place, penguins: str) -> None:
    line = place.people["li"]
    jats = line.succeed("credit", penguins, "--to", "jats")
    cff = line.succeed("credit", penguins, "--to", "citation-cff")
    line.succeed("credit", penguins, "--to", "datacite", "-o", "datacite.json")

    assert "1 of the people" not in jats.err
    for text in (jats.out, cff.out):
        assert "李雷" in text
        assert "王芳" not in text
    assert "contributor-roles/software/" in jats.out
    made = json.loads((place.people["li"].folder / "datacite.json").read_text("utf-8"))
    assert [one["name"] for one in made["creators"]] == ["Kristen Gorman", "李雷", "陈晨"]


def test_words_show_the_matrix_and_every_answer(place: Place, penguins: str) -> None:
    english = place.run("li", "credit", penguins)
    chinese = place.run("li", "--lang", "zh", "credit", penguins)

    assert english.code == chinese.code == 0
    assert "Data curation" in english.out
    assert "OBJECTED" in english.out
    assert "Not my method.\n  Ask others." in english.out
    assert "(does not count)" in english.out
    assert "self-asserted" in english.out
    assert "数据管理" in chinese.out
    assert "the ledger's own policy" in english.err


def test_nobody_answers_for_another(place: Place, penguins: str) -> None:
    links = {one["name"]: one["link"] for one in place.json("gorman", "invite", penguins)}

    place.refused("wang", "not-authorised", "respond", links["李雷"], "accept")
    place.refused("wang", "malformed", "respond", f"{place.url}/#respond={penguins}.AAAA", "accept")
    place.refused("li", "malformed", "respond", links["李雷"], "agree")
    place.refused("li", "malformed", "respond", links["李雷"], "amend")
    place.refused("li", "malformed", "respond", links["李雷"], "accept", "--roles", "software")


def test_whoever_was_left_out_names_himself_and_nobody_else(place: Place, penguins: str) -> None:
    place.refused(
        "institute", "not-authorised", "contribute", penguins, "--contributor", "Nobody; roles=软件"
    )

    place.json("observatory", "contribute", penguins, "--roles", "资源提供,supervision")
    credit = place.json("li", "credit", penguins)

    assert row(credit, "Observatory") == {
        "status": "own",
        "resources": "own",
        "supervision": "own",
    }
    (claim,) = next(one for one in credit["people"] if one["name"] == "Observatory")["claims"]
    assert (claim["by"], claim["entry"]["identity"]) == ("person", "institution-bound")


def test_a_bound_key_goes_before_a_namesakes(place: Place) -> None:
    ours = place.deposit(
        "gorman", PENGUINS / "penguins.csv", "Two of a name", "--contributor", "王芳"
    )
    asked, word = place.folder / "asked.json", place.folder / "word.json"
    place.json("wang", "key", "request", "-o", asked)
    place.json("observatory", "key", "bind", asked, "-o", word)
    place.json("wang", "key", "accept", word)
    namesake = CommandLine(place.folder / "chen", place.folder / "namesake", place.url)
    assert namesake.here("key", "new", "--name", "王芳").code == 0
    open_quickly(namesake.home)

    place.json("wang", "respond", ours, "object")
    assert namesake.here("respond", ours, "accept").code == 0
    credit = place.json("li", "credit", ours, "--policy", place.policy)

    assert row(credit, "王芳") == {"status": "objected"}
    (claim,) = next(one for one in credit["people"] if one["name"] == "王芳")["claims"]
    said = [
        (one["answer"], one["entry"]["identity"], one["entry"]["binder"], one["counts"])
        for one in claim["answers"]
    ]
    assert said == [
        ("object", "institution-bound", "Observatory", True),
        ("accept", "self-asserted", None, False),
    ]


def test_a_name_that_is_held_back_is_answered_by_its_link_alone(place: Place) -> None:
    kept = ["--contributor", f"李雷; orcid={LI}; roles=software", "--hold", "contributors"]
    held = place.deposit("gorman", PENGUINS / "penguins.csv", "Held", *kept)
    (seen,) = place.json("wang", "invite", held)
    (link,) = place.json("gorman", "invite", held)
    assert (seen["name"], link["name"]) == (None, "李雷")
    place.refused("li", "malformed", "respond", held, "accept")

    ran = place.run("li", "respond", link["link"], "accept")
    credit = place.json("wang", "credit", held)

    assert ran.code == 0, ran
    assert "李雷" in ran.out
    (person,) = credit["people"]
    assert (person["name"], person["status"]) == (None, "claimed")
    assert "李雷" not in json.dumps(credit["people"][0]["claims"][0]["roles"])
    assert [one["counts"] for one in person["claims"][0]["answers"]] == [False]


# --- disputes -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarrel:
    """Two deposits, a dispute about the second, and how it went."""

    first: str
    second: str
    dispute: str


@pytest.fixture(scope="module")
def quarrel(place: Place) -> Quarrel:
    first = place.deposit("li", IERS[0] / "eopc04.1962-now", "Earth orientation, Li")
    second = place.deposit("wang", IERS[1] / "eopc04.1962-now", "Earth orientation, Wang")
    words = ["--about", "priority", "--about", "authorship", "--question", "谁先完成？"]
    words += [
        "--party",
        f"claimant: 李雷; orcid={LI}",
        "--party",
        f"respondent: 王芳; orcid={WANG}",
    ]
    place.refused("li", "institution-required", "dispute", first, second, *words)
    place.refused("institute", "unknown-record", "dispute", "ab" * 32, *words)
    opened = place.json("institute", "dispute", first, second, *words)["id"]
    evidence = place.people["li"].folder / "notebook.pdf"
    evidence.write_bytes(b"page 12")
    said = ["--text", "我的笔记本第12页。", "--evidence", evidence]
    place.json("li", "statement", opened, *said)
    place.json("wang", "statement", opened, "--text", "I measured it myself.")
    return Quarrel(first, second, opened)


def standing(place: Place, record_id: str) -> dict[str, Any]:
    answer = httpx.get(f"{place.url}/v1/records/{record_id}")
    receipt = httpx.get(f"{place.url}/v1/records/{record_id}/receipt")
    found: dict[str, Any] = answer.json()["standing"]
    assert answer.headers["provenance-standing"] == receipt.headers["provenance-standing"]
    return {**found, "header": answer.headers["provenance-standing"]}


def test_a_dispute_flags_every_view_until_it_is_decided(place: Place, quarrel: Quarrel) -> None:
    assert standing(place, quarrel.first)["header"] == "disputed"

    case = case_of(place, quarrel.dispute)
    found = dispute_of(case, bytes.fromhex(quarrel.dispute))
    assert found.is_bound
    assert found.state.state == "open"
    assert [one.side for one in found.evidence] == ["claimant", "respondent"]
    assert found.evidence[0].statement.evidence == (sha256(b"page 12"),)
    assert found.evidence[0].statement.evidence_names == ("notebook.pdf",)
    assert [one.id.hex() for one in found.records] == [quarrel.first, quarrel.second]

    place.refused("li", "institution-required", "ruling", quarrel.dispute, "upheld")
    decided = ["ruling", quarrel.dispute, "upheld", "--corrects", quarrel.second]
    ruling = place.json("institute", *decided, "--reason", "Li came first.")["id"]
    assert standing(place, quarrel.second)["header"] == "sound"
    (state,) = standing(place, quarrel.second)["disputes"]
    assert (state["state"], state["ruling"], state["outcome"]) == ("ruled", ruling, "upheld")

    right = place.deposit("wang", IERS[1] / "eopc04.1962-now", "Earth orientation, after Li")
    correct = ["correct", quarrel.second, "--ruling", ruling, "--by", right]
    place.refused("gorman", "not-authorised", *correct)
    corrected = place.json("wang", *correct, "--reason", "Li is to be named.")["id"]
    after = standing(place, quarrel.second)
    assert after["header"] == "corrected, superseded"
    assert (after["corrected"], after["superseded_by"]) == (corrected, right)
    assert after["disputes"][0]["state"] == "corrected"
    assert standing(place, quarrel.first)["header"] == "sound"


def test_only_the_owner_withdraws_and_hands_on(place: Place) -> None:
    mine = place.deposit("chen", PENGUINS / "penguins.csv", "A copy")
    place.refused("li", "not-authorised", "withdraw", mine)
    place.refused("li", "not-authorised", "transfer", mine, place.thumbprint("li"))
    place.refused("chen", "unknown-key", "transfer", mine, "A" * 43)

    place.json("chen", "transfer", mine, place.thumbprint("li"))
    assert standing(place, mine)["owner"] == place.thumbprint("li")
    place.refused("chen", "not-authorised", "withdraw", mine)
    withdrawn = place.json("li", "withdraw", mine, "--reason", "The sensor was broken.")["id"]

    found = standing(place, mine)
    assert (found["header"], found["withdrawn"]) == ("withdrawn", withdrawn)
    assert case_of(place, mine).standing(bytes.fromhex(mine)).withdrawn == bytes.fromhex(withdrawn)


def test_a_second_clock_is_attached_once_it_is_of_this_record(
    place: Place, penguins: str, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path / "tsa")
    answer, other = tmp_path / "answer.tsr", tmp_path / "other.tsr"
    answer.write_bytes(authority.answer(bytes.fromhex(penguins)))
    other.write_bytes(authority.answer(bytes(range(32))))
    root = ["--tsa-root", authority.root]

    wrong = place.run("li", "statement", penguins, "--time-token", other, *root)
    ran = place.run("li", "statement", penguins, "--time-token", answer, *root, "--json")

    assert (wrong.code, ran.code) == (1, 0), (wrong, ran)
    assert "CN=Time of the tests" in ran.err
    case = case_of(place, penguins)
    entry = case.get(bytes.fromhex(json.loads(ran.out)["id"]))
    assert entry is not None
    token = read_statement(entry.record).time_token
    assert token is not None
    said = verify_token(token, [bytes.fromhex(penguins)], read_roots(authority.root.read_bytes()))
    assert abs(said.time_unix - time.time()) < 600

    shown = place.json("wang", "timeline", penguins, *root)
    (found,) = [one["time_token"] for one in shown["entries"] if one["time_token"]]
    assert (found["checked"], found["digest"]) == ("proved", penguins)
    stranger = ["--tsa-root", make_authority(tmp_path / "stranger").root]
    unproved = place.run("wang", "timeline", penguins, *stranger)
    assert "time token NOT VALID" in unproved.out


def test_a_timeline_tells_a_dispute_from_one_end_to_the_other(
    place: Place, quarrel: Quarrel
) -> None:
    ran = place.run("chen", "timeline", quarrel.dispute, "--policy", place.policy)

    assert ran.code == 0, ran
    for text in ("谁先完成？", "claimant: 李雷", "I measured it myself.", "notebook.pdf SHA-256"):
        assert text in ran.out
    assert "Dispute " + quarrel.dispute in ran.out
    assert ran.out.index("deposit by 李雷") < ran.out.index("dispute by Polar Institute")
    assert "DOES NOT COUNT" not in ran.out


def test_a_person_is_found_by_orcid_and_name_with_the_level_of_each_key(
    place: Place, penguins: str
) -> None:
    ran = place.run("chen", "lookup", "--orcid", f"https://orcid.org/{LI}")
    by_orcid = place.json("chen", "lookup", "--orcid", LI)
    by_name = place.json("chen", "lookup", "--name", "陈晨")

    assert ran.code == 0, ran
    assert "self-asserted" in ran.out
    assert penguins in {one["id"] for one in by_orcid}
    assert penguins in {one["id"] for one in by_name}
    assert all(one["identity"] for one in [*by_orcid, *by_name])
    assert place.run("chen", "lookup").code == 2
    assert place.run("chen", "lookup", penguins, "--orcid", LI).code == 2


# --- lineage ------------------------------------------------------------------------------


def test_three_releases_and_their_use_are_one_lineage(place: Place, tmp_path: Path) -> None:
    files = [release / "finals2000A.all" for release in IERS]
    one = place.deposit("li", files[0], "IERS 2026-10-12")
    two = place.deposit("wang", files[1], "IERS 2026-10-19", "--relation", f"wasRevisionOf={one}")
    three = place.deposit(
        "observatory", files[2], "IERS 2026-11-02", "--relation", f"wasRevisionOf={two}",
        "--relation", f"hadPrimarySource={one}", "--relation", "wasQuotedFrom=10.5281/zenodo.1",
    )  # fmt: skip
    place.json(
        "gorman", "statement", three, "--event", "利用", "--occurred", "2026-11-20T08:00+08:00",
        "--relation", "wasDerivedFrom=10.1000/paper",
    )  # fmt: skip
    place.json("li", "withdraw", one)
    claims = httpx.get(f"{place.url}/v1/records/{one}").json()["claims"]
    assert "withdrawn" in place.run("li", "lookup", claims["dataset_digest"]).out

    found = place.json("chen", "lineage", two)
    ran = place.run("chen", "lineage", one, "--svg", tmp_path / "picture.svg")
    again = place.run("chen", "--lang", "zh", "lineage", one, "--svg", tmp_path / "zh.svg")

    edges = {(edge["newer"], edge["relation"], edge["older"]) for edge in found["edges"]}
    assert edges == {
        (two, "wasRevisionOf", one),
        (three, "wasRevisionOf", two),
        (three, "hadPrimarySource", one),
        (three, "wasQuotedFrom", "10.5281/zenodo.1"),
        ("10.1000/paper", "wasDerivedFrom", three),
    }
    marks = {node["key"]: node["marks"] for node in found["nodes"]}
    assert marks[one] == ["withdrawn"]
    assert ran.code == again.code == 0, (ran, again)
    assert "[withdrawn]" in ran.out
    assert "wasRevisionOf ─ (2) IERS 2026-10-19" in ran.out
    root = ET.fromstring((tmp_path / "picture.svg").read_bytes())
    texts = "".join(root.itertext())
    assert "IERS 2026-11-02" in texts
    assert "Observatory" in texts


def test_a_digest_that_is_a_record_id_leads_no_case_astray(place: Place) -> None:
    mine = place.deposit("li", PENGUINS / "penguins.csv", "Mine")
    key, now = private_key("Ed25519", 99), int(time.time())
    claims = {"dataset_digest": mine, "files": 1}
    known = issue_record("key", {}, private_key=key, aud=ORIGIN, iat=now, salts=salts(98))
    hostile = issue_record("deposit", claims, private_key=key, aud=ORIGIN, iat=now, salts=salts(99))
    with LedgerClient(place.url) as client:
        sent = client.submit_batch([one.compact.decode() for one in (known, hostile)])
    assert [one["status"] for one in sent] == ["integrated", "integrated"]

    found = place.json("chen", "lineage", mine)

    assert [node["key"] for node in found["nodes"]] == [mine]


def case_of(place: Place, record_id: str) -> Case:
    policy = Policy.parse(place.policy.read_bytes())
    with LedgerClient(place.url) as client:
        return collect_case(client, [bytes.fromhex(record_id)], policy, now_unix=int(time.time()))

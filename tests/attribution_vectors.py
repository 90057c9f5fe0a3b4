"""Cases with what the pure rules make of them, for other implementations of the same rules.

python tests/attribution_vectors.py        writes tests/vectors/attribution/cases.json anew

A case is a log made by hand (``attribution_case``) or drawn with a fixed seed; records stand in it
as they are read, signers as a verdict gives them, ids in hex. Beside the cases are bare graphs
with circles and loops, for the layout of a lineage.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_case import Log, claim

from provenance.attribution import credit_of
from provenance.case import Case
from provenance.credit import ROLES
from provenance.digests import sha256
from provenance.dispute_case import dispute_of
from provenance.identity import Level
from provenance.lineage import Edge, Lineage, Node, lineage_of
from provenance.lineage_layout import arrows_of, layers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.case import Entry

__all__ = ["PLACE", "vectors"]

PLACE = Path(__file__).parent / "vectors" / "attribution" / "cases.json"

LI, WANG = "0000-0002-1825-0097", "0000-0001-5109-3700"
NAMES = ("Li Lei", "王芳", "Ann")
WORDS = ("wasRevisionOf", "wasDerivedFrom", "hadPrimarySource")
SLUGS = tuple(ROLES)[:5]


def vectors() -> dict[str, object]:
    """Return everything that the file holds."""
    return {
        "cases": [_case(name, log) for name, log in (*_told(), *_drawn(16))],
        "graphs": [_graph(random.Random(f"graph {seed}")) for seed in range(20)],
    }


# --- logs -----------------------------------------------------------------------------------


def _told() -> Iterator[tuple[str, Log]]:
    """Yield the stories that have a point."""
    log = Log()
    log.person("depositor", "Ann")
    log.person("li", "Li Lei", LI)
    log.person("namesake", "Li Lei", None, Level.INSTITUTION_BOUND)
    deposit = log.deposit(
        "depositor", claim("Ann", "software"), claim("Li Lei", "validation", orcid=LI)
    )
    log.answer("li", deposit, 1, "object", reason="no")
    log.answer("namesake", deposit, 1, "accept")
    log.answer("li", deposit, 1, "amend", roles=["software", "methodology"])
    log.sign("depositor", "correction", record=deposit.id.hex())
    yield "keys tied equally well that differ", log

    log = Log()
    log.person("heir", "Heir")
    deposit = log.deposit("depositor", claim("Ann"), title="handed on")
    kid = log.sign("heir", "key", name="Heir").record.kid
    two = [claim("Wang", "software"), claim("Zhou", "resources")]
    log.sign("heir", "contribution", record=deposit.id.hex(), contributors=two)
    log.sign("depositor", "transfer", record=deposit.id.hex(), to=kid)
    log.sign("heir", "contribution", record=deposit.id.hex(), contributors=[*two, claim("Qian")])
    log.sign("depositor", "withdrawal", record=deposit.id.hex())
    log.sign("heir", "withdrawal", record=deposit.id.hex())
    yield "after a transfer the new owner speaks", log

    log = Log()
    log.person("judge", "Judge", level=Level.INSTITUTION_BOUND)
    log.person("a", "Ann", WANG)
    one, two_ = log.deposit("a", title="one"), log.deposit("b", title="two")
    parties = [
        {"name": "Ann", "orcid": WANG, "side": "claimant"},
        {"name": "Bea", "side": "respondent"},
    ]
    both = [two_.id.hex(), one.id.hex()]
    dispute = log.sign("judge", "dispute", records=both, claims=["priority"], parties=parties)
    log.sign("stranger", "dispute", records=both, claims=["other"], parties=parties[:1])
    log.sign("a", "statement", record=dispute.id.hex(), text="mine")
    log.sign("stranger", "statement", record=two_.id.hex(), text="I saw it", evidence=["ab" * 32])
    log.sign("stranger", "ruling", record=dispute.id.hex(), outcome="dismissed")
    ruling = log.sign(
        "judge", "ruling", record=dispute.id.hex(), outcome="upheld", corrects=[two_.id.hex()]
    )
    log.sign(
        "judge",
        "correction",
        record=two_.id.hex(),
        ruling=ruling.id.hex(),
        superseded_by=one.id.hex(),
    )
    log.sign("judge", "dispute", records=[one.id.hex()], claims=["other"], parties=parties)
    again = log.sign("judge", "dispute", records=[two_.id.hex()], claims=["other"], parties=parties)
    log.sign("judge", "withdrawal", record=again.id.hex())
    yield "disputes: ruled and corrected, open, taken back", log


def _drawn(count: int) -> Iterator[tuple[str, Log]]:
    for seed in range(count):
        yield f"drawn {seed}", _draw(random.Random(f"log {seed}"))


def _draw(rng: random.Random) -> Log:
    log = Log()
    for key in "abcd":
        level = rng.choice(list(Level))
        known = level is not Level.UNBOUND
        orcid = rng.choice([None, LI, WANG]) if known else None
        log.person(key, rng.choice(NAMES) if known else None, orcid, level)
    log.deposit("a", *_people(rng), title="first")
    for _ in range(rng.randint(5, 12)):
        _append(log, rng, rng.choice("abcd"))
    return log


def _people(rng: random.Random) -> list[dict[str, object]]:
    return [
        claim(
            rng.choice(NAMES), *rng.sample(SLUGS, rng.randint(0, 2)),
            orcid=rng.choice([None, LI, WANG]),
        )
        for _ in range(rng.randint(1, 3))
    ]  # fmt: skip


def _append(log: Log, rng: random.Random, key: str) -> None:
    """Append any record about one or two that are there, whether or not its key may sign it."""
    about = rng.choice(log.entries)
    other = rng.choice(log.entries)
    kind = rng.choice(
        ("deposit", "contribution", "response", "response", "response", "transfer", "withdrawal",
         "correction", "dispute", "statement", "ruling")
    )  # fmt: skip
    record = about.id.hex()
    if kind == "deposit":
        relation = {"relation": rng.choice(WORDS), "record": rng.choice([record, "ee" * 32])}
        log.deposit(key, *_people(rng), title=f"set {len(log.entries)}", relations=[relation])
    elif kind == "contribution":
        log.sign(key, kind, record=record, contributors=_people(rng))
    elif kind == "response":
        _answer(log, rng, key)
    elif kind == "transfer":
        log.sign(key, kind, record=record, to=other.record.kid)
    elif kind == "correction":
        _correct(log, rng, key, about)
    elif kind == "dispute":
        party = {"name": rng.choice(NAMES), "side": "claimant"}
        records = sorted({record, other.id.hex()})
        log.sign(key, kind, records=records, claims=["priority"], parties=[party])
    elif kind == "statement":
        use = {"relation": rng.choice(WORDS), "identifier": "10.1/p"}
        event = rng.choice(["use", "process"])
        log.sign(key, kind, record=record, event=event, relations=[use])
    elif kind == "ruling":
        log.sign(key, kind, record=record, outcome="upheld", corrects=[other.id.hex()])
    else:
        log.sign(key, kind, record=record)


def _answer(log: Log, rng: random.Random, key: str) -> None:
    named = [one for one in log.entries if "contributors" in one.record.claims]
    to = rng.choice(named)
    elements: Any = to.record.claims["contributors"]
    answer = rng.choice(["accept", "object", "amend"])
    roles = {"roles": rng.sample(SLUGS, 2)} if answer == "amend" else {}
    log.answer(key, to, rng.randrange(len(elements)), answer, **roles)


def _correct(log: Log, rng: random.Random, key: str, about: Entry) -> None:
    named: dict[str, object] = {}
    rulings = [one for one in log.entries if one.record.type == "ruling"]
    if rulings and rng.random() < 0.6:
        named["ruling"] = rng.choice(rulings).id.hex()
    other = rng.choice(log.entries)
    if other is not about and rng.random() < 0.5:
        named["superseded_by"] = other.id.hex()
    log.sign(key, "correction", record=about.id.hex(), **named)


# --- what the rules make of them ------------------------------------------------------------


def _case(name: str, log: Log) -> dict[str, object]:
    case = Case.of([log.entries[0].id], log.entries)
    of_type = {
        kind: [one for one in case.entries if one.record.type == kind]
        for kind in ("deposit", "dispute")
    }
    return {
        "name": name,
        "entries": [_entry(one) for one in case.entries],
        "missing": [one.hex() for one in case.missing],
        "standing": [case.standing(one.id).to_json() for one in case.entries],
        "credit": [_credit(case, one) for one in of_type["deposit"]],
        "lineage": _lineage(lineage_of(case, of_type["deposit"][0].id)),
        "disputes": [_dispute(case, one) for one in of_type["dispute"]],
    }


def _entry(one: Entry) -> dict[str, object]:
    record, signer = one.record, one.signer
    parts = [
        {"digest": part.digest, "name": part.name, "value": part.value} for part in record.parts
    ]
    return {
        "id": one.id.hex(),
        "type": record.type,
        "kid": record.kid,
        "claims": record.claims,
        "payload": record.payload,
        "parts": parts,
        "leaf_index": one.leaf_index,
        "signer": {
            "level": signer.level.value,
            "name": signer.name,
            "orcid": signer.orcid,
            "binder": signer.binder,
            "may_bind": signer.may_bind,
        },
    }


def _credit(case: Case, deposit: Entry) -> dict[str, object]:
    found = credit_of(case, deposit.id)
    return {
        "deposit": deposit.id.hex(),
        "roles": found.roles,
        "people": [
            {
                "name": person.name,
                "orcid": person.orcid,
                "status": person.status.value,
                "credited": person.is_credited,
                "roles": person.roles,
                "claims": [
                    {
                        "entry": claim_.entry.id.hex(),
                        "by": claim_.by,
                        "counts": claim_.counts,
                        "status": claim_.status.value,
                        "roles": claim_.roles,
                        "answers": [
                            [one.entry.id.hex(), one.matched_by, one.counts]
                            for one in claim_.answers
                        ],
                    }
                    for claim_ in person.claims
                ],
            }
            for person in found.people
        ],
    }


def _lineage(found: Lineage) -> dict[str, object]:
    arrows = arrows_of(found)
    return {
        "nodes": [[node.key, node.title, node.marks] for node in found.nodes.values()],
        "edges": [[one.older, one.newer, one.relation, one.by] for one in found.edges],
        "sources": found.sources(),
        "arrows": [[one.older, one.newer, one.words] for one in arrows],
        "layers": layers_of(list(found.nodes), arrows),
    }


def _dispute(case: Case, entry: Entry) -> dict[str, object]:
    found = dispute_of(case, entry.id)
    return {
        "id": entry.id.hex(),
        "bound": found.is_bound,
        "state": [
            found.state.state,
            None if found.state.ruling is None else found.state.ruling.hex(),
            found.state.outcome,
        ],
        "records": [one.id.hex() for one in found.records],
        "evidence": [[one.entry.id.hex(), one.side, one.matched_by] for one in found.evidence],
        "rulings": [[one.entry.id.hex(), one.is_bound] for one in found.rulings],
        "corrections": [one.entry.id.hex() for one in found.corrections],
    }


def _graph(rng: random.Random) -> dict[str, object]:
    """Draw a graph with circles, loops, several arrows between two, and islands."""
    keys = [f"n{number}" for number in range(rng.randint(1, 9))]
    edges = [
        Edge(rng.choice(keys), rng.choice(keys), rng.choice(WORDS), keys[0])
        for _ in range(rng.randint(0, 14))
    ]
    found = Lineage(
        keys[0], {key: Node(key, None, None) for key in keys}, tuple(dict.fromkeys(edges))
    )
    return _lineage(found)


def _text() -> str:
    made = vectors()
    lines = [
        f'"{name}": [\n'
        + ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in rows)
        + "\n]"
        for name, rows in made.items()
        if isinstance(rows, list)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(_text(), encoding="utf-8")
    sums = f"{sha256(PLACE.read_bytes()).hex()}  {PLACE.name}\n"
    PLACE.with_name("SHA256SUMS").write_text(sums, encoding="utf-8")
    sys.stdout.write(f"{PLACE}\n")

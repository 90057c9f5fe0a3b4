"""Records about attribution, good and bad: part of what ``tests/vectors/records`` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.digests import to_b64
from provenance.sdjwt import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from record_cases import Case

RECORD, OTHER, THIRD = "a1" * 32, "b2" * 32, "c3" * 32
ELEMENT = "bm9ib2R5IGtub3dzIHdoYXQgc3RhbmRzIGJlaGluZCA"  # 32 bytes
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
TOKEN = to_b64(b"\x30\x82\x01\x02" + bytes(range(60)))

PARTY = {"name": "王小明", "orcid": "0000-0002-1825-0097", "ror": ["05dxps055"], "side": "claimant"}
OTHER_PARTY = {"name": "Polar Group", "side": "respondent"}

_CLEAR: dict[str, dict[str, Any]] = {
    "contribution": {"record": RECORD},
    "response": {"record": RECORD, "contributor": ELEMENT, "answer": "amend"},
    "transfer": {"record": RECORD, "to": THUMBPRINT},
    "withdrawal": {"record": RECORD},
    "correction": {"record": RECORD, "ruling": OTHER, "superseded_by": THIRD},
    "dispute": {"records": [RECORD, OTHER], "claims": ["priority", "roles"]},
    "statement": {
        "record": RECORD,
        "event": "use",
        "occurred": 1_789_000_000,
        "evidence": [OTHER, THIRD],
        "time_token": TOKEN,
        "relations": [{"relation": "wasDerivedFrom", "identifier": "10.5281/zenodo.3960218"}],
    },
    "ruling": {"record": RECORD, "outcome": "partly-upheld", "corrects": [OTHER]},
}
_HIDDEN: dict[str, dict[str, Any]] = {
    "response": {"reason": "我没有参与数据采集。\nOnly the software.", "roles": ["software"]},
    "withdrawal": {"reason": "The sensor was not calibrated."},
    "correction": {"reason": "The first author is another person."},
    "dispute": {"question": "谁先完成这些观测？"},
    "statement": {
        "text": "Used for the forecast of polar motion.",
        "evidence_names": ["notebook p. 12.pdf", "notebook p. 12.pdf"],
    },
    "ruling": {"reasons": "The records show who came first."},
}
_ELEMENTS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "contribution": (
        "contributors",
        [{"name": "李雷", "roles": ["validation"]}, {"name": "韩梅梅"}],
    ),
    "dispute": ("parties", [PARTY, OTHER_PARTY]),
}


def _people(kind: str) -> list[dict[str, Any]]:
    return _ELEMENTS.get(kind, ("", []))[1]


def _compact(kind: str, clear: dict[str, Any], hidden: dict[str, Any], people: list[Any]) -> bytes:
    from record_cases import common, element, forge, header_of, hide  # noqa: PLC0415 -- it has us

    texts = [hide(name, value, number=n) for n, (name, value) in enumerate(hidden.items(), 10)]
    payload = common(**clear)
    if texts:
        payload["_sd"] = [digest_of(one) for one in texts]
    if people:
        elements = [hide(one, number=n) for n, one in enumerate(people, 20)]
        payload[_ELEMENTS[kind][0]] = [element(one) for one in elements]
        texts = [*elements, *texts]
    return forge(payload, *texts, header=header_of(kind))


def good() -> Iterator[Case]:
    """One record of each type with all its members, and the least of some."""
    from record_cases import Case, common, without  # noqa: PLC0415 -- it has us

    for kind, clear in _CLEAR.items():
        hidden, (name, people) = _HIDDEN.get(kind, {}), _ELEMENTS.get(kind, ("", []))
        shown = {**common(**clear), **hidden} | ({name: people} if people else {})
        yield Case(
            kind,
            f"a {kind} with all its members",
            _compact(kind, clear, hidden, people),
            payload=without(shown, "_sd_alg"),
        )
    for name, description, kind, claims in (
        ("response-accept", "nothing but the answer", "response", {"answer": "accept"}),
        ("statement-event", "an event without a time", "statement", {"event": "share"}),
        ("statement-token", "a token alone", "statement", {"time_token": TOKEN}),
    ):
        least = {"record": RECORD, **claims}
        if kind == "response":
            least["contributor"] = ELEMENT
        yield Case(
            name,
            description,
            _compact(kind, least, {}, []),
            payload=without(common(**least), "_sd_alg"),
        )
    words = {"text": "He told me in May."}
    yield Case(
        "statement-text",
        "words alone",
        _compact("statement", {"record": RECORD}, words, []),
        payload=without(common(record=RECORD, **words), "_sd_alg"),
    )


_BAD_CLEAR: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("contribution-record", "record ids are lower-case", {"record": "A1" * 32}, "record"),
    ("response-answer", "an answer nobody knows", {"answer": "agree"}, "answer"),
    ("response-contributor", "a digest of other length", {"contributor": "AAAA"}, "contributor"),
    ("response-reason", "a reason in the clear", {"reason": "no"}, "reason"),
    ("transfer-to", "to a name", {"to": "Alice"}, "to"),
    ("withdrawal-reason", "a reason in the clear", {"reason": "no"}, "reason"),
    ("correction-itself", "superseded by itself", {"superseded_by": RECORD}, "superseded_by"),
    ("correction-records", "one record at a time", {"records": [OTHER]}, "records"),
    ("dispute-claims", "a claim nobody knows", {"claims": ["honour"]}, "claims[0]"),
    ("dispute-claims-none", "about nothing", {"claims": []}, "claims"),
    ("dispute-twice", "the same record twice", {"records": [RECORD, RECORD]}, "records[1]"),
    ("statement-event-unknown", "an event nobody knows", {"event": "publish"}, "event"),
    ("statement-occurred", "a time as text", {"occurred": "2026"}, "occurred"),
    ("statement-evidence", "evidence is a digest", {"evidence": ["a.pdf"]}, "evidence[0]"),
    ("statement-token-text", "a token is base64", {"time_token": "no"}, "time_token"),
    ("statement-token-der", "a token is DER", {"time_token": to_b64(b"token")}, "time_token"),
    (
        "statement-relation",
        "no word of PROV",
        {"relations": [{"relation": "by"}]},
        "relations[0].relation",
    ),
    ("ruling-outcome", "an outcome nobody knows", {"outcome": "won"}, "outcome"),
    ("ruling-corrects", "corrects nothing", {"corrects": []}, "corrects"),
)

_MISSING = (
    ("contribution", "record"),
    ("response", "answer"),
    ("response", "contributor"),
    ("transfer", "to"),
    ("withdrawal", "record"),
    ("correction", "record"),
    ("dispute", "records"),
    ("dispute", "claims"),
    ("statement", "record"),
    ("ruling", "outcome"),
)

_BAD_HIDDEN: tuple[tuple[str, str, str, Any, str], ...] = (
    ("response-roles-word", "response", "roles", ["author"], "roles[0]"),
    ("response-reason-empty", "response", "reason", "", "reason"),
    ("response-reason-control", "response", "reason", "a\u0007b", "reason"),
    ("response-title", "response", "title", "x", "disclosures[0]"),
    ("dispute-question-list", "dispute", "question", ["who"], "question"),
    ("statement-names", "statement", "evidence_names", ["a", ""], "evidence_names[1]"),
    ("statement-text-spaces", "statement", "text", " x", "text"),
    ("ruling-reasons-number", "ruling", "reasons", 1, "reasons"),
)


def bad() -> Iterator[Case]:
    """Records with one fault each."""
    from record_cases import Case, without  # noqa: PLC0415 -- it has us

    def case(name: str, description: str, compact: bytes, field: str, code: str) -> Case:
        return Case(name, description, compact, code, field)

    for name, description, change, where in _BAD_CLEAR:
        kind = name.partition("-")[0]
        compact = _compact(kind, {**_CLEAR[kind], **change}, {}, _people(kind))
        yield case(name, description, compact, where, "malformed")
    for kind, member in _MISSING:
        compact = _compact(
            kind, without(_CLEAR[kind], member), {}, _ELEMENTS.get(kind, ("", []))[1]
        )
        yield case(f"{kind}-without-{member}", f"no {member}", compact, member, "malformed")
    for kind, member in (("contribution", "contributors"), ("dispute", "parties")):
        compact = _compact(kind, _CLEAR[kind], {}, [])
        yield case(f"{kind}-without-{member}", f"no {member}", compact, member, "malformed")
    nothing = {"record": RECORD}
    yield case(
        "statement-nothing", "says nothing", _compact("statement", nothing, {}, []), "event",
        "malformed",
    )  # fmt: skip
    timed = _compact("statement", {**nothing, "occurred": 1}, {"text": "x"}, [])
    yield case("statement-time", "a time of no event", timed, "event", "malformed")
    for name, kind, member, value, where in _BAD_HIDDEN:
        compact = _compact(kind, _CLEAR[kind], {member: value}, _people(kind))
        yield case(f"hidden-{name}", f"{member} of a {kind}", compact, where, "malformed")
    long = _compact("withdrawal", _CLEAR["withdrawal"], {"reason": "x" * 20_001}, [])
    yield case("hidden-withdrawal-long", "too long a reason", long, "reason", "too-large")
    for name, party, where, code in (
        ("side", {**OTHER_PARTY, "side": "judge"}, "parties[0].side", "malformed"),
        ("no-side", {"name": "X"}, "parties[0].side", "malformed"),
        ("no-name", {"side": "claimant"}, "parties[0].name", "malformed"),
        ("orcid", {**PARTY, "orcid": "0000-0002-1825-0098"}, "parties[0].orcid", "check-digit"),
        ("roles", {**PARTY, "roles": ["software"]}, "parties[0].roles", "malformed"),
    ):
        compact = _compact("dispute", _CLEAR["dispute"], {}, [party])
        yield case(f"hidden-party-{name}", "a party", compact, where, code)

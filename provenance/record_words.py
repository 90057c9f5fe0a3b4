"""What one record says, in sentences: for certificates, and for the chain of custody of a dossier.

Nothing is weighed here. Other records that it speaks of are named by the caller, who may know
their entries; what was withheld or erased is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.attribution_values import (
    named_people,
    read_correction,
    read_dispute,
    read_response,
    read_ruling,
    read_statement,
    read_transfer,
    read_withdrawal,
)
from provenance.credit import ROLES
from provenance.document import Both
from provenance.errors import MalformedError
from provenance.key_values import revocation_of
from provenance.record import fixity_of, key_binding_of
from provenance.record_codes import coded
from provenance.record_standing import targets_of
from provenance.time_stamp import read_time_stamp
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.document import Speech
    from provenance.record import Record

__all__ = ["Name", "beijing_text", "clock_text", "tell_record"]

Name: TypeAlias = Callable[[bytes], str]
"""Returns what to call a record, by its id."""

_BEIJING: Final = timedelta(hours=8)

_W: Final[Mapping[str, Both]] = {
    "fixity": Both(
        "files read again: {checked} of {files}; failed {failed}, missing {missing}",
        "复核文件：{files} 个中的 {checked} 个；不符 {failed}，缺失 {missing}",
    ),
    "token": Both(
        "with an RFC 3161 token that says {time}; who signed it is not checked here",
        "附 RFC 3161 时间戳，其所述时间为 {time}；由谁签名在此未核验",
    ),
    "token-unread": Both("with an RFC 3161 token of another form", "附其他形式的 RFC 3161 时间戳"),
    "correction": Both("{index} is wrong", "{index} 有误"),
    "superseded-by": Both("holds instead: {record}", "以此为准：{record}"),
    "opening": Both("opens what {index} sealed", "开启{index} 所密封的内容"),
    "withdrawal": Both("no longer stands by {index}", "撤回{index}"),
    "transfer": Both("hands {index} to key", "将{index} 转移给密钥"),
    "ruling": Both("decides {index}: {outcome}", "裁决{index}：{outcome}"),
    "ruling-wrong": Both("finds wrong: {entries}", "认定有误：{entries}"),
    "occurred": Both("occurred, as the signer says: {time}", "发生时间（签名者自称）：{time}"),
    "response": Both("answers {index}: {answer}", "答复 {index}：{answer}"),
    "roles": Both("roles by own word: {roles}", "本人所述角色：{roles}"),
    "withheld": Both("somebody who is withheld or erased", "未披露或已删除的人员"),
    "question": Both("question: {question}", "争议问题：{question}"),
    "about": Both("about {claims} of {records}", "就 {records} 的 {claims}"),
    "claimant": Both("claimant: {name}", "主张方：{name}"),
    "respondent": Both("respondent: {name}", "被主张方：{name}"),
    "revokes": Both("revokes key {key}", "吊销密钥 {key}"),
    "since": Both("compromised since, as stated: {time}", "所述失密起始时间：{time}"),
    "recovery": Both("recovery key {key}", "恢复密钥 {key}"),
}


def tell_record(record: Record, name: Name, speech: Speech) -> str | None:
    """Return what a record says, a sentence a line; None of types that are told elsewhere.

    Args:
        name: what to call the records that it speaks of.
    """
    say = _SAY.get(record.type)
    return None if say is None else "\n".join(filter(None, say(record, name, speech)))


# --- time ---------------------------------------------------------------------------------


def clock_text(time_unix: int, speech: Speech) -> str:
    """Return a time in UTC and, in Chinese, in Beijing time too."""
    both = Both("{utc}", "{beijing}")
    return speech(both, utc=utc_text(time_unix), beijing=beijing_text(time_unix))


def beijing_text(time_unix: int) -> str:
    """Return a time in Beijing time, with UTC behind it."""
    try:
        moment = datetime.fromtimestamp(time_unix, UTC) + _BEIJING
    except (OverflowError, OSError, ValueError):
        return utc_text(time_unix)
    return f"北京时间 {moment:%Y-%m-%d %H:%M:%S}（{utc_text(time_unix)}）"


# --- type by type -------------------------------------------------------------------------


def _fixity(record: Record, _name: Name, speech: Speech) -> Iterator[str]:
    said = fixity_of(record)
    counts = {"checked": said.checked, "files": said.files}
    yield speech(_W["fixity"], **counts, failed=said.failed, missing=said.missing)


def _statement(record: Record, name: Name, speech: Speech) -> Iterator[str | None]:
    said = read_statement(record)
    yield name(said.record)
    yield coded(speech, said.event or "")
    if said.occurred_unix is not None:
        yield speech(_W["occurred"], time=clock_text(said.occurred_unix, speech))
    yield said.text
    for one in said.relations:
        yield f"{one.relation}: {one.identifier or name(one.record or b'')}"
    titles = said.evidence_names or ("",) * len(said.evidence)
    for title, digest in zip(titles, said.evidence, strict=False):
        yield f"{title} {digest.hex()}"
    if said.time_token is None:
        return
    try:
        time_unix = read_time_stamp(said.time_token).time_unix
    except MalformedError:
        yield speech(_W["token-unread"])
    else:
        yield speech(_W["token"], time=clock_text(time_unix, speech))


def _correction(record: Record, name: Name, speech: Speech) -> Iterator[str | None]:
    said = read_correction(record)
    yield speech(_W["correction"], index=name(said.record))
    if said.superseded_by is not None:
        yield speech(_W["superseded-by"], record=name(said.superseded_by))
    yield said.reason


def _withdrawal(record: Record, name: Name, speech: Speech) -> Iterator[str | None]:
    said = read_withdrawal(record)
    yield speech(_W["withdrawal"], index=name(said.record))
    yield said.reason


def _transfer(record: Record, name: Name, speech: Speech) -> Iterator[str]:
    said = read_transfer(record)
    yield speech(_W["transfer"], index=name(said.record))
    yield said.to


def _opening(record: Record, name: Name, speech: Speech) -> Iterator[str]:
    for target in targets_of(record):
        yield speech(_W["opening"], index=name(target))


def _ruling(record: Record, name: Name, speech: Speech) -> Iterator[str | None]:
    said = read_ruling(record)
    index, outcome = name(said.record), coded(speech, said.outcome)
    yield speech(_W["ruling"], index=index, outcome=outcome)
    if said.corrects:
        entries = ", ".join(name(one) for one in said.corrects)
        yield speech(_W["ruling-wrong"], entries=entries)
    yield said.reasons


def _roles(slugs: Sequence[str], speech: Speech) -> str:
    return ", ".join(speech.short(Both(ROLES[one].english, ROLES[one].chinese)) for one in slugs)


def _contribution(record: Record, name: Name, speech: Speech) -> Iterator[str]:
    for target in targets_of(record):
        yield name(target)
    for person in named_people(record):
        one = person.contributor
        if one is None:
            yield speech(_W["withheld"])
        else:
            yield f"{one.name} {one.orcid or ''}".strip() + f": {_roles(one.roles, speech)}"


def _response(record: Record, name: Name, speech: Speech) -> Iterator[str | None]:
    said = read_response(record)
    answer = coded(speech, said.answer)
    yield speech(_W["response"], index=name(said.record), answer=answer)
    if said.roles:
        yield speech(_W["roles"], roles=_roles(said.roles, speech))
    yield said.reason


def _dispute(record: Record, name: Name, speech: Speech) -> Iterator[str]:
    said = read_dispute(record)
    records = ", ".join(map(name, said.records))
    yield speech(_W["about"], claims=coded(speech, *said.claims), records=records)
    if said.question is not None:
        yield speech(_W["question"], question=said.question)
    for party in said.parties:
        if party is not None:
            yield speech(_W[party.side], name=f"{party.name} {party.orcid or ''}".strip())


def _key(record: Record, _name: Name, speech: Speech) -> Iterator[str | None]:
    said = key_binding_of(record)
    yield said.name
    yield said.orcid
    yield from said.ror
    if said.recovery is not None:
        yield speech(_W["recovery"], key=said.recovery)


def _revocation(record: Record, _name: Name, speech: Speech) -> Iterator[str]:
    said = revocation_of(record)
    yield speech(_W["revokes"], key=said.key)
    yield coded(speech, said.reason)
    if said.compromised_since_unix is not None:
        yield speech(_W["since"], time=clock_text(said.compromised_since_unix, speech))


_SAY: Final[Mapping[str, Callable[[Record, Name, Speech], Iterator[str | None]]]] = {
    "key": _key,
    "revocation": _revocation,
    "contribution": _contribution,
    "response": _response,
    "dispute": _dispute,
    "fixity": _fixity,
    "statement": _statement,
    "correction": _correction,
    "withdrawal": _withdrawal,
    "transfer": _transfer,
    "opening": _opening,
    "ruling": _ruling,
}
"""By type; a deposit is told at length by whoever shows it."""

"""Records: deposit them, read them, read their receipts, publish their manifests."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from provenance import strict_json
from provenance.digests import from_hex
from provenance.errors import MalformedError, MediaTypeError, TooLargeError
from provenance.exports.signposts import links_of, linkset_of
from provenance.ledger.accept_records import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from provenance.messages import choose_language
from provenance.record import MAX_RECORD_BYTES
from provenance.service.writer import Accepted

from ..deps import DocumentGate, LedgerDep, ManifestGate, RecordId
from ..for_people import CERTIFICATES, make_certificate
from ..negotiation import negotiate
from ..problems import problem_body
from ..schemas import BatchResults, RecordView
from ..security import GatedResponse, read_body, spool_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.service.writer import Answer

    from ..metrics import Metrics

__all__ = ["STANDING", "router", "standing_words"]

SD_JWT = "application/sd-jwt"
RECEIPT = "application/json"
TLOG_PROOF = "application/x-tlog-proof"
MANIFEST = "application/jsonl"
LINKSET = "application/linkset+json"

STANDING = "provenance-standing"
"""Header of a record and of its receipt: ``sound``, or what has to be shown beside it."""

MAX_MANIFEST_BYTES = 256 << 20
"""Of a million files with paths of some hundred bytes."""
MAX_STATEMENT_BYTES = 8 << 10

_RECEIPT_CONTENT = {
    RECEIPT: {
        "schema": {"type": "object", "description": "provenance-receipt v1 (docs/formats.md)"}
    }
}
_OTHER_RECEIPTS = {
    TLOG_PROOF: {"schema": {"type": "string"}},
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
    "text/html": {"schema": {"type": "string"}},
}
_NO_STORE = {"cache-control": "no-store"}  # every answer here may hold a disclosure

# OpenAPI 3.1 has no parameters of these names: media types and security schemes stand for them
Accept = Annotated[str, Header(include_in_schema=False)]

router = APIRouter(prefix="/v1/records", tags=["records"])


def _demand(request: Request, *media_types: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in media_types:
        raise MediaTypeError(
            f"expected {' or '.join(media_types)}, got {given or 'none'}", field="content-type"
        )


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses={
        200: {
            "description": "this very record is in the log already: an equivalent receipt",
            "content": _RECEIPT_CONTENT,
        },
        201: {
            "description": "integrated: the receipt is the proof",
            "content": _RECEIPT_CONTENT,
            "headers": {"Location": {"description": "the record", "schema": {"type": "string"}}},
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                SD_JWT: {
                    "schema": {"type": "string", "maxLength": MAX_RECORD_BYTES},
                }
            },
        }
    },
)
async def post_record(request: Request, ledger: LedgerDep) -> Response:
    """Deposit one signed record (compact SD-JWT); the answer is its receipt."""
    _demand(request, SD_JWT)
    body = await read_body(request, limit=MAX_RECORD_BYTES)
    (outcome,) = await ledger.submit([body])
    _count(request, [outcome])
    if not isinstance(outcome, Accepted):
        raise outcome
    return Response(
        outcome.receipt.to_bytes(),
        201 if outcome.is_new else 200,
        {**_NO_STORE, "location": f"/v1/records/{outcome.record_id.hex()}"},
        media_type=RECEIPT,
    )


@router.post(
    "/batch",
    response_class=Response,
    responses={200: {"model": BatchResults}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "array",
                        "items": {"type": "string"},
                        "maxItems": MAX_BATCH_RECORDS,
                    },
                }
            },
        }
    },
)
async def post_batch(request: Request, ledger: LedgerDep) -> Response:
    """Deposit up to 1,000 records; each is integrated or refused alone, in the order sent."""
    _demand(request, "application/json")
    body = await read_body(request, limit=MAX_BATCH_BYTES)
    outcomes = await ledger.submit(_compacts_of(body))
    _count(request, outcomes)
    language = choose_language(request.headers.get("accept-language"))
    pieces: list[bytes] = []
    for outcome in outcomes:
        pieces += b",", *_batch_result(outcome, language)
    # joined once: these are megabytes, and each copy of them is memory that the system clears first
    octets = b"".join([b'{"results":[', *pieces[1:], b"]}"])
    return Response(octets, headers=_NO_STORE, media_type="application/json")


def _count(request: Request, outcomes: Sequence[Answer]) -> None:
    metrics: Metrics = request.app.state.metrics
    for outcome in outcomes:
        if not isinstance(outcome, Accepted):
            metrics.refused.inc()
        elif outcome.is_new:
            metrics.integrated.inc()
        else:
            metrics.repeated.inc()


def _compacts_of(body: bytes) -> list[bytes]:
    if body.count(b"[") + body.count(b"{") > MAX_BATCH_RECORDS:
        # no compact SD-JWT has any, and building millions of arrays would hold up everybody
        raise MalformedError("expected a JSON array of compact SD-JWTs", field="body")
    value = strict_json.parse(body, max_bytes=MAX_BATCH_BYTES, max_depth=2)
    if not isinstance(value, list):
        raise MalformedError("expected a JSON array of compact SD-JWTs", field="body")
    if len(value) > MAX_BATCH_RECORDS:
        raise TooLargeError(
            limit=MAX_BATCH_RECORDS, length=len(value), unit="records", field="body"
        )
    for position, item in enumerate(value):
        if not isinstance(item, str):
            raise MalformedError("expected a compact SD-JWT as a string", field=f"body[{position}]")
    return [cast("str", item).encode() for item in value]


def _batch_result(outcome: Answer, language: str) -> tuple[bytes, ...]:
    if not isinstance(outcome, Accepted):
        refused = {"status": "refused", "problem": problem_body(outcome, language)}
        return (json.dumps(refused, ensure_ascii=False).encode(),)
    head = b'{"status":"%s","id":"%s","leaf_index":%d,"receipt":' % (
        b"integrated" if outcome.is_new else b"repeat",
        outcome.record_id.hex().encode(),
        outcome.leaf_index,
    )
    # the receipt goes out as the bytes that were verified, never re-serialised
    return head, outcome.receipt.to_bytes().rstrip(), b"}"


@router.get(
    "/{record_id}",
    responses={200: {"content": {SD_JWT: {"schema": {"type": "string"}}}}},
    response_model=RecordView,
)
def read_record(record_id: RecordId, ledger: LedgerDep, accept: Accept = "*/*") -> Response:
    """Return a record with the disclosures that are public and not erased."""
    kind = negotiate(accept, RECEIPT, SD_JWT)
    view = ledger.record(_id(record_id))
    headers = {**_NO_STORE, "vary": "accept", STANDING: standing_words(view["standing"])}
    if kind == SD_JWT:
        return Response(view["sd_jwt"], headers=headers, media_type=SD_JWT)
    return Response(json.dumps(view, ensure_ascii=False), headers=headers, media_type=RECEIPT)


def standing_words(standing: dict[str, object]) -> str:
    """Return in words of a closed list how a record stands, for the header."""
    words = {
        "withdrawn": standing["withdrawn"] is not None,
        "disputed": standing["disputed"],
        "corrected": standing["corrected"] is not None,
        "superseded": standing["superseded_by"] is not None,
    }
    return ", ".join(word for word, is_so in words.items() if is_so) or "sound"


@router.get(
    "/{record_id}/receipt",
    response_class=Response,
    responses={200: {"content": _RECEIPT_CONTENT | _OTHER_RECEIPTS}},
)
def read_receipt(
    record_id: RecordId,
    request: Request,
    ledger: LedgerDep,
    gate: DocumentGate,
    accept: Accept = "*/*",
) -> Response:
    """Return the newest receipt: our JSON, a C2SP tlog-proof, or a certificate for people.

    A certificate, PDF or HTML, has the receipt inside and shows it by this log's own policy; its
    language is that of `Accept-Language`, or both.
    """
    kind = negotiate(accept, RECEIPT, TLOG_PROOF, *CERTIFICATES)
    headers = {**_NO_STORE, "vary": "accept"}
    if kind == TLOG_PROOF:
        octets = ledger.tlog_proof(_id(record_id)).encode()
    else:
        octets = ledger.receipt(_id(record_id))
    if kind in CERTIFICATES:
        with gate.held(1):
            spoken = request.headers.get("accept-language")
            octets = make_certificate(octets, ledger.trust, kind, spoken)
        headers["vary"] = "accept, accept-language"
        # saved and not shown: its styles are its own, which no page of this origin may have
        name = f"{record_id[:16]}.receipt.{CERTIFICATES[kind]}"
        headers["content-disposition"] = f'attachment; filename="{name}"'
    # the receipt proves what was; how the record stands today is said beside it
    headers[STANDING] = standing_words(ledger.standing(_id(record_id)).to_json())
    return Response(octets, headers=headers, media_type=kind)


@router.get(
    "/{record_id}/linkset",
    response_class=Response,
    responses={200: {"content": {LINKSET: {"schema": {"type": "object"}}}}},
)
def read_linkset(record_id: RecordId, ledger: LedgerDep) -> Response:
    """Return what belongs to a record, as FAIR Signposting of level 2 (RFC 9264)."""
    shown = ledger.shown(_id(record_id))
    page = f"/records/{record_id}"
    links = links_of(shown.record, page=page, has_manifest=shown.has_manifest)
    body = json.dumps(linkset_of(links, page=page))
    return Response(body, headers=_NO_STORE, media_type=LINKSET)


@router.put(
    "/{record_id}/manifest",
    status_code=204,
    openapi_extra={
        "requestBody": {"required": True, "content": {MANIFEST: {"schema": {"type": "string"}}}},
        "security": [{"statement": []}],
    },
)
async def put_manifest(
    record_id: RecordId,
    request: Request,
    ledger: LedgerDep,
    gate: ManifestGate,
    authorization: Annotated[str, Header(include_in_schema=False)],
) -> Response:
    """Publish a deposit's manifest (JSON lines); the statement is signed by the record's key."""
    _demand(request, MANIFEST)
    scheme, _, statement = authorization.partition(" ")
    if scheme.lower() != "jws" or not statement:
        raise MalformedError("expected the scheme JWS and a compact JWS", field="authorization")
    # nobody but the depositor gets as far as sending us so much
    await run_in_threadpool(ledger.check_publication, _id(record_id), statement)
    with await spool_body(request, limit=MAX_MANIFEST_BYTES) as body:
        room = 2 * body.tell()  # measured with a million files, in Python and in SQLite
        with gate.held(room):
            await run_in_threadpool(ledger.publish_manifest, _id(record_id), body, statement)
    return Response(status_code=204)


@router.get(
    "/{record_id}/manifest",
    response_class=Response,
    responses={200: {"content": {MANIFEST: {"schema": {"type": "string"}}}}},
)
def read_manifest(record_id: RecordId, ledger: LedgerDep, gate: ManifestGate) -> Response:
    """Return a manifest that its depositor has published."""
    room = ledger.manifest_room(_id(record_id))
    gate.enter(room)
    leave = partial(gate.leave, room)
    try:
        chunks = ledger.manifest(_id(record_id))
    except BaseException:
        leave()
        raise
    return GatedResponse(chunks, leave, headers=_NO_STORE, media_type=MANIFEST)


@router.post(
    "/{record_id}/disclosures",
    response_class=Response,
    responses={200: {"content": {SD_JWT: {"schema": {"type": "string"}}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/jwt": {"schema": {"type": "string"}}},
        }
    },
)
async def read_disclosures(record_id: RecordId, request: Request, ledger: LedgerDep) -> Response:
    """Return the record with its holder disclosures, against a request signed by its key."""
    _demand(request, "application/jwt")
    statement = await read_body(request, limit=MAX_STATEMENT_BYTES)
    compact = await run_in_threadpool(ledger.disclose, _id(record_id), statement)
    return Response(compact, headers=_NO_STORE, media_type=SD_JWT)


def _id(record_id: str) -> bytes:
    return from_hex(record_id, field="record_id")

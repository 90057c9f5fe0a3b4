"""Look-ups: which records speak of a dataset, a file or a key, in the order of the log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from provenance.digests import from_b64url, from_hex
from provenance.errors import MalformedError
from provenance.identifiers import bare_doi, check_identifier, check_orcid
from provenance.ledger.find_people import doi_words, name_words, orcid_words
from provenance.record_checks import MAX_IDENTIFIER, MAX_NAME
from provenance.text import nfc

from ..deps import Cursor, LedgerDep, Limit
from ..schemas import AnchorPage, HitPage

__all__ = ["router"]


async def _no_cache(response: Response) -> None:
    response.headers["cache-control"] = "no-cache"  # the next record may be a hit


router = APIRouter(prefix="/v1", tags=["look-ups"], dependencies=[Depends(_no_cache)])


@router.get("/lookup")
def lookup(  # noqa: PLR0913, PLR0917 -- one parameter a question, as FastAPI has them
    ledger: LedgerDep,
    digest: Annotated[
        str | None,
        Query(
            description="digest of a dataset, or of a file whose manifest is published; "
            "or the id of a deposit, for the fixity records about it"
        ),
    ] = None,
    key: Annotated[str | None, Query(description="thumbprint of a signing key")] = None,
    digest_prefix: Annotated[
        str | None,
        Query(
            description="the first 4 to 63 hex digits of such a digest: all that begin so are "
            "listed, by digest, so that asking need not show which one is meant"
        ),
    ] = None,
    orcid: Annotated[
        str | None,
        Query(
            description="ORCID iD of a person whom public disclosures name: what they say of "
            "themselves, and what others say of them. `identity` tells how well known the key is"
        ),
    ] = None,
    name: Annotated[
        str | None,
        Query(max_length=MAX_NAME, description="a person's name, whole; as `orcid`, and weaker"),
    ] = None,
    doi: Annotated[
        str | None,
        Query(max_length=MAX_IDENTIFIER, description="DOI of a dataset, as its depositor says"),
    ] = None,
    institution: Annotated[
        str | None,
        Query(
            max_length=MAX_NAME,
            description="an institution's ROR id, its name, or the thumbprint of its key: what "
            "keys signed that are bound under it (`signer_bound`), and what only names it",
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> HitPage:
    """Return the records that name what is asked for, or that a key signed; oldest first."""
    questions = [digest, key, digest_prefix, orcid, name, doi, institution]
    if questions.count(None) != len(questions) - 1:
        raise MalformedError(
            "expected exactly one of digest, digest_prefix, key, orcid, name, doi and institution",
            field="digest",
        )
    if digest_prefix is not None:
        hits, place = ledger.find_prefix(digest_prefix, _place(cursor), limit)
        return _page(hits, None if place is None else f"{place[0].hex()}.{place[1]}")
    after = _index(cursor)
    if digest is not None:
        hits = ledger.find_digest(from_hex(digest, field="digest"), after, limit)
        last = _last(hits, limit)
    elif key is not None:
        from_b64url(key, length=32, field="key")
        hits = ledger.find_key(key, after, limit)
        last = _last(hits, limit)
    elif institution is not None:
        hits, last = ledger.find_institution(institution, after, limit)
    else:
        hits, last = ledger.find_person(_words(orcid, name, doi), after, limit)
    return _page(hits, None if last is None else str(last))


def _page(hits: list[dict[str, Any]], following: str | None) -> HitPage:
    return HitPage.model_validate({"items": hits, "next": following})


def _last(hits: list[dict[str, Any]], limit: int) -> int | None:
    """Return where the next page goes on; None where this one has room left."""
    return int(hits[-1]["leaf_index"]) if len(hits) == limit else None


@router.get("/anchors")
def anchors(ledger: LedgerDep, cursor: Cursor = None, limit: Limit = 100) -> AnchorPage:
    """Return the anchors, oldest first, each with its evidence once it has any."""
    items = ledger.anchors(_index(cursor), limit)
    following = str(items[-1]["anchor_id"]) if len(items) == limit else None
    return AnchorPage.model_validate({"items": items, "next": following})


def _words(orcid: str | None, name: str | None, doi: str | None) -> str:
    if doi is not None:
        check_identifier("doi", bare_doi(doi), "doi")
        return doi_words(bare_doi(doi))
    if orcid is not None:
        check_orcid(orcid, "orcid")
        return orcid_words(orcid)
    return name_words(nfc(name or ""))


def _place(cursor: str | None) -> tuple[bytes, int] | None:
    if cursor is None:
        return None
    digest, _, index = cursor.partition(".")
    return from_hex(digest, field="cursor"), _index(index)


def _index(cursor: str | None) -> int:
    if cursor is None:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 16):
        raise MalformedError("expected the `next` of a page", field="cursor")
    return int(cursor)

"""The page: one shell at every address of it, and its files under ``/web/``.

Not part of the API: the page asks the same public API as everybody else, under ``/v1``. Only at
the address of a record the shell says more, to machines that run no script: what is public of it,
as schema.org and as signposts. That may be erased, so it is never stored.
"""

from __future__ import annotations

from html import escape
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from provenance.digests import from_hex
from provenance.errors import MalformedError, NotFoundError, ProvenanceError
from provenance.exports.badge import Told, write_told
from provenance.exports.schema_org import dataset_of, description_of, script_text, title_of
from provenance.exports.signposts import header_of, links_of
from provenance.messages import choose_language, translator
from provenance.service.ledger import Shown

from ..deps import LedgerDep
from ..for_people import told_not_after
from ..pages import Asked, Asset, Site
from ..problems import retry_after, status_of
from .records import STANDING, standing_words

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_ADDRESSES = (
    "/",
    "/about",
    "/anchors/{number}",
    "/checkpoints/{size}",
    "/deposit",
    "/disputes/{record_id}",
    "/find",
    "/keys/{kid}",
    "/ledger",
    "/people/{orcid}",
    "/respond",
    "/verify",
)


# whoever wants the log reads its tiles; who looks for a person, asks
_ROBOTS = """\
User-agent: *
Disallow: /find
Disallow: /people/
Disallow: /tile/
Disallow: /v1/lookup
"""


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _shell(request: Request) -> Response:
    return _site(request).shell.asset.answer(Asked.of(request.headers))


for _address in _ADDRESSES:
    router.add_api_route(_address, _shell, response_class=Response, name="page")


@router.get("/web/{path:path}", response_class=Response)
async def read_asset(path: str, request: Request) -> Response:
    """Return a file of the page."""
    return _site(request).answer(path, Asked.of(request.headers))


@router.get("/records/{record_id}", response_class=Response)
def read_record_page(record_id: str, request: Request, ledger: LedgerDep) -> Response:
    """Return the page of a record, with what machines are told of it."""
    shell = _site(request).shell
    try:
        shown = ledger.shown(from_hex(record_id, field="record_id"))
    except (NotFoundError, MalformedError):
        return shell.failed(404)
    except ProvenanceError as error:  # the page asks the API, which says what is wrong
        seconds = retry_after(error)
        return shell.failed(
            status_of(error), {} if seconds is None else {"retry-after": str(seconds)}
        )
    page = f"/records/{record_id}"
    standing = standing_words(shown.standing.to_json())
    language = request.headers.get("accept-language")
    title = f"{title_of(shown.record)} · {ledger.origin}"
    body = shell.with_head(title, *_elements(shown, page, standing, language))
    headers = {
        "cache-control": "no-store",
        "link": header_of(links_of(shown.record, page=page, has_manifest=shown.has_manifest)),
        "vary": "accept-language",
        # a copy in a search engine would outlive an erasure
        "x-robots-tag": "noarchive",
        STANDING: standing,
    }
    return Response(body, headers=headers, media_type=shell.asset.media_type)


def _elements(shown: Shown, page: str, standing: str, language: str | None) -> list[str]:
    said = description_of(shown.record)
    sentence = translator(choose_language(language))(said.key).format(**said.facts)
    elements = [
        f'<meta name="description" content="{escape(sentence)}">',
        f'<link rel="canonical" href="{page}">',
    ]
    if shown.record.type == "deposit":
        described = script_text(dataset_of(shown.record, page=page, standing=standing))
        elements.append(f'<script type="application/ld+json">{described}</script>')
    return elements


@router.get("/records/{record_id}/badge.svg", response_class=Response)
def read_badge(
    record_id: str, request: Request, ledger: LedgerDep, language: Literal["en", "zh"] = "en"
) -> Response:
    """Return a picture of how a record stands, to be shown by any page of anybody."""
    octets = from_hex(record_id, field="record_id")
    shown = ledger.shown(octets)
    told = Told(
        log=ledger.origin,
        leaf_index=shown.leaf_index,
        standing=standing_words(shown.standing.to_json()),
        not_after=told_not_after(ledger.receipt(octets), ledger.trust),
    )
    picture = write_told(told, translator(choose_language(language)))
    answer = Asset("image/svg+xml", picture).answer(Asked.of(request.headers))
    answer.headers["cache-control"] = "public, max-age=300"  # names nobody, and may change
    return answer


@router.get("/robots.txt", response_class=Response)
async def read_robots() -> Response:
    """Return what crawlers may read: the pages of records, and nothing that is asked for people."""
    return Response(
        _ROBOTS, headers={"cache-control": "public, max-age=3600"}, media_type="text/plain"
    )

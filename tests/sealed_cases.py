"""Sealed deposits, openings and erasures, good and bad: part of ``tests/vectors/records``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from record_cases import (
    ADDITIONAL,
    DATASET,
    FIRST,
    GORMAN,
    IDENTIFIERS,
    KEY,
    TITLE,
    Case,
    common,
    element,
    forge,
    header_of,
    hide,
    without,
)

from provenance.sdjwt import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SEALED_DATASET = hide("dataset_digest", {"sha256": DATASET, "key": KEY.public.thumbprint}, number=6)
SEALED_SALTED = hide("salted_digest", {"sha256": "5c" * 32, "key": KEY.public.thumbprint}, number=7)
SEALED_TITLE = hide("title", "Palmer penguins", number=8)
SEALED_FILES = hide("files", 3, number=9)
SEALED_BYTES = hide("bytes", 100, number=10)
SEALED = {"dataset_digest": digest_of(SEALED_DATASET), "salted_digest": digest_of(SEALED_SALTED)}
SEALED_WHOLE = {
    **SEALED,
    "title": digest_of(SEALED_TITLE),
    "files": digest_of(SEALED_FILES),
    "bytes": digest_of(SEALED_BYTES),
}


def sealed_deposit(sealed: dict[str, str], *more: str, **claims: object) -> dict[str, object]:
    return common(_sd=[*sealed.values(), *more], sealed=sealed, **claims)


def good() -> Iterator[Case]:
    """Sealed deposits, openings and the operator's erasures."""
    for name, description, claims, texts in (
        ("sealed", "both digests sealed", sealed_deposit(SEALED, files=3, bytes=100), ()),
        ("sealed-whole", "everything sealed that can be", sealed_deposit(SEALED_WHOLE), ()),
        (
            "sealed-with-title",
            "sealed, with a public title and a contributor",
            sealed_deposit(
                SEALED,
                digest_of(TITLE),
                files=3,
                contributors=[element(FIRST)],
                assurance={"rehashed": 3},
            ),
            (TITLE, FIRST),
        ),
    ):
        shown = {"title": "Palmer penguins", "contributors": [GORMAN]} if texts else {}
        yield Case(
            name,
            description,
            forge(claims, *texts),
            payload={**without(claims, "_sd", "_sd_alg", "contributors"), **shown},
        )
    opening = common(record="cd" * 32, _sd=list(SEALED_WHOLE.values()))
    key = KEY.public.thumbprint
    opened = (SEALED_DATASET, SEALED_SALTED, SEALED_TITLE, SEALED_FILES, SEALED_BYTES)
    values = {
        "dataset_digest": {"sha256": DATASET, "key": key},
        "salted_digest": {"sha256": "5c" * 32, "key": key},
        "title": "Palmer penguins",
        "files": 3,
        "bytes": 100,
    }
    yield Case(
        "opening",
        "everything that was sealed",
        forge(opening, *opened, header=header_of("opening")),
        payload={**without(opening, "_sd", "_sd_alg"), **values},
    )
    yield Case(
        "opening-erased",
        "an opening whose disclosures are erased",
        forge(opening, header=header_of("opening")),
        complete=False,
        payload=without(opening, "_sd", "_sd_alg"),
    )
    erasure = common(
        records=[
            {"record": "cd" * 32, "digests": [digest_of(FIRST)], "manifest": True},
            {"record": "ce" * 32},
        ]
    )
    yield Case(
        "erasure",
        "one person of a record with its manifest, and all of another",
        forge(erasure, header=header_of("erasure")),
        payload=without(erasure, "_sd_alg"),
    )


def bad() -> Iterator[Case]:
    sealed = sealed_deposit(SEALED, files=3)
    opening = common(record="cd" * 32, _sd=[digest_of(SEALED_DATASET)])
    for name, description, claims, texts, field in (
        (
            "one-digest",
            "the salted digest shows the names that the other one hides",
            sealed_deposit({"dataset_digest": digest_of(SEALED_DATASET)}, files=3),
            (),
            "sealed.salted_digest",
        ),
        ("shown", "a disclosure of what is sealed", sealed, (SEALED_DATASET,), "disclosures[0]"),
        (
            "two-digests",
            "sealed and shown",
            sealed_deposit(SEALED, files=3, dataset_digest=DATASET),
            (),
            "dataset_digest",
        ),
        (
            "files-twice",
            "a count that is sealed and shown",
            sealed_deposit(SEALED_WHOLE, files=3),
            (),
            "files",
        ),
        ("no-files", "no count at all", sealed_deposit(SEALED), (), "files"),
        (
            "title-twice",
            "a title that is sealed and shown",
            sealed_deposit({**SEALED, "title": digest_of(SEALED_TITLE)}, digest_of(TITLE), files=3),
            (TITLE,),
            "title",
        ),
        (
            "not-in-sd",
            "a digest that the record does not have",
            common(_sd=[digest_of(TITLE)], sealed=SEALED, files=3),
            (TITLE,),
            "sealed.dataset_digest",
        ),
        (
            "same-digest",
            "one digest for two claims",
            sealed_deposit({**SEALED, "salted_digest": SEALED["dataset_digest"]}, files=3),
            (),
            "sealed",
        ),
        (
            "held",
            "held by nobody but the owner",
            sealed_deposit(SEALED, digest_of(TITLE), files=3, held=[SEALED["dataset_digest"]]),
            (TITLE,),
            "held[0]",
        ),
        (
            "unknown",
            "a claim that cannot be sealed",
            sealed_deposit({**SEALED, "license": digest_of(TITLE)}, files=3),
            (),
            "sealed.license",
        ),
        (
            "additional",
            "another root over the same files",
            sealed_deposit(SEALED, files=3, additional_digests=ADDITIONAL),
            (),
            "additional_digests",
        ),
        (
            "assurance",
            "it says the count",
            sealed_deposit(SEALED_WHOLE, assurance={"rehashed": 3}),
            (),
            "assurance",
        ),
    ):
        yield Case(f"sealed-{name}", description, forge(claims, *texts), "malformed", field)
    yield Case(
        "sealed-other-digest",
        "text that is no digest",
        forge(sealed_deposit({**SEALED, "title": "x"}, files=3)),
        "malformed",
        "sealed.title",
    )
    for name, description, claims, texts, field in (
        ("nothing", "what is opened is not said", common(record="cd" * 32), (), "_sd"),
        ("withheld", "without its disclosure", opening, (), "_sd[0]"),
        ("no-record", "of no record", without(opening, "record"), (SEALED_DATASET,), "record"),
        (
            "contributors",
            "what cannot be sealed",
            common(record="cd" * 32, _sd=[digest_of(IDENTIFIERS)]),
            (IDENTIFIERS,),
            "disclosures[0]",
        ),
    ):
        yield Case(
            f"opening-{name}",
            description,
            forge(claims, *texts, header=header_of("opening")),
            "malformed",
            field,
        )
    bare = hide("dataset_digest", DATASET)
    yield Case(
        "opening-bare-digest",
        "a digest that names no key",
        forge(common(record="cd" * 32, _sd=[digest_of(bare)]), bare, header=header_of("opening")),
        "malformed",
        "dataset_digest",
    )
    one = {"record": "cd" * 32}
    for name, description, records, field in (
        ("none", "nothing erased", [], "records"),
        ("twice", "a record twice", [one, one], "records"),
        ("id", "no record id", [{"record": "cd"}], "records[0].record"),
        ("digests", "an empty list", [{**one, "digests": []}], "records[0].digests"),
        ("manifest", "false is not absent", [{**one, "manifest": False}], "records[0].manifest"),
        ("why", "no word about whom", [{**one, "why": "x"}], "records[0].why"),
    ):
        yield Case(
            f"erasure-{name}",
            description,
            forge(common(records=records), header=header_of("erasure")),
            "malformed",
            field,
        )

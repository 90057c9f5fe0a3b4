"""The report of a dossier: its seventeen items, each with the article that it serves.

    items 1 to 11, 13, 14   what the records show      here and in dossier_people.py
    items 12, 15 to 17      how to check it, forms     dossier_forms.py

Everything in it is read from ``DossierFacts``; what the records do not show is said to be absent,
and left for people to fill in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.certificate import NOT_PROVED, bound_text
from provenance.digests import sha256, to_evm_hex
from provenance.document import (
    Document,
    Fields,
    Heading,
    Items,
    Mono,
    NewPage,
    Paragraph,
    Picture,
    QrCode,
    Table,
)
from provenance.dossier_forms import checking, forms, glossary, own_manifest, redaction
from provenance.dossier_hand import tree_steps
from provenance.dossier_headings import HEADINGS
from provenance.dossier_people import countersigned, custody, keys, people, side_of
from provenance.dossier_timeline import Bar, draw_timeline
from provenance.dossier_words import WORDS
from provenance.receipt_parts import Parts
from provenance.record_codes import coded
from provenance.record_words import clock_text
from provenance.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provenance.case import Entry
    from provenance.document import Block, Cell, Speech
    from provenance.dossier_facts import DepositFacts, DossierFacts
    from provenance.record_values import Deposit

__all__ = ["report_of", "timeline_of"]

_LISTED_FILES: Final = 60
"""Shared files that are named on the pages; the dossier holds the proofs of all."""


def report_of(
    facts: DossierFacts,
    speech: Speech,
    files: Mapping[str, bytes],
    *,
    version: str,
    lineage: bytes | None,
) -> Document:
    """Write the report.

    Args:
        files: all other files of the dossier, by name.
        version: of the program.
        lineage: the picture of the lineage, SVG; None where there is none to draw.
    """
    verifier = sha256(files["verify.py"])
    items: tuple[Iterable[Block], ...] = (
        _cover(facts, speech),
        _receipts(facts, speech),
        _hashes(facts, speech, files, version, verifier),
        _inclusion(facts, speech),
        _anchors(facts, speech),
        _times(facts, speech),
        _origin(facts, speech, lineage),
        people(facts, speech),
        keys(facts, speech),
        custody(facts, speech),
        _platform(facts, speech, version, verifier),
        checking(facts, speech),
        _overlap(facts, speech),
        _timeline(facts, speech),
        forms(facts, speech),
        redaction(facts, speech),
        (*own_manifest(files, speech), *glossary(speech)),
    )
    blocks: list[Block] = []
    for number, item in enumerate(items, start=1):
        title, serves = HEADINGS[number]
        if number in {14, 15}:  # the timeline is one page, and forms are torn out
            blocks.append(NewPage())
        blocks.append(Heading(1, f"{number}. {speech.short(title)}"))
        blocks.append(Paragraph(speech.short(WORDS["serves"]) + " " + speech.short(serves)))
        blocks += item
    footer = speech.short(WORDS["footer"], origin=facts.policy.origin, version=version)
    return Document(speech(WORDS["title"]), footer, facts.dated_unix, tuple(blocks))


def _short(digest: bytes) -> Mono:
    return Mono(digest.hex()[:16])


# --- 1 to 7 -------------------------------------------------------------------------------


def _cover(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    if not all(one.verdict.independent for one in facts.case.entries):
        yield Paragraph(speech(WORDS["dev"]), strong=True)
    subjects = "\n".join(one.hex() for one in facts.case.subjects)
    rows: list[tuple[str, Cell]] = [
        (speech(WORDS["log"]), facts.policy.origin),
        (speech(WORDS["subjects"]), subjects),
        (speech(WORDS["policy"]), Mono(facts.policy.digest.hex())),
    ]
    yield Fields(tuple(rows))
    for one in facts.disputes:
        yield Heading(2, speech.short(WORDS["dispute"], index=one.entry.leaf_index))
        bound = speech(WORDS["opened-by"], name=one.entry.signer.binder or one.entry.signer.kid)
        if not one.is_bound:
            bound = speech(WORDS["opened-unbound"])
        question = one.dispute.question or speech(WORDS["withheld"])
        fields: list[tuple[str, Cell]] = [
            (speech(WORDS["question"]), question),
            (speech(WORDS["about"]), coded(speech, *one.dispute.claims)),
            (speech(WORDS["opened"]), bound),
            (speech(WORDS["state"]), coded(speech, one.state.state, one.state.outcome or "")),
        ]
        for side in ("claimant", "respondent"):
            parties = (f"{party.name} {party.orcid or ''}".strip() for party in one.side(side))
            fields.append((speech(WORDS[side]), "\n".join(parties) or speech(WORDS["withheld"])))
        yield Fields(tuple(fields))
    yield Heading(2, speech.short(WORDS["datasets"]))
    yield _priority(facts, speech)
    yield Heading(2, speech.short(WORDS["shown"]))
    yield Items(tuple(speech(WORDS[f"shown-{number}"]) for number in range(1, 5)))
    yield Heading(2, speech.short(WORDS["not-shown"]))
    yield Items(tuple(map(speech, NOT_PROVED)))
    if facts.case.missing:
        ids = "\n".join(one.hex() for one in facts.case.missing)
        yield Fields(((speech(WORDS["missing"]), Mono(ids)),))


def _priority(facts: DossierFacts, speech: Speech) -> Table:
    """Return the deposits in the order of the log, with what stands beside each."""
    names = ("entry", "dataset", "interval", "who", "countersigned")
    rows = [
        (
            str(one.entry.leaf_index),
            "\n".join(filter(None, _dataset(facts, one, speech))),
            _interval(one.entry, speech),
            _who(one.entry, speech),
            countersigned(facts, one.id, speech),
        )
        for one in facts.deposits
    ]
    head = tuple(speech(WORDS[name]) for name in names)
    return Table(head, tuple(rows), (0.07, 0.2, 0.27, 0.25, 0.21))


def _dataset(facts: DossierFacts, one: DepositFacts, speech: Speech) -> Iterator[str]:
    yield one.title
    if one.deposit.version is not None:
        yield speech(WORDS["version"], version=one.deposit.version)
    yield from _marks(facts, one, speech)
    yield side_of(facts, one.entry, speech)


def _marks(facts: DossierFacts, one: DepositFacts, speech: Speech) -> Iterator[str]:
    standing = facts.case.standing(one.id)
    if one.opened_by is not None:
        yield speech(WORDS["sealed-opened"], index=one.opened_by.leaf_index)
    elif one.deposit.sealed:
        yield speech(WORDS["sealed"])
    if standing.withdrawn is not None:
        yield speech(WORDS["withdrawn"])
    if standing.correction is not None:
        yield speech(WORDS["corrected"])
    if standing.is_disputed:
        yield speech(WORDS["disputed"])


def _interval(entry: Entry, speech: Speech) -> str:
    lower = speech(WORDS["after"]) + "\n" + bound_text(entry.not_before, speech)
    return lower + "\n" + speech(WORDS["before"]) + "\n" + bound_text(entry.not_after, speech)


def _who(entry: Entry, speech: Speech) -> str:
    identity, status = entry.verdict.check("identity"), entry.verdict.check("key-status")
    said = [entry.signer.name or "", entry.signer.orcid or "", speech.each(identity.text)]
    return "\n".join(filter(None, [*said, speech.each(status.text)]))


def _receipts(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["receipts"]))
    head = tuple(map(speech, (WORDS["entry"], WORDS["type"], WORDS["record"], WORDS["sha256"])))
    rows = (
        (
            str(one.leaf_index),
            coded(speech, one.record.type),
            _short(one.id),
            Mono(sha256(one.octets).hex()),
        )
        for one in facts.case.entries
    )
    yield Table(head, tuple(rows), (0.09, 0.15, 0.2, 0.56))


def _hashes(
    facts: DossierFacts, speech: Speech, files: Mapping[str, bytes], version: str, verifier: bytes
) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["hash-rule"]))
    yield Fields(
        (
            (speech(WORDS["tool"]), f"provenance-ledger {version}"),
            (speech(WORDS["verifier"]), Mono(verifier.hex())),
        )
    )
    for one in facts.deposits:
        yield Heading(3, f"{one.entry.leaf_index}: {one.title}")
        yield Fields(tuple(_digests(one.deposit, speech)))
    yield Paragraph(speech(WORDS["hash-blanks"]))
    yield Fields(tuple((speech(WORDS[f"hash-blank-{n}"]), "") for n in range(1, 5)))
    yield Heading(2, speech.short(WORDS["both-digests"]))
    yield Paragraph(speech(WORDS["both-digests-said"]))
    rows = (
        (Mono(name), Mono(f"{sha256(files[name]).hex()}\n{sm3(files[name]).hex()}"))
        for name in sorted(files)
        if not name.startswith(("hand/", "overlap/"))
    )
    yield Table((speech(WORDS["file"]), "SHA-256\nSM3"), tuple(rows), (0.45, 0.55))


def _digests(deposit: Deposit, speech: Speech) -> Iterator[tuple[str, Cell]]:
    digest = deposit.dataset_digest
    yield speech(WORDS["digest"]), speech(WORDS["sealed"]) if digest is None else Mono(digest.hex())
    yield speech(WORDS["files"]), f"{deposit.files or '-'} / {deposit.length or '-'}"
    yield speech(WORDS["assurance"]), coded(speech, deposit.assurance_level or "not-stated")
    for extra in deposit.additional_digests:
        yield extra.algorithm, Mono(extra.digest.hex())


def _inclusion(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    yield Items(tuple(speech(WORDS[f"tree-{number}"]) for number in range(1, 5)))
    entry = facts.deposits[0].entry if facts.deposits else facts.case.entries[0]
    parts = Parts.parse(entry.octets)
    state, size = parts.newest, parts.newest.checkpoint.tree_size
    leaf, steps = tree_steps(parts.record.entry, entry.leaf_index, size, state.proofs.record)
    yield Heading(2, speech.short(WORDS["worked"], index=entry.leaf_index, size=size))
    rows: list[tuple[Cell, ...]] = [(speech(WORDS["leaf"]), Mono(leaf.hex()))]
    for number, step in enumerate(steps, start=1):
        side = speech.short(WORDS[step.side])
        rows.append((f"{number}. {side}", Mono(f"{step.sibling.hex()}\n{step.result.hex()}")))
    rows.append((speech(WORDS["root"]), Mono(state.checkpoint.root_hash.hex())))
    yield Table((speech(WORDS["step"]), speech(WORDS["hashes"])), tuple(rows), (0.4, 0.6))
    said = {"states": len(facts.states), "size": max(facts.states)}
    yield Paragraph(speech(WORDS["consistency"], **said))


def _anchors(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    seen: dict[tuple[int, str], list[tuple[str, Cell]]] = {}
    names = {chain.chain_id: chain for chain in facts.policy.chains}
    for entry in facts.case.entries:
        for one in Parts.parse(entry.octets).receipt.anchored:
            for anchor in one.anchors:
                chain = names.get(anchor.chain_id)
                said: list[tuple[str, Cell]] = [
                    (
                        speech(WORDS["chain"]),
                        f"{'?' if chain is None else chain.name} ({anchor.chain_id})",
                    ),
                    (speech(WORDS["contract"]), Mono(to_evm_hex(anchor.contract))),
                    (speech(WORDS["evidence"]), coded(speech, anchor.level)),
                ]
                if chain is not None:
                    finality = "finalized" if chain.depth is None else str(chain.depth)
                    said.append((speech(WORDS["code"]), Mono(to_evm_hex(chain.code_hash))))
                    said.append((speech(WORDS["finality"]), finality))
                    word = WORDS["yes"] if chain.independent else WORDS["no"]
                    said.append((speech(WORDS["independent"]), speech(word)))
                seen[anchor.chain_id, to_evm_hex(anchor.contract)] = said
    yield Paragraph(speech(WORDS["anchors"]))
    if not seen:
        yield Paragraph(speech(WORDS["no-anchor"]), strong=True)
    for said in seen.values():
        yield Fields(tuple(said))
    yield Heading(2, speech.short(WORDS["blocks"]))
    rows = (
        (f"{one.chain_id} / {one.number}", Mono(to_evm_hex(one.block_hash))) for one in facts.blocks
    )
    head = (speech(WORDS["block"]), speech(WORDS["hash"]))
    yield Table(head, tuple(rows), (0.38, 0.62))
    for block in facts.blocks[:1]:
        content = f"block {block.chain_id} {block.number} {to_evm_hex(block.block_hash)}"
        yield QrCode(content, speech(WORDS["qr"]))
    yield Paragraph(speech(WORDS["time-tokens"]))


def _times(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    yield Items(tuple(speech(WORDS[f"time-{number}"]) for number in range(1, 5)))
    head = (speech(WORDS["entry"]), speech(WORDS["interval"]), speech(WORDS["claimed"]))
    rows = (
        (
            f"{one.leaf_index} {coded(speech, one.record.type)}",
            _interval(one, speech),
            clock_text(one.record.iat, speech),
        )
        for one in facts.case.entries
    )
    yield Table(head, tuple(rows), (0.2, 0.5, 0.3))


def _origin(facts: DossierFacts, speech: Speech, lineage: bytes | None) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["origin"]), strong=True)
    for one in facts.deposits:
        said = [
            f"{relation.relation}: {relation.identifier or (relation.record or b'').hex()}"
            for relation in one.deposit.relations
        ]
        said += [f"{named.type}: {named.value}" for named in one.deposit.identifiers]
        if said:
            yield Fields(((f"{one.entry.leaf_index}: {one.title}", "\n".join(said)),))
    yield Fields(tuple((speech(WORDS[f"blank-{n}"]), "") for n in range(1, 6)))
    if lineage is not None:
        yield Heading(2, speech.short(WORDS["lineage"]))
        yield Picture(lineage, speech(WORDS["lineage-said"]))


# --- 11, 13, 14 ---------------------------------------------------------------------------


def _platform(
    facts: DossierFacts, speech: Speech, version: str, verifier: bytes
) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["platform"]))
    quorum = f"{facts.policy.quorum} / {len(facts.policy.witnesses)}"
    yield Fields(
        (
            (speech(WORDS["log"]), facts.policy.origin),
            (speech(WORDS["tool"]), f"provenance-ledger {version}"),
            (speech(WORDS["verifier"]), Mono(verifier.hex())),
            (speech(WORDS["witnesses"]), quorum),
            *(
                (speech(WORDS[name]), "")
                for name in ("operator", "filing", "protection", "neutral")
            ),
        )
    )


def _overlap(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["overlap"]))
    without = [one for one in facts.deposits if one.manifest is None]
    if without:
        titles = ", ".join(f"{one.entry.leaf_index}: {one.title}" for one in without)
        yield Paragraph(speech(WORDS["no-manifest"], titles=titles))
    if not facts.overlaps:
        yield Paragraph(speech(WORDS["no-overlap"]))
    for number, one in enumerate(facts.overlaps, start=1):
        first, second = one.first, one.second
        pair = f"{first.entry.leaf_index} {first.title} / {second.entry.leaf_index} {second.title}"
        yield Heading(2, pair)
        said = {"count": one.count, "first": first.deposit.files, "second": second.deposit.files}
        yield Paragraph(speech(WORDS["overlap-count"], same=one.same_path, number=number, **said))
        rows = [
            (shared.first.entry.path, shared.second.entry.path, _short(shared.first.entry.sha256))
            for shared in one.shared[:_LISTED_FILES]
        ]
        if rows:
            head = (speech(WORDS["path-first"]), speech(WORDS["path-second"]), "SHA-256 …")
            yield Table(head, tuple(rows), (0.39, 0.39, 0.22))
        if one.count > len(rows):
            yield Paragraph(speech(WORDS["more-files"], count=one.count - len(rows)))


def timeline_of(facts: DossierFacts, speech: Speech) -> bytes:
    """Return the picture of all records in time, SVG."""
    bars = []
    for one in facts.case.entries:
        title = next((f" {d.title}" for d in facts.deposits if d.id == one.id), "")
        start = None if one.not_before is None else one.not_before.time_unix
        end = None if one.not_after is None else one.not_after.time_unix
        side = side_of(facts, one, None)
        bars.append(
            Bar(f"{one.leaf_index} {coded(speech, one.record.type)}{title}", side, start, end)
        )
    unproved, more = speech.short(WORDS["unproved"]), speech.short(WORDS["more-bars"])
    return draw_timeline(bars, unproved=unproved, more=more)


def _timeline(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    yield Paragraph(speech(WORDS["timeline"]))
    yield Picture(timeline_of(facts, speech), speech(WORDS["timeline-said"]))

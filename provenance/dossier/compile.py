"""Every file of a dossier, from a verified case: what is stated, what shows it, what checks it.

    README.txt                    how to begin, in both languages
    report.zh.pdf, report.en.pdf  the seventeen items
    dossier.json                  the same for programs (dossier_index.py)
    records/ manifests/ headers/ overlap/ pictures/ hand/
    policy.json, verify.py, SHA256SUMS, SM3SUMS

The same records, policy, manifests, language and version make the same bytes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.certificate import bound_text
from provenance.digests import sha256
from provenance.document import SPEECHES, Both, Speech
from provenance.documents.pages import to_pdf
from provenance.dossier.archive import to_zip
from provenance.dossier_check import POLICY_NAME
from provenance.dossier_facts import DossierFacts, facts_of, headers_of
from provenance.dossier_hand import hand_files
from provenance.dossier_index import (
    INDEX_NAME,
    DossierIndex,
    ListedBlock,
    ListedConsistency,
    ListedOverlap,
    ListedRecord,
)
from provenance.dossier_report import report_of, timeline_of
from provenance.dossier_sums import write_sums
from provenance.lineage import MARKS, lineage_of
from provenance.lineage_svg import Caption, draw_lineage
from provenance.merkle import verify_consistency
from provenance.standalone.build import verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from provenance.case import Case, Entry
    from provenance.dossier_facts import Overlap
    from provenance.lineage import Node
    from provenance.policy import Policy

__all__ = ["Dossier", "compile_dossier"]

_README: Final = """Provenance dossier / 数据存证卷宗

Read report.zh.pdf or report.en.pdf. 请阅读 report.zh.pdf 或 report.en.pdf。
Check everything without network or library / 离线核验（不需要网络，也不需要任何库）:

    python3 -I -S verify.py

With a block hash that you looked up yourself, and the receipt that lies beside this dossier:
加上您亲自查对的区块哈希，以及卷宗旁的凭据：

    python3 -I -S verify.py --receipt OUT.receipt.json --block-hash HASH

By hand / 手工: sha256sum -c SHA256SUMS ; cd hand && bash check.sh
Compare policy.json by another channel / 请通过其他渠道核对 policy.json: {policy}
"""

_MARKS: Final = {
    "withdrawn": Both("withdrawn", "已撤回"),
    "superseded": Both("superseded", "已被取代"),
    "corrected": Both("found wrong", "已更正"),
    "disputed": Both("disputed", "争议中"),
}
_LINEAGE: Final = Both(
    "Lineage: an arrow leads from a source to what came from it",
    "谱系：箭头由来源指向由其而来者",
)
_ENTRY: Final = Both("entry {index}", "条目 {index}")
_OUTSIDE: Final = Both("not in this log", "不在本日志中")
_UNTITLED: Final = Both("dataset without a title", "无标题数据集")


class Dossier:
    """The files of a dossier, and the zip of them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take all files but the two lists."""
        self.files = {**files, **write_sums(files)}

    @property
    def sums(self) -> bytes:
        """``SHA256SUMS``: what the dossier's own deposit is of."""
        return self.files["SHA256SUMS"]

    def to_bytes(self) -> bytes:
        """Return the zip."""
        return to_zip(self.files)


def compile_dossier(  # noqa: PLR0913 -- each is one thing that a dossier follows from
    case: Case,
    policy: Policy,
    manifests: Mapping[bytes, bytes],
    *,
    language: str,
    version: str,
    to_chinese: Callable[[str], str],
    prove: Callable[[int, int], Sequence[bytes]],
) -> Dossier:
    """Make a dossier of a case.

    Args:
        manifests: by record id.
        language: of ``document.SPEECHES``.
        version: of the program.
        to_chinese: the translation of the verifier's sentences.
        prove: returns the consistency proof between two tree sizes of the log.

    Raises:
        VerificationError: a receipt that the policy does not prove to be an entry of its log.
        MalformedError: a manifest that is not the one signed.
        RootMismatchError: a consistency proof that leads to other roots than the receipts'.
        DriverMissingError: the extra ``documents`` is not installed.
    """
    facts = facts_of(case, policy, manifests)
    files = _evidence(facts) | {
        "README.txt": _README.format(policy=policy.digest.hex()).encode(),
        "verify.py": verifier(),
    }
    history = tuple(_history(facts, prove))
    files[INDEX_NAME] = _index(facts, files, history, language, version).to_bytes()
    for one in SPEECHES[language]:
        speech = Speech((one,), to_chinese)
        lineage = _lineage(facts, speech)
        files[f"pictures/timeline.{one}.svg"] = timeline_of(facts, speech)
        if lineage is not None:
            files[f"pictures/lineage.{one}.svg"] = lineage
    evidence = dict(files)
    for one in SPEECHES[language]:
        report = report_of(
            facts,
            Speech((one,), to_chinese),
            evidence,
            version=version,
            lineage=evidence.get(f"pictures/lineage.{one}.svg"),
        )
        files[f"report.{one}.pdf"] = to_pdf(report)
    return Dossier(files)


# --- what shows it ------------------------------------------------------------------------


def _evidence(facts: DossierFacts) -> dict[str, bytes]:
    files = {_receipt_name(one): one.octets for one in facts.case.entries}
    files |= {
        _manifest_name(one.entry): one.manifest
        for one in facts.deposits
        if one.manifest is not None
    }
    for number, overlap in enumerate(facts.overlaps, start=1):
        for (first, second), shared in zip(
            _proof_names(overlap, number), overlap.shared, strict=True
        ):
            files |= {first: shared.first.to_bytes(), second: shared.second.to_bytes()}
    headers = headers_of(facts.case.entries)
    files |= {f"headers/{digest.hex()}.rlp": headers[digest] for digest in headers}
    return files | hand_files(facts.case.entries) | {POLICY_NAME: facts.policy.octets}


def _receipt_name(entry: Entry) -> str:
    return f"records/{entry.leaf_index:06}-{entry.record.type}-{entry.id.hex()[:16]}.receipt.json"


def _manifest_name(entry: Entry) -> str:
    return f"manifests/{entry.leaf_index:06}-{entry.id.hex()[:16]}.jsonl"


def _proof_names(overlap: Overlap, number: int) -> list[tuple[str, str]]:
    names = (f"overlap/{number:03}/{at:05}" for at in range(1, len(overlap.shared) + 1))
    return [(f"{name}-first.json", f"{name}-second.json") for name in names]


def _history(
    facts: DossierFacts, prove: Callable[[int, int], Sequence[bytes]]
) -> Iterator[ListedConsistency]:
    """Yield a checked proof from each state of the log that a receipt shows to the next."""
    roots = facts.states
    for older, newer in pairwise(sorted(roots)):
        path = tuple(prove(older, newer))
        verify_consistency(older, newer, path, roots[older], roots[newer])
        yield ListedConsistency(older, newer, path)


def _index(
    facts: DossierFacts,
    files: Mapping[str, bytes],
    history: tuple[ListedConsistency, ...],
    language: str,
    version: str,
) -> DossierIndex:
    newest = facts.newest.newest.checkpoint
    manifests = {one.id: one.manifest is not None for one in facts.deposits}
    blocks = (
        ListedBlock(one.chain_id, one.number, one.block_hash, f"headers/{one.block_hash.hex()}.rlp")
        for one in facts.blocks
    )
    return DossierIndex(
        language=language,
        version=version,
        verifier=sha256(files["verify.py"]),
        subjects=facts.case.subjects,
        origin=facts.policy.origin,
        tree_size=newest.tree_size,
        root=newest.root_hash,
        policy=facts.policy.digest,
        records=tuple(
            _listed(one, has_manifest=manifests.get(one.id, False)) for one in facts.case.entries
        ),
        blocks=tuple(one for one in blocks if one.header in files),
        overlap=tuple(
            ListedOverlap(one.first.id, one.second.id, tuple(_proof_names(one, number)))
            for number, one in enumerate(facts.overlaps, start=1)
        ),
        consistency=history,
    )


def _listed(entry: Entry, *, has_manifest: bool) -> ListedRecord:
    bounds = (entry.not_before, entry.not_after)
    lower, upper = (None if one is None else one.time_unix for one in bounds)
    return ListedRecord(
        id=entry.id,
        type=entry.record.type,
        leaf_index=entry.leaf_index,
        key=entry.record.kid,
        level=entry.signer.level.value,
        not_before=lower,
        not_after=upper,
        receipt=_receipt_name(entry),
        manifest=_manifest_name(entry) if has_manifest else None,
    )


# --- the lineage as a picture -------------------------------------------------------------


def _lineage(facts: DossierFacts, speech: Speech) -> bytes | None:
    """Draw what came from what; None where no deposit says so."""
    if not facts.deposits:
        return None
    found = lineage_of(facts.case, facts.deposits[0].id)
    if not found.edges:
        return None
    titles = {one.id.hex(): one.title for one in facts.deposits}

    def caption(node: Node) -> Caption:
        if node.entry is None:
            return Caption(node.title or node.key[:24], (speech(_OUTSIDE),), "")
        index = speech(_ENTRY, index=node.entry.leaf_index)
        lines = (index, bound_text(node.entry.not_after, speech).split("\n")[0])
        title = titles.get(node.key) or speech(_UNTITLED)
        return Caption(title, lines, node.key[:24])

    words = {mark: speech(_MARKS[mark]) for mark in MARKS}
    return draw_lineage(found, caption, title=speech(_LINEAGE), words=words).encode()

"""What a certificate of one record says, to people: read from its verified receipt, nothing else.

    conclusion, times, dataset, contributors, signer, log and chain, every check, what is not
    proved, how to check it by oneself

Every time is said together with the block that it rests on and with whose word that block is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.credit import ROLES
from provenance.digests import to_evm_hex
from provenance.document import (
    Both,
    Document,
    Fields,
    Heading,
    Items,
    Mono,
    Paragraph,
    QrCode,
    Speech,
    Table,
)
from provenance.record import deposit_of
from provenance.record_codes import ACCESS, coded
from provenance.record_words import beijing_text, clock_text, tell_record
from provenance.verdict import Outcome, utc_text
from provenance.verify_blocks import blocks_of
from provenance.wordings import CONCLUSIONS, TITLES, TRUSTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.document import Block, Cell
    from provenance.receipt_parts import Parts
    from provenance.record_values import Contributor, Deposit
    from provenance.verdict import Bound, Verdict

__all__ = [
    "NOT_PROVED",
    "OUTCOMES",
    "Labels",
    "bound_text",
    "certificate_of",
]

OUTCOMES: Final = {
    Outcome.PROVED: Both("proved", "已证明"),
    Outcome.VOUCHED: Both("proved, if the block is as named", "已证明（以所列区块属实为前提）"),
    Outcome.NOT_CHECKED: Both("not checked", "未核验"),
    Outcome.NOT_YET: Both("not yet", "尚未"),
    Outcome.UNAVAILABLE: Both("no answer", "无答复"),
    Outcome.FALSE: Both("FALSE", "不成立"),
    Outcome.UNUSABLE: Both("UNUSABLE", "无法使用"),
}

NOT_PROVED: Final = (
    Both(
        "That the data are right, complete, or honestly made. Shown is only that the bytes are the "
        "same.",
        "数据正确、完整或来源诚实。本文件只表明字节相同。",
    ),
    Both(
        "Who made the data before they entered the log. Shown is who signed for them there.",
        "数据进入日志之前由谁制作。本文件只表明在日志中由谁签名。",
    ),
    Both(
        "Who holds a key, beyond the identity level shown.",
        "密钥由谁持有（超出所示身份级别的部分）。",
    ),
    Both(
        "That a key was not revoked: a receipt cannot show absence.",
        "密钥未被吊销：凭据无法证明“不存在”。",
    ),
    Both(
        "Any time, until somebody has looked up the hashes of the blocks named here.",
        "任何时间——在有人亲自查对本文件所列区块哈希之前。",
    ),
)


class Labels:
    """Labels of fields and headings."""

    CERTIFICATE = Both("Certificate of deposit", "数据存证证书")
    OTHER = Both("Certificate of a record", "记录存证证书")
    TIMES = Both("When", "时间")
    DATA = Both("The dataset", "数据集")
    SAYS = Both("What it says, by its signer's word", "记录内容（签名者所述）")
    PEOPLE = Both("Contributors, as the depositor claims", "贡献者（存证人自称）")
    SIGNER = Both("Who signed", "签名者")
    LOG = Both("Log and chain", "日志与区块链")
    CHECKS = Both("What was checked", "核验项目")
    LIMITS = Both("What this does not prove", "本证书不能证明")
    HOW = Both("How to check it yourself", "如何自行核验")
    RECORD = Both("record id", "记录编号")
    ENTRY = Both("entry of the log", "日志条目")
    CLAIMED = Both("time by the signer's own clock, not proved", "签名者自称的时间（未经证明）")
    LOWER = Both("entered the log no earlier than", "进入日志不早于")
    UPPER = Both("existed no later than", "存在不晚于")
    SIGNED = Both("signed no earlier than", "签名不早于")
    TITLE = Both("title", "标题")
    VERSION = Both("version, by the depositor", "版本（存证人自称）")
    DIGEST = Both("dataset digest (SHA-256 tree)", "数据集摘要（SHA-256 树）")
    FILES = Both("files", "文件数")
    BYTES = Both("bytes", "字节数")
    LICENSE = Both("licence", "许可")
    ACCESS = Both("access", "访问")
    IDENTIFIERS = Both("identifiers", "标识符")
    ASSURANCE = Both("how the digests came about", "摘要的产生方式")
    KEY = Both("signing key (RFC 7638 thumbprint)", "签名密钥（RFC 7638 指纹）")
    IDENTITY = Both("whose key it is", "密钥归属")
    ORIGIN = Both("log", "日志")
    CHECKPOINT = Both("tree size and root", "树大小与树根")
    CHAIN = Both("chain, contract", "区块链、合约")
    POLICY = Both("trust policy (SHA-256)", "信任策略（SHA-256）")
    NAME = Both("name", "姓名")
    ORCID = Both("ORCID iD, ROR", "ORCID、ROR")
    ROLES = Both("roles (CRediT)", "角色（CRediT）")
    CHECK = Both("check", "项目")
    RESULT = Both("result", "结果")


_SAID: Final = {
    "not-proved": Both("not proved", "未证明"),
    "not-stated": Both("not stated", "未说明"),
    "withheld": Both("withheld or erased", "未披露或已删除"),
    "sealed": Both("sealed: only a commitment is in the log", "已密封：日志中仅有承诺值"),
    "bound": Both(
        "{utc}\nblock {number} of {chain} (chain id {id})",
        "{both}\n{chain}（链 ID {id}）区块 {number}",
    ),
    "dev": Both(
        "THE CHAIN IS A DEVELOPMENT CHAIN, run by the log's own operator. What stands here shows "
        "how a proof works and proves nothing to anybody else.",
        "所用区块链为开发链，由日志运营者自己运行。本文件仅演示证明方式，对他人不构成任何证明。",
    ),
    "if": Both(
        "The times rest on the blocks named below. They hold if the chain has these blocks; look "
        "up their hashes in a place you trust.",
        "时间以下列区块为依据：若该链确有这些区块，则时间成立。请在您信任的地方查对其哈希。",
    ),
    "proved": Both(
        "Proved, provided that the chain has the blocks named here.",
        "已证明，以该链确有本文件所列区块为前提。",
    ),
    "blocks": Both("the hashes of the blocks named here", "本文件所列区块的哈希"),
    "how-1": Both(
        "Save the receipt that is inside this file (receipt.json), and get the log's policy by a "
        "channel that you trust; its SHA-256 is above.",
        "保存本文件内附的凭据（receipt.json），并通过您信任的渠道取得日志的信任策略；"
        "其 SHA-256 见上。",
    ),
    "how-2": Both(
        "Run: provenance verify receipt.json --policy policy.json --block-hash HASH, or the single "
        "file verify.py in the same way; it needs Python and no library.",
        "运行：provenance verify receipt.json --policy policy.json --block-hash 哈希；"
        "或以同样参数运行单文件 verify.py，它只需要 Python，不需要任何库。",
    ),
    "how-3": Both(
        "HASH is, for block {number} of chain {id}:", "其中“哈希”为链 {id} 区块 {number} 的："
    ),
    "qr": Both(
        "The code holds the log's name, the record id, the entry and the block that proves the "
        "latest time.",
        "二维码内含日志名称、记录编号、条目号，以及证明最晚时间的区块。",
    ),
    "footer": Both(
        "Record {id}. Made by provenance-ledger {version} from the receipt alone.",
        "记录 {id}。由 provenance-ledger {version} 仅依据凭据生成。",
    ),
}


def certificate_of(parts: Parts, verdict: Verdict, speech: Speech, *, version: str) -> Document:
    """Say in a page or two what a receipt shows.

    Args:
        verdict: of this receipt; bounds that it has are shown with their blocks.
        version: of the program, for the footer.
    """
    record = parts.record
    deposit = deposit_of(record) if record.type == "deposit" else None
    title = Labels.CERTIFICATE if deposit else Labels.OTHER
    blocks: list[Block] = [Paragraph(_conclusion(verdict, speech))]
    if not verdict.independent:
        blocks.append(Paragraph(speech(_SAID["dev"]), strong=True))
    blocks.append(QrCode(_qr(parts, verdict), speech(_SAID["qr"])))
    index = str(parts.receipt.record.leaf_index)
    rows: list[tuple[str, Cell]] = [
        (speech(Labels.RECORD), Mono(record.id_hex)),
        (speech(Labels.ENTRY), f"{index} ({coded(speech, record.type)})"),
    ]
    blocks += [Fields(tuple(rows)), Heading(1, speech.short(Labels.TIMES))]
    blocks += [Fields(tuple(_times(verdict, speech))), Paragraph(speech(_SAID["if"]))]
    if deposit is not None:
        blocks += _data(deposit, speech)
    elif said := tell_record(record, bytes.hex, speech):
        blocks += [
            Heading(1, speech.short(Labels.SAYS)),
            Fields(((coded(speech, record.type), said),)),
        ]
    blocks += [
        Heading(1, speech.short(Labels.SIGNER)),
        Fields(tuple(_signer(parts, verdict, speech))),
    ]
    blocks += [Heading(1, speech.short(Labels.LOG)), Fields(tuple(_log(parts, verdict, speech)))]
    blocks += [Heading(1, speech.short(Labels.CHECKS)), _checks(verdict, speech)]
    blocks += [Heading(1, speech.short(Labels.LIMITS)), Items(tuple(map(speech, NOT_PROVED)))]
    blocks += [Heading(1, speech.short(Labels.HOW)), *_how(parts, speech)]
    footer = speech.short(_SAID["footer"], id=record.id_hex[:16], version=version)
    dated = record.iat if verdict.not_after is None else verdict.not_after.time_unix
    return Document(speech(title), footer, dated, tuple(blocks))


def _conclusion(verdict: Verdict, speech: Speech) -> str:
    if verdict.exit_code == 0:
        return speech(_SAID["proved"])
    return speech.fixed(CONCLUSIONS[verdict.exit_code])


# --- its parts ----------------------------------------------------------------------------


def bound_text(bound: Bound | None, speech: Speech) -> str:
    """Return one end of the interval with the block it rests on."""
    if bound is None:
        return speech(_SAID["not-proved"])
    return speech(
        _SAID["bound"],
        utc=utc_text(bound.time_unix),
        both=beijing_text(bound.time_unix),
        number=bound.block_number,
        chain=bound.chain,
        id=bound.chain_id,
    )


def _times(verdict: Verdict, speech: Speech) -> Iterator[tuple[str, Cell]]:
    yield speech(Labels.LOWER), bound_text(verdict.not_before, speech)
    yield speech(Labels.UPPER), bound_text(verdict.not_after, speech)
    if verdict.signed_not_before is not None:
        yield speech(Labels.SIGNED), bound_text(verdict.signed_not_before, speech)
    if verdict.claimed is not None:
        yield speech(Labels.CLAIMED), clock_text(verdict.claimed.issued_at_unix, speech)


def _data(deposit: Deposit, speech: Speech) -> Iterator[Block]:
    sealed = speech(_SAID["sealed"])
    absent = speech(_SAID["not-stated"])
    digest: Cell = sealed
    if deposit.dataset_digest is not None:
        digest = Mono(deposit.dataset_digest.hex())
    elif deposit.declared_digest is not None:
        declared = deposit.declared_digest
        digest = Mono(f"{declared.algorithm}: {declared.digest.hex()}")
    files = sealed if "files" in deposit.sealed else str(deposit.files)
    length = absent if deposit.length is None else f"{deposit.length:,}"
    identifiers = "\n".join(f"{one.type}: {one.value}" for one in deposit.identifiers)
    rows: list[tuple[str, Cell]] = [
        (speech(Labels.TITLE), deposit.title or speech(_SAID["withheld"])),
        *(() if deposit.version is None else ((speech(Labels.VERSION), deposit.version),)),
        (speech(Labels.DIGEST), digest),
        (speech(Labels.FILES), files),
        (speech(Labels.BYTES), sealed if "bytes" in deposit.sealed else length),
        (speech(Labels.LICENSE), deposit.license or absent),
        (speech(Labels.ACCESS), speech.short(ACCESS[deposit.access]) if deposit.access else absent),
        (speech(Labels.IDENTIFIERS), identifiers or absent),
        (speech(Labels.ASSURANCE), coded(speech, deposit.assurance_level or "not-stated")),
    ]
    yield Heading(1, speech.short(Labels.DATA))
    yield Fields(tuple(rows))
    if deposit.contributors:
        yield Heading(1, speech.short(Labels.PEOPLE))
        yield _people_table(deposit, speech)


def _people_table(deposit: Deposit, speech: Speech) -> Table:
    """Return the contributors that a deposit claims, with their roles."""
    head = tuple(map(speech, (Labels.NAME, Labels.ORCID, Labels.ROLES)))
    rows = (_contributor_row(one, speech) for one in deposit.contributors)
    return Table(head, tuple(rows), (0.34, 0.28, 0.38))


def _contributor_row(person: Contributor | None, speech: Speech) -> tuple[Cell, ...]:
    """Return name, identifiers and roles of one contributor."""
    if person is None:
        return speech(_SAID["withheld"]), "", ""
    roles = [speech.short(Both(ROLES[one].english, ROLES[one].chinese)) for one in person.roles]
    identifiers = [person.orcid or "", *(f"ROR {one}" for one in person.ror)]
    stated = "\n".join(roles) or speech(_SAID["not-stated"])
    return person.name, "\n".join(filter(None, identifiers)), stated


def _signer(parts: Parts, verdict: Verdict, speech: Speech) -> Iterator[tuple[str, Cell]]:
    yield speech(Labels.KEY), Mono(parts.record.kid)
    identity = verdict.check("identity")
    yield speech(Labels.IDENTITY), speech.each(identity.text)
    facts = identity.facts
    claimed = [str(facts[one]) for one in ("claimed_name", "claimed_orcid") if facts.get(one)]
    if claimed:
        yield speech(Labels.NAME), "\n".join(claimed)


def _log(parts: Parts, verdict: Verdict, speech: Speech) -> Iterator[tuple[str, Cell]]:
    newest = parts.newest.checkpoint
    yield speech(Labels.ORIGIN), newest.origin
    yield speech(Labels.CHECKPOINT), Mono(f"{newest.tree_size} {newest.root_hash.hex()}")
    for one in parts.receipt.anchored:
        for anchor in one.anchors:
            yield speech(Labels.CHAIN), Mono(f"{anchor.chain_id} {to_evm_hex(anchor.contract)}")
    yield speech(Labels.POLICY), Mono(verdict.policy_digest.hex())


def _checks(verdict: Verdict, speech: Speech) -> Table:
    rows = []
    for check in verdict.checks:
        trust = ""
        if check.outcome in {Outcome.PROVED, Outcome.VOUCHED} and check.trust != "nobody":
            is_assumed = check.trust == "you"
            words = speech(_SAID["blocks"]) if is_assumed else speech.fixed(TRUSTS[check.trust])
            trust = "\n" + words
        said = speech.each(check.text) + trust
        title = speech.fixed(TITLES[check.name])
        rows.append((f"{check.number}. {title}", speech(OUTCOMES[check.outcome]), said))
    head = (speech(Labels.CHECK), speech(Labels.RESULT), "")
    return Table(head, tuple(rows), (0.3, 0.16, 0.54))


def _how(parts: Parts, speech: Speech) -> Iterator[Block]:
    yield Items((speech(_SAID["how-1"]), speech(_SAID["how-2"])))
    for block in blocks_of(parts)[:1]:
        said = speech(_SAID["how-3"], number=block.number, id=block.chain_id)
        yield Fields(((said, Mono(to_evm_hex(block.block_hash))),))


def _qr(parts: Parts, verdict: Verdict) -> str:
    lines = [
        "provenance-receipt v1",
        parts.newest.checkpoint.origin,
        f"record {parts.record.id_hex}",
        f"entry {parts.receipt.record.leaf_index}",
    ]
    bound = verdict.not_after
    if bound is not None:
        block = f"{bound.chain_id} {bound.block_number} {to_evm_hex(bound.block_hash)}"
        lines.append(f"block {block}")
    return "\n".join(lines)

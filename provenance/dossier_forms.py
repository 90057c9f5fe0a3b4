"""Items 12 and 15 to 17 of a dossier's report: hand steps, draft certificates, what is withheld.

The drafts are forms to be completed by people. Whatever the records do not show is left blank;
nothing is filled in on somebody's behalf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.attribution_values import time_token_of
from provenance.digests import sha256, to_evm_hex
from provenance.document import Both, Fields, Heading, Mono, NewPage, Paragraph, Table
from provenance.dossier_hand import hand_folder
from provenance.errors import MalformedError
from provenance.time_stamp import read_time_stamp
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.document import Block, Cell, Speech
    from provenance.dossier_facts import DossierFacts

__all__ = ["checking", "forms", "glossary", "own_manifest", "redaction"]

_BLANK: Final = ""

_W: Final[Mapping[str, Both]] = {
    "unpack": Both(
        "Unpack into an empty folder. Python 3.11 or newer; no network, no library:",
        "解压到空文件夹。需 Python 3.11 或更高版本；不需要网络，也不需要任何库：",
    ),
    "with-block": Both(
        "With the block hash that you looked up yourself (item 5), and the dossier's own receipt:",
        "加上您亲自查对的区块哈希（第 5 项）以及卷宗自身的凭据：",
    ),
    "expect": Both(
        "Expected: exit code 0, and nothing found to be wrong. Without a block hash exit code "
        "3, since no "
        "time is proved then. Altered files are named, with exit code 1.",
        "预期：退出码 0，且未发现问题。未给出区块哈希时退出码为 3，因为时间尚未证明。"
        "被改动的文件会被点名，退出码为 1。",
    ),
    "hand": Both(
        "By hand, with sha256sum and openssl alone", "手工核验：仅用 sha256sum 与 openssl"
    ),
    "hand-1": Both("every file of the dossier:", "卷宗的每个文件："),
    "hand-2": Both(
        "a record's signature, here of entry {index}:", "记录的签名，以条目 {index} 为例："
    ),
    "hand-3": Both("its leaf in the tree:", "该记录在树中的叶："),
    "hand-4": Both("all records, and the tree up to the root:", "全部记录，直至树根："),
    "hand-5": Both(
        "who signed the time stamp of entry {index}; ROOT.pem is the authority's root certificate, "
        "which you must have:",
        "条目 {index} 所附时间戳由谁签名；ROOT.pem 为该机构的根证书，须由您自备：",
    ),
    "fre": Both(
        "Draft: certification under FRE 902(13) and 902(14)",
        "草稿：美国《联邦证据规则》902(13)、902(14) 证明书",
    ),
    "fre-said": Both(
        "To be completed and signed by a qualified person, with reasonable written notice to the "
        "adverse party. It serves authenticity alone.",
        "由有资格者填写并签署，并合理书面通知对方。仅用于证明真实性。",
    ),
    "fre-1": Both("I, the undersigned, am", "本人（签署人）为"),
    "fre-2": Both("my qualification and relation to the system", "本人资格及与该系统的关系"),
    "fre-3": Both(
        "902(13): the records were made by an electronic process that yields an accurate result, "
        "because",
        "902(13)：该记录由可产生准确结果的电子过程生成，理由",
    ),
    "fre-4": Both(
        "902(14): the copies are the ones identified by these SHA-256 values",
        "902(14)：副本由下列 SHA-256 值识别",
    ),
    "fre-5": Both(
        "I declare under penalty of perjury that the foregoing is true and correct (28 U.S.C. "
        "1746). Executed on, at, signature",
        "本人声明上述内容真实无误，愿承担伪证责任（28 U.S.C. 1746）。日期、地点、签名",
    ),
    "notary": Both(
        "Draft: request for notarisation or forensic examination", "草稿：公证 / 司法鉴定申请"
    ),
    "applicant": Both("applicant, identity document, contact", "申请人、证件号码、联系方式"),
    "other-party": Both("other party", "对方当事人"),
    "matter": Both("matter and purpose", "申请事项与用途"),
    "asked": Both("to be examined", "请求鉴定 / 公证的内容"),
    "asked-said": Both(
        "that the files of this dossier agree with the entries of log {origin}, and the files of "
        "item 13 with each other",
        "本卷宗文件与日志 {origin} 的条目是否一致，以及第 13 项所列文件彼此是否一致",
    ),
    "material": Both("material handed over", "提交材料"),
    "material-said": Both(
        "the dossier (SHA256SUMS in its own receipt), storage medium:",
        "卷宗（其 SHA256SUMS 见其自身凭据），介质：",
    ),
    "signature": Both("signature, date", "签名、日期"),
    "dip": Both(
        "Draft: fields of a data intellectual property registration",
        "草稿：数据知识产权登记申请表字段",
    ),
    "dip-said": Both(
        "Fields as in the pilots of CNIPA. Registration is commonly refused while ownership is in "
        "dispute; the state stands in item 1.",
        "字段依国家知识产权局试点。权属争议期间通常不予登记；争议状态见第 1 项。",
    ),
    "dip-name": Both("name of the data", "数据名称"),
    "dip-holder": Both("applicant (holder)", "申请人（持有人）"),
    "dip-source": Both("source and legality", "数据来源与合法性"),
    "dip-rule": Both("rules by which it was processed", "处理规则（算法）"),
    "dip-scene": Both("field of use", "应用场景"),
    "dip-size": Both("files, bytes, update", "数据规模与更新频率"),
    "dip-proof": Both("deposit: log, entry, dataset digest", "存证：日志、条目、数据集摘要"),
    "dip-date": Both("date of deposit (not after)", "存证时间（不晚于）"),
    "redaction": Both(
        "Claims that a record signs and this copy does not show. Each is a digest of a salted "
        "value; whoever holds the value can still show it, and nobody can guess it.",
        "记录已签名而本副本未展示的内容。每项为加盐值的摘要；持有该值者仍可出示，他人无法猜出。",
    ),
    "nothing": Both(
        "Nothing is withheld or sealed in these records.", "这些记录无未披露或密封内容。"
    ),
    "kind": Both("what", "事项"),
    "commitment": Both("commitment", "承诺值"),
    "withheld": Both("withheld by its holder, or erased", "持有人未披露，或已删除"),
    "sealed": Both("sealed: {name}", "密封：{name}"),
    "opened": Both("sealed: {name}, opened at entry {index}", "密封：{name}，于条目 {index} 开启"),
    "own": Both(
        "SHA256SUMS lists every file, SM3SUMS all but itself and SHA256SUMS. The receipt beside "
        "the dossier is a deposit of SHA256SUMS: whoever alters a file and its line is found out "
        "by it. Files: {count}; without the report and the lists.",
        "SHA256SUMS 列出全部文件，SM3SUMS 列出除两份清单之外的全部文件。卷宗旁的凭据即对 SHA256S"
        "UMS 的存证："
        "即使同时改动文件与清单也会被发现。文件数：{count}（不含报告与清单）。",
    ),
    "folder": Both("folder", "文件夹"),
    "count": Both("files", "文件数"),
    "glossary": Both("Glossary", "术语"),
}

_GLOSSARY: Final = (
    (
        Both("digest", "摘要（哈希值）"),
        Both(
            "32 octets computed from a content; nobody can find another content with the same.",
            "由内容算出的 32 字节；无人能找到摘要相同的另一内容。",
        ),
    ),
    (
        Both("entry, log", "条目、日志"),
        Both(
            "The log is a list to which entries are only ever added; an entry's number never "
            "changes.",
            "日志是只能追加的列表；条目号永不改变。",
        ),
    ),
    (
        Both("checkpoint", "检查点"),
        Both("The log's signature on its size and root.", "日志对其大小与树根的签名。"),
    ),
    (
        Both("anchor", "锚定"),
        Both(
            "A root written into a contract on a chain that others run.",
            "将树根写入他人运行的区块链上的合约。",
        ),
    ),
    (
        Both("beacon", "信标"),
        Both(
            "An entry that names a block: what comes after it entered the log later than that "
            "block.",
            "指明某区块的条目：其后的条目必在该区块之后进入日志。",
        ),
    ),
    (
        Both("manifest", "清单"),
        Both(
            "The list of a dataset's files with the digest of each; the dataset digest follows "
            "from it.",
            "数据集文件及其各自摘要的列表；数据集摘要由此得出。",
        ),
    ),
    (
        Both("inclusion, consistency proof", "包含证明、一致性证明"),
        Both(
            "A few hashes that show: this entry is in the log; the later log begins with all of "
            "the earlier one.",
            "少量哈希值，用以证明：该条目在日志之中；较晚的日志以较早日志的全部内容开头。",
        ),
    ),
    (
        Both("identity level", "身份级别"),
        Both(
            "Whose key it is: nobody says (unbound), its holder says (self-asserted), an "
            "institution that the reader believes says (bound).",
            "密钥属于谁：无人说明（未绑定）、持有人自称（自行声明）、读者所信任的机构说明（机构绑定"
            "）。",
        ),
    ),
    (
        Both("revocation", "吊销"),
        Both(
            "An entry after which a key signs nothing any more; it may say since when the key "
            "was in other hands.",
            "该条目之后该密钥不得再签署；其中可说明密钥自何时起落入他人之手。",
        ),
    ),
    (
        Both("receipt", "存证凭据"),
        Both(
            "One file with a record and every proof about it.",
            "含有一条记录及其全部证明的单个文件。",
        ),
    ),
    (
        Both("trust policy", "信任策略"),
        Both(
            "Whom the reader believes: keys of the log and of institutions, chains, contracts.",
            "读者信任的对象：日志与机构的密钥、区块链、合约。",
        ),
    ),
    (
        Both("sealed, opened", "密封、开启"),
        Both(
            "The log first holds only a commitment to a digest; an opening shows it later.",
            "日志先只保存对摘要的承诺，之后由开启记录展示。",
        ),
    ),
)


# --- 12 checking --------------------------------------------------------------------------


def checking(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """Say how to check the dossier by the program inside, and by hand."""
    block = to_evm_hex(facts.blocks[0].block_hash) if facts.blocks else "HASH"
    index = (facts.deposits[0].entry if facts.deposits else facts.case.entries[0]).leaf_index
    folder = hand_folder(index)
    key = f"-inkey {folder}/key.pem"
    files = f"-in {folder}/signed -sigfile {folder}/signature"
    rows: list[tuple[str, Cell]] = [
        (speech(_W["unpack"]), Mono("python3 -I -S verify.py")),
        (
            speech(_W["with-block"]),
            Mono(f"python3 -I -S verify.py --receipt OUT.receipt.json --block-hash {block}"),
        ),
    ]
    yield Fields(tuple(rows))
    yield Paragraph(speech(_W["expect"]))
    yield Heading(2, speech.short(_W["hand"]))
    by_hand: list[tuple[str, Cell]] = [
        (speech(_W["hand-1"]), Mono("sha256sum -c SHA256SUMS")),
        (
            speech(_W["hand-2"], index=index),
            Mono(f"openssl pkeyutl -verify -pubin {key} -rawin {files}"),
        ),
        (speech(_W["hand-3"]), Mono(f"(printf '\\000'; cat {folder}/entry) | sha256sum")),
        (speech(_W["hand-4"]), Mono("cd hand && bash check.sh")),
    ]
    by_hand += _tokens(facts, speech)
    yield Fields(tuple(by_hand))


def _tokens(facts: DossierFacts, speech: Speech) -> Iterator[tuple[str, Cell]]:
    for entry in facts.case.entries:
        token = time_token_of(entry.record)
        if token is None:
            continue
        try:
            digest = read_time_stamp(token).digest.hex()
        except MalformedError:
            continue  # of another form: item 10 says so
        file = f"{hand_folder(entry.leaf_index)}/token.der"
        given = f"-digest {digest} -in {file} -token_in -CAfile ROOT.pem"
        said = speech(_W["hand-5"], index=entry.leaf_index)
        yield said, Mono(f"openssl ts -verify {given}")


# --- 15 drafts ----------------------------------------------------------------------------


def forms(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """Draft the certificates; blanks stay blank."""
    yield Heading(2, speech.short(_W["fre"]))
    yield Paragraph(speech(_W["fre-said"]))
    digests = "\n".join(
        f"{one.leaf_index} {sha256(one.octets).hex()}" for one in facts.case.entries
    )
    names = ("fre-1", "fre-2", "fre-3")
    rows: list[tuple[str, Cell]] = [(speech(_W[name]), _BLANK) for name in names]
    rows += [(speech(_W["fre-4"]), Mono(digests)), (speech(_W["fre-5"]), _BLANK)]
    yield Fields(tuple(rows))
    yield NewPage()
    yield Heading(2, speech.short(_W["notary"]))
    asked = speech(_W["asked-said"], origin=facts.policy.origin)
    rows = [(speech(_W[name]), _BLANK) for name in ("applicant", "other-party", "matter")]
    rows += [(speech(_W["asked"]), asked), (speech(_W["material"]), speech(_W["material-said"]))]
    rows += [(speech(_W["signature"]), _BLANK)]
    yield Fields(tuple(rows))
    yield Heading(2, speech.short(_W["dip"]))
    yield Paragraph(speech(_W["dip-said"]))
    for one in facts.deposits:
        digest = one.deposit.dataset_digest
        bound = one.entry.not_after
        shown = "-" if digest is None else digest.hex()
        yield Fields(
            (
                (speech(_W["dip-name"]), one.deposit.title or _BLANK),
                *((speech(_W[f"dip-{name}"]), _BLANK) for name in ("holder", "source", "rule")),
                (speech(_W["dip-scene"]), _BLANK),
                (speech(_W["dip-size"]), f"{one.deposit.files or ''} / {one.deposit.length or ''}"),
                (
                    speech(_W["dip-proof"]),
                    f"{facts.policy.origin}, {one.entry.leaf_index}\n{shown}",
                ),
                (speech(_W["dip-date"]), _BLANK if bound is None else utc_text(bound.time_unix)),
            )
        )


# --- 16 what is withheld ------------------------------------------------------------------


def redaction(facts: DossierFacts, speech: Speech) -> Iterator[Block]:
    """List what the records sign and do not show."""
    yield Paragraph(speech(_W["redaction"]))
    rows: list[tuple[Cell, ...]] = []
    opened = {one.id: one.opened_by for one in facts.deposits}
    sealed = {one.id: one.deposit.sealed for one in facts.deposits}
    for entry in facts.case.entries:
        by = opened.get(entry.id)
        claims = sealed.get(entry.id, {})
        for name, digest in claims.items():
            word = _W["sealed"] if by is None else _W["opened"]
            index = 0 if by is None else by.leaf_index
            said = speech(word, name=name, index=index)
            rows.append((str(entry.leaf_index), said, Mono(digest)))
        withheld = sorted(entry.record.withheld - set(claims.values()))
        held = speech(_W["withheld"])
        rows += [(str(entry.leaf_index), held, Mono(digest)) for digest in withheld]
    if not rows:
        yield Paragraph(speech(_W["nothing"]))
        return
    head = ("#", speech(_W["kind"]), speech(_W["commitment"]))
    yield Table(head, tuple(rows), (0.08, 0.42, 0.5))


# --- 17 the dossier itself ----------------------------------------------------------------


def own_manifest(files: Mapping[str, bytes], speech: Speech) -> Iterator[Block]:
    """Say what is in the dossier, and how its own receipt covers it."""
    yield Paragraph(speech(_W["own"], count=len(files)))
    counts: dict[str, int] = {}
    for name in sorted(files):
        top, slash, _ = name.partition("/")
        counts[top + slash] = counts.get(top + slash, 0) + 1
    rows = tuple((name, str(count)) for name, count in counts.items())
    yield Table((speech(_W["folder"]), speech(_W["count"])), rows, (0.7, 0.3))


def glossary(speech: Speech) -> Iterator[Block]:
    """Explain the words."""
    yield Heading(2, speech.short(_W["glossary"]))
    yield Fields(tuple((speech(word), speech(said)) for word, said in _GLOSSARY))

"""The fixed sentences of a dossier in English and Chinese, and the article behind each item.

Short names of what is cited:

    法释〔2018〕16号   Provisions on cases of the Internet Courts, article 11
    法释〔2021〕12号   Rules of Online Litigation of the People's Courts, articles 16 to 19
    FRE 902           US Federal Rules of Evidence, with 28 U.S.C. 1746
    eIDAS 45l         Regulation (EU) 2024/1183; we are no qualified provider
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.document import Both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.document import Speech

__all__ = ["CODES", "HEADINGS", "STATUSES", "WORDS", "coded"]

_INTERNET = "法释〔2018〕16号第十一条"
_ONLINE = "法释〔2021〕12号"

HEADINGS: Final[Mapping[int, tuple[Both, Both]]] = {
    1: (
        Both("Question, parties, datasets", "争议问题、当事方与数据集"),
        Both(
            "SPC Internet Courts art. 11(2); FRE 902(11) notice", f"{_INTERNET}（二）；FRE 902(11)"
        ),
    ),
    2: (
        Both("Receipts", "存证凭据"),
        Both("FRE 902(14); SPC Online Litigation art. 16", f"FRE 902(14)；{_ONLINE}第十六条"),
    ),
    3: (
        Both("How digests were computed", "摘要计算记录"),
        Both(
            "SPC Internet Courts art. 11(1)(4); FRE 902(14)",
            f"{_INTERNET}（一）（四）；FRE 902(14)",
        ),
    ),
    4: (
        Both("Inclusion in the log", "日志包含证明"),
        Both(
            "SPC Internet Courts art. 11(5)(6); eIDAS 45l(1)(d)",
            f"{_INTERNET}（五）（六）；eIDAS 45l",
        ),
    ),
    5: (
        Both("Anchors on a chain", "链上锚定"),
        Both("SPC Online Litigation art. 16, 17(4)", f"{_ONLINE}第十六条、第十七条（四）"),
    ),
    6: (
        Both("Time", "时间"),
        Both(
            "SPC Internet Courts art. 11(2); (EU) 2025/1929", f"{_INTERNET}（二）；(EU) 2025/1929"
        ),
    ),
    7: (
        Both("Origin before the log", "上链之前的来源"),
        Both("SPC Online Litigation art. 18", f"{_ONLINE}第十八条"),
    ),
    8: (
        Both("Who did what", "贡献与角色"),
        Both(
            "ICMJE criteria; ANSI/NISO Z39.104 (CRediT)",
            "ICMJE 署名标准；ANSI/NISO Z39.104（CRediT）",
        ),
    ),
    9: (
        Both("Custody of keys", "密钥保管"),
        Both(
            "SPC Online Litigation art. 17(2)(4); FRE 902(13)",
            f"{_ONLINE}第十七条（二）（四）；FRE 902(13)",
        ),
    ),
    10: (
        Both("Chain of custody", "保管链"),
        Both("SPC Internet Courts art. 11(3)", f"{_INTERNET}（三）"),
    ),
    11: (
        Both("The platform", "存证平台"),
        Both("SPC Online Litigation art. 17(1) to (3)", f"{_ONLINE}第十七条（一）至（三）"),
    ),
    12: (
        Both("How to check all of this", "独立核验"),
        Both(
            "SPC Internet Courts art. 11(4)(6); SPC Online Litigation art. 19",
            f"{_INTERNET}（四）（六）；{_ONLINE}第十九条",
        ),
    ),
    13: (
        Both("Overlap of the datasets", "数据集重合分析"),
        Both(
            "SPC Internet Courts art. 11(5); SPC Online Litigation art. 19",
            f"{_INTERNET}（五）；{_ONLINE}第十九条",
        ),
    ),
    14: (
        Both("Timeline", "时间线"),
        Both("SPC Internet Courts art. 11(2)", f"{_INTERNET}（二）"),
    ),
    15: (
        Both("Draft certificates", "文书草稿"),
        Both(
            "FRE 902(13), (14), 28 U.S.C. 1746; notarisation; data IP registration",
            "FRE 902(13)、(14)；公证与司法鉴定；数据知识产权登记",
        ),
    ),
    16: (
        Both("What is withheld or sealed", "未披露与密封事项"),
        Both("PIPL art. 47; GDPR art. 17", "《个人信息保护法》第四十七条；GDPR 第 17 条"),
    ),
    17: (
        Both("This dossier itself; glossary", "卷宗自身清单与术语"),
        Both(
            "SPC Internet Courts art. 11(5)(6); FRE 902(14)",
            f"{_INTERNET}（五）（六）；FRE 902(14)",
        ),
    ),
}
"""By the item's number: title, and whom it serves."""

STATUSES: Final[Mapping[str, Both]] = {
    "claimed": Both("claimed, not answered", "被主张，本人未答复"),
    "accepted": Both("accepted", "本人已确认"),
    "objected": Both("OBJECTED", "本人已反对"),
    "amended": Both("amended by the person", "本人已更正"),
    "own": Both("own statement", "本人自述"),
    "unclear": Both("contradictory answers", "答复相互矛盾"),
}

CODES: Final[Mapping[str, str]] = {
    "priority": "优先（先后）",
    "authorship": "署名",
    "roles": "角色",
    "content": "内容",
    "rights": "权利",
    "other": "其他",
    "open": "待决",
    "ruled": "已裁决",
    "corrected": "已更正",
    "withdrawn": "已撤回",
    "upheld": "支持",
    "dismissed": "驳回",
    "partly-upheld": "部分支持",
    "settled": "和解",
    "accept": "确认",
    "object": "反对",
    "amend": "更正",
    "unbound": "未绑定",
    "self-asserted": "自行声明",
    "institution-bound": "机构绑定",
    "proof": "密码学证明",
    "trusted-rpc": "运营者陈述",
    "declared": "声明",
    "imported": "引入",
    "sampled": "抽样复核",
    "rehashed": "全部重算",
    "not-stated": "未说明",
    "collect": "采集",
    "process": "加工整理",
    "submit": "汇交",
    "preserve": "保存",
    "share": "共享",
    "use": "利用",
    "classify": "定密/分级",
    "restrict": "限制",
    "retire": "销毁",
    "transfer-of-rights": "权利转让",
    "keyCompromise": "密钥失密",
    "superseded": "已被取代",
    "affiliationChanged": "隶属变更",
    "cessationOfOperation": "停止使用",
    "unspecified": "未说明",
}
"""Chinese for the codes that records carry; the codes themselves are English."""


def coded(speech: Speech, *codes: str) -> str:
    """Return codes in words, side by side; an unknown one as it is."""
    known = (speech.short(Both(one, CODES.get(one, one))) for one in codes if one)
    return ", ".join(known)


WORDS: Final[Mapping[str, Both]] = {
    "title": Both("Provenance dossier", "数据存证卷宗"),
    "footer": Both(
        "Log {origin}. Made by provenance-ledger {version} from the records alone.",
        "日志 {origin}。由 provenance-ledger {version} 仅依据记录生成。",
    ),
    "serves": Both("Serves:", "对应条款："),
    "dev": Both(
        "Some of what follows rests on a DEVELOPMENT CHAIN, run by the log's own operator. There "
        "it shows how a proof works and proves nothing to anybody else.",
        "以下部分内容依据开发链，该链由日志运营者自己运行。其仅演示证明方式，对他人不构成任何证明"
        "。",
    ),
    "log": Both("log", "日志"),
    "subjects": Both("records asked about", "所问记录"),
    "policy": Both("trust policy (SHA-256)", "信任策略（SHA-256）"),
    "dispute": Both("Dispute, entry {index}", "争议，条目 {index}"),
    "question": Both("question", "争议问题"),
    "about": Both("claims in dispute", "争议事项"),
    "opened": Both("opened by", "立案者"),
    "opened-by": Both("{name}", "{name}"),
    "opened-unbound": Both(
        "a key that the policy does not bind: shown, and given no effect",
        "信任策略未绑定的密钥：仅列出，不产生效力",
    ),
    "state": Both("state", "状态"),
    "claimant": Both("claimant", "主张方"),
    "respondent": Both("respondent", "被主张方"),
    "withheld": Both("withheld or erased", "未披露或已删除"),
    "datasets": Both("Datasets in the order of the log (priority)", "数据集，按日志次序（先后）"),
    "entry": Both("entry", "条目"),
    "dataset": Both("dataset", "数据集"),
    "interval": Both("proved interval", "已证明的时间区间"),
    "who": Both("signed by; identity; key", "签名者；身份；密钥"),
    "after": Both("not before:", "不早于："),
    "before": Both("not after:", "不晚于："),
    "shown": Both("What this dossier shows", "本卷宗能够表明"),
    "shown-1": Both(
        "which record entered the log before which: the number of the entry says it, and no clock "
        "is needed",
        "哪条记录先进入日志：由条目号直接决定，无需任何时钟",
    ),
    "shown-2": Both(
        "between which two blocks a record entered the log, if the chain has the blocks of item 5",
        "记录在哪两个区块之间进入日志——以该链确有第 5 项所列区块为前提",
    ),
    "shown-3": Both(
        "which key signed what, and what is known of whose key it is",
        "哪个密钥签署了什么，以及密钥归属的已知程度",
    ),
    "shown-4": Both(
        "which files are the same, octet for octet, in two datasets",
        "两个数据集中哪些文件逐字节相同",
    ),
    "not-shown": Both("What this dossier does NOT prove", "本卷宗不能证明"),
    "missing": Both("referred to, and not in this log", "被提及但不在本日志中"),
    "sealed": Both("sealed, not opened", "已密封，尚未开启"),
    "sealed-opened": Both("sealed first, opened at entry {index}", "先密封，后于条目 {index} 开启"),
    "withdrawn": Both("WITHDRAWN by its owner", "所有者已撤回"),
    "corrected": Both("FOUND WRONG by a correction", "已有更正记录"),
    "disputed": Both("DISPUTED, open", "争议中"),
    "receipts": Both(
        "The receipts lie in the folder records, each as the log gave it; a receipt is one text "
        "only, and no byte of it is free.",
        "存证凭据位于 records 文件夹，均为日志所出原文；凭据只有唯一写法，无一字节可改。",
    ),
    "type": Both("type", "类型"),
    "record": Both("record id …", "记录编号 …"),
    "sha256": Both("SHA-256 of the receipt file", "凭据文件的 SHA-256"),
    "hash-rule": Both(
        "A dataset is the list of its files, sorted by the bytes of their paths; an entry is the "
        "SHA-256 of the content followed by the path in UTF-8 (NFC), and the dataset digest is the "
        "RFC 9162 tree over the entries. Host, operator, command and the times of hashing are not "
        "in the log, except where a fixity record of item 10 states them.",
        "数据集为其文件的清单，按路径字节排序；每项为内容的 SHA-256 后接 UTF-8（NFC）路径，"
        "数据集摘要为其上的 "
        "RFC 9162 树根。计算所用主机、操作人、命令与起止时间不在日志中，第 10 项的复核记录另有说"
        "明者除外。",
    ),
    "tool": Both("tool", "工具"),
    "verifier": Both("verify.py (SHA-256)", "verify.py（SHA-256）"),
    "digest": Both("dataset digest", "数据集摘要"),
    "files": Both("files / bytes", "文件数 / 字节数"),
    "assurance": Both("assurance level, as stated", "摘要可信级别（自述）"),
    "not-stated": Both("not stated", "未说明"),
    "both-digests": Both(
        "Every file of this dossier, by SHA-256 and SM3", "本卷宗各文件的 SHA-256 与 SM3"
    ),
    "both-digests-said": Both(
        "The whole lists are SHA256SUMS and SM3SUMS; the report itself is in them and not below. "
        "SM3 (GB/T 32905) is a second digest here, not a certified cryptographic module.",
        "完整清单见 SHA256SUMS 与 SM3SUMS；本报告自身列于其中而不列于下表。SM3（GB/T 32905）"
        "在此为第二摘要，"
        "并非经认证的密码模块。",
    ),
    "file": Both("file", "文件"),
    "tree-1": Both(
        "A leaf is the SHA-256 of the octet 00 and the entry (the signed record).",
        "叶节点为字节 00 与条目（已签名记录）拼接后的 SHA-256。",
    ),
    "tree-2": Both(
        "A node is the SHA-256 of the octet 01, its left child and its right child.",
        "中间节点为字节 01、左子、右子拼接后的 SHA-256。",
    ),
    "tree-3": Both(
        "From a leaf, the siblings of the path lead to the root; another entry, place or path "
        "leads to another root.",
        "由叶出发，依次与路径上的兄弟节点合并即得树根；条目、位置或路径有任何不同，树根即不同。",
    ),
    "tree-4": Both(
        "The log signs the root with the tree size (a checkpoint), and that root lies in the "
        "contract of item 5.",
        "日志对树根与树大小签名（检查点），该树根存于第 5 项所述合约。",
    ),
    "worked": Both("Worked example: entry {index} of {size}", "算例：共 {size} 条中的条目 {index}"),
    "leaf": Both("leaf", "叶"),
    "left": Both("sibling on the left; result", "左侧兄弟；结果"),
    "right": Both("sibling on the right; result", "右侧兄弟；结果"),
    "root": Both("root", "树根"),
    "step": Both("step", "步骤"),
    "hashes": Both("sibling, then result", "兄弟节点，其后为结果"),
    "consistency": Both(
        "That a later checkpoint extends an earlier one is enforced by the contract, which takes "
        "a new root only with an RFC 9162 consistency proof; it is not proved again in this file.",
        "后一检查点是前一检查点的延伸，由合约强制：合约仅凭 RFC 9162 一致性证明接受新树根；"
        "本卷宗不再重复证明。",
    ),
    "anchors": Both(
        "The receipts carry the block header, and the proofs that the root lies in the contract's "
        "storage at that block. Only that the chain has the block is left to look up.",
        "凭据内含区块头，以及树根在该区块时存于合约存储的证明。仅余“该链确有此区块”须自行查对。",
    ),
    "no-anchor": Both(
        "No record here is anchored yet: no time is proved.", "尚无任何记录被锚定：时间均未证明。"
    ),
    "chain": Both("chain", "区块链"),
    "contract": Both("contract", "合约"),
    "evidence": Both("evidence", "证据类别"),
    "code": Both("code hash, by the policy", "代码哈希（信任策略所列）"),
    "finality": Both("finality rule", "终局规则"),
    "independent": Both("independent of the log's operator", "独立于日志运营者"),
    "yes": Both("yes, by the policy", "是（信任策略所列）"),
    "no": Both("NO", "否"),
    "blocks": Both("Blocks to look up", "待查对区块"),
    "block": Both("chain id / block", "链 ID / 区块"),
    "hash": Both("hash", "哈希"),
    "qr": Both("The first block to look up, for a telephone.", "首个待查对区块，可用手机扫描。"),
    "time-tokens": Both(
        "RFC 3161 tokens that statements carry are listed in item 10; verify.py does not check "
        "them, provenance verify does.",
        "陈述所附 RFC 3161 时间戳列于第 10 项；verify.py 不核验时间戳，provenance verify 可核验。",
    ),
    "time-1": Both(
        "Not before: the record entered the log after the block that a beacon entry below it "
        "names. Not after: it is under a root that lies in the contract at the evidence block.",
        "不早于：该记录之前的信标条目指明了某一区块。不晚于：该记录处于证据区块时合约所存树根之下"
        "。",
    ),
    "time-2": Both(
        "The clock is the chain's: a block's own timestamp, as exact as the chain's rules make it "
        "(Ethereum: a slot of 12 seconds).",
        "时钟为区块链自身：区块时间戳，其准确度由该链规则决定（以太坊：每时隙 12 秒）。",
    ),
    "time-3": Both(
        "The signer's own time is claimed, and nothing proves it.", "签名者自称的时间未经任何证明。"
    ),
    "time-4": Both(
        "Between two records the entry numbers decide what came first; the intervals may overlap.",
        "两条记录的先后由条目号决定；时间区间可以重叠。",
    ),
    "claimed": Both("claimed by the signer", "签名者自称"),
    "origin": Both(
        "The log proves nothing about the time before an entry. What belongs here (article 18) the "
        "party has to bring: source, how the data came about, who kept them, notarial or other "
        "witnesses.",
        "日志不能证明条目之前的任何事。第十八条要求的内容须由当事人另行提供：具体来源、生成机制、"
        "存储过程、"
        "公证或第三方见证。",
    ),
    "blank-1": Both("instrument, software", "仪器与软件"),
    "blank-2": Both("raw data, earlier digests", "原始数据与更早的摘要"),
    "blank-3": Both("notebook pages", "实验记录页码"),
    "blank-4": Both("witnesses", "见证人"),
    "blank-5": Both("grant number", "项目批准号"),
    "lineage": Both("Lineage", "谱系"),
    "lineage-said": Both(
        "What the depositors say of what came from what; nobody but they vouch for it.",
        "各存证人所述的数据来源关系，仅由其本人负责。",
    ),
    "platform": Both(
        "What the log shows of itself; the rest the operator declares, and it is left blank. "
        "The structure follows eIDAS 45l(1)(b) to (d); the operator is no qualified provider.",
        "以下为日志自身所示；其余由运营者声明，此处留空。结构符合 eIDAS 45l(1)(b) 至 (d)，"
        "但运营者并非合格信任服务提供者。",
    ),
    "witnesses": Both("witnesses needed / named", "要求 / 列名的见证方"),
    "operator": Both("operator, address", "运营者与地址"),
    "filing": Both("filing number of the service", "区块链信息服务备案号"),
    "protection": Both("level of protection (等保)", "网络安全等级保护级别"),
    "neutral": Both("relation to the parties", "与当事方的利害关系"),
    "overlap": Both(
        "Compared are the SHA-256 digests of all files in the manifests. Each shared file has two "
        "proofs in the folder overlap, one to each signed dataset digest. A file that was changed "
        "in a single octet counts as another one: rows, columns and near copies are not compared "
        "here (provenance overlap does it, with the data).",
        "所比较的是各清单中全部文件的 SHA-256。每个相同文件在 overlap 文件夹内有两份证明，分别通"
        "向双方已签名的数据集"
        "摘要。哪怕只改动一个字节的文件即视为不同：行、列与近似副本不在此比较（可持数据运行 "
        "provenance overlap）。",
    ),
    "no-manifest": Both(
        "Not compared, no manifest was given: {titles}", "未比较（未提供清单）：{titles}"
    ),
    "no-overlap": Both("There are no two manifests to compare.", "没有可供比较的两份清单。"),
    "overlap-count": Both(
        "Pair {number}: {count} files of the first dataset (of {first}) lie with the same content "
        "in the second (of {second}); at the same path: {same}.",
        "第 {number} 对：前者 {first} 个文件中有 {count} 个在后者（共 {second} 个）中内容相同；"
        "其中路径相同 {same} 个。",
    ),
    "path-first": Both("in the first", "前者路径"),
    "path-second": Both("in the second", "后者路径"),
    "more-files": Both("and {count} more, in dossier.json", "另有 {count} 个，见 dossier.json"),
    "timeline": Both(
        "One bar a record, from not-before to not-after; blue signed by the claimant's key, brown "
        "by the respondent's, grey by others.",
        "每条记录一条，自“不早于”至“不晚于”；蓝色为主张方密钥签署，棕色为被主张方，灰色为其他。",
    ),
    "timeline-said": Both("All records in the order of the log.", "全部记录，按日志次序。"),
    "unproved": Both("no time proved", "时间未证明"),
    "more-bars": Both("and {count} more, in item 6", "另有 {count} 条，见第 6 项"),
    # 8
    "credit": Both(
        "A role is what somebody claims. What the named person did not answer is claimed, never "
        "agreed. An answer counts when its key has the person's ORCID iD, else the exact name; the "
        "level says how well the key is tied to a person. Roles do not decide authorship.",
        "角色均为他人或本人所主张。被列名者未答复的，仅为“被主张”，绝不视为同意。答复密钥的 "
        "ORCID（否则为姓名"
        "完全一致）与本人相符时方计入；级别表示密钥与人的绑定程度。角色不决定署名资格。",
    ),
    "person": Both("person", "人员"),
    "roles": Both("roles and their status", "角色与状态"),
    "answers": Both("answers", "答复"),
    "answer": Both("entry {index}: {answer}, {level}", "条目 {index}：{answer}，{level}"),
    "no-answer": Both("none", "无"),
    # 9
    "keys": Both(
        "Self-asserted means that only the holder says so. That a key was not revoked can be "
        "shown only by reading the whole log (provenance verify --log).",
        "“自行声明”指仅由密钥持有人自己陈述。密钥未被吊销只有读取整个日志才能表明（provenance "
        "verify --log）。",
    ),
    "key": Both("key (RFC 7638 thumbprint)", "密钥（RFC 7638 指纹）"),
    "identity": Both("identity level and status", "身份级别与状态"),
    "recovery": Both("recovery key:", "恢复密钥："),
    "revoked": Both(
        "Entry {index}: key {key} revoked by key {by}, reason {reason}.",
        "条目 {index}：密钥 {key} 被密钥 {by} 吊销，原因 {reason}。",
    ),
    "since": Both("compromised since, as stated there:", "该处所述失密起始时间："),
    "custody-blank": Both(
        "Hardware, persons with access and storage of each key are not in the log: to be declared "
        "by its holder.",
        "各密钥的硬件、可接触人员与存放方式不在日志中，由持有人另行声明。",
    ),
    # 10
    "custody": Both(
        "What was stated and checked since, each a signed entry. Accesses, copies and moves that "
        "nobody recorded are not here.",
        "此后所作的陈述与复核，均为已签名条目。未经记录的访问、复制与移动不在此列。",
    ),
    "event": Both("event", "事件"),
    "no-event": Both("No such record.", "无此类记录。"),
    "fixity": Both(
        "files read again: {checked} of {files}; failed {failed}, missing {missing}",
        "复核文件：{files} 个中的 {checked} 个；不符 {failed}，缺失 {missing}",
    ),
    "token": Both(
        "with an RFC 3161 time-stamp token, not checked here", "附 RFC 3161 时间戳，此处未核验"
    ),
    "correction": Both("says to be wrong:", "指其有误："),
}

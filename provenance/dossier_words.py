"""The fixed sentences of a dossier's items 1 to 14, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.document import Both

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WORDS"]

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
    "of-entry": Both("entry {index}", "条目 {index}"),
    "dataset": Both("dataset", "数据集"),
    "interval": Both("proved interval", "已证明的时间区间"),
    "who": Both("signed by; identity; key", "签名者；身份；密钥"),
    "countersigned": Both("countersigned by", "其他人的确认"),
    "own-alone": Both("nobody else is named", "未列其他人"),
    "version": Both("version {version}, by the depositor", "版本 {version}（存证人自称）"),
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
    "hash-blanks": Both(
        "To be declared by whoever computed the digests:", "以下由计算摘要者自行声明："
    ),
    "hash-blank-1": Both("command", "所用命令"),
    "hash-blank-2": Both("host, system", "主机与系统"),
    "hash-blank-3": Both("operator", "操作人"),
    "hash-blank-4": Both("begun, ended", "起止时间"),
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
        "The receipts show the log at {states} sizes, up to {size}. That each later state extends "
        "the one before it is proved by RFC 9162 consistency proofs in dossier.json; the contract "
        "takes a new root only with such a proof.",
        "各凭据所示日志共 {states} 个状态，最大至 {size} 条。dossier.json 内的 RFC 9162 "
        "一致性证明表明每一后续状态均为前一状态的延伸；合约也仅凭此类证明接受新树根。",
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
        "RFC 3161 tokens that statements carry are listed in item 10. verify.py checks what they "
        "are over; the authority's signature is checked with openssl, see item 12.",
        "陈述所附 RFC 3161 时间戳列于第 10 项。verify.py 核验其所针对的摘要；时间戳机构的签名用 "
        "openssl 核验，见第 12 项。",
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
    "revoked": Both("revoked, entry {index}", "吊销，条目 {index}"),
    "revoked-by": Both("by key", "由密钥"),
    "reason": Both("reason", "原因"),
    "since": Both("compromised since, as stated there", "该处所述失密起始时间"),
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
}

"""What the single file says, in English and Chinese: it carries no catalogue to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FINDINGS", "LANGUAGES", "NEXT", "NOT_PROVED", "OUTCOMES", "SAID", "Both"]

LANGUAGES: Final = ("en", "zh")


class Both(NamedTuple):
    """One sentence in both languages; names in braces are filled in."""

    en: str
    zh: str


OUTCOMES: Final[Mapping[str, Both]] = {
    "proved": Both("proved", "已证明"),
    "vouched": Both("vouched for", "有人担保"),
    "not-checked": Both("not checked", "未核验"),
    "not-yet": Both("not yet", "尚未"),
    "unavailable": Both("no answer", "无答复"),
    "false": Both("FALSE", "不成立"),
    "unusable": Both("UNUSABLE", "无法使用"),
}

FINDINGS: Final[Mapping[str, Both]] = {
    "file-altered": Both("ALTERED: {file}", "文件被改动：{file}"),
    "file-missing": Both("MISSING: {file}", "文件缺失：{file}"),
    "file-added": Both(
        "ADDED, not part of the dossier: {file}", "多出的文件，不属于本卷宗：{file}"
    ),
    "sums-altered": Both(
        "ALTERED: {file}, in its line about {detail}", "文件被改动：{file}，涉及 {detail} 的一行"
    ),
    "sums-unreadable": Both("UNUSABLE: {file}: {detail}", "无法使用：{file}：{detail}"),
    "index-unreadable": Both("UNUSABLE: {file}: {detail}", "无法使用：{file}：{detail}"),
    "policy-differs": Both(
        "{file} is not the policy that the dossier was made with: {detail}",
        "{file} 不是制作本卷宗时所用的信任策略：{detail}",
    ),
    "receipt-unreadable": Both("UNUSABLE: {file}: {detail}", "无法使用：{file}：{detail}"),
    "not-in-log": Both(
        "{file} does not prove an entry of the log: {detail}",
        "{file} 不能证明其为日志条目：{detail}",
    ),
    "listed-otherwise": Both(
        "{file} says otherwise than the receipt: {detail}", "{file} 与存证凭据不一致：{detail}"
    ),
    "manifest-false": Both(
        "{file} is not the manifest that was signed: {detail}", "{file} 不是被签名的清单：{detail}"
    ),
    "header-false": Both(
        "{file} is not the header of the block named: {detail}",
        "{file} 不是所指区块的区块头：{detail}",
    ),
    "overlap-false": Both(
        "{file} does not prove a shared file: {detail}", "{file} 不能证明文件相同：{detail}"
    ),
    "block-unmatched": Both(
        "no record of this dossier rests on block {detail}",
        "本卷宗没有任何记录以区块 {detail} 为依据",
    ),
    "log-split": Both(
        "receipts of this dossier show a split log: {detail}", "本卷宗的凭据显示日志分叉：{detail}"
    ),
    "history-false": Both(
        "{file} does not prove that the log was only ever added to: {detail}",
        "{file} 不能证明日志只有追加：{detail}",
    ),
    "token-false": Both(
        "the time-stamp token in {file} is not of the record that it is said to be of: {detail}",
        "{file} 所附时间戳并非针对所指记录：{detail}",
    ),
    "own-receipt-differs": Both(
        "the receipt is of another dossier: {file} has digest {detail}",
        "该凭据属于另一份卷宗：{file} 的摘要为 {detail}",
    ),
}

SAID: Final[Mapping[str, Both]] = {
    "title": Both(
        "Offline check; this program asks no server and needs no library.",
        "离线核验；本程序不联网，也不依赖任何第三方库。",
    ),
    "record": Both("record {id}, entry {index}, {type}", "记录 {id}，第 {index} 条，类型 {type}"),
    "claimed": Both(
        "claimed time {time}: the signer's own clock, not proved",
        "自称时间 {time}：签名者自己的时钟，未经证明",
    ),
    "lower": Both("entered the log no earlier than  {bound}", "进入日志不早于  {bound}"),
    "upper": Both("existed no later than            {bound}", "存在不晚于      {bound}"),
    "signed": Both("signed no earlier than           {bound}", "签名不早于      {bound}"),
    "no-bound": Both("(not proved)", "（未证明）"),
    "bound": Both(
        "{time}  block {number} of {chain}, {trust}", "{time}  {chain} 区块 {number}，{trust}"
    ),
    "policy": Both(
        "policy {digest}: compare this digest by another channel",
        "信任策略 {digest}：请通过其他渠道核对该摘要",
    ),
    "dev-chain": Both(
        "THIS IS A DEVELOPMENT CHAIN: it proves nothing to anybody else.",
        "这是开发链：对他人不构成任何证明。",
    ),
    "dossier": Both(
        "Dossier of {records} records; log {origin}, tree size {tree_size}; made by version "
        "{version}",
        "卷宗，含记录 {records} 条；日志 {origin}，树大小 {tree_size}；制作版本 {version}",
    ),
    "intact": Both(
        "Every file is the one listed, by SHA-256 and by SM3: {files} files.",
        "所有文件均与清单一致（SHA-256 与 SM3）：共 {files} 个文件。",
    ),
    "shared": Both(
        "Manifests that are the signed ones: {manifests}. Files proved to be in two datasets: "
        "{shared}.",
        "与签名一致的清单：{manifests} 份。经证明同时属于两个数据集的文件：{shared} 个。",
    ),
    "history": Both(
        "The log was only added to between the {states} states that these receipts show.",
        "在这些凭据所示的 {states} 个状态之间，日志只有追加，未作其他改动。",
    ),
    "stamp": Both(
        "an RFC 3161 token over that very record says {time}; whether its authority signed it is "
        "NOT checked here: openssl ts -verify does, see item 12 of the report",
        "所附 RFC 3161 时间戳正是针对该记录，其所述时间为 {time}；该时间戳机构的签名在此未核验："
        "请用 openssl ts -verify，见报告第 12 项",
    ),
    "own": Both(
        "The dossier's own receipt is of this very SHA256SUMS.",
        "本卷宗自身的凭据对应的正是这份 SHA256SUMS。",
    ),
    "no-own": Both(
        "Not checked: the dossier's own receipt, which lies beside it; give it with --receipt.",
        "未核验：随卷宗另附的卷宗自身凭据；请用 --receipt 给出。",
    ),
    "not-proved": Both("What this does NOT prove:", "本核验不能证明："),
    "problems": Both("Found to be wrong: {count}", "发现的问题：{count}"),
}

NOT_PROVED: Final = (
    Both(
        "that the data are right, complete or honestly made: only that they are the same bytes",
        "数据正确、完整或来源诚实：只能证明字节相同",
    ),
    Both(
        "who made the data before they entered the log: only who signed for them there",
        "数据在进入日志之前由谁制作：只能证明在日志中由谁签名",
    ),
    Both(
        "who holds a key, beyond the identity level that is shown for it",
        "密钥由谁持有（超出所示身份级别的部分）",
    ),
    Both(
        "that a key was not revoked: only reading the whole log can show that",
        "密钥未被吊销：只有读取整个日志才能证明",
    ),
    Both(
        "any time at all, until you have looked up the block hashes yourself",
        "任何时间——在您亲自查对区块哈希之前",
    ),
)

NEXT: Final[Mapping[str, Both]] = {
    "block": Both(
        "Next: look up block {number} of chain {chain_id} in a place you trust; if its hash is "
        "{hash}, run this again with --block-hash {hash}",
        "下一步：在您信任的地方查询链 {chain_id} 的区块 {number}；若其哈希为 {hash}，请加上 "
        "--block-hash {hash} 再次运行",
    ),
}

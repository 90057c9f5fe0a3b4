"""The codes of records in words: types, events, outcomes, levels, and how a role stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.document import Both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.document import Speech

__all__ = ["ACCESS", "CODES", "STATUSES", "coded"]

STATUSES: Final[Mapping[str, Both]] = {
    "claimed": Both("claimed, not answered", "被主张，本人未答复"),
    "accepted": Both("accepted", "本人已确认"),
    "objected": Both("OBJECTED", "本人已反对"),
    "amended": Both("amended by the person", "本人已更正"),
    "own": Both("own statement", "本人自述"),
    "unclear": Both("contradictory answers", "答复相互矛盾"),
}

ACCESS: Final[Mapping[str, Both]] = {
    "open": Both("open", "开放"),
    "embargoed": Both("embargoed", "延期开放"),
    "restricted": Both("restricted", "受限"),
    "closed": Both("closed", "不开放"),
}
"""Access levels (COAR); apart, since a dispute too is "open"."""

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
    "key": "密钥",
    "revocation": "吊销",
    "deposit": "存证",
    "contribution": "贡献声明",
    "response": "答复",
    "opening": "开启",
    "transfer": "转移",
    "withdrawal": "撤回",
    "dispute": "争议",
    "statement": "陈述",
    "ruling": "裁决",
    "correction": "更正",
    "fixity": "复核",
    "erasure": "删除",
    "genesis": "创世",
    "configuration": "配置",
    "beacon": "信标",
}
"""Chinese for the codes that records carry; the codes themselves are English."""


def coded(speech: Speech, *codes: str) -> str:
    """Return codes in words, side by side; an unknown one as it is."""
    known = (speech.short(Both(one, CODES.get(one, one))) for one in codes if one)
    return ", ".join(known)

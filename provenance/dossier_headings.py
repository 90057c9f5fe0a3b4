"""The seventeen items of a dossier by title, and the article that each one serves.

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

__all__ = ["HEADINGS"]

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

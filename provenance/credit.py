"""The fourteen CRediT contributor roles, ANSI/NISO Z39.104-2022, with their Chinese names.

A record carries the slug; URI and names are looked up here. Chinese: the taxonomy's own
forward-and-back translation (contributorshipcollaboration/credit-translation, zh_Hans).
Several roles per person are usual; a role that is not stated is simply absent. Journals write the
roles in other words too, in China above all: ``role_of`` takes those, and what is shown and signed
is the official one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["ALIASES", "ROLES", "Role", "plain_name", "role_of"]

_BASE: Final = "https://credit.niso.org/contributor-roles/"


@dataclass(frozen=True, slots=True)
class Role:
    """One role of the taxonomy."""

    slug: str
    """The last part of the URI: what a record carries."""
    english: str
    chinese: str

    @property
    def uri(self) -> str:
        """The role's own URI, trailing slash included, as the taxonomy writes it."""
        return f"{_BASE}{self.slug}/"


ROLES: Final[dict[str, Role]] = {
    slug: Role(slug, english, chinese)
    for slug, english, chinese in (
        ("conceptualization", "Conceptualization", "概念化"),
        ("data-curation", "Data curation", "数据管理"),
        ("formal-analysis", "Formal analysis", "正式分析"),
        ("funding-acquisition", "Funding acquisition", "基金获取"),
        ("investigation", "Investigation", "做研究"),
        ("methodology", "Methodology", "方法学"),
        ("project-administration", "Project administration", "项目管理"),
        ("resources", "Resources", "资源供给"),
        ("software", "Software", "软件"),
        ("supervision", "Supervision", "指导"),
        ("validation", "Validation", "验证"),
        ("visualization", "Visualization", "可视化"),
        ("writing-original-draft", "Writing – original draft", "撰写 - 原始草稿"),
        ("writing-review-editing", "Writing – review & editing", "撰写 - 评论和编辑"),
    )
}
"""By slug, in the taxonomy's alphabetical order."""

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "conceptualization": ("Conceptualisation", "总体构思", "研究构思", "概念构思", "概念构建"),
    "data-curation": ("数据整理", "数据监管", "数据策管"),
    "formal-analysis": ("规范分析", "形式分析", "形式化分析"),
    "funding-acquisition": ("资金获取", "经费获取", "获取资金", "获取基金"),
    "investigation": ("调查研究", "调查", "研究实施", "开展研究"),
    "methodology": ("方法设计", "方法论", "研究方法"),
    "project-administration": ("项目行政",),
    "resources": ("资源", "资源提供", "提供资源"),
    "software": ("软件开发", "程序开发"),
    "supervision": ("监督", "监督指导", "督导"),
    "validation": ("核验", "核实", "结果验证"),
    "visualization": ("Visualisation", "可视化呈现", "图表可视化"),
    "writing-original-draft": (
        "Writing - original draft preparation",
        "Original draft",
        "初稿写作",
        "初稿撰写",
        "撰写初稿",
        "写作-初稿",
        "写作-原始草稿",
    ),
    "writing-review-editing": (
        "Writing - review and editing",
        "Review and editing",
        "审阅与编辑",
        "审阅和编辑",
        "写作-审阅与编辑",
        "写作-审阅和编辑",
        "写作-评论和编辑",
    ),
}
"""Slug -> other words for the role, none of them a word for two."""

_URI: Final = re.compile(
    r"https?://(?:credit\.niso\.org/contributor-roles"
    r"|(?:dictionary\.)?casrai\.org/Contributor_Roles)/([A-Za-z_%-]+?)/?"
)
"""The official addresses, and the dead ones that old files still hold."""


def plain_name(text: str) -> str:
    """Return letters and digits alone, in lower case: spellings of one name become the same."""
    return "".join(one for one in text.lower() if one.isalnum())


_BY_NAME: Final = {
    plain_name(name): slug
    for slug, role in ROLES.items()
    for name in (slug, role.english, role.chinese, *ALIASES[slug])
}


def role_of(text: str) -> Role | None:
    """Return the role that is meant: by its URI, slug, name in English or Chinese, or an alias.

    Case, spaces, hyphens and dashes make no difference; None when it is none of them.
    """
    address = _URI.fullmatch(text.strip())
    slug = _BY_NAME.get(plain_name(text if address is None else address[1]))
    return None if slug is None else ROLES[slug]

"""The fourteen CRediT contributor roles, ANSI/NISO Z39.104-2022, with their Chinese names.

A record carries the slug; URI and names are looked up here. Chinese: the taxonomy's own
forward-and-back translation (contributorshipcollaboration/credit-translation, zh_Hans).
Several roles per person are usual; a role that is not stated is simply absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ROLES", "Role"]

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

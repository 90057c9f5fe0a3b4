"""The fourteen roles, and every way people write them."""

from __future__ import annotations

import re

import pytest

from provenance.credit import ALIASES, ROLES, role_of

OFFICIAL = {
    "conceptualization": "概念化",
    "data-curation": "数据管理",
    "formal-analysis": "正式分析",
    "funding-acquisition": "基金获取",
    "investigation": "做研究",
    "methodology": "方法学",
    "project-administration": "项目管理",
    "resources": "资源供给",
    "software": "软件",
    "supervision": "指导",
    "validation": "验证",
    "visualization": "可视化",
    "writing-original-draft": "撰写 - 原始草稿",
    "writing-review-editing": "撰写 - 评论和编辑",
}


def test_all_fourteen_have_the_official_uri_and_chinese_name() -> None:
    assert {slug: role.chinese for slug, role in ROLES.items()} == OFFICIAL
    for slug, role in ROLES.items():
        assert role.uri == f"https://credit.niso.org/contributor-roles/{slug}/"
    assert ROLES["writing-original-draft"].english == "Writing \u2013 original draft"


@pytest.mark.parametrize("slug", OFFICIAL)
def test_every_name_of_a_role_leads_to_it_and_to_no_other(slug: str) -> None:
    role = ROLES[slug]
    names = [slug, role.english, role.chinese, role.uri, role.uri.rstrip("/"), *ALIASES[slug]]
    names += [role.english.upper(), role.english.replace("\u2013", "-"), f"  {role.english} "]
    names += [f"http://dictionary.casrai.org/Contributor_Roles/{slug.replace('-', '_')}"]

    for name in names:
        found = role_of(name)
        assert found is role, name


def test_no_alias_is_a_word_for_two_roles() -> None:
    words = [
        re.sub(r"\W", "", word.lower())
        for slug, role in ROLES.items()
        for word in (role.english, role.chinese, *ALIASES[slug])
    ]

    assert len(words) == len(set(words))
    assert ALIASES.keys() == ROLES.keys()


@pytest.mark.parametrize("text", ["", "author", "作者", "editor", "https://example.org/software/"])
def test_what_is_no_role_is_none(text: str) -> None:
    assert role_of(text) is None

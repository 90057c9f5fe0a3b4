"""Lineage: the graph, its tree of text, and a picture in which nothing lies over anything."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from attribution_case import Log
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import MalformedError
from provenance.identity import Level
from provenance.lineage import Edge, Lineage, Node, lineage_of, text_tree
from provenance.lineage_svg import Caption, draw_lineage, fit, width_of

if TYPE_CHECKING:
    from provenance.case import Entry

WORDS = {
    "withdrawn": "撤回",
    "superseded": "superseded",
    "corrected": "wrong",
    "disputed": "有争议",
}
SVG = "{http://www.w3.org/2000/svg}"


def revision(log: Log, key: str, of: Entry, title: str, word: str = "wasRevisionOf") -> Entry:
    return log.deposit(key, title=title, relations=[{"relation": word, "record": of.id.hex()}])


def test_relations_uses_and_marks_are_found() -> None:
    log = Log()
    log.person("judge", "Judge", level=Level.INSTITUTION_BOUND)
    one = log.deposit("a", title="one")
    two = revision(log, "b", one, "two")
    three = revision(log, "c", two, "three", "wasDerivedFrom")
    paper = [{"relation": "wasDerivedFrom", "identifier": "10.1/p"}]
    log.sign("d", "statement", record=three.id.hex(), event="use", relations=paper)
    source = [{"relation": "hadPrimarySource", "identifier": "sensor 7"}]
    log.sign("a", "statement", record=one.id.hex(), event="collect", relations=source)
    log.sign("a", "withdrawal", record=one.id.hex())
    log.sign("b", "correction", record=two.id.hex(), superseded_by=three.id.hex())
    parties = [{"name": "X", "side": "claimant"}]
    log.sign("judge", "dispute", records=[three.id.hex()], claims=["other"], parties=parties)
    log.sign("stranger", "dispute", records=[one.id.hex()], claims=["other"], parties=parties)

    found = lineage_of(log.case(two), two.id)

    edges = {(edge.newer, edge.relation, edge.older) for edge in found.edges}
    assert edges == {
        (two.id.hex(), "wasRevisionOf", one.id.hex()),
        (three.id.hex(), "wasDerivedFrom", two.id.hex()),
        ("10.1/p", "wasDerivedFrom", three.id.hex()),
        (one.id.hex(), "hadPrimarySource", "sensor 7"),
    }
    marks = {node.title: node.marks for node in found.nodes.values() if node.title}
    # a dispute by a key that nobody has bound flags nothing
    assert marks == {"one": ("withdrawn",), "two": ("superseded",), "three": ("disputed",)}
    assert found.sources() == ["sensor 7"]
    assert text_tree(found, lambda node: node.title or node.key, again="...") == [
        "(1) sensor 7",
        "└─ hadPrimarySource ─ (2) one",
        "   └─ wasRevisionOf ─ (3) two",
        "      └─ wasDerivedFrom ─ (4) three",
        "         └─ wasDerivedFrom ─ (5) 10.1/p",
    ]


def test_nobody_but_the_owner_withdraws() -> None:
    log = Log()
    one = log.deposit("a", title="one")
    log.sign("b", "withdrawal", record=one.id.hex())
    log.sign("b", "correction", record=one.id.hex())

    (node,) = lineage_of(log.case(one), one.id).nodes.values()

    assert node.marks == ()


def test_what_is_no_deposit_has_no_lineage() -> None:
    log = Log()
    statement = log.sign("a", "statement", record=log.deposit("a").id.hex(), text="x")

    with pytest.raises(MalformedError):
        lineage_of(log.case(statement), statement.id)


# --- any graph ----------------------------------------------------------------------------

titles = st.text(max_size=60) | st.sampled_from(
    [
        "龔㐂䶮堃𠮷" * 12,
        "W" * 60,
        "<b>&amp;</b>",
        "\u202egnp",
        "a" * 60,
        "e\u0301" * 40,
        "e" + "\u0301" * 50,
    ]
)


@st.composite
def lineages(draw: st.DrawFn) -> Lineage:
    """Graphs with circles, loops, several arrows between two, and islands."""
    keys = [f"{number:064x}" for number in range(draw(st.integers(1, 9)))]
    marks = st.lists(st.sampled_from(sorted(WORDS)), unique=True, max_size=4).map(tuple)
    nodes = {key: Node(key, None, draw(titles), draw(marks)) for key in keys}
    relation = st.sampled_from(["wasRevisionOf", "hadPrimarySource", "specializationOf"])
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys), relation)
    edges = tuple(Edge(a, b, word, a) for a, b, word in draw(st.lists(pairs, max_size=14)))
    return Lineage(keys[0], nodes, tuple(dict.fromkeys(edges)))


def caption(node: Node) -> Caption:
    said = "王小明 (0000-0002-1825-0097): bound by the Polar Institute of the Academy"
    return Caption(node.title or "?", ("entry 12, claimed 2026-11-02 10:11:12 UTC", said), node.key)


@settings(max_examples=120, deadline=None)
@given(lineage=lineages())
def test_the_tree_writes_out_every_node_once(lineage: Lineage) -> None:
    lines = text_tree(lineage, lambda node: f"<{node.key}>", again="AGAIN")

    written = [match[1] for line in lines if (match := re.search("<([0-9a-f]{64})>", line))]
    assert sorted(written) == sorted(lineage.nodes)
    assert len(lines) - len(written) == sum("AGAIN" in line for line in lines)


@settings(max_examples=120, deadline=None)
@given(lineage=lineages())
def test_boxes_never_overlap_and_everything_is_inside(lineage: Lineage) -> None:
    root = ET.fromstring(draw_lineage(lineage, caption, title="谱系", words=WORDS))

    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [
        tuple(float(one.attrib[name]) for name in ("x", "y", "width", "height"))
        for one in root.iter(f"{SVG}rect")
        if one.get("rx") == "7"
    ]
    assert len(boxes) == len(lineage.nodes)
    for x, y, w, h in boxes:
        assert x >= 0
        assert x + w <= width + 1
        assert y + h <= height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    arrows = [one for one in root.iter(f"{SVG}path") if one.get("marker-end")]
    pairs = {frozenset((edge.older, edge.newer)) for edge in lineage.edges}
    assert len(arrows) >= len([pair for pair in pairs if len(pair) == 2])


@settings(max_examples=200, deadline=None)
@given(text=titles, room=st.floats(60, 400), lines=st.integers(1, 3))
def test_text_is_cut_to_its_room(text: str, room: float, lines: int) -> None:
    broken = fit(text, 15, room, lines)

    assert len(broken) <= lines
    assert all(width_of(one, 15) <= room + 15 * 1.03 or len(one) <= 2 for one in broken)
    assert all(one.isprintable() for one in broken)


def test_a_heap_of_marks_is_not_drawn_over_other_lines() -> None:
    (line,) = fit("e" + "\u0301" * 6, 15, 400)

    assert line == "e" + "\u0301" * 4 + "[U+0301]" * 2

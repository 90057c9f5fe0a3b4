"""What came from what: the datasets of a case as a graph, and as a tree of text.

    (1) finals2000A 2026-09        a source stands above what came from it
    ├─ wasRevisionOf ─ (2) finals2000A 2026-10   [disputed]
    │  └─ wasDerivedFrom ─ (4) Polar motion
    └─ wasQuotedFrom ─ doi:10.1234/abc

An arrow is the word of PROV-O that the newer dataset signs about the older one, across
institutions. Of a statement of event ``use`` it goes from the dataset to what was made with it,
by the user's own word. Nothing is left out for standing badly: what is withdrawn, found wrong or
disputed is marked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provenance.attribution_values import read_statement
from provenance.errors import MalformedError
from provenance.record import deposit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.case import Case, Entry
    from provenance.record_standing import RecordStanding
    from provenance.record_values import Relation

__all__ = ["MARKS", "Edge", "Lineage", "Node", "lineage_of", "text_tree"]

MARKS: Final = ("withdrawn", "superseded", "corrected", "disputed")
"""What may have to be shown beside a dataset."""


@dataclass(frozen=True, slots=True)
class Node:
    """A dataset of the log, or something else that one of them names."""

    key: str
    """Record id in hex, or the identifier as it was written."""
    entry: Entry | None
    """None for what lies outside of the case: another log's, or no deposit at all."""
    title: str | None
    marks: tuple[str, ...] = ()

    @property
    def is_outside(self) -> bool:
        """Tell whether nothing here proves that it exists."""
        return self.entry is None


@dataclass(frozen=True, slots=True)
class Edge:
    """``newer`` signs, or a user of ``older`` signs, that it came from ``older``."""

    older: str
    newer: str
    relation: str
    """A word of PROV-O, read from the newer one to the older one."""
    by: str
    """Record id, in hex, of the deposit or statement that says so."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A graph of datasets; an arrow leads from the older one to the newer one."""

    asked: str
    """Key of the node that was asked for."""
    nodes: dict[str, Node]
    """Deposits in the order of the log, then what lies outside."""
    edges: tuple[Edge, ...]

    def sources(self) -> list[str]:
        """Return the nodes that come from nothing here; in a circle, the first one of it."""
        newer = {edge.newer for edge in self.edges}
        roots = [key for key in self.nodes if key not in newer]
        reached = set(roots)
        for key in self.nodes:
            self._reach(roots, reached)
            if key not in reached:
                roots.append(key)
                reached.add(key)
        return roots

    def _reach(self, roots: list[str], reached: set[str]) -> None:
        waiting = list(roots)
        while waiting:
            key = waiting.pop()
            for edge in self.edges:
                if edge.older == key and edge.newer not in reached:
                    reached.add(edge.newer)
                    waiting.append(edge.newer)


def lineage_of(case: Case, deposit: bytes) -> Lineage:
    """Draw the datasets of a case and what they say of each other.

    Raises:
        MalformedError: the case has no deposit of that id.
    """
    asked = case.get(deposit)
    if asked is None or asked.record.type != "deposit":
        raise MalformedError(f"expected a deposit, got {deposit.hex()}", field="ID")
    nodes: dict[str, Node] = {}
    for entry in case.entries:
        if entry.record.type == "deposit":
            key = entry.id.hex()
            title = deposit_of(entry.record).title
            nodes[key] = Node(key, entry, title, _marks(case.standing(entry.id)))
    edges = tuple(dict.fromkeys(_edges(case)))
    for edge in edges:
        for key in (edge.older, edge.newer):
            nodes.setdefault(key, Node(key, None, None))
    return Lineage(deposit.hex(), nodes, edges)


def _marks(standing: RecordStanding) -> tuple[str, ...]:
    marked = {
        "withdrawn": standing.withdrawn is not None,
        "superseded": standing.superseded_by is not None,
        "corrected": standing.correction is not None and standing.superseded_by is None,
        "disputed": standing.is_disputed,
    }
    return tuple(one for one in MARKS if marked[one])


def _edges(case: Case) -> Iterator[Edge]:
    for entry in case.entries:
        own, by = entry.id.hex(), entry.id.hex()
        if entry.record.type == "deposit":
            for relation in deposit_of(entry.record).relations:
                yield Edge(_named(relation), own, relation.relation, by)
        elif entry.record.type == "statement":
            statement = read_statement(entry.record)
            about = case.get(statement.record)
            if about is None or about.record.type != "deposit" or entry.is_refuted:
                continue
            for relation in statement.relations:
                older, newer = _named(relation), statement.record.hex()
                if statement.event == "use":
                    older, newer = newer, older
                yield Edge(older, newer, relation.relation, by)


def _named(relation: Relation) -> str:
    return relation.identifier or "" if relation.record is None else relation.record.hex()


# --- as text ------------------------------------------------------------------------------


@dataclass
class _Tree:
    """Lines of a tree, each node written out once."""

    lineage: Lineage
    label: Callable[[Node], str]
    again: str
    lines: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def write(self, root: str) -> None:
        """Write everything below a node; a stack, since a chain may be as long as the log."""
        waiting = [(root, "", "", "")]
        while waiting:
            key, relation, stem, indent = waiting.pop()
            is_known = key in self.numbers
            number = self.numbers.setdefault(key, len(self.numbers) + 1)
            head = f"{stem}{relation} ─ " if relation else stem
            if is_known:
                self.lines.append(f"{head}({number}) {self.again}")
                continue
            self.lines.append(f"{head}({number}) {self.label(self.lineage.nodes[key])}")
            below = [edge for edge in self.lineage.edges if edge.older == key]
            for place, edge in reversed(list(enumerate(below, 1))):
                last = place == len(below)
                stem = f"{indent}{'└' if last else '├'}─ "
                waiting.append(
                    (edge.newer, edge.relation, stem, indent + ("   " if last else "│  "))
                )


def text_tree(lineage: Lineage, label: Callable[[Node], str], *, again: str) -> list[str]:
    """Return the lines of a tree: sources first, each dataset below what it came from.

    Args:
        label: what to write of a node, on one line.
        again: stands in place of a node that was written out before, behind its number.
    """
    tree = _Tree(lineage, label, again)
    for root in lineage.sources():
        tree.write(root)
    return tree.lines

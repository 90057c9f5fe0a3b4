"""What an RO-Crate says about its root: people, organisations, licence, names, relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.imported import N_
from provenance.imports.documents import many, text_of
from provenance.imports.findings import Person, name_of_parts, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.imports.crate_graph import Entity, Graph
    from provenance.imports.findings import Findings

__all__ = ["describe"]

_CREDITS = ("author", "creator", "contributor")
_ROLE_TYPES = ("Role", "OrganizationRole", "ContributorRole")
_RELATIONS = {"isBasedOn": "wasDerivedFrom", "wasDerivedFrom": "wasDerivedFrom"}
_UNPLACED = (
    *("description", "keywords", "datePublished", "publisher", "funder", "funding"),
    *("citation", "mentions", "temporalCoverage", "spatialCoverage", "conditionsOfAccess"),
)
_ACTIONS = ("CreateAction", "UpdateAction")


def describe(graph: Graph, findings: Findings) -> None:
    """Take what the root says, and the people of its parts."""
    root = graph.root
    findings.title(text_of(root.members, "name"), "name")
    findings.version(root.members.get("version"), "version")
    people = _People(graph, findings)
    parts = list(graph.parts())
    for entity in (root, *parts):
        people.credit(entity)
    _actions(graph, {root.id, *(part.id for part in parts)}, people, findings)
    findings.licences(
        [
            [text for text in (one.id, *_texts(one, "identifier", "url", "name")) if text]
            for one in graph.referred(root.members.get("license"), f"{root.where}.license")
        ]
    )
    _names(graph, root, findings)
    findings.unplaced(root.members, _UNPLACED)


def _texts(entity: Entity, *names: str) -> Iterator[str]:
    for name in names:
        for one in many(entity.members.get(name)):
            if isinstance(one, str) and one.strip():
                yield one.strip()
            elif isinstance(one, dict) and isinstance(one.get("@id"), str):
                yield str(one["@id"])


def _names(graph: Graph, root: Entity, findings: Findings) -> None:
    if "://" in root.id:
        findings.identifier(root.id, "@id")
    for name in ("identifier", "cite-as"):
        for one in graph.referred(root.members.get(name), name):
            # a PropertyValue has the name in its value, a bare text has become an @id
            findings.identifier(text_of(one.members, "value", "url") or one.id, name)
    for name, word in _RELATIONS.items():
        for one in graph.referred(root.members.get(name), name):
            findings.relation(word, one.id or text_of(one.members, "url") or "", name)


def _actions(graph: Graph, data: set[str], people: _People, findings: Findings) -> None:
    """Credit people who made the data or a part of it; name the actions, which have no place."""
    actions = [one for one in graph.entities() if one.is_a(*_ACTIONS)]
    for action in actions:
        results = graph.referred(action.members.get("result"), "result")
        if action.is_a("CreateAction") and any(one.id in data for one in results):
            for agent in graph.referred(action.members.get("agent"), f"{action.where}.agent"):
                if agent.is_a("Person"):
                    people.take(agent, [])
    if actions:
        findings.note(
            N_("Actions are described there ({names}); a deposit has no place for them."),
            names=shown(text_of(one.members, "name") or one.id for one in actions),
        )


class _People:
    """People and organisations that were met, each once however often it is referred to."""

    def __init__(self, graph: Graph, findings: Findings) -> None:
        self._graph = graph
        self._findings = findings
        self._seen: dict[str, list[str]] = {}

    def credit(self, entity: Entity) -> None:
        """Take those whom an entity credits."""
        for name in _CREDITS:
            where = f"{entity.where}.{name}"
            for one in self._graph.referred(entity.members.get(name), where):
                if one.is_a(*_ROLE_TYPES):
                    self._take_role(one)
                else:
                    self.take(one, [])

    def _take_role(self, role: Entity) -> None:
        """Take the person whom a schema.org ``Role`` stands between (schema.org/Role)."""
        kinds = [*_texts(role, "roleName"), *_texts(role, "name")][:1]
        for name in (*_CREDITS, "agent"):
            for one in self._graph.referred(role.members.get(name), f"{role.where}.{name}"):
                self.take(one, kinds)

    def take(self, entity: Entity, kinds: list[str]) -> None:
        """Take one person or organisation; the same again only for further roles."""
        kinds = [*kinds, *_texts(entity, "roleName")]
        known = self._seen.setdefault(entity.id, []) if entity.id else None
        if known is not None:
            if known and all(kind in known for kind in kinds):
                return
            known += ["", *kinds]
        self._findings.person(self._person(entity, kinds), entity.where)

    def _person(self, entity: Entity, kinds: list[str]) -> Person:
        members, where = entity.members, entity.where
        given = text_of(members, "givenName", "firstName")
        family = text_of(members, "familyName", "surname", "lastName")
        name = text_of(members, "name") or name_of_parts(given, family)
        if name is None and entity.members.keys() <= {"@id"} and "://" not in entity.id:
            name = entity.id  # a bare text where a reference should be
        addresses = [entity.id, *_texts(entity, "identifier", "sameAs", "url", "ORCID", "orcid")]
        stated = [one for one in addresses if "orcid.org" in one]
        stated += [*_texts(entity, "ORCID", "orcid")]
        is_organization = not entity.is_a("Person") and entity.is_a(
            "Organization", "ResearchOrganization", "CollegeOrUniversity", "Consortium"
        )
        return Person(
            name,
            self._findings.orcid(stated[0], where) if stated else None,
            self._findings.ror(addresses, where) if is_organization else self._rors(entity),
            kinds=kinds,
            id=entity.id,
        )

    def _rors(self, person: Entity) -> list[str]:
        where = f"{person.where}.affiliation"
        addresses = []
        for one in self._graph.referred(person.members.get("affiliation"), where):
            addresses += [one.id, *_texts(one, "identifier", "sameAs", "url", "RORID")]
        return self._findings.ror(addresses, where)

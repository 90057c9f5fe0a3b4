"""The graph of an RO-Crate: entities by ``@id``, found from the root along ``hasPart``.

Flattened JSON-LD as the specification prescribes it, and the variants that tools write: references
as bare strings, people in place instead of by reference, ``./a`` for ``a``. The JSON-LD context is
not resolved: names are those of the RO-Crate context.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from provenance.errors import MalformedError
from provenance.imported import clean_path
from provenance.imports.documents import as_array, as_object, many

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

__all__ = ["Entity", "Graph", "is_elsewhere", "path_in"]

_DESCRIPTOR: Final = "ro-crate-metadata.json"
_PROFILE: Final = re.compile(r"https?://w3id\.org/ro/crate(?:/(?P<version>[0-9.]+)[^/]*)?/?")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class Entity(NamedTuple):
    """One node of the graph and its place in the document."""

    members: dict[str, object]
    where: str

    @property
    def id(self) -> str:
        """Its ``@id`` as written; empty for one described in place."""
        name = self.members.get("@id")
        return name if isinstance(name, str) else ""

    def is_a(self, *types: str) -> bool:
        """Tell whether one of its types is among some."""
        return any(one in types for one in many(self.members.get("@type")))


class Graph:
    """A crate's entities."""

    def __init__(self, document: object, name: str) -> None:
        """Index the entities of a document.

        Raises:
            MalformedError: no graph, no root dataset, or an ``@id`` that stands for two things.
        """
        self.name = name
        self._entities: dict[str, Entity] = {}
        graph = as_array(as_object(document, name).get("@graph"), "@graph")
        for index, value in enumerate(graph):
            where = f"@graph[{index}]"
            entity = Entity(as_object(value, where), where)
            if entity.id:
                self._add(entity)
        self.descriptor = self._find_descriptor()
        root = self.referred(self.descriptor.members.get("about"), self.descriptor.where)
        if len(root) != 1 or not root[0].is_a("Dataset"):
            raise MalformedError(
                "expected a root dataset, got none", field=f"{self.descriptor.where}.about"
            )
        self.root = root[0]

    @property
    def version(self) -> str | None:
        """The version of RO-Crate that the descriptor names, as ``1.1``."""
        for one in self.referred(self.descriptor.members.get("conformsTo"), ""):
            if (match := _PROFILE.fullmatch(one.id)) and match["version"]:
                return match["version"]
        return None

    def _add(self, entity: Entity) -> None:
        known = self._entities.setdefault(_key(entity.id), entity)
        if known.members != entity.members and (
            known.is_a("File", "Dataset") or entity.is_a("File", "Dataset")
        ):
            raise MalformedError(
                f"{entity.id!r:.200} is described otherwise at {known.where}",
                field=f"{entity.where}.@id",
            )

    def _find_descriptor(self) -> Entity:
        """Find the entity that says what the root is (RO-Crate 1.1, §Root Data Entity)."""
        candidates = [
            one
            for one in self._entities.values()
            if "about" in one.members
            and any(
                _PROFILE.fullmatch(other.id)
                for other in self.referred(one.members.get("conformsTo"), "")
            )
        ]
        named = self._entities.get(_DESCRIPTOR)
        if named is not None and "about" in named.members:
            return named
        if len(candidates) != 1:
            raise MalformedError(
                f"expected one metadata descriptor, got {len(candidates)}",
                field=f"{self.name}:@graph",
            )
        return candidates[0]

    def get(self, name: str) -> Entity | None:
        """Return the entity of an ``@id``."""
        return self._entities.get(_key(name))

    def entities(self) -> Iterator[Entity]:
        """Yield every entity."""
        return iter(self._entities.values())

    def referred(self, value: object, where: str) -> list[Entity]:
        """Return what a member refers to: entities, or objects and bare texts in their place.

        A reference to nothing gives an entity that has nothing but its ``@id``.
        """
        found = []
        for index, one in enumerate(many(value)):
            if isinstance(one, str):
                one = {"@id": one}  # noqa: PLW2901 -- the same, as a reference
            if not isinstance(one, dict):
                continue
            name = one.get("@id")
            known = self.get(name) if isinstance(name, str) else None
            found.append(known or Entity(one, f"{where}[{index}]"))
        return found

    def parts(self) -> Iterator[Entity]:
        """Yield each file and dataset reached from the root, once; cycles are no trouble."""
        seen = {_key(self.root.id)}
        waiting = [self.root]
        while waiting:
            whole = waiting.pop()
            where = f"{whole.where}.hasPart"
            for part in self.referred(whole.members.get("hasPart"), where):
                key = _key(part.id)
                if not part.id or key in seen:
                    continue
                seen.add(key)
                yield part
                waiting.append(part)


def _key(name: str) -> str:
    """Return what two spellings of an ``@id`` have in common: ``./a/`` and ``a/``."""
    return name.removeprefix("./") or "./"


# --- where a file lies ----------------------------------------------------------------------


def is_elsewhere(name: str) -> bool:
    """Tell whether an ``@id`` is an address, or a thing within the document."""
    return name.startswith("#") or (
        _SCHEME.match(name) is not None and not name.lower().startswith("file:")
    )


def path_in(name: str, at_hand: Container[str], where: str) -> str:
    r"""Return the path of a file from its ``@id``: as decoded, or as written if that is at hand.

    Raises:
        MalformedError: it leads out of the crate, be it on Windows only.
    """
    if name.lower().startswith("file:") or re.match(r"[A-Za-z]:", name):
        raise MalformedError(f"expected a path within the crate, got {name!r:.80}", field=where)
    spellings = []
    for text in (_decoded(name), name):
        if text is not None:
            if any(part == ".." for part in re.split(r"[/\\]", text)):
                raise MalformedError(
                    f"expected a path within the crate, got {name!r:.80}", field=where
                )
            spellings.append(text)
    cleaned = [clean_path(text, where) for text in spellings]
    return next((path for path in cleaned if path in at_hand), cleaned[0])


def _decoded(name: str) -> str | None:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        return None

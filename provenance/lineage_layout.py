"""Where the datasets of a lineage go in a picture: layers, lanes, and their order.

    layer 0    [ source ]   [ source ]        a dataset lies below all that it came from
                    |          /  |
    layer 1       [ dataset ]     :           an arrow that passes a layer has a lane of its own
                         |        :
    layer 2             [ dataset ]

Everything is in the order of the log unless fewer arrows cross otherwise, so that the same case
has the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.lineage import Lineage

__all__ = ["Arrow", "arrows_of", "layers_of", "route_of"]

_SWEEPS: Final = 8
"""Rounds of ordering; a picture that people read is settled after a few."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow with the words of all relations between the two."""

    older: str
    newer: str
    words: tuple[str, ...]


def arrows_of(lineage: Lineage) -> list[Arrow]:
    """Return one arrow for each pair; what would close a circle is turned downwards."""
    place = {key: number for number, key in enumerate(_topological(lineage))}
    pairs: dict[tuple[str, str], list[str]] = {}
    for edge in lineage.edges:
        if edge.older != edge.newer:
            pairs.setdefault((edge.older, edge.newer), []).append(edge.relation)
    arrows = []
    for (older, newer), relations in pairs.items():
        words = tuple(dict.fromkeys(relations))
        if place[older] < place[newer]:
            arrows.append(Arrow(older, newer, words))
        elif (newer, older) not in pairs:
            arrows.append(Arrow(newer, older, tuple(f"↑ {one}" for one in words)))
    return arrows


def _topological(lineage: Lineage) -> list[str]:
    """Return the nodes with each older one first, as far as no circle forbids it."""
    newer: dict[str, list[str]] = {key: [] for key in lineage.nodes}
    for edge in lineage.edges:
        newer[edge.older].append(edge.newer)
    done: dict[str, None] = {}
    seen: set[str] = set()
    for root in reversed(lineage.sources()):
        waiting = [(root, False)]
        while waiting:
            key, is_left = waiting.pop()
            if is_left:
                done[key] = None
            elif key not in seen:
                seen.add(key)
                waiting.append((key, True))
                waiting += [(one, False) for one in newer[key] if one not in seen]
    return list(reversed(done))


def layers_of(keys: Sequence[str], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Return the keys of nodes and lanes, layer by layer, from left to right."""
    return _ordered(_layered(keys, arrows), arrows)


def _layered(keys: Sequence[str], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Put each node below all that it came from, and a lane where an arrow passes a layer."""
    depth = dict.fromkeys(keys, 0)
    for _ in keys:  # at most as many rounds as the longest chain has nodes
        moved = False
        for one in arrows:
            if depth[one.newer] <= depth[one.older]:
                depth[one.newer], moved = depth[one.older] + 1, True
        if not moved:
            break
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for key in keys:
        layers[depth[key]].append(key)
    for one in arrows:
        for level in range(depth[one.older] + 1, depth[one.newer]):
            layers[level].append(_lane(one, level))
    return layers


def _lane(arrow: Arrow, level: int) -> str:
    return f"|{level}|{arrow.older}|{arrow.newer}"


def route_of(arrow: Arrow, level_of: Mapping[str, int]) -> list[str]:
    """Return the keys that an arrow passes, both ends included."""
    between = range(level_of[arrow.older] + 1, level_of[arrow.newer])
    return [arrow.older, *(_lane(arrow, level) for level in between), arrow.newer]


def _ordered(layers: list[list[str]], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Order each layer so that few arrows cross: by the middle of the neighbours, to and fro."""
    level_of = {key: level for level, keys in enumerate(layers) for key in keys}
    above: dict[str, list[str]] = {key: [] for key in level_of}
    below: dict[str, list[str]] = {key: [] for key in level_of}
    for one in arrows:
        route = route_of(one, level_of)
        for old, new in pairwise(route):
            below[old].append(new)
            above[new].append(old)
    for sweep in range(_SWEEPS):
        neighbours = below if sweep % 2 else above
        place = {key: at / max(len(keys), 1) for keys in layers for at, key in enumerate(keys)}
        for keys in layers:
            keys.sort(key=lambda key: _middle(key, neighbours, place))
            place |= {key: at / len(keys) for at, key in enumerate(keys)}
    return layers


def _middle(key: str, neighbours: Mapping[str, Sequence[str]], place: Mapping[str, float]) -> float:
    near = [place[one] for one in neighbours[key]]
    return sum(near) / len(near) if near else place[key]

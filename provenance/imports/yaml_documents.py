"""YAML of other tools, with every scalar as text.

To YAML ``1.10`` is the number 1.1, ``No`` is false, and a digest of digits alone is a number. A
key that is there twice is refused, as are merge keys; aliases and levels are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from provenance.errors import MalformedError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["MAX_ALIASES", "MAX_DEPTH", "parse_yaml"]

MAX_ALIASES: Final = 100
"""Aliases of one file; some use one or two to repeat the authors."""

MAX_DEPTH: Final = 32
"""Levels of one file; the format has five."""


class _Loader(yaml.BaseLoader):
    """Builds texts, lists and dicts and nothing else; refuses what two readers could read twice."""

    aliases = 0
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                raise TooLargeError(limit=MAX_ALIASES, length=self.aliases, unit="aliases")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLargeError(limit=MAX_DEPTH, length=self.depth, unit="levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 -- as yaml has it
    ) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name == "<<" or name in seen:
                place = f"{key.start_mark.name}:{key.start_mark.line + 1}"
                raise MalformedError(f"expected each key once, got {name!r:.60}", field=place)
            seen.add(name)
        return super().construct_mapping(node, deep)


def parse_yaml(octets: bytes, name: str, *, max_bytes: int) -> object:
    """Read one YAML document: texts, lists and dicts, and None where there is nothing.

    PyYAML reads half a megabyte a second, so ``max_bytes`` is a limit of time, too.

    Args:
        name: the file's name, for errors.

    Raises:
        MalformedError: not YAML in UTF-8, or a key that is there twice.
        TooLargeError: more bytes, levels or aliases than the limits.
    """
    if len(octets) > max_bytes:
        raise TooLargeError(limit=max_bytes, length=len(octets), unit="bytes", field=name)
    try:
        text = octets.decode("utf-8-sig")
        loader = _Loader(text)
        loader.name = name  # shown in the marks of what is wrong
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise MalformedError(f"expected YAML in UTF-8: {error}", field=name) from error
    try:
        document: object = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MalformedError(f"not YAML: {error.problem}", field=f"{name}:{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise MalformedError(f"not YAML: {error}", field=name) from error
    finally:
        loader.dispose()
    return document

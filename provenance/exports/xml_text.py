"""XML that any title survives: made by the standard library, without what XML 1.0 cannot hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Element", "add", "to_bytes"]

Element = ET.Element

_NO_CHARACTER: Final = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # XML 1.0 §2.2
)


def add(
    parent: Element | None, name: str, attributes: Mapping[str, str], text: str | None = None
) -> Element:
    """Append an element and return it; without a parent it is a root."""
    cleaned = {one: _clean(value) for one, value in attributes.items()}
    made = ET.Element(name, cleaned) if parent is None else ET.SubElement(parent, name, cleaned)
    made.text = None if text is None else _clean(text)
    return made


def to_bytes(root: Element) -> bytes:
    """Return the document in UTF-8, indented, with its declaration and a line end."""
    ET.indent(root)
    octets: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return octets + b"\n"


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("\ufffd", text)

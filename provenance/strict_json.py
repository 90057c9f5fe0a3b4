"""JSON in, values out, nothing lenient (RFC 8259; the record profile of ``docs/formats.md``).

    octets --tokenize--> any JSON value, as the RFC's grammar has it
    octets --parse-----> the record profile: also no duplicate member, integers only and
                         below 2^53 in size, NFC strings, limits of length and depth
    value  --Members---> typed reading of an object that must hold nothing else

The scanner is the standard library's, in C; the hooks and checks around it take away what it
adds to the RFC (NaN, Infinity, lone surrogates, the last of duplicate members winning). ``parse``
judges a good document in a few sweeps in C; only a document that is refused is walked in Python,
to name the member at fault.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypeVar, cast

from provenance.digests import from_hex
from provenance.errors import (
    MalformedError,
    MalformedJSONError,
    TooLargeError,
    UnsupportedVersionError,
)
from provenance.text import check_text, is_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "MAX_DIGITS",
    "MAX_INTEGER",
    "MAX_TOKEN_DEPTH",
    "JSONValue",
    "Members",
    "dump",
    "parse",
    "tokenize",
]

JSONValue: TypeAlias = "bool | int | str | list[JSONValue] | dict[str, JSONValue] | None"
"""What the record profile knows; there are no floating-point numbers in it."""

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON implementation keeps exactly (RFC 8259 §6, RFC 7493)."""

MAX_TOKEN_DEPTH = 128
"""Levels ``tokenize`` follows: far above any format of ours, far below the recursion limit."""

MAX_DIGITS = 4_000
"""Digits of an integer: more take quadratic time, and CPython itself refuses above 4,300."""

_T = TypeVar("_T")
# One that does not end counts as one to the end: looked for anew behind each of its quotation
# marks, it would take time with their square.
_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")


class _OutsideProfileError(Exception):
    """Leave the fast path; ``_refuse`` then finds out what exactly is wrong, and where."""


class _Outside:
    """Stands, in the slow path, for a number that the record profile does not know."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


class _Pairs(list[tuple[str, object]]):
    """The members of an object as they were written, duplicates included."""


def tokenize(octets: bytes) -> object:
    """Read one JSON text by the grammar of RFC 8259, with floats and the last duplicate member.

    Raises:
        MalformedJSONError: not UTF-8 (a byte order mark counts as such), not the grammar, a lone
            surrogate, a number too large for a double or with more than ``MAX_DIGITS`` digits.
        TooLargeError: more than ``MAX_TOKEN_DEPTH`` levels.
    """
    text = _decode(octets)
    _check_depth(text, MAX_TOKEN_DEPTH)
    value: object = _scan(_TOKENIZER, text)
    if "\\u" in text:  # only an escape can name half of a surrogate pair
        _refuse_surrogates(value)
    return value


def parse(octets: bytes, *, max_bytes: int, max_depth: int = 16) -> JSONValue:
    """Read one JSON text of the record profile.

    Args:
        max_bytes: length allowed, in bytes of UTF-8.
        max_depth: levels of arrays and objects allowed; a bare string has none.

    Raises:
        TooLargeError: longer or deeper than allowed.
        MalformedJSONError: see ``tokenize``; or a duplicate member, a number that is not an
            integer below 2^53 in size.
        NotNormalizedError: a string or member name that is not NFC in every runtime.
    """
    if len(octets) > max_bytes:
        raise TooLargeError(limit=max_bytes, length=len(octets), unit="bytes")
    text = _decode(octets)
    brackets = text.count("[") + text.count("{")
    if brackets > MAX_TOKEN_DEPTH:
        # the decoder recurses: with a recursion limit that some library raised, deep nesting
        # would overflow the stack and end the process before any error could be raised
        _check_depth(text, MAX_TOKEN_DEPTH)
    try:
        value = _decode_profile(text)
    except (_OutsideProfileError, ValueError, RecursionError):
        _refuse(text, max_depth)
    if brackets > max_depth and _is_deeper(value, max_depth):
        _check_depth(text, max_depth)
    if not _is_settled_document(text):
        _check_strings(value, None)
    return value


def dump(value: object) -> bytes:
    """Write ``value`` as compact UTF-8 JSON, members in the order given.

    Raises:
        MalformedJSONError: a number that is not finite, or a lone surrogate.
    """
    try:
        return _ENCODER.encode(value).encode()
    except ValueError as error:
        raise MalformedJSONError(str(error)) from error


# --- scanning -----------------------------------------------------------------------------


def _decode(octets: bytes) -> str:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSONError(
            f"expected UTF-8, got {error.reason} at byte {error.start}"
        ) from error
    if text.startswith("\ufeff"):
        raise MalformedJSONError("expected UTF-8 without a byte order mark")
    return text


def _scan(decoder: json.JSONDecoder, text: str) -> object:
    try:
        value: object = decoder.decode(text)
    except ValueError as error:
        raise MalformedJSONError(str(error)) from error
    except RecursionError as error:
        raise TooLargeError(limit=MAX_TOKEN_DEPTH, length=text.count("["), unit="levels") from error
    return value


def _decode_profile(text: str) -> JSONValue:
    """Decode one JSON text; without the two searches for white space where there is none."""
    try:
        value, end = _SCAN(text, 0)
    except StopIteration:  # how the scanner says that no value begins there
        value, end = None, -1
    return value if end == len(text) else cast("JSONValue", _PROFILE.decode(text))


def _is_settled_document(text: str) -> bool:
    """Tell, without looking at each, that all strings are settled; False when in doubt.

    Without escapes every string is a slice of the text between quotation marks, which neither
    combine nor reorder: the text is settled exactly when each of its strings is.
    """
    if text.isascii():
        return "\\u" not in text
    return "\\" not in text and is_settled(text)


def _is_deeper(value: JSONValue, limit: int) -> bool:
    if isinstance(value, dict):
        items: Iterable[JSONValue] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return False
    return limit < 1 or any(_is_deeper(item, limit - 1) for item in items)


def _check_depth(text: str, limit: int) -> None:
    if text.count("[") + text.count("{") <= limit:
        return
    depth = 0
    for bracket in _NOT_BRACKETS.sub("", _STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > limit:  # at once: whoever sends a million of them is not to cost more
            raise TooLargeError(limit=limit, length=depth, unit="levels")


def _refuse_constant(literal: str) -> NoReturn:
    raise MalformedJSONError(f"expected a JSON value, got {literal}")


def _read_integer(literal: str) -> int:
    if len(literal) > MAX_DIGITS:
        raise MalformedJSONError(f"expected at most {MAX_DIGITS} digits, got {len(literal)}")
    return int(literal)


def _read_float(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise MalformedJSONError(f"expected a number a double can hold, got {literal[:40]}")
    return number


def _profile_integer(literal: str) -> int:
    if len(literal) < 16:
        return int(literal)
    if len(literal) > 17 or not -MAX_INTEGER <= (number := int(literal)) <= MAX_INTEGER:
        raise _OutsideProfileError
    return number


def _profile_float(_: str) -> NoReturn:
    raise _OutsideProfileError


def _profile_object(pairs: list[tuple[str, JSONValue]]) -> dict[str, JSONValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _OutsideProfileError
    return members


_TOKENIZER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_read_integer, parse_float=_read_float
)
_PROFILE = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_int=_profile_integer,
    parse_float=_profile_float,
    object_pairs_hook=_profile_object,
)
# as ``JSONDecoder.raw_decode`` calls it, which the types of the standard library leave out
_SCAN: Callable[[str, int], tuple[JSONValue, int]] = vars(_PROFILE)["scan_once"]
_DIAGNOSIS = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_int=_Outside,
    parse_float=_Outside,
    object_pairs_hook=_Pairs,
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


# --- saying what is wrong, and where ------------------------------------------------------


def _refuse(text: str, max_depth: int) -> NoReturn:
    """Raise the error of the first value, in document order, that the profile refuses."""
    _check_depth(text, max_depth)
    _refuse_first(_scan(_DIAGNOSIS, text), None)
    raise MalformedJSONError("expected the record profile of JSON")


def _refuse_first(value: object, field: str | None) -> None:
    if isinstance(value, _Outside):
        number = value.literal
        if not re.fullmatch(r"-?\d{1,16}", number) or abs(int(number)) > MAX_INTEGER:
            raise MalformedJSONError(
                f"expected an integer below 2^53 in size, got {number[:40]}", field=field
            )
    elif isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, member in value:
            if name in seen:
                raise MalformedJSONError("expected the member once", field=_join(field, name))
            seen.add(name)
            _refuse_first(member, _join(field, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_first(item, f"{field or ''}[{index}]")


def _check_strings(value: object, field: str | None) -> None:
    if isinstance(value, str):
        check_text(value, field)
    elif isinstance(value, dict):
        for name, member in value.items():
            check_text(name, _join(field, name))
            _check_strings(member, _join(field, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_strings(item, f"{field or ''}[{index}]")


def _refuse_surrogates(value: object) -> None:
    for string in _strings(value):
        if not string.isascii() and any("\ud800" <= character <= "\udfff" for character in string):
            raise MalformedJSONError(f"expected pairs of surrogates, got {string[:40]!a}")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _join(field: str | None, name: str) -> str:
    """Name a member as people do: ``contributors[2].orcid``."""
    shown = name[:60] if name.isprintable() else ascii(name[:60])
    return shown if field is None else f"{field}.{shown}"


# --- reading strict objects ---------------------------------------------------------------


class Members:
    """An object read member by member, which must hold nothing but what was asked for.

    ``text``, ``integer`` ... want the member to be there; ``optional_text`` ... answer None when
    it is absent; ``nullable(name, members.object)`` answers None when it is there and null.
    After the last of them ``done()`` refuses what nobody asked for.
    """

    def __init__(self, value: object, field: str | None = None) -> None:
        """Wrap an object; ``field`` is its own path, None for the outermost.

        Raises:
            MalformedError: ``value`` is not an object.
        """
        if not isinstance(value, dict):
            raise MalformedError(f"expected an object, got {_kind(value)}", field=field)
        self._members: dict[str, JSONValue] = value
        self._field = field
        self._read: set[str] = set()

    def path(self, name: str) -> str:
        """Return the full path of a member, as ``contributors[2].orcid``."""
        return _join(self._field, name)

    def __contains__(self, name: str) -> bool:
        """Tell whether the member is there, null or not."""
        return name in self._members

    def value(self, name: str) -> JSONValue:
        """Return the member whatever it is."""
        self._read.add(name)
        try:
            return self._members[name]
        except KeyError:
            raise MalformedError("expected the member, got none", field=self.path(name)) from None

    def text(self, name: str, *, max_length: int = 1_000) -> str:
        """Return a string of 1 to ``max_length`` characters."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a string", value)
        if len(value) > max_length:
            raise TooLargeError(
                limit=max_length, length=len(value), unit="characters", field=self.path(name)
            )
        if not value:
            raise MalformedError("expected text, got an empty string", field=self.path(name))
        return value

    def literal(self, name: str, expected: str | int) -> None:
        """Check that the member is exactly ``expected``, type included."""
        value = self.value(name)
        if type(value) is not type(expected) or value != expected:
            raise MalformedError(f"expected {expected!r}, got {value!r:.80}", field=self.path(name))

    def check_version(self, format_name: str, version: int) -> None:
        """Check the members ``format`` and ``v``, which every file of ours begins with.

        Raises:
            UnsupportedVersionError: another format, or another version of it.
        """
        found = self.text("format", max_length=64)
        if found != format_name:
            raise UnsupportedVersionError(
                f"expected {format_name}, got {found}", field=self.path("format")
            )
        number = self.integer("v")
        if number != version:
            raise UnsupportedVersionError(f"expected {version}, got {number}", field=self.path("v"))

    def integer(self, name: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
        """Return an integer from ``low`` to ``high``, both included."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "an integer", value)
        if not low <= value <= high:
            raise MalformedError(f"expected {low} to {high}, got {value}", field=self.path(name))
        return value

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def array(self, name: str, *, max_items: int | None = None) -> list[JSONValue]:
        """Return an array of at most ``max_items`` values of any kind."""
        value = self.value(name)
        if not isinstance(value, list):
            raise self._wrong(name, "an array", value)
        if max_items is not None and len(value) > max_items:
            raise TooLargeError(
                limit=max_items, length=len(value), unit="items", field=self.path(name)
            )
        return value

    def texts(
        self, name: str, *, max_length: int = 1_000, max_items: int | None = None
    ) -> list[str]:
        """Return an array of strings, none of them empty."""
        texts: list[str] = []
        for index, item in enumerate(self.array(name, max_items=max_items)):
            item_name = f"{name}[{index}]"
            texts.append(
                Members({item_name: item}, self._field).text(item_name, max_length=max_length)
            )
        return texts

    def object(self, name: str) -> Members:
        """Return an object, to be read and ``done()`` in its turn."""
        return Members(self.value(name), self.path(name))

    def objects(self, name: str, *, max_items: int | None = None) -> list[Members]:
        """Return an array of objects."""
        items = self.array(name, max_items=max_items)
        return [Members(item, f"{self.path(name)}[{index}]") for index, item in enumerate(items)]

    def hex32(self, name: str) -> bytes:
        """Return 32 bytes, written as lower-case hex without ``0x``."""
        return from_hex(self.text(name, max_length=64), field=self.path(name))

    def optional(self, name: str, read: Callable[[str], _T]) -> _T | None:
        """Return ``read(name)``, or None when the member is absent (null is not absent)."""
        return read(name) if name in self._members else None

    def nullable(self, name: str, read: Callable[[str], _T]) -> _T | None:
        """Return ``read(name)``, or None when the member is null (absent is not null)."""
        return None if self.value(name) is None else read(name)

    def optional_text(self, name: str, *, max_length: int = 1_000) -> str | None:
        """Return as ``text`` does, or None when absent."""
        return self.text(name, max_length=max_length) if name in self else None

    def done(self) -> None:
        """Refuse a member that was not asked for.

        Raises:
            MalformedError: with the full path of the first such member.
        """
        for name in self._members:
            if name not in self._read:
                raise MalformedError("unknown member", field=self.path(name))

    def _wrong(self, name: str, expected: str, value: JSONValue) -> MalformedError:
        return MalformedError(f"expected {expected}, got {_kind(value)}", field=self.path(name))


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {
        dict: "an object",
        list: "an array",
        str: "a string",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), "something else")

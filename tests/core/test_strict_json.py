"""Strict JSON, judged by JSONTestSuite, by the standard library and by its own slow path."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_vectors import vector_path

from provenance.errors import (
    MalformedError,
    MalformedJSONError,
    NotNormalizedError,
    TooLargeError,
)
from provenance.strict_json import (
    MAX_DIGITS,
    MAX_INTEGER,
    MAX_TOKEN_DEPTH,
    Members,
    dump,
    parse,
    tokenize,
)
from provenance.text import REFUSED, nfc

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 65_535

# What RFC 8259 leaves to the implementation, decided. Every other ``i_`` file is refused.
TOKENIZER_ACCEPTS = {
    # an integer of any size is one value, and Python keeps it exactly
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    # so small that the nearest double is 0: rounded, as every fraction is
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
}
TOKENIZER_REFUSES = {
    # no double is near, and infinity would be another value than the one written
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    # half of a surrogate pair is no character: it could not be written back as UTF-8
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
    # not UTF-8, the only encoding (RFC 8259 §8.1)
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_invalid_utf-8.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    # a byte order mark is not part of the grammar, and a digest over the bytes would differ
    "i_structure_UTF-8_BOM_empty_object.json",
    # deeper than MAX_TOKEN_DEPTH
    "i_structure_500_nested_arrays.json",
}
# What the tokenizer must accept and the record profile refuses: these 17 and no other.
OUTSIDE_THE_PROFILE = {
    # not written as an integer
    "y_number.json",
    "y_number_0e+1.json",
    "y_number_0e1.json",
    "y_number_double_close_to_zero.json",
    "y_number_int_with_exp.json",
    "y_number_real_capital_e.json",
    "y_number_real_capital_e_neg_exp.json",
    "y_number_real_capital_e_pos_exp.json",
    "y_number_real_exponent.json",
    "y_number_real_fraction_exponent.json",
    "y_number_real_neg_exp.json",
    "y_number_real_pos_exponent.json",
    "y_number_simple_real.json",
    "y_object_extreme_numbers.json",
    "y_structure_lonely_negative_real.json",
    # a member twice
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
}


def cases(prefix: str) -> dict[str, bytes]:
    folder: Path = vector_path("jsontestsuite/test_parsing")
    return {path.name: path.read_bytes() for path in sorted(folder.glob(f"{prefix}*"))}


def is_token(octets: bytes) -> bool:
    try:
        tokenize(octets)
    except MalformedError:
        return False
    return True


def is_profile(octets: bytes) -> bool:
    try:
        parse(octets, max_bytes=LIMIT)
    except MalformedError:
        return False
    return True


def test_the_tokenizer_accepts_what_every_parser_must() -> None:
    good = cases("y_")

    assert [name for name, octets in good.items() if not is_token(octets)] == []
    assert len(good) == 95


def test_the_tokenizer_refuses_what_every_parser_must() -> None:
    bad = cases("n_")

    assert [name for name, octets in bad.items() if is_token(octets)] == []
    assert len(bad) == 188


def test_what_the_rfc_leaves_open_is_decided_file_by_file() -> None:
    open_cases = cases("i_")

    accepted = {name for name, octets in open_cases.items() if is_token(octets)}

    assert accepted == TOKENIZER_ACCEPTS
    assert open_cases.keys() - accepted == TOKENIZER_REFUSES
    assert len(open_cases) == 35


def test_the_profile_refuses_exactly_these_of_what_every_parser_must_accept() -> None:
    refused = {name for name, octets in cases("y_").items() if not is_profile(octets)}

    assert refused == OUTSIDE_THE_PROFILE
    assert len(refused) == 17


@pytest.mark.parametrize("prefix", ["n_", "i_"])
def test_the_profile_accepts_nothing_else_of_the_suite(prefix: str) -> None:
    assert [name for name, octets in cases(prefix).items() if is_profile(octets)] == []


def test_values_equal_those_of_the_standard_library() -> None:
    for octets in cases("y_").values():
        assert tokenize(octets) == json.loads(octets)


def test_two_spellings_of_a_member_name_do_not_pass_for_one() -> None:
    folder = vector_path("jsontestsuite/test_transform")

    for name in ("object_key_nfc_nfd.json", "object_key_nfd_nfc.json"):
        with pytest.raises(NotNormalizedError):
            parse((folder / name).read_bytes(), max_bytes=LIMIT)


# --- properties ---------------------------------------------------------------------------

refused_below_10ff = "".join(
    chr(point) for first, last in REFUSED for point in range(first, last + 1) if point <= 0x10FF
)
settled_text = st.text(
    st.characters(codec="utf-8", max_codepoint=0x10FF, exclude_characters=refused_below_10ff),
    max_size=8,
).map(nfc)
profile_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | settled_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(settled_text, inner, max_size=4),
    max_leaves=12,
)
TOKENS = [b"{", b"}", b"[", b"]", b",", b":", b" ", b"1", b"-0", b"1.0", b"9007199254740992"]
TOKENS += [b"NaN", b"null", b'"a"', b'"b"', b'"\\u0301"', b'"e\xcc\x81"', b'"\xc3\xa9"']
TOKENS += [b'"\\ud800"', b'"\\n"', b'"\\n\xcc\x81"']
json_like = st.lists(st.sampled_from(TOKENS), max_size=14).map(b"".join)


@given(profile_values)
def test_what_is_dumped_is_parsed_again(value: object) -> None:
    octets = dump(value)

    assert parse(octets, max_bytes=LIMIT, max_depth=64) == value
    assert tokenize(octets) == value


@given(profile_values)
def test_escapes_do_not_change_the_value(value: object) -> None:
    assert parse(json.dumps(value).encode(), max_bytes=LIMIT, max_depth=64) == value


@given(st.binary(max_size=60) | json_like)
def test_nothing_but_a_malformed_error_comes_out(octets: bytes) -> None:
    with contextlib.suppress(MalformedError):
        tokenize(octets)
    with contextlib.suppress(MalformedError):
        parse(octets, max_bytes=40, max_depth=3)


def check_every_string(value: object) -> None:
    if isinstance(value, str):
        assert nfc(value) == value
    elif isinstance(value, dict):
        for member in value.values():
            check_every_string(member)
    elif isinstance(value, list):
        for item in value:
            check_every_string(item)


def reference_parse(octets: bytes) -> object:
    """Say the record profile once more and slowly, looking at every string and pair."""

    def pairs(members: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in members]
        assert len(set(names)) == len(names)
        assert [nfc(name) for name in names] == names
        return dict(members)

    def integer(literal: str) -> int:
        assert abs(int(literal)) <= MAX_INTEGER
        return int(literal)

    def refuse(_: str) -> object:
        raise AssertionError

    value = json.loads(
        octets,
        object_pairs_hook=pairs,
        parse_int=integer,
        parse_float=refuse,
        parse_constant=refuse,
    )
    check_every_string(value)
    return value


@settings(max_examples=200)
@given(json_like | profile_values.map(dump) | profile_values.map(lambda v: json.dumps(v).encode()))
def test_the_fast_path_decides_as_the_slow_one(octets: bytes) -> None:
    try:
        expected = reference_parse(octets)
    except (AssertionError, ValueError, MalformedError):
        assert not is_profile(octets)
    else:
        assert parse(octets, max_bytes=LIMIT, max_depth=64) == expected


# --- the profile, rule by rule ------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "field"),
    [
        (b'{"a":[1,{"b":1.5}]}', "a[1].b"),
        (b'{"a":1e2}', "a"),
        (b'{"a":9007199254740992}', "a"),
        (b'{"a":-9007199254740992}', "a"),
        (b'{"a":%s}' % (b"9" * 5_000), "a"),
        (b'{"a":{"b":1,"b":1}}', "a.b"),
        (b'{"a":{"b":1,"\\u0062":1}}', "a.b"),
        (b'{"a":1,"x":"e\xcc\x81"}', "x"),
        (b'{"a":1,"x":"\\u0065\\u0301"}', "x"),
        (b'{"a":[0,"\xf0\x96\xb5\xa7"]}', "a[1]"),
        (b'{"a":["\\ud800"]}', "a[0]"),
        (b'{"a":{"\xe2\x84\xab":1}}', "a.\u212b"),
        (b"1.5", None),
    ],
)
def test_an_error_names_the_member(octets: bytes, field: str | None) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(octets, max_bytes=LIMIT)

    assert caught.value.field == field


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_the_outermost_integers_are_kept(number: int) -> None:
    assert parse(str(number).encode(), max_bytes=LIMIT) == number


def test_a_combining_mark_after_an_escape_is_judged_by_its_string() -> None:
    # in the raw text the mark follows the letter n; in the string it follows a line feed
    assert parse('"\\n\u0301"'.encode(), max_bytes=LIMIT) == "\n\u0301"
    with pytest.raises(NotNormalizedError):
        parse('"n\u0301"'.encode(), max_bytes=LIMIT)


def test_a_combining_mark_may_begin_a_string() -> None:
    assert parse('["\u0301","\u0338"]'.encode(), max_bytes=LIMIT) == ["\u0301", "\u0338"]


def test_a_document_of_exactly_the_limit_is_read() -> None:
    assert parse(b'"abcdef"', max_bytes=8) == "abcdef"
    with pytest.raises(TooLargeError) as caught:
        parse(b'"abcdefg"', max_bytes=8)
    assert (caught.value.limit, caught.value.length) == (8, 9)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":[', b"]}")])
def test_depth_is_counted_exactly(opening: bytes, closing: bytes) -> None:
    levels = 12 // len(opening.replace(b'"a":', b""))
    deep = opening * levels + closing * levels

    assert parse(deep, max_bytes=LIMIT, max_depth=12) is not None
    with pytest.raises(TooLargeError) as caught:
        parse(b"[" + deep + b"]", max_bytes=LIMIT, max_depth=12)
    assert (caught.value.limit, caught.value.length) == (12, 13)


def test_brackets_in_strings_and_side_by_side_are_not_depth() -> None:
    assert parse(b'["[[[[\\"[[[["' + b",[]" * 40 + b"]", max_bytes=LIMIT, max_depth=2) is not None


def test_depth_that_would_exhaust_the_stack_is_too_large() -> None:
    for octets in (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000):
        with pytest.raises(MalformedError):
            tokenize(octets)
        with pytest.raises(MalformedError):
            parse(octets, max_bytes=1_000_000)


def test_the_tokenizer_stops_at_its_own_limits() -> None:
    assert tokenize(b"[" * MAX_TOKEN_DEPTH + b"]" * MAX_TOKEN_DEPTH) is not None
    assert tokenize(b"9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
    with pytest.raises(MalformedJSONError):
        tokenize(b"9" * (MAX_DIGITS + 1))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_dump_writes_no_json_that_others_refuse(value: object) -> None:
    with pytest.raises(MalformedJSONError):
        dump(value)


def test_dump_is_compact_utf8_in_the_given_order() -> None:
    assert dump({"b": 1, "a": ["数据", None, True]}) == '{"b":1,"a":["数据",null,true]}'.encode()


# --- typed reading ------------------------------------------------------------------------


def test_members_are_read_by_type() -> None:
    members = Members(
        {
            "t": "x",
            "i": 5,
            "b": False,
            "a": [1],
            "o": {"h": "ab" * 32},
            "s": ["x"],
            "os": [{}],
            "n": None,
        }
    )

    assert members.text("t") == "x"
    assert members.integer("i", low=5, high=5) == 5
    assert members.boolean("b") is False
    assert members.array("a") == [1]
    inner = members.object("o")
    assert inner.hex32("h") == b"\xab" * 32
    inner.done()
    assert members.texts("s") == ["x"]
    assert len(members.objects("os")) == 1
    assert members.nullable("n", members.text) is None
    assert members.optional_text("absent") is None
    assert members.optional("absent", members.hex32) is None
    members.done()


@pytest.mark.parametrize("wrong", [None, True, 1, "x", [], {}])
@pytest.mark.parametrize(
    ("read", "right"),
    [("text", str), ("integer", int), ("boolean", bool), ("array", list), ("object", dict)],
)
def test_a_member_of_another_type_is_refused_by_name(read: str, right: type, wrong: object) -> None:
    members = Members({"m": wrong}, "outer")
    if type(wrong) is right:
        getattr(members, read)("m")
        return

    with pytest.raises(MalformedError) as caught:
        getattr(members, read)("m")

    assert caught.value.field == "outer.m"


@pytest.mark.parametrize(
    ("value", "read", "field"),
    [
        ({}, lambda m: m.text("t"), "t"),
        ({"t": ""}, lambda m: m.text("t"), "t"),
        ({"t": "abc"}, lambda m: m.text("t", max_length=2), "t"),
        ({"t": 6}, lambda m: m.integer("t", high=5), "t"),
        ({"t": -1}, lambda m: m.integer("t"), "t"),
        ({"t": [1, 2]}, lambda m: m.array("t", max_items=1), "t"),
        ({"t": ["x", 1]}, lambda m: m.texts("t"), "t[1]"),
        ({"t": [{}, 1]}, lambda m: m.objects("t"), "t[1]"),
        ({"t": [{}, {"a": 1}]}, lambda m: m.objects("t")[1].done(), "t[1].a"),
        ({"t": "AB" * 32}, lambda m: m.hex32("t"), "t"),
        ({"t": "ab" * 31}, lambda m: m.hex32("t"), "t"),
        ({"t": "ab" * 33}, lambda m: m.hex32("t"), "t"),
        ({"t": True}, lambda m: m.literal("t", 1), "t"),
        ({"t": "y"}, lambda m: m.literal("t", "x"), "t"),
        ({"t": None}, lambda m: m.optional_text("t"), "t"),
        ({}, lambda m: m.nullable("t", m.text), "t"),
        ({"t": 1, "u": 2}, lambda m: (m.integer("t"), m.done()), "u"),
        ({"\n": 1}, lambda m: m.done(), r"'\n'"),
    ],
)
def test_members_name_what_is_wrong(value: object, read: object, field: str) -> None:
    assert callable(read)
    with pytest.raises(MalformedError) as caught:
        read(Members(value))

    assert caught.value.field == field


@pytest.mark.parametrize("value", [None, True, 1, "x", [], 1.5])
def test_only_an_object_has_members(value: object) -> None:
    with pytest.raises(MalformedError) as caught:
        Members(value, "record")

    assert caught.value.field == "record"


def test_deep_nesting_is_refused_even_where_the_recursion_limit_was_raised() -> None:
    # in a process of its own: what this guards against is a crash of the interpreter
    code = """
import sys
import time
from provenance import strict_json
from provenance.errors import TooLargeError
sys.setrecursionlimit(1_000_000)
for text in (b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 200_000 + b"1" + b"}" * 200_000):
    try:
        strict_json.parse(text, max_bytes=1 << 22)
    except TooLargeError:
        continue
    sys.exit(1)
"""

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("opening", [b"[" * 129, b"[]" * 20])
def test_a_string_without_an_end_costs_no_more_than_its_length(opening: bytes) -> None:
    octets = opening + b'"' + b'\\"' * 100_000

    began = time.process_time()
    with pytest.raises(MalformedError):
        parse(octets, max_bytes=len(octets))

    assert time.process_time() - began < 2  # with the square of its length: many minutes

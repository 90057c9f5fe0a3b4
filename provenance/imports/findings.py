"""What a source says about people and licence, gathered into the shape of ``deposit --metadata``.

Each claim passes the rule that a record has for it, before it is taken. What does not pass, and
what a deposit has no place for, becomes a remark: it is left out, and the user is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError, NotNormalizedError
from provenance.identifiers import RELATIONS
from provenance.imported import N_, Imported, remark
from provenance.imports.licences import spdx_of
from provenance.imports.naming import identifier_in, identifier_of, orcid_in, pointer, ror_in
from provenance.imports.roles import credit_role, is_contribution, role_of_type
from provenance.record_checks import MAX_CONTRIBUTORS
from provenance.record_types import TYPES
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.fingerprint import DeclaredEntry, FileEntry
    from provenance.imported import Remark

__all__ = ["Findings", "Person", "name_of_parts", "shown"]

_MOST_ITEMS: Final = 100
"""Identifiers or relations of one record."""

_SHORT_VALUE: Final = 40

_DEPOSIT: Final = TYPES["deposit"]
_CHECKS: Final = {**_DEPOSIT.plain, **_DEPOSIT.disclosable}
_RELATIONS: Final = {
    "isderivedfrom": "wasDerivedFrom",
    "isnewversionof": "wasRevisionOf",
    "isidenticalto": "alternateOf",
    "isvariantformof": "alternateOf",
    "isoriginalformof": "alternateOf",
    "isversionof": "specializationOf",
}
"""DataCite relation type, in lower case -> word of PROV-O that says the same."""


@dataclass(slots=True)
class Person:
    """Somebody whom a source names; ``kinds`` are roles in the source's own words."""

    name: str | None
    orcid: str | None = None
    ror: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    id: str = ""
    """What the source itself calls this person, where it has such names."""
    among: str = ""
    """The list that names this person, as ``creators``; set when it is taken."""


def name_of_parts(given: str | None, family: str | None) -> str | None:
    """Return a name from its parts as it is displayed: ``Josephine Doe``, ``王小明``."""
    parts = [part for part in (given, family) if part]
    if len(parts) == 2 and all(map(_is_east_asian, "".join(parts).replace(" ", ""))):
        return f"{family}{given}"
    return " ".join(parts) or None


def _is_east_asian(character: str) -> bool:
    # Han, kana and hangul, whose bearers put the family first and no space between
    return (
        "\u3040" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7a3"
        or ("\U00020000" <= character <= "\U0003ffff")
    )


def shown(names: Iterable[str], most: int = 3) -> str:
    """Return the first few names of many, for a sentence."""
    listed = [_short(name) for name in names]
    more = f" … (+{len(listed) - most})" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


class Findings:
    """Collects claims and remarks; ``imported`` gives them with the files."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.remarks: list[Remark] = []
        self._said: set[str] = set()
        self._claims: dict[str, object] = {}
        self._people: list[Person] = []
        self._identifiers: list[dict[str, str]] = []
        self._relations: list[dict[str, str]] = []
        self._homeless: dict[str, None] = {}

    def note(self, key: str, **facts: object) -> None:
        """Add a remark, once; mark the sentence with ``N_``."""
        said = remark(key, **{name: _printable(fact) for name, fact in facts.items()})
        if said not in self._said:
            self._said.add(said)
            self.remarks.append(said)

    def no_place(self, *names: str) -> None:
        """Name members that were found and that no deposit can carry; told in one sentence."""
        self._homeless.update(dict.fromkeys(names))

    def unplaced(self, members: Mapping[str, object], names: Iterable[str]) -> None:
        """Name those of some members that are there, a short text with its value."""
        for name in names:
            value = members.get(name)
            if isinstance(value, str) and 0 < len(value) <= _SHORT_VALUE:
                self.no_place(f"{name} = {_short(value)}")
            elif value:
                self.no_place(name)

    # --- single claims ----------------------------------------------------------------------

    def title(self, text: str | None, where: str) -> None:
        """Take the title, its white space made single spaces."""
        line = self._line(text, where)
        if line and self._passes("title", line, where):
            self._claims.setdefault("title", line)

    def version(self, value: object, where: str) -> None:
        """Take which version it is: a text, or a whole number; 1.10 as a number is 1.1."""
        if type(value) is int:  # no truth value
            value = str(value)
        line = self._line(value, where) if isinstance(value, str) else None
        if line and self._passes("version", line, where):
            self._claims.setdefault("version", line)
        elif value and line is None:
            self.no_place(where)

    def access(self, level: str | None) -> None:
        """Take one of ``deposit_types.ACCESS_LEVELS``; None is passed over."""
        if level is not None and self._passes("access", level, "access"):
            self._claims["access"] = level

    def licences(self, choices: list[list[str]], *, joined_by: str | None = None) -> None:
        """Take the licence.

        Args:
            choices: for each licence named there, how it is named: address, identifier, title.
            joined_by: ``OR`` where the source says how several stand to one another.
        """
        found: list[str] = []
        for spellings in choices:
            known = list(dict.fromkeys(filter(None, map(spdx_of, spellings))))
            if len(known) != 1:  # no name is one of SPDX, or two names are not of one licence
                self.note(
                    N_("The licence {name} is not certainly one of SPDX: give it with --license."),
                    name=shown(known or spellings[:1]) or "?",
                )
                return
            found += [one for one in known if one not in found]
        if len(found) > 1 and joined_by is None:
            self.note(
                N_("Several licences are named ({names}): give the right one with --license."),
                names=shown(found),
            )
            return
        whole = f" {joined_by} ".join(f"({one})" if " " in one else one for one in found)
        if len(found) == 1:
            whole = found[0]
        if whole and self._passes("license", whole, "license"):
            self._claims["license"] = whole

    # --- lists ------------------------------------------------------------------------------

    def person(self, person: Person, where: str) -> None:
        """Take a contributor; somebody named before gets the further roles."""
        name = self._line(person.name, where)
        if not name:
            if not (person.name or "").strip():
                self.note(N_("{field}: a contributor without a name is left out."), field=where)
            return
        person.name, person.among = name, where.partition("[")[0]
        self._translate_kinds(person)
        known = next((one for one in self._people if _is_same(one, person)), None)
        if known is not None:
            known.orcid = known.orcid or person.orcid
            known.ror += [one for one in person.ror if one not in known.ror]
            known.roles += [one for one in person.roles if one not in known.roles]
            return
        others = [kind for kind in person.kinds if not is_contribution(kind)]
        if others and not person.roles and len(others) == len(person.kinds):
            self.note(
                N_("{name} is no contributor here, since {role} is no part in making the data."),
                name=name,
                role=shown(others),
            )
        elif self._fits(person, where):
            self._people.append(person)

    def orcid(self, text: str | None, where: str) -> str | None:
        """Return the ORCID iD that a source states, or None and a remark if it is none."""
        if text is None:
            return None
        found = orcid_in(text)
        if found is None:
            self._refused(where, f"not an ORCID iD: {text[:60]!r}")
        return found

    def ror(self, texts: Iterable[str], where: str) -> list[str]:
        """Return the ROR ids among addresses; one that says to be a ROR id and is none is told."""
        found = []
        for text in texts:
            known = ror_in(text)
            if known is not None and known not in found:
                found.append(known)
            elif known is None and "ror.org" in text.lower():
                self._refused(where, f"not a ROR id: {text[:60]!r}")
        return found

    def stated_ror(self, text: str, where: str) -> list[str]:
        """Return a ROR id, or an address of one, that stands where nothing else may."""
        return self.ror([text if "ror.org" in text else f"https://ror.org/{text}"], where)

    def identifier(self, text: str | None, where: str, kind: str | None = None) -> None:
        """Take a name of the dataset; without ``kind`` it must say by itself what it is."""
        if text is None or not text.strip():
            return
        found = identifier_in(text) if kind is None else identifier_of(kind, text)
        if found is None:
            self.no_place(f"{where} = {_short(text)}")
            return
        self._add(self._identifiers, {"type": found[0], "value": found[1]}, "identifiers", where)

    def relation(
        self, kind: str, text: str, where: str, identifier_kind: str | None = None
    ) -> None:
        """Take a relation: a DataCite relation type, or a word of PROV-O, and where it points."""
        word = _RELATIONS.get(kind.lower())
        if word is None and kind not in RELATIONS:
            self.no_place(f"{where}: {kind} {_short(text)}")
            return
        found = identifier_in(text)
        if found is None and identifier_kind is not None:
            found = identifier_of(identifier_kind, text)
        if found is None:
            self._refused(where, f"not an identifier: {text[:60]!r}")
            return
        claim = {"relation": word or kind, "identifier": pointer(*found)}
        self._add(self._relations, claim, "relations", where)

    # --- the end ----------------------------------------------------------------------------

    def imported(
        self,
        source: str,
        entries: tuple[FileEntry, ...] | tuple[DeclaredEntry, ...] = (),
        *,
        data: str | None = None,
        places: Mapping[str, str] | None = None,
    ) -> Imported:
        """Return all that was found; ``data`` and ``places`` as in ``Imported``."""
        claims = dict(self._claims)
        if self._people:
            claims["contributors"] = [_claim(one) for one in self._people]
        if self._identifiers:
            claims["identifiers"] = list(self._identifiers)
        if self._relations:
            claims["relations"] = list(self._relations)
        if self._homeless:
            self.note(
                N_("Found, but a deposit has no place for it: {things}."),
                things=shown(self._homeless, 12),
            )
        return Imported(source, entries, claims, tuple(self.remarks), data, places or {})

    # --- inside -----------------------------------------------------------------------------

    def _translate_kinds(self, person: Person) -> None:
        for kind in person.kinds:
            role = credit_role(kind) or role_of_type(kind)
            if role is None and is_contribution(kind):
                self.note(
                    N_("{name}: the role {role} is none of CRediT and is left out."),
                    name=person.name,
                    role=_short(kind),
                )
            elif role is not None and role not in person.roles:
                person.roles.append(role)

    def _fits(self, person: Person, where: str) -> bool:
        if len(self._people) >= MAX_CONTRIBUTORS:
            self.note(
                N_("Only the first {count} contributors are taken; more need their own records."),
                count=MAX_CONTRIBUTORS,
            )
            return False
        try:
            _DEPOSIT.elements["contributors"](_claim(person), where)
        except MalformedError as error:
            self._refused(where, _reason(error))
            return False
        return True

    def _add(
        self, claims: list[dict[str, str]], claim: dict[str, str], name: str, where: str
    ) -> None:
        if claim in claims or not self._passes(name, [claim], where):
            return
        if len(claims) >= _MOST_ITEMS:
            self.no_place(f"{where}: {_short(claim.get('value', claim.get('identifier', '')))}")
            return
        claims.append(claim)

    def _line(self, text: str | None, where: str) -> str | None:
        if text is None:
            return None
        try:
            return nfc(" ".join(text.split()), where)
        except NotNormalizedError as error:
            self._refused(where, _reason(error))
            return None

    def _passes(self, name: str, value: object, where: str) -> bool:
        try:
            _CHECKS[name](value, where)
        except MalformedError as error:
            self._refused(where, _reason(error))
            return False
        return True

    def _refused(self, where: str, reason: str) -> None:
        self.note(N_("{field} is left out: {reason}."), field=where, reason=reason)


def _is_same(one: Person, other: Person) -> bool:
    """Tell whether two are one; two of a name in one list are two people, as 王伟 often are."""
    if one.orcid and other.orcid:
        return one.orcid == other.orcid
    if one.id and other.id:
        return one.id == other.id
    return one.name == other.name and one.among != other.among


def _claim(person: Person) -> dict[str, object]:
    claim = {"name": person.name, "orcid": person.orcid, "ror": person.ror, "roles": person.roles}
    return {name: value for name, value in claim.items() if value}


def _reason(error: MalformedError) -> str:
    said = str(error)
    return said if error.field is None else said.removeprefix(f"{error.field}: ")


def _short(text: str) -> str:
    """Return a text of the source so that it fits into a sentence and cannot disturb it."""
    plain = str(_printable(" ".join(text.split())))
    return plain if len(plain) <= 60 else plain[:59] + "…"


def _printable(fact: object) -> object:
    """Return a text without what a terminal would obey instead of show."""
    if not isinstance(fact, str) or fact.isprintable():
        return fact
    return repr(fact)[1:-1]

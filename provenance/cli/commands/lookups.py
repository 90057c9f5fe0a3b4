"""``lookup``: which deposits contain some data, oldest first.

A digest is never sent whole. The service is asked for everything that begins with the same 16
bits, and what is meant is picked out here: one digest in 65,536 begins so, which makes the
question small and tells little. A fixed length, since a longer one for fewer hits would tell more
the more often it is used.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provenance.cli.application import Application
from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import AsJson, LedgerURL
from provenance.cli.files import make_output_folder, write_file
from provenance.cli.language import N_, _, current
from provenance.cli.output import print_fields, print_json, say, when
from provenance.client import LedgerClient
from provenance.digests import from_hex
from provenance.errors import MalformedError, VerificationError
from provenance.file_proof import file_proof, verify_file_proof
from provenance.fingerprint import check_published, parse_manifest
from provenance.identifiers import bare_doi, bare_orcid, bare_ror
from provenance.receipt import Receipt
from provenance.record import deposit_of, parse_record
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.file_proof import FileProof
    from provenance.fingerprint import Summary

__all__ = ["PREFIX_DIGITS", "register"]

PREFIX_DIGITS = 4
"""Hex digits of a digest that the service gets to see."""

_THUMBPRINT = re.compile("[A-Za-z0-9_-]{43}")

_LEVELS = {
    "unbound": N_("no binding shown"),
    "self-asserted": N_("self-asserted"),
    "institution-bound": N_("bound by an institution"),
}
_ASSURANCE = {
    "declared": N_("declared: taken from elsewhere, and no identity"),
    "imported": N_("imported: taken from a source, hashed by nobody here"),
    "sampled": N_("sampled: some files were hashed, the others taken from a source"),
    "rehashed": N_("rehashed: the depositor hashed every file"),
}
_FOUND_AS = {
    "dataset": N_("the whole dataset"),
    "file": N_("a file of the dataset, by its published manifest"),
    "record": N_("about this record"),
    "opened": N_("sealed before, and opened by this record"),
}

_BARE = {"orcid": bare_orcid, "doi": bare_doi, "institution": bare_ror}

_Hit = dict[str, Any]  # JSON, as somebody's service gives it


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("lookup", lookup, help=_("Find deposits by digest, file or key, oldest first."))


def lookup(
    ledger: LedgerURL,
    what: Annotated[
        str | None,
        typer.Argument(metavar="DIGEST|KEY|PATH", help=_("A digest, a key, or data to hash.")),
    ] = None,
    orcid: Annotated[
        str | None,
        typer.Option("--orcid", metavar="ORCID", help=_("Who is named or signs with this iD.")),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help=_("The same by the whole name, and weaker.")),
    ] = None,
    doi: Annotated[
        str | None,
        typer.Option("--doi", metavar="DOI", help=_("What its depositor says has this DOI.")),
    ] = None,
    institution: Annotated[
        str | None,
        typer.Option(
            "--institution",
            metavar="ROR|NAME|KEY",
            help=_("What keys signed that an institution bound, and what names it."),
        ),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(
            "--proof",
            metavar="FOLDER",
            help=_("Fetch receipt and proof of each file that is found, into this folder."),
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the records that answer, in the order in which they entered the log.

    Of a digest, only the first 16 bits are sent.
    """
    if [what, orcid, name, doi, institution].count(None) != 4:
        raise MalformedError(
            "expected exactly one of it, --orcid, --name, --doi and --institution", field="WHAT"
        )
    digest = None if what is None else _digest_asked(what)
    with LedgerClient(ledger, language=current()) as client:
        if what is None:
            hits = _by_name(client, orcid=orcid, name=name, doi=doi, institution=institution)
        else:
            hits = _by_key(client, what) if digest is None else _by_digest(client, digest)
        if proof is not None and digest is not None:
            _prove(client, hits, digest, proof)
    if as_json:
        print_json(hits)
        return
    if not hits:
        say(_("Nothing in this log. That proves nothing about other logs."))
        return
    for hit in hits:
        _print_hit(hit)
    say(_("As the service says, which may leave some out: fetch the receipts and verify them."))


def _digest_asked(what: str) -> bytes | None:
    """Return the digest that is meant, None for a key.

    Raises:
        MalformedError: neither of them.
    """
    if Path(what).exists():
        return _digest_of(Path(what))
    if len(what) == 64:
        return from_hex(what, field="DIGEST")
    if _THUMBPRINT.fullmatch(what):
        return None
    raise MalformedError(
        f"{what!a:.100} is no file or folder here, and neither a digest nor a key's thumbprint",
        field="DIGEST|KEY|PATH",
    )


def _digest_of(path: Path) -> bytes:
    # imported here: hashing brings processes and threads along
    from provenance.files.walk import fingerprint_dataset, hash_dataset  # noqa: PLC0415

    with hashing_progress() as on_progress:
        if path.is_file():
            # a lone file is looked up by its own digest: that finds it inside other datasets too
            (entry,) = hash_dataset(path, on_progress=on_progress)
            return entry.sha256
        return fingerprint_dataset(path, on_progress=on_progress).digest


# --- asking -----------------------------------------------------------------------------------


def _by_key(client: LedgerClient, key: str) -> list[_Hit]:
    return [_checked(hit) for hit in client.lookup(key=key)]


def _by_name(client: LedgerClient, **asked: str | None) -> list[_Hit]:
    """Ask for what names a person, a DOI or an institution, or was signed under that name."""
    ((kind, text),) = ((kind, text) for kind, text in asked.items() if text is not None)
    bare = _BARE.get(kind, str.strip)(text)
    return [_checked(hit) for hit in client.lookup(**{kind: nfc(bare)})]


def _by_digest(client: LedgerClient, digest: bytes) -> list[_Hit]:
    """Ask by the first digits; keep what has all of them, oldest first."""
    wanted = digest.hex()
    found = client.lookup(digest_prefix=wanted[:PREFIX_DIGITS])
    hits = [_checked(hit) for hit in found if hit.get("digest") == wanted]
    return sorted(hits, key=lambda hit: int(hit["leaf_index"]))


def _checked(hit: _Hit) -> _Hit:
    for name, kind in (("leaf_index", int), ("claimed_at", int), ("id", str), ("key", str)):
        value = hit.get(name)
        if not isinstance(value, kind):
            raise MalformedError(
                f"the service gave {value!a:.40}, expected {kind.__name__}", field=name
            )
    from_hex(hit["id"], field="id")
    return hit


# --- proving ----------------------------------------------------------------------------------


def _prove(client: LedgerClient, hits: list[_Hit], digest: bytes, folder: Path) -> None:
    """Fetch what proves each hit of a file, and note in the hit where it lies."""
    make_output_folder(folder)
    for hit in hits:
        if hit.get("of") != "file":
            continue
        record_id = hit["id"]
        octets = client.receipt(record_id)
        made = _proof_of(client.manifest(record_id), _signed(octets, record_id), digest)
        receipt_file = folder / f"{record_id[:16]}.receipt.json"
        proof_file = folder / f"{record_id[:16]}.{digest.hex()[:16]}.proof.json"
        write_file(receipt_file, octets)
        write_file(proof_file, made.to_bytes())
        hit["listed_as"] = made.entry.path
        hit["receipt"], hit["file_proof"] = str(receipt_file), str(proof_file)


def _signed(octets: bytes, record_id: str) -> Summary:
    """Return what the record in a receipt signs of its dataset.

    Raises:
        VerificationError: the receipt is of another record, or of no dataset.
    """
    record = parse_record(Receipt.parse(octets).record.sd_jwt.encode("ascii"), complete=False)
    signed = deposit_of(record).summary if record.type == "deposit" else None
    if record.id_hex != record_id or signed is None:
        raise VerificationError(f"the service gave the receipt of another record than {record_id}")
    return signed


def _proof_of(manifest: bytes, signed: Summary, digest: bytes) -> FileProof:
    """Make the file's proof from the manifest, and check that it leads to the signed digest.

    Raises:
        VerificationError: the manifest lists no such file, or the proof does not hold.
        ManifestMismatchError: it is not the manifest of the record.
    """
    parsed = parse_manifest(_lines(manifest))
    check_published(parsed.header, signed)
    # read to the end: only then is it known that the header told the truth
    paths = [entry.path for entry in parsed if entry.sha256 == digest]
    if not paths:
        raise VerificationError("the service names a deposit whose manifest lists no such file")
    proof = file_proof(parse_manifest(_lines(manifest)), paths[0])
    verify_file_proof(proof, digest=signed.digest, files=signed.files)
    return proof


def _lines(manifest: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(manifest):
        end = manifest.find(b"\n", start) + 1 or len(manifest)
        yield manifest[start:end]
        start = end


# --- showing ----------------------------------------------------------------------------------


def _print_hit(hit: _Hit) -> None:
    """Print one hit; whatever the service made of its members, it is only shown."""
    rows: list[tuple[str, object]] = [
        (_("entry"), hit["leaf_index"]),
        (_("record id"), hit["id"]),
        (_("type"), hit.get("type")),
    ]
    if (found_as := _FOUND_AS.get(str(hit.get("of")))) is not None:
        rows.append((_("found as"), _(found_as)))
    if (sealed := hit.get("sealed")) is not None:
        rows.append((_("sealed record"), sealed))
    if (is_bound := hit.get("signer_bound")) is not None:
        found_by = _("its key is bound by the institution") if is_bound is True else _("names it")
        rows.append((_("found as"), found_by))
    if hit.get("title"):
        rows.append((_("title"), hit["title"]))
    if people := _people(hit):
        rows.append((_("people"), people))
    rows += [
        (_("signed by"), _("{key}: {level}").format(key=hit["key"], level=_level(hit))),
        (_("claimed time"), when(hit["claimed_at"])),
    ]
    if (assurance := _ASSURANCE.get(str(hit.get("assurance")))) is not None:
        rows.append((_("digests"), _(assurance)))
    if standing := _standing(hit):
        rows.append((_("NOTE"), standing))
    rows += [(_("read again"), _fixity(one)) for one in _objects(hit.get("fixity"))]
    if hit.get("more_fixity"):
        rows.append((_("read again"), _("by more: look up the record id")))
    files = (
        (_("listed as"), "listed_as"),
        (_("receipt"), "receipt"),
        (_("file proof"), "file_proof"),
    )
    rows += [(label, hit[name]) for label, name in files if name in hit]
    print_fields(rows)
    say("")


def _objects(value: object) -> list[_Hit]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _level(hit: _Hit) -> str:
    level = str(hit.get("identity"))
    return _(_LEVELS.get(level, level))


def _standing(hit: _Hit) -> str:
    """Say what has to be shown beside a record, as the service tells it."""
    standing = hit.get("standing")
    told = standing if isinstance(standing, dict) else {}
    marks = {
        _("withdrawn"): told.get("withdrawn"),
        _("disputed"): told.get("disputed"),
        _("found wrong"): told.get("corrected"),
        _("superseded by {id}").format(id=told.get("superseded_by")): told.get("superseded_by"),
    }
    return "; ".join(mark for mark, is_so in marks.items() if is_so)


def _people(hit: _Hit) -> str:
    people = _objects(hit.get("people"))
    names = []
    for one in people:
        roles = one.get("roles")
        shown = ", ".join(map(str, roles)) if isinstance(roles, list) else ""
        names.append(f"{one.get('name')} ({shown})" if shown else str(one.get("name")))
    signed = hit.get("contributors")
    if isinstance(signed, int) and signed > len(people):
        names.append(_("and {count} not shown here").format(count=signed - len(people)))
    return "; ".join(names)


def _fixity(one: _Hit) -> str:
    found = _("all unchanged") if one.get("sound") is True else _("FILES CHANGED OR MISSING")
    witness = one.get("witnessed") is True
    who = _("witnessed by another key") if witness else _("by the same key")
    line = _("{checked} of {files} files, {found}; {who} {key}: {level}")
    return line.format(
        checked=one.get("checked"),
        files=one.get("files"),
        found=found,
        who=who,
        key=one.get("key"),
        level=_level(one),
    )

"""The command line of the single file: check one receipt, or the dossier around it, offline.

    python3 -I -S verify.py                                  the dossier in this folder
    python3 -I -S verify.py RECEIPT --policy POLICY [PATH]   one receipt, and data against it

Exit codes: 0 proved, 1 false, 2 unusable input, 3 true so far but not all checked.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.dossier_check import POLICY_NAME, check_dossier
from provenance.dossier_index import INDEX_NAME
from provenance.dossier_receipt import check_own_receipt
from provenance.errors import MalformedError, ProvenanceError
from provenance.given import REQUIRABLE, Given, GivenBlock, GivenOpening
from provenance.policy import Policy
from provenance.salted import FileOpening
from provenance.standalone.reading import data_at, read_file, read_folder
from provenance.standalone.words import FINDINGS, NEXT, NOT_PROVED, OUTCOMES, SAID, Both
from provenance.verdict import utc_text
from provenance.verify import blocks_to_look_up, read_fixity, read_opened, verify_receipt
from provenance.wordings import CONCLUSIONS, TITLES, TRUSTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from provenance.dossier_check import DossierVerdict
    from provenance.dossier_sums import DossierFinding
    from provenance.verdict import Bound, Check, Verdict

__all__ = ["main"]

_SAID_OF_EACH = {"identity", "key-status", "dataset", "disclosure"}
"""Checks of a dossier's records that are told one by one; of the others that they hold."""


def main(arguments: Sequence[str], *, here: str, chinese: Mapping[str, str]) -> int:
    """Run one command line and return the exit code.

    Args:
        arguments: without the program's name.
        here: path of ``verify.py``; a dossier is the folder around it.
        chinese: translations of the verifier's sentences.
    """
    options = _parser().parse_intermixed_args(list(arguments))
    said = _Speaker(options.language, chinese)
    try:
        if options.receipt_file is None:
            return _check_dossier(options, Path(here).resolve().parent, said)
        return _check_receipt(options, said)
    except (ProvenanceError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py", description=f"{SAID['title'].en} {SAID['title'].zh}"
    )
    add = parser.add_argument
    add("receipt_file", metavar="RECEIPT", nargs="?", type=Path)
    add("path", metavar="PATH", nargs="?", type=Path, help="the dataset, or a file of it")
    add("--policy", type=Path, help="the trust policy; in a dossier the one enclosed, if not given")
    add("--block-hash", action="append", default=[], help="a block hash you looked up yourself")
    add("--header", action="append", default=[], type=Path, help="a block header you trust, as RLP")
    add("--manifest", type=Path, help="the dataset's manifest")
    add("--file-proof", type=Path, help="the proof that PATH is a file of the dataset")
    add("--fixity", action="append", default=[], type=Path, help="receipt of who read files again")
    add("--opening", type=Path, help="receipt of what opens a sealed deposit, or one file of it")
    add("--receipt", type=Path, help="the dossier's own receipt, which lies beside it")
    add("--require", action="append", default=[], choices=sorted(REQUIRABLE))
    add("--allow-dev-chain", action="store_true", help="let a chain count that proves nothing")
    add("--language", choices=("en", "zh", "both"), default="both")
    add("--json", action="store_true", help="print the verdict for programs")
    return parser


class _Speaker:
    """Prints each sentence in the languages wished for."""

    def __init__(self, language: str, chinese: Mapping[str, str]) -> None:
        self._languages = ("en", "zh") if language == "both" else (language,)
        self._chinese = chinese

    def translate(self, language: str, text: str) -> str:
        return text if language == "en" else self._chinese.get(text, text)

    def each(self) -> Iterator[str]:
        yield from self._languages

    def both(
        self, words: Both, facts: Mapping[str, object] | None = None, indent: str = ""
    ) -> None:
        for language in self._languages:
            text = words.en if language == "en" else words.zh
            self.line(indent + text.format_map(facts or {}))

    def line(self, text: str) -> None:
        shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")


# --- one receipt --------------------------------------------------------------------------


def _check_receipt(options: argparse.Namespace, said: _Speaker) -> int:
    if options.policy is None:
        raise MalformedError("a receipt is verified against a policy: give --policy")
    policy, octets = Policy.parse(read_file(options.policy)), read_file(options.receipt_file)
    now = int(time.time())
    opened = (
        None
        if options.opening is None
        else read_opened(read_file(options.opening), policy, now_unix=now)
    )
    verdict = verify_receipt(
        octets,
        policy,
        now_unix=now,
        blocks=_blocks(options),
        data=data_at(
            options.path,
            manifest=options.manifest,
            file_proof=options.file_proof,
            opening=opened if isinstance(opened, FileOpening) else None,
        ),
        require=frozenset(options.require),
        allow_dev_chain=options.allow_dev_chain,
        fixity=[read_fixity(read_file(one), policy, now_unix=now) for one in options.fixity],
        opening=opened if isinstance(opened, GivenOpening) else None,
    )
    if options.json:
        said.line(json.dumps(verdict.to_json(), ensure_ascii=False, indent=1).replace("\n", " "))
        return verdict.exit_code
    said.both(SAID["title"])
    _print_verdict(verdict, said)
    for check in verdict.checks:
        _print_check(check, said)
    _print_end(verdict.policy_digest, said)
    if verdict.exit_code == 3:
        _print_next([octets], said)
    return verdict.exit_code


def _blocks(options: argparse.Namespace) -> list[GivenBlock]:
    blocks = [GivenBlock.from_hash(text) for text in options.block_hash]
    return blocks + [GivenBlock.from_header(read_file(path)) for path in options.header]


def _print_verdict(verdict: Verdict, said: _Speaker) -> None:
    for language in said.each():
        said.line(said.translate(language, CONCLUSIONS[verdict.exit_code]))
    if not verdict.independent:
        said.both(SAID["dev-chain"])
    if verdict.claimed is None:
        return
    claimed = verdict.claimed
    facts: dict[str, object] = {"id": claimed.record_id.hex(), "type": claimed.record_type}
    said.both(SAID["record"], facts | {"index": claimed.leaf_index})
    said.both(SAID["claimed"], {"time": utc_text(claimed.issued_at_unix)})
    bounds = {"lower": verdict.not_before, "upper": verdict.not_after}
    if verdict.signed_not_before is not None:
        bounds["signed"] = verdict.signed_not_before
    for name, bound in bounds.items():
        for language in said.each():
            words = SAID[name].en if language == "en" else SAID[name].zh
            said.line(words.format(bound=_bound(bound, said, language)))


def _bound(bound: Bound | None, said: _Speaker, language: str) -> str:
    at = 0 if language == "en" else 1
    if bound is None:
        return SAID["no-bound"][at]
    return SAID["bound"][at].format(
        time=utc_text(bound.time_unix),
        number=bound.block_number,
        chain=bound.chain,
        trust=said.translate(language, TRUSTS[bound.trust]),
    )


def _print_check(check: Check, said: _Speaker) -> None:
    for language in said.each():
        title = said.translate(language, TITLES[check.name])
        outcome = OUTCOMES[check.outcome.value][0 if language == "en" else 1]
        subject = "" if check.subject is None else f" ({check.subject})"
        said.line(f"{check.number:>2}  {title}{subject}: {outcome}")
        said.line(f"      {check.text(partial(said.translate, language))}")


def _print_end(policy_digest: bytes, said: _Speaker) -> None:
    said.line("")
    said.both(SAID["not-proved"])
    for words in NOT_PROVED:
        said.both(words, indent="  - ")
    said.line("")
    said.both(SAID["policy"], {"digest": policy_digest.hex()})


def _print_next(receipts: Iterable[bytes], said: _Speaker) -> None:
    """Name the blocks on which everything hangs: the first of each receipt."""
    named = {}
    for octets in receipts:
        for block in blocks_to_look_up(octets)[:1]:
            named[block.block_hash] = block
    for block in named.values():
        facts: dict[str, object] = {"number": block.number, "chain_id": block.chain_id}
        said.both(NEXT["block"], facts | {"hash": "0x" + block.block_hash.hex()})


# --- the dossier around this program ------------------------------------------------------


def _check_dossier(options: argparse.Namespace, folder: Path, said: _Speaker) -> int:
    files = read_folder(folder)
    if not {INDEX_NAME, POLICY_NAME, "SHA256SUMS"} & set(files):
        raise MalformedError("name a receipt: this program does not lie in a dossier's folder")
    own_policy = None if options.policy is None else read_file(options.policy)
    given = Given(tuple(_blocks(options)), allow_dev_chain=options.allow_dev_chain)
    verdict = check_dossier(
        files,
        given,
        now_unix=int(time.time()),
        policy=own_policy,
        beside=_blocks_beside(options),
    )
    code, findings = verdict.exit_code, list(verdict.findings)
    said.both(SAID["title"])
    if options.receipt is not None and verdict.index is not None:
        policy = Policy.parse(files[POLICY_NAME] if own_policy is None else own_policy)
        own_code, wrong = _check_own(options.receipt, files, policy, given)
        findings += wrong
        code = _worst([code, own_code, 1 if wrong else 0])
    for language in said.each():
        said.line(said.translate(language, CONCLUSIONS[code]))
    _print_findings(findings, said)
    if verdict.index is not None:
        _print_dossier(verdict, files, findings, said)
        if options.receipt is None or not findings:
            said.both(SAID["no-own"] if options.receipt is None else SAID["own"])
        _print_end(verdict.index.policy, said)
        if code == 3:
            _print_next((files[name] for name in verdict.verdicts), said)
    return code


def _blocks_beside(options: argparse.Namespace) -> set[bytes]:
    """Return the blocks that the receipt beside the dossier speaks of."""
    if options.receipt is None:
        return set()
    try:
        return {one.block_hash for one in blocks_to_look_up(read_file(options.receipt))}
    except MalformedError:
        return set()  # what is wrong with it is told when it is checked


def _check_own(
    receipt: Path, files: Mapping[str, bytes], policy: Policy, given: Given
) -> tuple[int, list[DossierFinding]]:
    """Check the receipt that lies beside the dossier."""
    octets, sums = read_file(receipt), files.get("SHA256SUMS", b"")
    verdict, wrong = check_own_receipt(octets, sums, policy, given, now_unix=int(time.time()))
    return verdict.exit_code, [] if wrong is None else [wrong]


def _print_dossier(
    verdict: DossierVerdict,
    files: Mapping[str, bytes],
    findings: Sequence[DossierFinding],
    said: _Speaker,
) -> None:
    index = verdict.index
    if index is None:
        return
    facts: dict[str, object] = {"origin": index.origin, "tree_size": index.tree_size}
    said.both(SAID["dossier"], facts | {"records": len(index.records), "version": index.version})
    if not findings:
        said.both(SAID["intact"], {"files": len(files)})
    shared: dict[str, object] = {"shared": verdict.shared_files}
    said.both(SAID["shared"], shared | {"manifests": verdict.manifests})
    if verdict.states > 1:
        said.both(SAID["history"], {"states": verdict.states})
    for name, one in verdict.verdicts.items():
        said.line("")
        said.line(name)
        _print_verdict(one, said)
        for check in one.checks:
            if check.name in _SAID_OF_EACH or (one.exit_code == 1 and check == one.deciding):
                _print_check(check, said)
        if name in verdict.stamps:
            said.both(SAID["stamp"], {"time": utc_text(verdict.stamps[name])})
    said.line("")


def _worst(codes: Iterable[int]) -> int:
    found = set(codes)
    return next((code for code in (2, 1, 4, 3) if code in found), 0)


def _print_findings(findings: Sequence[DossierFinding], said: _Speaker) -> None:
    if findings:
        said.both(SAID["problems"], {"count": len(findings)})
    for one in findings:
        said.both(FINDINGS[one.code], {"file": one.file, "detail": one.detail}, "  ✗ ")

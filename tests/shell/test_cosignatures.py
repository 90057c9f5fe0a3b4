"""Every checkpoint is shown to the witnesses; what they cosign is verified and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import answering, free_port
from small_ledger import (
    ORIGIN,
    ROOT,
    SIGNER,
    START,
    SmallLedger,
    accepted,
    deposit,
    key_of,
    key_record,
    policy,
)
from witness_program import WitnessProgram, need_witness, witness

from provenance import note
from provenance.client.witness import HttpWitness
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ProvenanceError,
    UnavailableError,
    WitnessRefusedError,
)
from provenance.ledger.collect_cosignatures import BACKLOG, Cosigner
from provenance.ledger.issue_receipt import ReceiptIssuer
from provenance.ledger.read_log import SignedLog
from provenance.ledger.tile_cache import TileCache
from provenance.note import Note, NoteVerifier
from provenance.policy import Policy, render_policy
from provenance.store.cosignature_store import SqlCosignatureStore
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE = key_of("alice")
NAME = "witness.example/one"


class Shown:
    """A small ledger, with a checkpoint for each deposit, and the witnesses' side of it."""

    def __init__(self, ledger: SmallLedger) -> None:
        self.ledger = ledger
        self.store = SqlCosignatureStore(ledger.store.writer, ledger.store.reader)
        self.log = SignedLog(ledger.store, TileCache(ledger.store.read_tile))
        self._writer = ledger.writer()
        self._writer.start()
        self._count = 0
        self._clients: list[HttpWitness] = []
        self.add()

    def add(self, count: int = 1) -> None:
        """Make ``count`` checkpoints."""
        for _ in range(count):
            name = f"dataset {self._count}"
            compacts = [deposit(ALICE, name, contributors=1).compact]
            compacts[:0] = [] if self._count else [key_record(ALICE).compact]
            for answer in self._writer.accept(compacts).result(timeout=60):
                accepted(answer)
            self._count += 1

    def cosigner(self, vkey: str, url: str, *, timeout: float = 10.0) -> Cosigner:
        client = HttpWitness(url, timeout=timeout)
        self._clients.append(client)
        return Cosigner(NoteVerifier.from_vkey(vkey), client, log=self.log, store=self.store)

    def newest(self) -> int:
        return self.ledger.store.head().tree_size

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._writer.close()
        self.ledger.close()


def begun(folder: Path) -> SmallLedger:
    folder.mkdir()
    ledger = SmallLedger(folder)
    ledger.begin()
    return ledger


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    made = Shown(begun(tmp_path / "ledger"))
    yield made
    made.close()


@pytest.fixture
def aics(tmp_path: Path) -> Iterator[WitnessProgram]:
    need_witness()
    with witness(tmp_path / "witness", NAME, origin=ORIGIN, vkey=SIGNER.verifier.to_vkey()) as one:
        yield one


# --- with somebody else's witness -------------------------------------------------------------


def test_every_checkpoint_is_cosigned_by_a_witness_nobody_here_wrote(
    shown: Shown, aics: WitnessProgram
) -> None:
    cosigner = shown.cosigner(aics.vkey, aics.url)
    shown.add(5)
    while (progress := cosigner.step()).behind:
        pass

    assert progress.cosigned_size == shown.newest()
    heads = shown.store.signed_heads(0, BACKLOG)
    assert len(heads) == 7  # the first of all, and six of ours
    for head in heads:
        (line,) = shown.store.lines(head.tree_size)
        # the note a reader gets, verified as a reader would
        cosigned = Note.parse(head.note + line)
        assert note.verify_cosignature(cosigned, aics.vkey) > 1_700_000_000
        assert cosigned.verified_by([SIGNER.verifier]) == [ORIGIN]


def test_a_witness_goes_on_after_both_were_started_again(
    shown: Shown, aics: WitnessProgram
) -> None:
    shown.cosigner(aics.vkey, aics.url).step()
    aics.stop()
    with pytest.raises(UnavailableError, match="did not answer"):
        shown.cosigner(aics.vkey, aics.url).step()

    shown.add(2)
    aics.start()
    cosigner = shown.cosigner(aics.vkey, aics.url)
    while cosigner.step().behind:
        pass
    assert shown.store.newest_cosigned(cosigner.name) == shown.newest()


def test_an_answer_that_was_lost_is_asked_for_again(
    shown: Shown, aics: WitnessProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shown.cosigner(aics.vkey, aics.url)

    def lose(*_: object) -> None:
        raise UnavailableError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(shown.store, "store_cosignature", lose)
        for _ in range(2):
            with pytest.raises(UnavailableError):
                first.step()
    size = shown.store.signed_heads(0, BACKLOG)[0].tree_size
    assert shown.store.lines(size) == []

    shown.cosigner(aics.vkey, aics.url).step()
    assert len(shown.store.lines(size)) == 1


def test_a_witness_that_does_not_know_the_log_or_its_key_refuses(
    shown: Shown, tmp_path: Path
) -> None:
    need_witness()
    other = key_of("somebody else")
    vkey = note.NoteSigner(ORIGIN, other).verifier.to_vkey()
    with (
        witness(tmp_path / "a", NAME, origin="other.example/log", vkey=vkey) as knows_another,
        witness(tmp_path / "b", NAME, origin=ORIGIN, vkey=vkey) as knows_another_key,
    ):
        with pytest.raises(WitnessRefusedError, match="unknown-log"):
            shown.cosigner(knows_another.vkey, knows_another.url).step()
        with pytest.raises(WitnessRefusedError, match="unknown-key"):
            shown.cosigner(knows_another_key.vkey, knows_another_key.url).step()


def test_a_witness_catches_a_copy_of_the_log_that_forgot_its_end(
    shown: Shown, aics: WitnessProgram, tmp_path: Path
) -> None:
    shown.add(3)
    cosigner = shown.cosigner(aics.vkey, aics.url)
    while cosigner.step().behind:
        pass

    copy = Shown(begun(tmp_path / "older"))
    with pytest.raises(WitnessRefusedError, match="is this an older copy"):
        copy.cosigner(aics.vkey, aics.url).step()
    assert copy.store.lines(copy.newest()) == []
    copy.close()


def test_a_witness_far_behind_skips_to_the_newest_checkpoints(
    shown: Shown, aics: WitnessProgram
) -> None:
    shown.add(BACKLOG + 5)
    cosigner = shown.cosigner(aics.vkey, aics.url)
    assert cosigner.step().behind == BACKLOG - 1
    first = shown.store.signed_heads(0, 1_000)[0]
    assert shown.store.lines(first.tree_size) == []


def test_receipts_carry_cosignatures_and_a_policy_may_demand_a_quorum(
    shown: Shown, aics: WitnessProgram, tmp_path: Path
) -> None:
    shown.add()
    with witness(
        tmp_path / "two", "witness.example/two", origin=ORIGIN, vkey=SIGNER.verifier.to_vkey()
    ) as two:
        vkeys = [aics.vkey, two.vkey]
        witnesses = [NoteVerifier.from_vkey(one) for one in vkeys]
        trust = Policy.parse(
            render_policy(
                origin=ORIGIN,
                root_key=ROOT.public,
                checkpoint_keys=policy().checkpoint_keys,
                chains=policy().chains,
                witnesses=witnesses,
                quorum=2,
            )
        )
        assert _witnesses_check(shown, trust) == "quorum-not-met"
        for program in (aics, two):
            cosigner = shown.cosigner(program.vkey, program.url)
            assert _witnesses_check(shown, trust) == "quorum-not-met"
            while cosigner.step().behind:
                pass
    assert _witnesses_check(shown, trust) == "quorum-met"


def _witnesses_check(shown: Shown, trust: Policy) -> str:
    ledger = shown.ledger
    issuer = ReceiptIssuer(
        log=ledger.store,
        key_store=ledger.key_store,
        known_keys=ledger.known_keys,
        tiles=ledger.tiles,
        policy=trust,
        cosignatures=shown.store,
    )
    octets = issuer.issue(shown.newest() - 1).to_bytes()
    verdict = verify_receipt(octets, trust, now_unix=START)
    (check,) = [check for check in verdict.checks if check.name == "witnesses"]
    return check.code


# --- with a witness that misbehaves -----------------------------------------------------------


VKEY = NoteVerifier(NAME, key_of("witness").public, note.COSIGNATURE_V1).to_vkey()


@pytest.mark.parametrize(
    ("status", "octets", "expected"),
    [
        (200, b"", MalformedError),
        (200, b"\xe2\x80\x94 witness.example/one AAAA\n", MalformedError),
        (200, b"x" * 20_000, UnavailableError),
        (200, SIGNER.sign("another text\n").to_line().encode(), BadSignatureError),
        (409, b"many\n", MalformedError),
        (409, b"0\n", WitnessRefusedError),
        (409, b"999999\n", WitnessRefusedError),
        (422, b"no", WitnessRefusedError),
        (503, b"later", UnavailableError),
        (302, b"", UnavailableError),
    ],
)
def test_a_bad_answer_is_refused_and_nothing_is_kept(
    shown: Shown, status: int, octets: bytes, expected: type[ProvenanceError]
) -> None:
    with answering(lambda _: (status, octets)) as url, pytest.raises(expected):
        shown.cosigner(VKEY, url).step()
    assert all(not shown.store.lines(head.tree_size) for head in shown.store.signed_heads(0, 100))


def test_a_witness_s_size_that_we_never_signed_is_not_followed_for_ever(shown: Shown) -> None:
    asked: list[bytes] = []

    def always_one(body: bytes) -> tuple[int, bytes]:
        asked.append(body)
        return 409, b"1\n"

    with answering(always_one) as url:
        cosigner = shown.cosigner(VKEY, url)
        for _ in range(3):
            with pytest.raises(WitnessRefusedError):
                cosigner.step()
    assert len(asked) == 3


def test_a_witness_that_another_process_keeps_busy_is_no_trouble(shown: Shown) -> None:
    shown.add(3)
    sizes = [head.tree_size for head in shown.store.signed_heads(0, BACKLOG)]
    said = iter(sizes[1:])

    with answering(lambda _: (409, b"%d\n" % next(said))) as url:
        progress = shown.cosigner(VKEY, url).step()

    # it goes on from there with the next step; what the other one got is stored by that one
    assert progress.cosigned_size == sizes[1]


def test_a_witness_that_is_away_says_so(shown: Shown) -> None:
    cosigner = shown.cosigner(VKEY, f"http://127.0.0.1:{free_port()}")
    waiting = []
    for _ in range(2):
        with pytest.raises(UnavailableError, match="did not answer"):
            cosigner.step()
        waiting.append(cosigner.progress)
        shown.add(3)

    # it never answered, and is behind all the same
    assert waiting[0] is not None
    assert waiting[1] is not None
    assert waiting[0].behind == len(shown.store.signed_heads(0, BACKLOG)) - 6
    assert (waiting[1].cosigned_size, waiting[1].behind) == (0, waiting[0].behind + 3)

"""Keys in the log: who bound them, who may revoke them, and what nobody may sign any more."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from certificates import LEAF, MIDDLE, OTHER_ROOT, ROOT, pem
from key_records import ACADEMY, INSTITUTE, bound, named, revoked
from small_ledger import START, SmallLedger, accepted, deposit, key_of, policy

from provenance import strict_json, tlog
from provenance.digests import to_b64url
from provenance.errors import MalformedError, ProvenanceError
from provenance.ledger.audit_log import PublicLog, key_status_from
from provenance.ledger.audit_store import audit_store
from provenance.record import issue_record, parse_record
from provenance.verdict import Outcome
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import Place

    from provenance.given import KeyStatus
    from provenance.record import Record
    from provenance.service.writer import Accepted, Answer
    from provenance.verdict import Check, Verdict

ALICE, BOB, CAROL, SAFE = (key_of(one) for one in ("alice", "bob", "carol", "safe"))
TRUST = policy([INSTITUTE])
ROOT_RECORD = named(ACADEMY, "Academy of Sciences")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SmallLedger]:
    made = SmallLedger(tmp_path, trust=TRUST)
    made.begin()
    yield made
    made.close()


def send(ledger: SmallLedger, *records: Record) -> list[Answer]:
    """Send the records as one batch; return what came back for each."""
    writer = ledger.writer()
    writer.start()
    try:
        return list(writer.accept([one.compact for one in records]).result(timeout=30))
    finally:
        writer.close()


def take(ledger: SmallLedger, *records: Record) -> list[Accepted]:
    return [accepted(one) for one in send(ledger, *records)]


def codes(answers: list[Answer]) -> list[str]:
    return [one.code if isinstance(one, ProvenanceError) else "ok" for one in answers]


def verdict_of(ledger: SmallLedger, answer: Accepted) -> Verdict:
    octets = ledger.receipts.issue(answer.leaf_index).to_bytes()
    return verify_receipt(octets, TRUST, now_unix=START)


def identity_of(ledger: SmallLedger, answer: Accepted) -> Check:
    return verdict_of(ledger, answer).check("identity")


def status_of(ledger: SmallLedger, answer: Accepted) -> Check:
    return verdict_of(ledger, answer).check("key-status")


# --- bindings -----------------------------------------------------------------------------


def test_a_bound_key_is_proved_from_its_receipt_alone(ledger: SmallLedger) -> None:
    *_, made = take(ledger, ROOT_RECORD, bound(ALICE, ACADEMY), deposit(ALICE, "penguins"))

    for receipt in (made.receipt, ledger.receipts.issue(made.leaf_index)):
        check = verify_receipt(receipt.to_bytes(), TRUST, now_unix=START).check("identity")
        assert (
            check.text() == f"bound by Academy of Sciences at entry {made.leaf_index - 1}: proved"
        )
        assert check.facts["claimed_name"] == "Alice Example"
        assert len(receipt.keys) == 2


def test_what_the_institution_does_not_vouch_for_is_not_shown_as_its_word(
    ledger: SmallLedger,
) -> None:
    mine = bound(ALICE, ACADEMY, "The Rector", vouch=False)
    *_, made = take(ledger, ROOT_RECORD, mine, deposit(ALICE, "penguins"))

    check = identity_of(ledger, made)

    assert check.code == "key-institution"
    assert "claimed_name" not in check.facts


def test_a_department_binds_for_its_institution(ledger: SmallLedger) -> None:
    department = bound(BOB, ACADEMY, "Institute of Physics", may_bind=True)
    *_, made = take(ledger, ROOT_RECORD, department, bound(ALICE, BOB), deposit(ALICE, "penguins"))

    check = identity_of(ledger, made)

    assert check.code == "key-department"
    assert check.facts["via"] == "Institute of Physics"
    assert check.facts["binder"] == "Academy of Sciences"


def test_who_may_not_bind_binds_nobody_to_the_institution(ledger: SmallLedger) -> None:
    person = bound(BOB, ACADEMY, "Bob")
    *_, made = take(ledger, ROOT_RECORD, person, bound(ALICE, BOB), deposit(ALICE, "penguins"))

    assert identity_of(ledger, made).code == "key-self-asserted"


def test_eight_levels_lead_to_the_institution_and_nine_do_not(ledger: SmallLedger) -> None:
    keys = [ACADEMY, *(key_of(f"level {number}") for number in range(1, 10))]
    chain = [
        bound(key, above, f"Level {number}", may_bind=True)
        for number, (above, key) in enumerate(pairwise(keys), start=1)
    ]
    answers = take(ledger, ROOT_RECORD, *chain, deposit(keys[8], "eight"), deposit(keys[9], "nine"))

    assert identity_of(ledger, answers[-2]).code == "key-department"
    assert identity_of(ledger, answers[-1]).code == "key-self-asserted"


def test_a_later_binding_ranks_nothing_up_that_was_signed_before(ledger: SmallLedger) -> None:
    answers = take(
        ledger,
        ROOT_RECORD,
        named(ALICE, "Alice Example"),
        deposit(ALICE, "before"),
        bound(ALICE, ACADEMY),
        deposit(ALICE, "after"),
    )

    assert identity_of(ledger, answers[2]).code == "key-self-asserted"
    assert identity_of(ledger, answers[4]).code == "key-institution"
    assert [one.is_new for one in answers] == [True] * 5


def test_a_key_is_bound_once_by_each_and_named_once(ledger: SmallLedger) -> None:
    first, second = bound(ALICE, ACADEMY), bound(ALICE, BOB)
    again = bound(ALICE, ACADEMY, "Alice E.")
    root, bob, mine, repeat, other, plain = take(
        ledger, ROOT_RECORD, named(BOB, "Bob"), first, again, second, named(ALICE, "Alice")
    )

    assert repeat.leaf_index == plain.leaf_index == mine.leaf_index
    assert not repeat.is_new
    assert not plain.is_new
    assert other.is_new
    later = take(ledger, again, second, named(ALICE, "Alice"))
    indexes = [mine.leaf_index, other.leaf_index, mine.leaf_index]
    assert [one.leaf_index for one in later] == indexes
    assert root.leaf_index < bob.leaf_index < mine.leaf_index


def test_a_namesake_is_shown_as_what_it_is(ledger: SmallLedger) -> None:
    answers = take(
        ledger,
        ROOT_RECORD,
        bound(ALICE, ACADEMY),
        named(CAROL, "Alice Example"),
        deposit(ALICE, "hers"),
        deposit(CAROL, "stolen"),
    )

    assert identity_of(ledger, answers[3]).code == "key-institution"
    assert identity_of(ledger, answers[4]).code == "key-self-asserted"


def test_a_binding_that_is_not_the_binders_is_refused(ledger: SmallLedger) -> None:
    good = bound(ALICE, ACADEMY)
    take(ledger, ROOT_RECORD, named(BOB, "Bob"))

    text = str(good.claims["binder"])
    header, payload, signature = text.split(".")
    forged = f"{header}.{payload}.{'A' * 10}{signature[10:]}"

    assert codes(send(ledger, _with(good, forged))) == ["bad-signature"]


def _with(record: Record, binder: str) -> Record:
    return issue_record(
        "key",
        {"binder": binder},
        private_key=ALICE,
        aud=record.aud,
        iat=record.iat,
        salts=iter(()),
        made=record.parts,
    )


def test_a_binder_has_to_be_known(ledger: SmallLedger) -> None:
    assert codes(send(ledger, bound(ALICE, ACADEMY))) == ["unknown-key"]


# --- revocations --------------------------------------------------------------------------


def test_nobody_signs_after_his_key_was_revoked(ledger: SmallLedger) -> None:
    answers = send(
        ledger,
        named(ALICE, "Alice"),
        deposit(ALICE, "before"),
        revoked(ALICE, ALICE, "superseded"),
        deposit(ALICE, "in the same batch"),
    )

    assert codes(answers) == ["ok", "ok", "ok", "key-revoked"]
    assert codes(send(ledger, deposit(ALICE, "later"))) == ["key-revoked"]
    assert codes(send(ledger, deposit(ALICE, "before"))) == ["ok"]  # a repeat
    assert codes(send(ledger, bound(ALICE, BOB))) == ["key-revoked"]


def test_only_itself_its_recovery_key_and_its_binders_revoke_a_key(ledger: SmallLedger) -> None:
    take(
        ledger,
        ROOT_RECORD,
        named(SAFE, "Safe"),
        named(CAROL, "Carol"),
        named(ALICE, "Alice", recovery=SAFE.public.thumbprint),
        bound(ALICE, ACADEMY),
        named(BOB, "Bob"),
    )

    assert codes(send(ledger, revoked(CAROL, ALICE))) == ["not-authorised"]
    assert codes(send(ledger, revoked(ACADEMY, BOB))) == ["not-authorised"]
    assert codes(send(ledger, revoked(BOB, key_of("nobody")))) == ["unknown-key"]
    assert codes(send(ledger, revoked(SAFE, ALICE), revoked(ACADEMY, ALICE))) == ["ok", "ok"]
    assert codes(send(ledger, revoked(ALICE, ALICE))) == ["key-revoked"]
    assert codes(send(ledger, revoked(BOB, BOB))) == ["ok"]


def test_a_thief_names_no_recovery_key_of_his_own(ledger: SmallLedger) -> None:
    thief = key_of("thief")
    take(
        ledger,
        named(SAFE, "Safe"),
        named(thief, "Thief"),
        named(ALICE, "Alice", recovery=SAFE.public.thumbprint),
        bound(ALICE, thief, recovery=CAROL.public.thumbprint),
        named(CAROL, "Carol"),
    )

    # what his own record says of a recovery key counts for nothing; as a binder he may revoke,
    # which who holds the key can do in any case
    assert codes(send(ledger, revoked(CAROL, ALICE))) == ["not-authorised"]
    assert codes(send(ledger, revoked(SAFE, ALICE))) == ["ok"]


def test_a_receipt_shows_who_revoked_its_key(ledger: SmallLedger) -> None:
    *_, made = take(
        ledger,
        ROOT_RECORD,
        named(SAFE, "Safe"),
        named(ALICE, "Alice", recovery=SAFE.public.thumbprint),
        deposit(ALICE, "penguins"),
    )
    before = ledger.receipts.issue(made.leaf_index).to_bytes()
    assert b"revocations" not in before

    revocation = take(ledger, revoked(SAFE, ALICE, compromised_since=START - 10))[0]
    after = ledger.receipts.issue(made.leaf_index).to_bytes()
    check = status_of(ledger, made)

    assert after.startswith(before[:-2])
    assert check.code == "compromised-undecided"
    assert check.needed
    assert check.facts["index"] == revocation.leaf_index
    assert f"its recovery key {SAFE.public.thumbprint} says" in check.text()
    assert verdict_of(ledger, revocation).check("key-status").code == "revocation-not-shown"


def test_a_revocation_without_a_beginning_leaves_what_was_signed_before(
    ledger: SmallLedger,
) -> None:
    *_, made = take(ledger, ROOT_RECORD, bound(ALICE, ACADEMY), deposit(ALICE, "penguins"))
    take(ledger, revoked(ACADEMY, ALICE, "affiliationChanged"))

    check = status_of(ledger, made)

    assert check.code == "revoked-later-shown"
    assert "Academy of Sciences" in check.text()
    assert identity_of(ledger, made).code == "key-institution"


def test_a_binder_that_came_later_is_shown_with_its_right(ledger: SmallLedger) -> None:
    made = take(ledger, ROOT_RECORD, named(ALICE, "Alice"), deposit(ALICE, "penguins"))[-1]
    take(ledger, bound(ALICE, ACADEMY), revoked(ACADEMY, ALICE))

    assert status_of(ledger, made).code == "revoked-later-shown"
    assert identity_of(ledger, made).code == "key-self-asserted"


def test_a_revoked_department_binds_nobody_any_more(ledger: SmallLedger) -> None:
    department = bound(BOB, ACADEMY, "Institute of Physics", may_bind=True)
    *_, made, _revocation = take(
        ledger,
        ROOT_RECORD,
        department,
        bound(ALICE, BOB),
        deposit(ALICE, "penguins"),
        revoked(ACADEMY, BOB, "cessationOfOperation"),
    )

    assert codes(send(ledger, bound(CAROL, BOB))) == ["key-revoked"]
    assert identity_of(ledger, made).code == "key-department"  # bound before


def test_a_compromised_department_has_bound_nobody_for_sure(ledger: SmallLedger) -> None:
    department = bound(BOB, ACADEMY, "Institute of Physics", may_bind=True)
    *_, made, _revocation = take(
        ledger,
        ROOT_RECORD,
        department,
        bound(ALICE, BOB),
        deposit(ALICE, "penguins"),
        revoked(ACADEMY, BOB, compromised_since=START - 1_000),
    )

    assert identity_of(ledger, made).code == "key-self-asserted"


def test_an_audit_knows_bindings_and_revocations(ledger: SmallLedger) -> None:
    take(
        ledger,
        ROOT_RECORD,
        named(ALICE, "Alice", recovery=SAFE.public.thumbprint),
        deposit(ALICE, "penguins"),
        bound(ALICE, ACADEMY),
        named(SAFE, "Safe"),
        revoked(SAFE, ALICE, "superseded", successor=BOB.public.thumbprint),
        revoked(ACADEMY, ALICE, compromised_since=START - 10),
        named(BOB, "Alice", previous=ALICE.public.thumbprint),
    )

    report = audit_store(ledger.store, ledger.key_store, TRUST)

    assert report.by_type["revocation"] == 2
    assert report.by_type["key"] == 5


@pytest.mark.parametrize("seed", range(3))
def test_no_process_takes_what_another_has_revoked(place: Place, tmp_path: Path, seed: int) -> None:
    """Property: nothing by a key lies above its revocation, whoever integrated which."""
    ledgers = [SmallLedger(tmp_path, trust=TRUST, place=place) for _ in range(2)]
    ledgers[0].begin()
    writers = [one.writer() for one in ledgers]
    for writer in writers:
        writer.start()
    writers[0].accept([named(ALICE, "Alice").compact]).result(timeout=30)
    answers: list[Answer] = []

    def work(number: int) -> None:
        for count in range(12):
            record = deposit(ALICE, f"{number} {count}")
            answers.extend(writers[number].accept([record.compact]).result(timeout=60))
            if number == 0 and count == 3 + seed:
                revocation = revoked(ALICE, ALICE, "unspecified").compact
                found.append(accepted(writers[0].accept([revocation]).result(timeout=60)[0]))

    found: list[Accepted] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.close()
    for one in ledgers:
        one.close()

    taken = [one.leaf_index for one in answers if not isinstance(one, ProvenanceError)]
    assert max(taken) < found[0].leaf_index
    assert set(codes(answers)) == {"ok", "key-revoked"}


# --- the whole log ------------------------------------------------------------------------


def whole(ledger: SmallLedger, made: Accepted) -> KeyStatus:
    """What reading every entry says of the key that signed."""
    head = ledger.store.newest_signed()
    assert head is not None
    files = {"checkpoint": head.note.encode()}
    entries = ledger.store.entries(0, head.tree_size)
    files["tile/entries/000.p/" + str(len(entries))] = b"".join(
        len(one).to_bytes(2, "big") + one for one in entries
    )
    for tile in tlog.tile_ids(head.tree_size):
        files[tile.path()] = ledger.store.read_tile(tile.level, tile.index)
    log = PublicLog(files.__getitem__)
    kid = ALICE.public.thumbprint
    return key_status_from(log, TRUST, kid, made.leaf_index)[1]


def judged(ledger: SmallLedger, made: Accepted) -> Verdict:
    octets = ledger.receipts.issue(made.leaf_index).to_bytes()
    return verify_receipt(
        octets,
        TRUST,
        now_unix=START,
        key_status=whole(ledger, made),
        require=frozenset({"key-status"}),
    )


def test_the_whole_log_proves_that_a_key_was_not_revoked(ledger: SmallLedger) -> None:
    made = take(ledger, named(ALICE, "Alice"), deposit(ALICE, "penguins"))[-1]

    check = judged(ledger, made).check("key-status")

    assert (check.outcome, check.code) == (Outcome.PROVED, "not-revoked")


def test_the_whole_log_proves_that_a_key_was_revoked_later(ledger: SmallLedger) -> None:
    made = take(ledger, named(ALICE, "Alice"), deposit(ALICE, "penguins"))[-1]
    take(ledger, revoked(ALICE, ALICE, "superseded"))

    check = judged(ledger, made).check("key-status")

    assert (check.outcome, check.code) == (Outcome.PROVED, "revoked-later")
    assert check.facts["said_by"] == "itself"


def test_a_later_binding_is_told_by_the_whole_log(ledger: SmallLedger) -> None:
    made = take(ledger, ROOT_RECORD, named(ALICE, "Alice"), deposit(ALICE, "penguins"))[-1]
    later = take(ledger, bound(ALICE, ACADEMY))[0]

    check = judged(ledger, made).check("identity")

    assert check.outcome is Outcome.NOT_CHECKED
    assert check.text() == (
        "self-asserted by the key holder; bound by Academy of Sciences at entry "
        f"{later.leaf_index}, after this record"
    )


def test_a_certificate_is_shown_and_checked_only_under_a_ca(ledger: SmallLedger) -> None:
    made = take(ledger, ROOT_RECORD, bound(ALICE, ACADEMY), deposit(ALICE, "penguins"))[-1]
    octets = ledger.receipts.issue(made.leaf_index).to_bytes()
    trust = policy([replace(INSTITUTE, certificate=pem(LEAF, MIDDLE))])

    said = [
        verify_receipt(octets, trust, now_unix=START, authorities=authorities).check("identity")
        for authorities in (None, pem(ROOT), pem(OTHER_ROOT))
    ]

    assert (
        said[0]
        .text()
        .endswith(
            "proved; vouched for by certificate of CN=Academy of Sciences (CN=Middle CA; "
            "2026-01-01/2028-01-01), not checked against a CA"
        )
    )
    assert said[1].text().endswith("issued under CN=Root CA, which you gave")
    assert [one.code for one in said] == ["key-institution", "key-institution", "certificate-false"]


# --- taking what is another's -------------------------------------------------------------


def test_a_record_that_is_sent_again_stays_where_it_is(ledger: SmallLedger) -> None:
    hers = deposit(ALICE, "penguins")
    made = take(ledger, named(ALICE, "Alice"), named(CAROL, "Carol"), hers)[-1]

    again = take(ledger, hers)[0]

    assert (again.leaf_index, again.is_new) == (made.leaf_index, False)
    assert again.receipt.record == made.receipt.record


def test_signed_bytes_are_not_taken_under_another_key(ledger: SmallLedger) -> None:
    hers = deposit(ALICE, "penguins")
    take(ledger, named(ALICE, "Alice"), named(CAROL, "Carol"), hers)
    jws, _, disclosures = hers.compact.decode().partition("~")
    _header, payload, signature = jws.split(".")
    claimed = strict_json.dump(
        {"alg": "Ed25519", "kid": CAROL.public.thumbprint, "typ": "deposit+sd-jwt"}
    )
    stolen = parse_record(
        f"{to_b64url(claimed)}.{payload}.{signature}~{disclosures}".encode(), complete=True
    )

    assert codes(send(ledger, stolen)) == ["bad-signature"]


def test_anothers_digest_under_ones_own_key_is_visibly_later(ledger: SmallLedger) -> None:
    first, _, second = take(
        ledger,
        named(ALICE, "Alice"),
        named(CAROL, "Carol"),
        deposit(ALICE, "penguins"),
    )
    copy = take(ledger, deposit(CAROL, "penguins"))[0]

    digest = bytes.fromhex(str(deposit(ALICE, "penguins").claims["dataset_digest"]))
    found = ledger.store.deposits_of_dataset(digest, -1, 10)

    assert found == [second.leaf_index, copy.leaf_index]
    assert first.leaf_index < second.leaf_index < copy.leaf_index


def test_a_binding_is_good_for_one_key_only(ledger: SmallLedger) -> None:
    hers = bound(ALICE, ACADEMY)
    take(ledger, ROOT_RECORD, hers)

    with pytest.raises(MalformedError) as caught:
        issue_record(
            "key",
            {"binder": str(hers.claims["binder"])},
            private_key=CAROL,
            aud=hers.aud,
            iat=hers.iat,
            salts=iter(()),
            made=hers.parts,
        )

    assert caught.value.field == "binder.key"

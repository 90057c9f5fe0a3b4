"""Nobody takes over a claim: what is copied stays its signer's, or is visibly later.

What an unsealed deposit does not protect against is said in ``docs/attribution.md``: whoever sees
its digest first, the operator above all, can deposit the same digest before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openings import issue_opening
from running_service import Service, the_problem
from small_ledger import ORIGIN, START, deposit, key_of, key_record, salts

from provenance import strict_json
from provenance.digests import sha256, to_b64url
from provenance.record import issue_record, parse_record
from provenance.sealed import SealedSecret, seal_claims

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.record import Record


def _signed_again(record: Record, thief: PrivateKey) -> bytes:
    """The very payload of a record under another key, disclosures and all."""
    header: dict[str, object] = {
        "alg": "Ed25519",
        "kid": thief.public.thumbprint,
        "typ": f"{record.type}+sd-jwt",
    }
    payload = record.entry.decode().split(".")[1]
    head = to_b64url(strict_json.dump(header))
    signing_input = f"{head}.{payload}"
    signature = to_b64url(thief.sign(signing_input.encode()))
    shown = "".join(f"{one}~" for one in record.disclosures)
    return f"{signing_input}.{signature}~{shown}".encode()


def _hits(service: Service, digest: bytes) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.client.get(
        "/v1/lookup", params={"digest": digest.hex()}
    ).json()["items"]
    return items


def test_bytes_sent_again_stay_the_first_senders(service: Service) -> None:
    record = service.deposited("to be stolen 1")
    at = service.client.get(f"/v1/records/{record.id_hex}").json()["leaf_index"]

    answer = service.post(record)

    assert answer.status_code == 200
    again = service.client.get(f"/v1/records/{record.id_hex}").json()
    assert (again["leaf_index"], again["key"]) == (at, service.alice.public.thumbprint)


def test_a_payload_under_another_key_is_another_and_later_record(service: Service) -> None:
    thief = service.know(key_of("thief 2"))
    record = service.deposited("to be stolen 2")

    stolen = _signed_again(record, thief)
    answer = service.post(stolen)

    assert answer.status_code == 201, answer.text
    assert parse_record(stolen, complete=True).id != record.id
    first, second = _hits(service, sha256(b"to be stolen 2"))
    assert first["key"] == service.alice.public.thumbprint
    assert second["key"] == thief.public.thumbprint
    assert first["leaf_index"] < second["leaf_index"]


def test_a_header_or_signature_that_is_not_the_keys_is_refused(service: Service) -> None:
    thief = service.know(key_of("thief 3"))
    record = deposit(service.alice, "to be stolen 3")
    stolen = _signed_again(record, thief)

    jws, rest = stolen.decode().split("~", 1)
    head, payload, _ = jws.split(".")
    signed_by_alice = to_b64url(record.signature)
    swapped = f"{head}.{payload}.{signed_by_alice}~{rest}".encode()

    the_problem(service.post(swapped), 422, "bad-signature")
    own_head = record.entry.decode().split(".")[0]
    signed_by_thief = to_b64url(thief.sign(f"{own_head}.{payload}".encode()))
    in_her_name = f"{own_head}.{payload}.{signed_by_thief}~{rest}".encode()
    the_problem(service.post(in_her_name), 422, "bad-signature")


def test_a_digest_deposited_again_is_the_later_claim(service: Service) -> None:
    thief = service.know(key_of("thief 4"))
    service.deposited("to be stolen 4")

    answer = service.post(deposit(thief, "to be stolen 4", iat=START - 86_400))

    # an earlier claimed time wins nothing: the order is that of the log
    assert answer.status_code == 201
    first, second = _hits(service, sha256(b"to be stolen 4"))
    assert first["key"] == service.alice.public.thumbprint
    assert second["claimed_at"] < first["claimed_at"]
    assert second["leaf_index"] > first["leaf_index"]


def _sealed(key: PrivateKey, seed: bytes) -> tuple[Record, SealedSecret]:
    made = seal_claims(
        {
            "dataset_digest": sha256(seed).hex(),
            "salted_digest": sha256(seed + b"salted").hex(),
        },
        key=key.public.thumbprint,
        salts=salts(seed),
    )
    record = issue_record(
        "deposit",
        {"files": 3, "bytes": 4_096},
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(seed + b"more"),
        made=made,
    )
    return record, SealedSecret(record.id, made)


def test_a_copied_commitment_can_never_be_opened(service: Service) -> None:
    thief = service.know(key_of("thief 5"))
    record, secret = _sealed(service.alice, b"sealed data")
    assert service.post(record).status_code == 201

    # all that is public is copied: the thief's own deposit, with her commitment in it
    stolen = _signed_again(record, thief)
    assert service.post(stolen).status_code == 201
    copied = parse_record(stolen, complete=True)

    # she opens hers, which shows everybody the disclosures; the thief repeats them
    names = ["dataset_digest", "salted_digest"]
    opening = issue_opening(secret, names, private_key=service.alice, aud=ORIGIN, iat=START)
    assert service.post(opening).status_code == 201
    theirs = _signed_again(opening, thief)
    the_problem(service.post(theirs), 403, "not-authorised")
    of_the_copy = _opening_of(copied, opening, thief)
    the_problem(service.post(of_the_copy), 400, "malformed")


def _opening_of(deposit: Record, opening: Record, thief: PrivateKey) -> bytes:
    """Her opening with the thief's deposit in place of hers, signed by the thief."""
    claims = {**opening.claims, "record": deposit.id_hex}
    header = {"alg": "Ed25519", "kid": thief.public.thumbprint, "typ": "opening+sd-jwt"}
    signing_input = f"{to_b64url(strict_json.dump(header))}.{to_b64url(strict_json.dump(claims))}"
    signature = to_b64url(thief.sign(signing_input.encode()))
    shown = "".join(f"{one}~" for one in opening.disclosures)
    return f"{signing_input}.{signature}~{shown}".encode()


def test_a_namesake_is_never_ranked_with_the_person(service: Service) -> None:
    namesake = key_of("namesake 6")
    assert service.post(key_record(namesake, name="Contributor 0 of x")).status_code == 201
    record = service.deposited("x")

    service.post(deposit(namesake, "x"))

    first, second = _hits(service, sha256(b"x"))
    assert first["id"] == record.id_hex
    assert second["identity"] == "self-asserted"


def _answer_to(held: Record, key: PrivateKey) -> Record:
    element = held.claims["contributors"]
    assert isinstance(element, list)
    claims = {"record": held.id_hex, "contributor": element[0]["..."], "answer": "object"}
    return issue_record(
        "response",
        {**claims, "reason": "no"},
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"answer" + held.id),
    )


def test_what_is_held_decides_nothing_in_its_own_batch_either(service: Service) -> None:
    """Else a batch would tell whether a guess at a name that is kept from view is right."""
    guesser = service.know(key_of("guesser"))
    outcomes = []
    for number, in_one_batch in enumerate((True, False)):
        held = issue_record(
            "deposit",
            {
                "dataset_digest": sha256(b"held %d" % number).hex(),
                "files": 1,
                "contributors": [{"name": "Kept From View"}],
            },
            private_key=service.alice,
            aud=ORIGIN,
            iat=START,
            salts=salts(b"held %d" % number),
            hold=["contributors"],
        )
        both = (held, _answer_to(held, guesser))
        batches = [both] if in_one_batch else [(one,) for one in both]
        answers = [one for batch in batches for one in service.post_batch(*batch)]
        outcomes.append([one["status"] for one in answers])

    assert outcomes == [["integrated", "integrated"]] * 2

import stat
from pathlib import Path

import pytest
from small_ledger import deposit, key_of, key_record

from provenance.errors import (
    AlreadyExistsError,
    FileAccessError,
    MalformedError,
    TooLargeError,
)
from provenance.files.outbox import (
    MAX_SUBMISSION_BYTES,
    Outbox,
    read_submission,
    write_submission,
)

JANE = key_of("jane")
KEY = key_record(JANE, name="Jane Doe").compact
DEPOSIT = deposit(JANE, "one", hold=["title"]).compact
RECEIPT = b'{"format":"provenance-receipt"}\n'


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "home")


def test_saved_records_are_read_back_byte_for_byte(outbox: Outbox, tmp_path: Path) -> None:
    saved = outbox.save([KEY, DEPOSIT])

    assert saved.compacts == (KEY, DEPOSIT)
    assert saved.receipt is None
    assert saved.path.read_bytes() == KEY + b"\n" + DEPOSIT + b"\n"
    assert saved.path.name == f"{saved.records[1].id_hex}.records" == f"{saved.id}.records"
    # another process, later
    assert Outbox(tmp_path / "home").pending() == (saved,)


def test_held_disclosures_are_kept_too(outbox: Outbox) -> None:
    saved = outbox.save([DEPOSIT])

    assert saved.records[0].held
    assert saved.records[0].payload["title"] == "The data of one"


def test_saved_records_are_the_owners_alone(outbox: Outbox) -> None:
    path = outbox.save([DEPOSIT]).path

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_saving_twice_is_once(outbox: Outbox) -> None:
    first = outbox.save([KEY, DEPOSIT])

    assert outbox.save([KEY, DEPOSIT]) == first
    assert outbox.pending() == (first,)


def test_same_record_with_other_bytes_is_refused(outbox: Outbox) -> None:
    saved = outbox.save([KEY, DEPOSIT])
    before = saved.path.read_bytes()

    signature = DEPOSIT.split(b"~")[0].split(b".")[2]
    with pytest.raises(AlreadyExistsError):
        outbox.save([KEY, DEPOSIT.replace(signature, b"A" * 85 + b"Q")])
    assert saved.path.read_bytes() == before


def test_the_key_record_that_was_kept_will_do(outbox: Outbox) -> None:
    """Found by a deposit without disclosures that was made twice within a second."""
    saved = outbox.save([KEY, DEPOSIT])

    assert outbox.save([DEPOSIT]) == saved


def test_receipt_acknowledges(outbox: Outbox) -> None:
    pending = outbox.save([KEY, DEPOSIT])
    other = outbox.save([deposit(JANE, "two").compact])

    done = outbox.acknowledge(pending, RECEIPT)

    assert done.receipt is not None
    assert done.receipt.read_bytes() == RECEIPT
    assert done.receipt.name == f"{pending.id}.receipt.json"
    assert outbox.pending() == (other,)
    assert set(outbox.submissions()) == {done, other}


def test_completed_receipt_takes_the_place_of_the_first(outbox: Outbox) -> None:
    saved = outbox.acknowledge(outbox.save([DEPOSIT]), b"first")

    again = outbox.acknowledge(saved, RECEIPT)

    assert again == saved
    assert again.receipt is not None
    assert again.receipt.read_bytes() == RECEIPT


def test_signed_file_is_carried_to_another_machine(outbox: Outbox, tmp_path: Path) -> None:
    path = tmp_path / "signed.records"
    write_submission(path, [KEY, DEPOSIT])

    carried = outbox.save(read_submission(path).compacts)

    assert carried.compacts == (KEY, DEPOSIT)
    assert outbox.pending() == (carried,)


def test_signed_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "signed.records"
    write_submission(path, [DEPOSIT])

    with pytest.raises(AlreadyExistsError):
        write_submission(path, [KEY])
    assert path.read_bytes() == DEPOSIT + b"\n"
    assert list(tmp_path.iterdir()) == [path]


def test_empty_outbox_has_nothing(outbox: Outbox) -> None:
    assert outbox.submissions() == outbox.pending() == ()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", MalformedError),
        (b"not a record\n", MalformedError),
        (DEPOSIT + b"\n\n", MalformedError),
        (DEPOSIT.rsplit(b"~", 2)[0] + b"~\n", MalformedError),  # a disclosure is missing
        (b"A" * (MAX_SUBMISSION_BYTES + 1), TooLargeError),
    ],
)
def test_file_that_holds_no_whole_records_is_refused(
    tmp_path: Path, content: bytes, error: type[MalformedError]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(error):
        read_submission(path)


def test_record_that_is_wrong_is_counted(outbox: Outbox) -> None:
    with pytest.raises(MalformedError, match="record 2: "):
        outbox.save([KEY, b"not a record"])
    with pytest.raises(MalformedError):
        outbox.save([])
    assert outbox.submissions() == ()


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match=r"absent\.records"):
        read_submission(tmp_path / "absent.records")


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file in its place")

    with pytest.raises(FileAccessError, match="outbox"):
        Outbox(tmp_path / "home").save([DEPOSIT])

"""Files picked in Chromium have the digest that the command line gives them, of any size."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from code_points import block_digests
from tabs import complaints_of

from provenance.files.walk import fingerprint_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

CODE_POINTS = Path(__file__).parents[1] / "web" / "code_points.mjs"
MEBI = 1 << 20

PREPARE = """async () => {
  const [{ hashFiles, pickedFiles, droppedFiles }, { ManifestBuilder }, { toHex }] =
    await Promise.all([
      import("/web/hashing.js"), import("/web/core/manifest.js"), import("/web/core/bytes.js")]);
  const input = document.createElement("input");
  Object.assign(input, { type: "file", id: "picked", multiple: true });
  const folder = document.createElement("input");
  Object.assign(folder, { type: "file", id: "folder", webkitdirectory: true });
  document.body.append(input, folder);
  window.fingerprint = async (picked, given) => {
    const builder = new ManifestBuilder();
    try {
      for (const entry of await hashFiles(await picked, given)) builder.add(entry);
    } catch (error) {
      return { name: error.name, code: error.code, problems: error.problems ?? [] };
    }
    const { summary, entries } = builder.finish();
    return { digest: toHex(summary.digest), files: summary.files, length: summary.length,
             paths: entries.map((entry) => entry.path) };
  };
  window.chosen = (id) => pickedFiles(document.getElementById(id).files);
  window.dropped = new Promise((resolve) => {
    document.body.addEventListener("dragover", (event) => event.preventDefault());
    document.body.addEventListener("drop", (event) => {
      event.preventDefault();
      resolve(droppedFiles(event.dataTransfer));
    });
  });
  dropped.catch(() => {}); // a test asks for it later
}"""


@pytest.fixture
def page(browser_page: Page) -> Page:
    """A page of the site with two inputs added: ``#picked`` for files, ``#folder`` for one."""
    browser_page.goto("/about")
    browser_page.evaluate(PREPARE)
    return browser_page


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with hard names, and a file that is long for the page."""
    folder = tmp_path / "dataset"
    files = {
        "a.csv": b"a,b\n",
        "b/c.csv": b"",
        "b.csv": b"2",
        "b/.hidden": b"3",
        "数据/测站 一.csv": b"4",
        "e\u0301te\u0301/caf\u0065\u0301.csv": b"5",
        "\U0001f600.csv": b"6",
        "\uffee.csv": b"7",
        "-": b"8",
        "back\\slash": b"9",
        "/".join("abcdefghij") + "/deep": b"10",
        "long.bin": bytes(range(256)) * (17 * 4096 + 3),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def expected_of(path: Path) -> dict[str, Any]:
    summary = fingerprint_dataset(path)
    return {"digest": summary.digest.hex(), "files": summary.files, "length": summary.length}


def fingerprint(page: Page, id_: str, given: str = "{}") -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(f"fingerprint(chosen('{id_}'), {given})")
    return found


def sparse(path: Path, length: int) -> Path:
    """Make a file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(length)
    return path


# --- the same digest ------------------------------------------------------------------------


def test_a_folder_has_the_digest_of_the_command_line(page: Page, dataset: Path) -> None:
    page.set_input_files("#folder", dataset)

    found = fingerprint(page, "folder")

    paths = found.pop("paths")
    assert found == expected_of(dataset)
    assert "été/café.csv" in paths


def test_a_dropped_folder_has_the_same_digest(page: Page, dataset: Path) -> None:
    drop(page, dataset)

    found: dict[str, Any] = page.evaluate("fingerprint(dropped)")

    del found["paths"]
    assert found == expected_of(dataset)


def test_things_dropped_together_are_one_dataset(page: Page, dataset: Path) -> None:
    beside = dataset.parent / "notes.txt"
    beside.write_text("notes")
    drop(page, dataset, beside)

    found: dict[str, Any] = page.evaluate("fingerprint(dropped)")

    assert {"dataset/a.csv", "notes.txt"} <= set(found.pop("paths"))
    assert found == expected_of(dataset.parent)


def drop(page: Page, *paths: Path) -> None:
    """Drop files and folders of the disk on the page, as a person with a mouse does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})


def test_what_chromium_does_not_show_is_left_out(page: Page, tmp_path: Path) -> None:
    """The command line refuses such a folder; hashing.js says why the page cannot."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"a")
    page.set_input_files("#folder", folder)
    alone = fingerprint(page, "folder")
    (folder / "link.csv").symlink_to(folder / "a.csv")
    (folder / "broken").symlink_to(tmp_path / "nowhere")
    (folder / "up").symlink_to(tmp_path)
    (folder / os.fsdecode(b"\xff\xfe.bin")).write_bytes(b"b")

    page.set_input_files("#folder", folder)

    assert fingerprint(page, "folder") == alone


def test_a_dropped_name_that_is_not_utf8_is_refused(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"a")
    (folder / os.fsdecode(b"\xff\xfe.bin")).write_bytes(b"b")
    drop(page, folder)

    outcome = page.evaluate("dropped.catch(({ code, problems }) => ({ code, problems }))")

    assert outcome["code"] == "unusable-dataset"
    assert outcome["problems"][0]["what"] == "not-readable"


def test_one_file_is_called_by_its_name(page: Page, dataset: Path) -> None:
    page.set_input_files("#picked", dataset / "long.bin")

    found = fingerprint(page, "picked")

    assert found.pop("paths") == ["long.bin"]
    assert found == expected_of(dataset / "long.bin")


def test_many_small_files_are_told_as_they_are_done(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for number in range(1_000):
        place = folder / f"{number % 9}" / f"{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"%d" % number * 50)
    page.set_input_files("#folder", folder)

    page.evaluate("window.seen = []")
    found = fingerprint(page, "folder", "{ onProgress: (one) => seen.push(one) }")

    assert {**found, "paths": 0} == {**expected_of(folder), "paths": 0}
    seen = page.evaluate("seen")
    whole = {"files": 1_000, "allFiles": 1_000, "bytes": found["length"]}
    assert seen[-1] == {**whole, "allBytes": found["length"]}
    done = [one["files"] for one in seen]
    assert done == sorted(done)
    assert len(set(done)) > 5


def test_without_workers_the_page_hashes_by_itself(page: Page, dataset: Path) -> None:
    page.set_input_files("#folder", dataset)

    page.route("**/web/worker/hash.js", lambda route: route.fulfill(status=404))
    without_its_text = fingerprint(page, "folder")
    complaints_of(page).expect_failures()  # the browser notes the 404
    page.evaluate("delete window.Worker")
    without_any = fingerprint(page, "folder")

    assert without_its_text["digest"] == expected_of(dataset)["digest"]
    assert without_any == without_its_text


def test_chromium_normalizes_and_folds_as_python_does(page: Page) -> None:
    text = CODE_POINTS.read_text("utf-8")
    function = text[text.index("export function blockDigests") :].removeprefix("export ")
    function = function.replace("given = { casefoldKey, nfc, sha256, toHex }", "given")
    modules = ("core/casefold.js", "core/digests.js", "core/text.js")
    imports = ", ".join(f'await import("/web/{module}")' for module in modules)
    run = f"return blockDigests(Object.assign({{}}, {imports}));"

    digests = page.evaluate(f"async () => {{ {function}\n{run} }}")

    assert digests == block_digests()


# --- what goes wrong ------------------------------------------------------------------------


def test_hashing_stops_when_it_is_cancelled(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#picked", sparse(tmp_path / "endless.bin", 40_000 * MEBI))

    stopped = page.evaluate(
        """async () => {
          const stopping = new AbortController();
          let at = null;
          const onProgress = ({ bytes }) => {
            if (bytes > 0 && at === null) { at = performance.now(); stopping.abort(); }
          };
          const outcome = await fingerprint(chosen("picked"),
                                            { onProgress, signal: stopping.signal });
          return { outcome, took: performance.now() - at };
        }"""
    )

    assert stopped["outcome"]["name"] == "AbortError"
    assert stopped["took"] < 2_000


CHANGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "other content": lambda path: path.write_bytes(b"other"),
    "shorter": lambda path: path.write_bytes(b""),
    "longer": lambda path: os.truncate(path, 30 * MEBI),
}


def test_a_file_that_is_not_as_it_was_is_named(page: Page, dataset: Path) -> None:
    for name in ("数据/测站 一.csv", "long.bin"):
        for what, change in CHANGES.items():
            (dataset / name).write_bytes(b"x" * 17 * MEBI)
            page.set_input_files("#folder", dataset)

            change(dataset / name)
            if what != "gone":
                os.utime(dataset / name, (time.time() + 5, time.time() + 5))
            found = fingerprint(page, "folder")

            assert found["code"] == "unusable-dataset", (name, what)
            assert [one["path"] for one in found["problems"]] == [name]
            assert found["problems"][0]["what"] in {"changed", "not-readable"}


def test_a_dropped_file_that_changes_within_the_second_is_noticed(
    page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"before")
    drop(page, folder)
    page.evaluate("dropped.then(() => null)")

    (folder / "a.csv").write_bytes(b"after!")
    found = page.evaluate("fingerprint(dropped)")

    assert found["code"] == "unusable-dataset"
    assert [one["path"] for one in found["problems"]] == ["a.csv"]


# --- memory ---------------------------------------------------------------------------------


@contextmanager
def watched(peaks: list[int]) -> Iterator[None]:
    """Note, some times a second, how much memory the browser's processes have together."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            peaks.append(browser_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def browser_bytes() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def test_memory_does_not_grow_with_a_file(page: Page, tmp_path: Path) -> None:
    length = 256 * MEBI
    page.set_input_files("#picked", sparse(tmp_path / "big.bin", length))
    before = browser_bytes()

    peaks: list[int] = []
    with watched(peaks):
        found = fingerprint(page, "picked")

    digest = hashlib.sha256()
    for _ in range(length // MEBI):
        digest.update(bytes(MEBI))
    leaf = hashlib.sha256(b"\0" + digest.digest() + b"big.bin").hexdigest()
    assert found["digest"] == leaf
    assert max(peaks) - before < 120 * MEBI

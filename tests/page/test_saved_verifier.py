"""The saved copy: one file that verifies from a disk, without any network."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from axe import overflowing, serious_findings
from playwright.sync_api import expect
from provenance_api.saved_verifier import bundle, saved_verifier
from tabs import NARROW, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from visited_site import Site

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_saved_verifier"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The file, as the script writes it."""
    target = tmp_path / "verify.html"
    ran = subprocess.run(
        [sys.executable, SCRIPT, target], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split()[0] == hashlib.sha256(target.read_bytes()).hexdigest()
    return target


def test_the_saved_copy_verifies_from_a_disk(chromium: Browser, site: Site, saved: Path) -> None:
    wishes = {"offline": True, "viewport": NARROW, "locale": "zh-CN"}
    with opened(chromium, saved.as_uri(), **wishes) as page:
        page.goto(saved.as_uri())
        expect(page.get_by_role("heading", name="核验凭据")).to_be_visible()
        kept = site.folder / "ice.provenance"
        files = [kept / "receipt.json", kept / "manifest.jsonl", site.policy]
        page.locator(".given .drop input:not([webkitdirectory])").set_input_files(files)
        page.locator(".given .drop input[webkitdirectory]").set_input_files(site.folder / "ice")
        expect(page.get_by_text("2 个文件与记录完全一致。")).to_be_visible()
        expect(page.locator(".step.proved")).not_to_have_count(0)
        assert not serious_findings(page)
        assert not overflowing(page)
        page.get_by_role("button", name="English").click()  # what was given stays
        expect(page.get_by_text("2 files are exactly as recorded.")).to_be_visible()
        proved = page.locator(".step.proved .step-number").all_inner_texts()
        assert {"1", "2", "3", "6", "7", "14"} <= set(proved)


def test_the_service_gives_the_same_file_to_keep(site: Site) -> None:
    answer = httpx.get(f"{site.url}/web/verify.html")
    assert answer.content == saved_verifier()
    assert answer.headers["content-disposition"] == 'attachment; filename="verify.html"'


def test_nothing_but_its_own_script_may_run() -> None:
    page = saved_verifier().decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "require-trusted-types-for 'script'" in policy[1]
    assert "unsafe" not in policy[1]
    assert page.count("<script>") == page.count("</script>") == 1
    assert not re.search(r'(?:src|href)="', page.split("<script>", maxsplit=1)[0])


def test_the_bundler_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    with pytest.raises(RuntimeError, match="circle"):
        bundle(tmp_path, "a.js")
    for text in ("export let a = 1;\n", "import(name);\n", "const here = import.meta.url;\n"):
        (tmp_path / "c.js").write_text(text)
        with pytest.raises(RuntimeError, match="cannot be bundled"):
            bundle(tmp_path, "c.js")


def test_the_bundler_keeps_what_modules_mean(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.js").write_text(
        "/** @param {import('./none.js').None} one */\n"
        "export function twice(one) {\n  return 2 * one;\n}\nexport default 5;\n"
        "const hidden = 7;\nexport { hidden as shown };\n"
    )
    (tmp_path / "a.js").write_text(
        'import five from "./in/b.js";\nimport * as all from "./in/b.js";\n'
        'import {\n  twice as double,\n  shown,\n} from "./in/b.js";\n'
        'export { twice } from "./in/b.js";\n'
        'import("./in/b.js").then((later) => console.log(\n'
        "  [double(five), shown, all.twice(1), later.default].join()));\n"
    )
    made = tmp_path / "made.cjs"
    made.write_text(bundle(tmp_path, "a.js"))
    node = Path(sys.executable).with_name("node")
    ran = subprocess.run([node, made], capture_output=True, text=True, check=True)
    assert ran.stdout == "10,7,2,5\n"

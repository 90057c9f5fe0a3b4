"""A person at the deposit page: what is entered in each step, in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.files import key_file
from provenance.files.keystore import generate

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

__all__ = [
    "PASSPHRASE",
    "WORDS",
    "describe",
    "enter_person",
    "new_key",
    "open_key",
    "pick_folder",
    "press",
]

PASSPHRASE = "冰 correct horse battery"

WORDS = {
    "en": {
        "next": "Continue",
        "title": "Title",
        "name": "Name",
        "orcid": "ORCID iD",
        "role": "Data curation",
        "sealed": "Sealed",
        "new passphrase": "Choose a passphrase",
        "make": "Make the key",
        "save key": "Save the key file",
        "passphrase": "Passphrase",
        "open key": "Open the key",
        "file": "Open a key file",
        "use key": "Sign with this key",
        "sign": "Sign and deposit",
        "receipt": "Save the receipt",
        "manifest": "Save the list of files",
        "policy": "Save the trust policy",
        "secret": "Save what opens the seal",
        "pdf": "Save as PDF",
    },
    "zh": {
        "next": "继续",
        "title": "题名",
        "name": "姓名",
        "orcid": "ORCID",
        "role": "数据管理",
        "sealed": "密封",
        "new passphrase": "设定口令",
        "make": "生成密钥",
        "save key": "保存密钥文件",
        "passphrase": "口令",
        "open key": "打开密钥",
        "file": "打开密钥文件",
        "use key": "用这把密钥签名",
        "sign": "签名并存证",
        "receipt": "保存存证凭据",
        "manifest": "保存文件清单",
        "policy": "保存信任策略",
        "secret": "保存启封文件",
        "pdf": "保存为 PDF",
    },
}


def press(page: Page, language: str, word: str) -> None:
    page.get_by_role("button", name=WORDS[language][word], exact=True).click()


def pick_folder(page: Page, language: str, folder: Path) -> None:
    """Choose a folder, wait for its fingerprint, go on."""
    page.locator(".drop input[webkitdirectory]").set_input_files(folder)
    press(page, language, "next")


def describe(page: Page, language: str, title: str) -> None:
    page.get_by_label(WORDS[language]["title"]).fill(title)
    press(page, language, "next")


def enter_person(page: Page, language: str, name: str, orcid: str) -> None:
    words = WORDS[language]
    page.get_by_label(words["name"]).fill(name)
    page.get_by_label(words["orcid"]).fill(orcid)
    page.locator(".role").filter(has_text=words["role"]).click()
    press(page, language, "next")


def new_key(page: Page, language: str, target: Path) -> None:
    """Make a key, save its file at ``target``, and show it to the page again."""
    words = WORDS[language]
    page.get_by_label(words["new passphrase"]).fill(PASSPHRASE)
    press(page, language, "make")
    with page.expect_download() as download:
        page.get_by_role("link", name=words["save key"]).click()
    download.value.save_as(target)
    page.locator(".key-body input[type=file]").set_input_files(target)
    page.get_by_label(words["passphrase"], exact=True).fill(PASSPHRASE)
    press(page, language, "open key")


def open_key(page: Page, language: str, target: Path) -> None:
    """Open the file of a key that was made elsewhere, with few rounds so that it opens quickly."""
    target.write_bytes(
        key_file.encrypt(generate("Ed25519"), PASSPHRASE, rounds=key_file.MIN_ROUNDS)
    )
    page.get_by_role("radio", name=WORDS[language]["file"]).check()
    page.locator(".key-body input[type=file]").set_input_files(target)
    page.get_by_label(WORDS[language]["passphrase"], exact=True).fill(PASSPHRASE)
    press(page, language, "open key")

"""A ledger as visitors of its page find it: served for real, with people and their records.

Two institutes, of which the policy names the first; Zhang deposits and is bound by it, Wang
deposits and is bound too, Gorman is named by both and speaks for herself. She objects to one,
accepts the other; the institute files a dispute, both sides speak, it is not ruled yet.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from command_line import CommandLine, open_quickly, served

from provenance.files.atomic import write_bytes
from provenance.files.keystore import KeyStore
from provenance.policy import InstitutionKey, Policy, render_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["GORMAN", "ORIGIN", "ROR", "WANG", "ZHANG", "Site", "founded_site", "serving_site"]

ORIGIN = "page.example/ledger"
INSTITUTE, ROR = "Polar Institute", "05dxps055"
ZHANG, WANG, GORMAN = "0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"
PEOPLE = {
    "institute": ("--name", INSTITUTE),
    "zhang": ("--name", "張三", "--orcid", ZHANG),
    "wang": ("--name", "王芳", "--orcid", WANG),
    "gorman": ("--name", "Kristen Gorman", "--orcid", GORMAN),
}


@dataclass
class Site:
    """Where the page is, who the people are, and the ids of what they signed, by a short name."""

    url: str
    folder: Path
    people: dict[str, CommandLine]
    records: dict[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> Path:
        return self.folder / "ledger" / "policy.json"

    @property
    def node(self) -> str:
        """Address of the local chain's node."""
        return (self.folder / "ledger" / "anvil" / "address").read_text().strip()

    def said(self, who: str, *words: object) -> dict[str, object]:
        """Let somebody run a command, and return its JSON."""
        trusting = () if words[:2] == ("key", "bind") else ("--policy", self.policy)
        ran = self.people[who].here(*words, *trusting, "--json")
        assert ran.code in {0, 3}, ran
        value: dict[str, object] = json.loads(ran.out)
        return value

    def sign(self, name: str, who: str, *words: object) -> str:
        """Let somebody sign a record, and remember its id under ``name``."""
        record = str(self.said(who, *words)["id"])
        self.records[name] = record
        return record


def founded_site(folder: Path) -> dict[str, CommandLine]:
    """Found the ledger, make everybody's key, and name the institute in the policy."""
    people = {who: CommandLine(folder, folder / "home" / who) for who in PEOPLE}
    institute = people["institute"]
    institute.succeed("init", "ledger", "--origin", ORIGIN)
    for who, claims in PEOPLE.items():
        assert people[who].here("key", "new", "--label", who, *claims).code == 0
        open_quickly(people[who].home)
    place = folder / "ledger" / "policy.json"
    policy = Policy.parse(place.read_bytes())
    (stored,) = KeyStore(institute.home).keys()
    made = render_policy(
        origin=policy.origin,
        root_key=policy.root_key,
        checkpoint_keys=policy.checkpoint_keys,
        chains=policy.chains,
        institution_keys=[InstitutionKey(INSTITUTE, ROR, stored.public)],
    )
    write_bytes(place, made)
    return people


def _dataset(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
    return folder


def _tell_the_story(site: Site) -> None:
    for who in ("zhang", "wang"):
        site.said(who, "key", "request", "-o", f"{who}.request")
        site.said("institute", "key", "bind", f"{who}.request", "-o", f"{who}.binding")
        site.said(who, "key", "accept", f"{who}.binding")
    gorman = f"Kristen Gorman; orcid={GORMAN}"
    ice = _dataset(site.folder / "ice", 测站="x\n1\n", thickness="y\n2\n")
    site.sign(
        "first", "zhang", "deposit", ice, "--title", "冰厚观测 Ice thickness 2025",
        "--publish-manifest", "--license", "CC-BY-4.0",
        "--contributor", f"張三; orcid={ZHANG}; ror={ROR}; roles=software,data-curation",
        "--contributor", f"{gorman}; roles=validation",
    )  # fmt: skip
    other = _dataset(site.folder / "other", thickness="y\n2\n", notes="z\n3\n")
    site.sign(
        "second", "wang", "deposit", other, "--title", "Ice thickness, second group",
        "--publish-manifest",
        "--contributor", f"王芳; orcid={WANG}; roles=software",
        "--contributor", f"{gorman}; roles=validation",
    )  # fmt: skip
    site.sign("accepted", "gorman", "respond", site.records["first"], "accept")
    site.sign(
        "objected", "gorman", "respond", site.records["second"], "object",
        "--reason", "I had no part in this version.",
    )  # fmt: skip
    site.sign(
        "dispute", "institute", "dispute", site.records["first"], site.records["second"],
        "--about", "priority", "--question", "谁先完成该数据集？ Who compiled these tables first?",
        "--party", f"claimant: 張三; orcid={ZHANG}",
        "--party", f"respondent: 王芳; orcid={WANG}",
    )  # fmt: skip
    site.sign("note", "zhang", "statement", site.records["dispute"], "--text", "笔记本第12页。")


@contextmanager
def serving_site(folder: Path) -> Iterator[Site]:
    """Found, serve and fill a ledger below ``folder``; it ends with the context."""
    people = founded_site(folder)
    with served(folder / "ledger", people["institute"]) as url:
        for who, line in people.items():
            people[who] = CommandLine(line.folder, line.home, url)
        site = Site(url, folder, people)
        _tell_the_story(site)
        yield site

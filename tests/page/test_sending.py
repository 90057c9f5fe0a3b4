"""Records that Chromium signs are taken by the service, and none is lost on the way."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tabs import complaints_of

from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import parse_record
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route
    from visited_site import Site

RECORDS = "**/v1/records/batch"

PREPARE = """async () => {
  const names = ["client.js", "store.js", "core/key_file.js", "core/compose_deposit.js",
                 "core/manifest.js", "core/bytes.js", "core/digests.js"];
  const found = await Promise.all(names.map((name) => import(`/web/${name}`)));
  window.ours = Object.assign({}, ...found);
  const { createKey, signerOf, composeDeposit, sealKeyFile, openKeyFile } = ours;
  window.origin_ = (await (await fetch("/v1/health")).json()).origin;
  window.setting = (more) => ({ aud: origin_, iat: Math.floor(Date.now() / 1000),
                                holder: { name: "Ada 测试" }, ...more });
  window.sign = async (given = {}, alg = "Ed25519") => {
    window.signer ??= await signerOf(await createKey(alg));
    const digest = crypto.getRandomValues(new Uint8Array(32));
    const summary = { digest, files: 2, length: 20, imported: 0 };
    const about = { summary, title: "Tiefe & Höhe", license: "CC0-1.0",
                    contributors: [{ name: "Ada 测试", roles: ["software"] }], ...given.about };
    return composeDeposit(about, setting(given.setting), signer);
  };
  window.settled = async (promise) => {
    try {
      const { receipt, ...rest } = await promise;
      return { ...rest, receipt: new TextDecoder().decode(receipt) };
    } catch (error) {
      const { name, code, field, title, isTemporary, retryAfter, message } = error;
      return { failed: { name, code, field, title, isTemporary, retryAfter, message } };
    }
  };
}"""


@pytest.fixture
def page(browser_page: Page) -> Page:
    """A page of the site with the modules that sign and send in ``window.ours``."""
    browser_page.goto("/about")
    browser_page.evaluate(PREPARE)
    return browser_page


def check(site: Site, receipt: str, compact: str) -> Receipt:
    """Check a receipt by the site's policy, as the command line does when it deposited."""
    octets = receipt.encode()
    policy = Policy.parse(site.policy.read_bytes())
    verdict = verify_receipt(octets, policy, now_unix=int(time.time()))
    assert not_in_log(verdict.checks) is None
    parsed = Receipt.parse(octets)
    assert parsed.record.sd_jwt.partition("~")[0] == compact.partition("~")[0]
    return parsed


# --- taken ----------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_a_deposit_signed_here_is_taken_and_its_receipt_holds(
    page: Page, site: Site, alg: str
) -> None:
    sent = page.evaluate(
        f"""async () => {{
          const {{ records }} = await sign({{}}, "{alg}");
          const sent = await settled(ours.postRecords(records));
          const again = await settled(ours.postRecords(records));
          return {{ sent, again, compact: records[1].compact, id: records[1].id }};
        }}"""
    )

    receipt = check(site, sent["sent"]["receipt"], sent["compact"])
    assert sent["sent"]["id"] == sent["id"]
    assert (sent["sent"]["isNew"], sent["sent"]["isKept"]) == (True, True)
    assert sent["again"]["isNew"] is False
    again = Receipt.parse(sent["again"]["receipt"].encode())
    assert again.record.leaf_index == receipt.record.leaf_index
    assert page.evaluate("ours.pending()") == []


def test_sealed_deposits_answers_and_contributions_are_taken(page: Page, site: Site) -> None:
    sent = page.evaluate(
        """async () => {
          const { records } = await sign();
          await ours.postRecords(records);
          const [about] = [records[1]];
          const element = about.disclosures.find(({ name }) => name === null);
          const answer = { record: about.id, contributor: element.digest, answer: "accept" };
          const contributors = [{ name: "Ben", roles: ["validation"] }];
          const contribution = { record: about.id, contributors };
          const sealed = { saltedDigest: new Uint8Array(32).fill(7), names: ["files", "bytes"] };
          const made = [
            await sign({ setting: { sealed } }),
            await ours.composeResponse(answer, setting(), signer),
            await ours.composeContribution(contribution, setting(), signer),
          ];
          const sent = [];
          for (const { records: some } of made) {
            sent.push([await settled(ours.postRecords(some)), some.at(-1).compact]);
          }
          return sent;
        }"""
    )

    types = []
    for outcome, compact in sent:
        assert "failed" not in outcome, outcome
        check(site, outcome["receipt"], compact)
        types.append(parse_record(compact.encode(), complete=True).type)
    assert types == ["deposit", "response", "contribution"]


def test_a_published_manifest_is_read_and_what_is_held_is_not(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const builder = new ours.ManifestBuilder();
          const sha256 = crypto.getRandomValues(new Uint8Array(32));
          builder.add({ path: "数据.csv", sha256, length: 9, imported: false });
          const { summary, manifest } = builder.finish();
          const { records } = await sign({ about: { summary }, setting: { hold: ["title"] } });
          await ours.postRecords(records);
          const { id: record } = records[1];
          const jti = ours.toHex(crypto.getRandomValues(new Uint8Array(16)));
          const { aud, iat } = setting();
          const header = { alg: signer.alg, kid: signer.kid, typ: "manifest-publication+jwt" };
          const input = [header, { aud, iat, jti, record }].map((part) =>
            ours.toB64url(ours.utf8(JSON.stringify(part)))).join(".");
          const authorization =
            `JWS ${input}.${ours.toB64url(await signer.sign(ours.utf8(input)))}`;
          await fetch(`/v1/records/${record}/manifest`, { method: "PUT", body: manifest,
            headers: { "content-type": "application/jsonl", authorization } });
          const published = await ours.getManifest(record);
          const { title = null } = await ours.getRecord(record);
          const { items } = await ours.lookup({ digest: ours.toHex(sha256) });
          return { same: ours.equal(published, manifest), title,
                   found: items.map((one) => one.id ?? one.record_id) , record };
        }"""
    )

    assert found["same"]
    assert found["title"] is None
    assert len(found["found"]) == 1


def test_everything_that_can_be_read_is_read(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const text = (octets) => new TextDecoder().decode(octets);
          const checkpoint = text(await ours.getCheckpoint());
          const [origin, count] = checkpoint.split("\\n");
          const size = Number(count);
          const [summary, anchors, policy, inclusion, consistency, tile] =
            await Promise.all([ours.getSummary(), ours.getAnchors(),
              ours.getPolicy(), ours.getInclusion(0, size), ours.getConsistency(1, size),
              ours.getTile(size < 256 ? `tile/entries/000.p/${size}` : "tile/entries/000")]);
          return { size, origin, summary, anchors: anchors.items.length,
                   policy: JSON.parse(text(policy)), inclusion, consistency, tile: tile.length };
        }"""
    )

    assert found["origin"] == found["policy"]["origin"]
    assert found["anchors"] >= 1
    assert found["inclusion"]["tree_size"] == found["size"]
    assert found["consistency"]["to_tree_size"] == found["size"]
    assert found["tile"] > 100


# --- not lost -------------------------------------------------------------------------------


def test_a_record_outlives_a_network_that_is_away(page: Page, site: Site) -> None:
    bodies: list[str] = []

    def refuse(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        route.abort("connectionrefused")

    page.route(RECORDS, refuse)
    first = page.evaluate("sign().then(({ records }) => settled(ours.postRecords(records)))")
    complaints_of(page).expect_failures()  # the browser notes the refused connection
    page.unroute(RECORDS)
    page.reload()
    page.evaluate(PREPARE)

    waiting = page.evaluate("ours.pending()")
    page.on(
        "request",
        lambda one: bodies.append(one.post_data or "") if "batch" in one.url else None,
    )
    sent = page.evaluate(f"settled(ours.resend('{waiting[0]['id']}'))")

    assert first["failed"]["code"] == "unavailable"
    assert first["failed"]["isTemporary"] is True
    assert len(waiting) == 1
    assert bodies[0] == bodies[1]
    assert json.loads(bodies[0]) == waiting[0]["compacts"]
    check(site, sent["receipt"], waiting[0]["compacts"][-1])
    assert page.evaluate("ours.pending()") == []


def test_an_answer_that_is_lost_makes_no_second_record(page: Page, site: Site) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the service takes it
        route.abort("connectionreset")

    page.route(RECORDS, lose)
    page.evaluate("sign().then(({ records }) => settled(ours.postRecords(records)))")
    complaints_of(page).expect_failures()  # the browser notes the reset connection
    page.unroute(RECORDS)

    sent = page.evaluate(
        "ours.pending().then(([one]) => settled(ours.resend(one.id)).then((sent) =>"
        " ({ ...sent, compact: one.compacts.at(-1) })))"
    )

    assert sent["isNew"] is False
    check(site, sent["receipt"], sent["compact"])


def test_who_cancels_can_send_later(page: Page) -> None:
    page.route(RECORDS, lambda _: None)

    found = page.evaluate(
        """async () => {
          const stopping = new AbortController();
          const { records } = await sign();
          const sending = settled(ours.postRecords(records, { signal: stopping.signal }));
          setTimeout(() => stopping.abort(), 200);
          return [await sending, (await ours.pending()).length];
        }"""
    )

    assert found[0]["failed"]["name"] == "AbortError"
    assert found[1] == 1


def test_a_window_that_keeps_nothing_can_deposit(page: Page, site: Site) -> None:
    page.evaluate("() => { IDBDatabase.prototype.transaction = () => { throw Error('no'); }; }")

    sent = page.evaluate(
        "sign().then(({ records }) => settled(ours.postRecords(records)).then((sent) =>"
        " ({ ...sent, compact: records[1].compact })))"
    )

    assert sent["isKept"] is False
    check(site, sent["receipt"], sent["compact"])


# --- refused --------------------------------------------------------------------------------


def test_a_refusal_says_what_the_service_said(page: Page) -> None:
    page.evaluate("document.documentElement.lang = 'zh-Hans'")

    outcome = page.evaluate(
        """async () => {
          const { records } = await sign({ setting: { aud: "other.example/log" } });
          return settled(ours.postRecords(records));
        }"""
    )

    failed = outcome["failed"]
    assert (failed["code"], failed["field"]) == ("wrong-audience", "aud")
    assert failed["isTemporary"] is False
    assert any("\u4e00" <= character <= "\u9fff" for character in failed["title"])


def test_what_is_not_there_and_what_is_busy_are_told_apart(page: Page) -> None:
    def busy(route: Route) -> None:
        problem = {"code": "overloaded", "detail": "full", "title": "Too busy", "status": 503}
        headers = {"retry-after": "7", "content-type": "application/problem+json"}
        route.fulfill(status=503, headers=headers, body=json.dumps(problem))

    page.route("**/v1/policy", busy)
    missing = page.evaluate("settled(ours.getReceipt('ab'.repeat(32)))")["failed"]
    away = page.evaluate("settled(ours.getPolicy())")["failed"]
    complaints_of(page).expect_failures()  # the browser notes 404 and 503

    assert (missing["code"], missing["isTemporary"]) == ("not-found", False)
    assert (away["code"], away["isTemporary"], away["retryAfter"]) == ("overloaded", True, 7)
    assert away["title"] == "Too busy"


LIES = [
    "not json",
    '{"results":[]}',
    '{"results":[{"status":"integrated"},{"status":"integrated"}]}',
    '{"results":[{"status":"repeat"},{"status":"integrated","receipt":null}]}',
    '{"results":[{},{"receipt":{"record":{"sd_jwt":"a.b.c~"}}}]}',
    '{"results":[{"status":"integrated"},{"status":"integrated","status":"repeat"}]}',
    '{"results":[{},{"receipt":{"record":{"sd_jwt":7}}}]}',
]


def test_a_service_that_lies_is_not_believed(page: Page) -> None:
    lies = iter(LIES)
    page.route(RECORDS, lambda route: route.fulfill(status=200, body=next(lies)))
    for number, lie in enumerate(LIES):
        outcome = page.evaluate("sign().then(({ records }) => settled(ours.postRecords(records)))")

        known = {"malformed", "malformed-json", "verification-failed"}
        assert outcome["failed"]["code"] in known, lie
        assert len(page.evaluate("ours.pending()")) == number + 1


# --- keys -----------------------------------------------------------------------------------


def test_a_key_is_kept_so_that_nothing_takes_it_out(page: Page) -> None:
    found: dict[str, Any] = page.evaluate(
        """async () => {
          const jwk = await ours.createKey();
          const text = await ours.sealKeyFile(jwk, "a passphrase");
          const signer = await ours.signerOf(await ours.openKeyFile(text, "a passphrase"));
          await ours.keep("keys", signer.kid, { signer: ours.keptOf(signer) });
          const { signer: kept } = await ours.load("keys", signer.kid);
          const again = ours.signerFromKept(kept);
          const signature = await again.sign(new Uint8Array(3));
          const out = await crypto.subtle.exportKey("jwk", again.privateKey).then(
            () => "taken out", (error) => error.name);
          return { same: again.kid === signer.kid, length: signature.length, out };
        }"""
    )

    assert found == {"same": True, "length": 64, "out": "InvalidAccessError"}

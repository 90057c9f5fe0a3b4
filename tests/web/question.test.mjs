// What somebody means who types something into the one box, and whether a record answers it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { answers } from "../../api/web/core/answers.js";
import { addressOf, questionOf, recognizeQuestion } from "../../api/web/core/question.js";

const DIGEST = "5f".repeat(32);
const KEY = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

const MEANT = [
  [DIGEST, "digest", DIGEST],
  [` sha256:${DIGEST.toUpperCase()} `, "digest", DIGEST],
  [DIGEST.match(/.{4}/g).join(" "), "digest", DIGEST],
  [`0x${DIGEST}`, "digest", DIGEST],
  [KEY, "key", KEY],
  ["0000-0002-1825-0097", "orcid", "0000-0002-1825-0097"],
  ["https://orcid.org/0000-0002-1694-233x", "orcid", "0000-0002-1694-233X"],
  ["0000000218250097", "orcid", "0000-0002-1825-0097"],
  ["https://ror.org/05dxps055", "institution", "05dxps055"],
  ["10.5281/zenodo.3960218", "doi", "10.5281/zenodo.3960218"],
  ["https://doi.org/10.5281/zenodo.3960218", "doi", "10.5281/zenodo.3960218"],
  ["DOI: 10.5281/x", "doi", "10.5281/x"],
  ["李雷", "name", "李雷"],
  ["cafe\u0301", "name", "café"],
  [`https://ledger.example/records/${DIGEST}`, "page", `/records/${DIGEST}`],
  [`/disputes/${DIGEST}?lang=zh`, "page", `/disputes/${DIGEST}`],
  [`https://ledger.example/keys/${KEY}`, "page", `/keys/${KEY}`],
  ["<img src=x onerror=alert(1)>", "name", "<img src=x onerror=alert(1)>"],
];

for (const [text, kind, value] of MEANT) {
  test(`${text.slice(0, 40)} is a ${kind}`, () => {
    assert.deepEqual(recognizeQuestion(text), { kind, value });
  });
}

test("a part of a digest is told, and no person's name is taken for one", () => {
  const parts = [
    "7aacba5c…fa36a445",
    "7aacba5c...",
    "0x7aacba5c",
    DIGEST.slice(1),
    "kPrK_qmx…BygrS4k",
  ];
  for (const text of parts) {
    assert.throws(() => recognizeQuestion(text), { code: "malformed", field: "short" }, text);
  }
  for (const name of ["Fedbadde", "20261123", "Li Lei…", "Cab4"]) {
    assert.deepEqual(recognizeQuestion(name), { kind: "name", value: name });
  }
});

test("a typing error in an identifier is told, and nothing is asked", () => {
  assert.throws(() => recognizeQuestion("0000-0002-1825-0098"), { code: "check-digit" });
  assert.throws(() => recognizeQuestion("05dxps056"), { code: "check-digit" });
  assert.equal(recognizeQuestion("  "), null);
});

test("an address is read as it is written, and a digest stays behind the #", () => {
  for (const question of [
    { kind: "digest", value: DIGEST },
    { kind: "doi", value: "10.5281/a&b#c" },
    { kind: "name", value: "05dxps055 & co" },
    { kind: "institution", value: "05dxps055" },
    { kind: "institution", value: "Polar Institute" },
  ]) {
    const address = new URL(addressOf(question), "https://ledger.example");
    const found = questionOf(address.searchParams, address.hash.slice(1));
    assert.deepEqual(found.question, question);
    if (question.kind === "digest") assert.equal(address.search, "");
  }
  assert.deepEqual(questionOf(new URLSearchParams("q=%20")).question, null);
  assert.equal(questionOf(new URLSearchParams(`key=${KEY}`)).question.kind, "key");
});

test("a record is asked itself whether it answers", () => {
  const place = new URL("../vectors/attribution/cases.json", import.meta.url);
  const { entries } = JSON.parse(readFileSync(place, "utf8")).cases[0];
  const [one, response] = entries.map(({ id, signer, ...record }) => ({
    id,
    record,
    signer: { ...signer, ror: [] },
  }));
  const ask = (kind, value, entry = one) => answers({ kind, value }, entry);

  assert.equal(ask("digest", one.record.payload.dataset_digest), true);
  assert.equal(ask("digest", "00".repeat(32)), null); // perhaps a file of it
  assert.equal(ask("digest", "00".repeat(32), response), false);
  assert.equal(ask("digest", one.id, response), true);
  assert.equal(ask("key", one.record.kid), true);
  assert.equal(ask("orcid", "0000-0002-1825-0097"), true);
  assert.equal(ask("orcid", "0000-0001-5109-3700"), null);
  assert.equal(ask("name", "li lei"), true);
  assert.equal(ask("name", "Li Le"), null);
  assert.equal(ask("institution", "05dxps055"), null);
  const bound = { ...one, signer: { ...one.signer, binder: "Polar Institute" } };
  assert.equal(ask("institution", "polar institute", bound), true);
  const about = { identifiers: [{ type: "doi", value: "https://doi.org/10.1/A" }] };
  const published = {
    ...one,
    record: { ...one.record, payload: { ...one.record.payload, ...about } },
  };
  assert.equal(ask("doi", "10.1/a", published), true);
});

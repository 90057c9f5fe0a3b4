// How a deposit is cited, and whom an invitation is for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bibtex, citationText, citedOf, ris } from "../../api/web/core/citation.js";
import { invitedBy, readInvitation } from "../../api/web/core/invitation.js";
import { parseRecord } from "../../api/web/core/parse_record.js";

const entry = {
  id: "ab".repeat(32),
  notAfter: null,
  record: {
    iat: Date.UTC(2026, 0, 1) / 1000,
    payload: {
      title: "Ice & snow_2026 {final}",
      version: "2",
      identifiers: [
        { type: "cstr", value: "31253.11.x" },
        { type: "doi", value: "10.5281/x" },
      ],
    },
  },
};
const people = [
  { name: "張三", isCredited: true },
  { name: "Objector", isCredited: false },
  { name: null, isCredited: true },
  { name: "Gorman, K.", isCredited: true },
];
const about = {
  origin: "ledger.example/log",
  address: "https://l.example/records/ab",
  untitled: "?",
};
const cited = citedOf(entry, people, about);

test("who objected or is not shown is not cited", () => {
  assert.deepEqual(cited.people, ["張三", "Gorman, K."]);
  assert.equal(citedOf(entry, [], { ...about, untitled: "-" }).people.length, 0);
  const proved = citedOf({ ...entry, notAfter: { time_unix: 0 } }, people, about);
  assert.equal(proved.unix, 0);
});

test("a line of either language", () => {
  assert.equal(
    citationText(cited, "en"),
    "張三; Gorman, K. (2026). Ice & snow_2026 {final} (version 2) [Data set]. " +
      "ledger.example/log. https://doi.org/10.5281/x",
  );
  assert.equal(
    citationText({ ...cited, doi: null, version: null }, "zh"),
    "張三，Gorman, K.. Ice & snow_2026 {final}[DS/OL]. ledger.example/log, 2026. " +
      "https://l.example/records/ab.",
  );
});

test("nothing in a title breaks out of a reference manager's file", () => {
  const text = bibtex(cited);
  assert.match(text, /title = \{Ice \\& snow\\_2026 \\\{final\\\}\}/);
  assert.match(text, /author = \{\{張三\} and \{Gorman, K\.\}\}/);
  assert.equal(bibtex({ ...cited, version: null }).includes("version"), false);
  const tricky = ris({ ...cited, title: "a\r\nER  - \u2028b" });
  assert.equal(tricky.split("\r\n").filter((line) => line.startsWith("ER")).length, 1);
});

// --- invitations --------------------------------------------------------------------------------

const place = new URL("../vectors/records/", import.meta.url);

test("a link is read whole, or not at all", () => {
  const id = "cd".repeat(32);
  for (const text of [
    `https://l.example/respond#respond=${id}.WyJh`,
    `respond=${id}.WyJh`,
    `${id}.WyJh`,
    ` https://l.example/#respond=${id}.WyJh\n`,
  ]) {
    assert.deepEqual(readInvitation(text), { record: id, shown: "WyJh" });
  }
  for (const text of ["", `respond=${id}`, `respond=${id}.`, `respond=${id.slice(1)}.WyJh`]) {
    assert.throws(() => readInvitation(text), { code: "malformed", field: "LINK" });
  }
});

test("an invitation shows one of those whom the record names, and nobody else", () => {
  const compact = contribution();
  const whole = parseRecord(compact, { complete: true });
  const [jws] = compact.split("~");
  const bare = parseRecord(`${jws}~`, { complete: false });
  const digests = whole.claims.contributors.map((one) => one["..."]);
  const part = whole.parts.find((one) => one.digest === digests[0]);

  assert.deepEqual(invitedBy(bare, digests[0]), { digest: digests[0], contributor: null });
  assert.equal(invitedBy(bare, part.text).contributor.name, part.value.name);
  assert.equal(invitedBy(whole, part.text).contributor.name, part.value.name);
  assert.equal(invitedBy(whole, digests[1]).contributor.name, whole.parts[1].value.name);
  assert.throws(() => invitedBy(bare, "A".repeat(43)), { field: "LINK" });
  assert.throws(() => invitedBy(bare, "WyJh"), { code: "malformed" });
});

function contribution() {
  return JSON.parse(readFileSync(new URL("contribution.json", place), "utf8")).compact;
}

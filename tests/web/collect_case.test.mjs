// Gathering a case from a service that may say anything.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { collectCase } from "../../api/web/collect_case.js";
import { NotFoundError, UnavailableError } from "../../api/web/core/errors.js";
import { targetsOf } from "../../api/web/core/record_standing.js";

const place = new URL("../vectors/attribution/cases.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(place, "utf8"));
const LOGGED = ["receipt", "log", "signature", "checkpoint", "inclusion"];

/** A service over the records of one case, and ways in which it may lie. */
function serviceOf({ entries }, lies = {}) {
  const records = new Map(entries.map((one) => [one.id, one]));
  return {
    async receipt(id) {
      const told = lies.receipt?.(id) ?? id;
      if (told instanceof Error) throw told;
      if (!records.has(told)) throw new NotFoundError("no such record");
      return new TextEncoder().encode(told);
    },
    async about(id) {
      const hits = entries.filter((one) => targetsOf(one).includes(id));
      return [...hits, ...(lies.about?.(id) ?? [])];
    },
    async read(octets) {
      const one = records.get(new TextDecoder().decode(octets));
      const outcome = lies.outcome?.(one.id) ?? "proved";
      const checks = LOGGED.map((name) => ({ name, outcome, code: name, facts: {} }));
      const record = { record_id: one.id, key: one.kid, leaf_index: one.leaf_index };
      return { verdict: { checks, record, interval: {} }, record: one };
    },
  };
}

const story = cases.find((one) => one.name.startsWith("disputes"));
const [first, second] = story.entries;
const dispute = story.entries.find((one) => one.type === "dispute");
const ids = (found) => found.case.entries.map((one) => one.id);

test("everything about a record is found, and what is about that", async () => {
  const found = await collectCase([dispute.id], serviceOf(story));

  assert.deepEqual(
    ids(found),
    story.entries.map((one) => one.id),
  );
  assert.deepEqual([found.left, found.isCut], [[], false]);
});

test("a dataset leads to its relations only when asked for a lineage", async () => {
  const drawn = cases.find(({ entries }) => entries.some((one) => one.claims.relations));
  const related = drawn.entries.find((one) => one.type === "deposit" && one.claims.relations);
  const [{ record }] = related.claims.relations;

  const without = await collectCase([related.id], serviceOf(drawn));
  const along = await collectCase([related.id], serviceOf(drawn), { lineage: true });

  assert.ok(along.case.entries.length >= without.case.entries.length);
  assert.deepEqual(along.absent.includes(record), along.case.get(record) === null);
  assert.equal(along.case.get(record) === null, !drawn.entries.some((one) => one.id === record));
});

test("the receipt of another record is told, and not used", async () => {
  const swapped = { receipt: (id) => (id === second.id ? first.id : id) };
  const found = await collectCase([first.id], serviceOf(story, swapped));

  assert.ok(!ids(found).includes(second.id));
  assert.deepEqual(
    found.left.map(({ id, why }) => [id, why]),
    [[second.id, "another"]],
  );
  await assert.rejects(collectCase([second.id], serviceOf(story, swapped)), {
    code: "verification-failed",
  });
});

test("a receipt that proves nothing is told, and not used", async () => {
  const ruling = story.entries.find((one) => one.type === "ruling");
  const forged = { outcome: (id) => (id === ruling.id ? "false" : "proved") };
  const found = await collectCase([dispute.id], serviceOf(story, forged));

  assert.ok(!ids(found).includes(ruling.id));
  assert.equal(found.left[0].why, "unproved");
  await assert.rejects(collectCase([ruling.id], serviceOf(story, forged)));
});

test("a record that is about something else is told, and not used", async () => {
  const lies = { about: (id) => (id === first.id ? [{ id: second.id, type: "statement" }] : []) };
  const alone = { entries: [first, second] };
  const found = await collectCase([first.id], serviceOf(alone, lies));

  assert.deepEqual(ids(found), [first.id]);
  assert.deepEqual(found.left, [{ id: second.id, why: "astray", error: null }]);
});

test("what the service does not give, and what it makes up, is told", async () => {
  const lies = {
    receipt: (id) => (id === dispute.id ? new UnavailableError("gone") : id),
    about: (id) => (id === first.id ? [{ id: "../../x", type: "statement" }, null] : []),
  };
  const found = await collectCase([first.id], serviceOf(story, lies));

  const why = new Set(found.left.map((one) => one.why));
  assert.deepEqual(why, new Set(["away", "unreadable"]));
  await assert.rejects(collectCase(["ab".repeat(32)], serviceOf(story)), { code: "not-found" });
});

test("a case has an end", async () => {
  const found = await collectCase([dispute.id], serviceOf(story), { limit: 3 });

  assert.equal(found.case.entries.length, 3);
  assert.ok(found.isCut);
});

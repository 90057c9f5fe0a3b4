// The rules about who did what, on the cases that Python's own rules were asked (the file
// tests/vectors/attribution/cases.json is made from them).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { creditOf } from "../../api/web/core/attribution.js";
import { Case, Entry, entryOf } from "../../api/web/core/case.js";
import { disputeOf, sideOf } from "../../api/web/core/dispute_case.js";
import { Lineage, lineageOf } from "../../api/web/core/lineage.js";
import { arrowsOf, layersOf, routeOf } from "../../api/web/core/lineage_layout.js";
import { standingToJSON } from "../../api/web/core/record_standing.js";
import { axisOf, eventsAbout, timelineOf } from "../../api/web/core/timeline.js";

const place = new URL("../vectors/attribution/cases.json", import.meta.url);
const { cases, graphs } = JSON.parse(readFileSync(place, "utf8"));

const QUIET = { name: "key-status", outcome: "not-checked", code: "revocation-not-shown" };

function entryFrom(one, verdict = { checks: [QUIET], interval: {} }) {
  const { signer, leaf_index: leafIndex, id, ...record } = one;
  const { may_bind: mayBind, ...rest } = signer;
  return new Entry({
    octets: new Uint8Array(),
    id,
    record,
    leafIndex,
    signer: { kid: record.kid, ror: [], ...rest, mayBind },
    verdict,
  });
}

function caseFrom({ entries }) {
  return new Case(
    [entries[0].id],
    entries.map((one) => entryFrom(one)),
  );
}

for (const expected of cases) {
  test(`as Python: ${expected.name}`, () => {
    const found = caseFrom(expected);

    assert.deepEqual(found.missing, expected.missing);
    assert.deepEqual(
      found.entries.map((one) => standingToJSON(found.standing(one.id))),
      expected.standing,
    );
    for (const credit of expected.credit) {
      assert.deepEqual(creditJSON(creditOf(found, credit.deposit)), credit);
    }
    for (const dispute of expected.disputes) {
      assert.deepEqual(disputeJSON(disputeOf(found, dispute.id)), dispute);
    }
    assert.deepEqual(lineageJSON(lineageOf(found, found.subjects[0])), expected.lineage);
  });
}

test("any graph is laid out as in Python", () => {
  for (const expected of graphs) {
    const nodes = new Map(
      expected.nodes.map(([key]) => [key, { key, entry: null, title: null, marks: [] }]),
    );
    const edges = expected.edges.map(([older, newer, relation, by]) => ({
      older,
      newer,
      relation,
      by,
    }));
    assert.deepEqual(lineageJSON(new Lineage("n0", nodes, edges)), expected);
  }
});

test("what is not tied to a dataset is not in its picture", () => {
  const nodes = new Map(["a", "b", "c", "d"].map((key) => [key, { key }]));
  const edge = (older, newer) => ({ older, newer, relation: "wasDerivedFrom", by: newer });
  const found = new Lineage("b", nodes, [edge("c", "b"), edge("c", "a"), edge("d", "d")]);

  assert.deepEqual([...found.connected().nodes.keys()], ["a", "b", "c"]);
  assert.equal(found.connected().edges.length, 2);
});

test("a story tells of its own record and what is about it", () => {
  const found = caseFrom(cases.find((one) => one.name.startsWith("disputes")));
  const events = timelineOf(found);
  const [first, second] = found.entries;
  const dispute = events.find((one) => one.type === "dispute");

  const about = eventsAbout(events, first.id);
  assert.ok(!about.some((one) => [first.id, second.id].includes(one.entry.id)));
  assert.ok(about.includes(dispute));
  assert.ok(about.some((one) => one.type === "ruling"));
  const elsewhere = events.find((one) => one.said?.text === "I saw it");
  assert.ok(!about.includes(elsewhere));
  assert.ok(eventsAbout(events, second.id).includes(elsewhere));
});

test("an arrow takes a lane of its own through each layer that it passes", () => {
  const arrows = [
    { older: "a", newer: "b", words: ["x"] },
    { older: "b", newer: "c", words: ["x"] },
    { older: "a", newer: "c", words: ["x"] },
  ];
  const layers = layersOf(["a", "b", "c"], arrows);
  const levels = new Map(layers.flatMap((keys, level) => keys.map((key) => [key, level])));

  assert.deepEqual(routeOf(arrows[2], levels), ["a", "|1|a|c", "c"]);
  assert.deepEqual([...layers[1]].sort(), ["b", "|1|a|c"]);
});

test("a record of another log has no place in a case", () => {
  const verdict = {
    record: { record_id: "00", key: "k", leaf_index: 0 },
    checks: [
      { name: "receipt", outcome: "proved", code: "receipt-read" },
      { name: "checkpoint", outcome: "not-checked", code: "checkpoint-no-policy-key" },
    ],
  };
  assert.throws(() => entryOf(new Uint8Array(), verdict, {}), { code: "verification-failed" });
  verdict.checks[1].outcome = "proved";
  assert.equal(entryOf(new Uint8Array(), verdict, {}).signer.level, "unbound");
});

test("who bound a key later did not when it signed", () => {
  const facts = { level: "self-asserted", claimed_name: "Ann", binder: "Institute", later: 9 };
  const { signer } = entryOf(
    new Uint8Array(),
    {
      record: { record_id: "00", key: "k", leaf_index: 0 },
      checks: [{ name: "identity", outcome: "not-checked", code: "x", facts }],
    },
    {},
  );

  assert.equal(signer.name, "Ann");
  assert.equal(signer.binder, null);
  assert.equal(signer.mayBind, false);
});

test("what was signed by a revoked key counts for nothing", () => {
  const { entries } = cases.find((one) => one.name.startsWith("disputes"));
  const refuted = { checks: [{ ...QUIET, outcome: "false", code: "revoked-before" }] };
  const found = new Case(
    [entries[0].id],
    entries.map((one) => entryFrom(one, one.type === "ruling" ? refuted : undefined)),
  );
  const dispute = found.entries.find((one) => one.record.type === "dispute");

  assert.equal(disputeOf(found, dispute.id).state.state, "open");
});

test("a case wants its subjects, and a dispute its sides", () => {
  const found = caseFrom(cases.find((one) => one.name.startsWith("disputes")));
  const dispute = disputeOf(found, found.entries.find((one) => one.record.type === "dispute").id);

  assert.equal(sideOf(dispute, "claimant")[0].name, "Ann");
  assert.throws(() => new Case(["00"], []), { code: "malformed", field: "ID" });
  assert.throws(() => creditOf(found, dispute.entry.id), { code: "malformed" });
  assert.throws(() => lineageOf(found, "11"), { code: "malformed" });
  assert.throws(() => disputeOf(found, found.subjects[0]), { code: "malformed" });
});

test("a time line tells what was said, and places only what is proved", () => {
  const { entries } = cases[0];
  const bound = (time_unix, independent = true) => ({ time_unix, independent });
  const intervals = [
    { entered_not_before: bound(100), not_after: bound(200) },
    { not_after: bound(300) },
    {},
  ];
  const found = new Case(
    [entries[0].id],
    entries
      .slice(0, 3)
      .map((one, at) => entryFrom(one, { checks: [QUIET], interval: intervals[at] })),
  );

  const { low, high, bars } = axisOf(found.entries);
  assert.deepEqual([low, high], [100, 300]);
  assert.deepEqual(
    bars.map(({ isProved }) => isProved),
    [true, true, false],
  );
  assert.deepEqual(
    bars.map(({ left, width, isOpen }) => [left, width, isOpen]),
    [
      [0, 0.5, false],
      [1, 0, true],
      [null, 0, true],
    ],
  );
  const said = timelineOf(found);
  assert.deepEqual(
    said.map((one) => one.type),
    ["deposit", "response", "response"],
  );
  assert.equal(said[1].said.answer, "object");
  assert.equal(said[1].said.reason, "no");
});

test("a block that nobody vouched for has a time, and proves nothing", () => {
  const block = (name, time_unix) => ({
    name,
    outcome: "not-checked",
    code: "block-not-vouched",
    facts: { time_unix, chain: "main" },
  });
  const checks = [QUIET, block("block", 300), block("block", 200), block("not-before", 100)];
  const one = entryFrom(cases[0].entries[0], { checks, interval: {} });

  assert.equal(one.statedNotAfter.time_unix, 200);
  assert.equal(one.statedNotBefore.time_unix, 100);
  const { bars, isProved } = axisOf([one]);
  assert.equal(isProved, false);
  assert.deepEqual([bars[0].left, bars[0].width, bars[0].isOpen], [0, 1, false]);
});

// --- the forms of the file ---------------------------------------------------------------------

function creditJSON(found) {
  return {
    deposit: found.deposit.id,
    roles: found.roles,
    people: found.people.map((person) => ({
      name: person.name,
      orcid: person.orcid,
      status: person.status,
      credited: person.isCredited,
      roles: person.roles,
      claims: person.claims.map((claim) => ({
        entry: claim.entry.id,
        by: claim.by,
        counts: claim.counts,
        status: claim.status,
        roles: claim.roles,
        answers: claim.answers.map((one) => [one.entry.id, one.matchedBy, one.counts]),
      })),
    })),
  };
}

function disputeJSON(found) {
  return {
    id: found.entry.id,
    bound: found.isBound,
    state: [found.state.state, found.state.ruling, found.state.outcome],
    records: found.records.map((one) => one.id),
    evidence: found.evidence.map((one) => [one.entry.id, one.side, one.matchedBy]),
    rulings: found.rulings.map((one) => [one.entry.id, one.isBound]),
    corrections: found.corrections.map((one) => one.entry.id),
  };
}

function lineageJSON(found) {
  const arrows = arrowsOf(found);
  return {
    nodes: [...found.nodes.values()].map((one) => [one.key, one.title, one.marks]),
    edges: found.edges.map((one) => [one.older, one.newer, one.relation, one.by]),
    sources: found.sources(),
    arrows: arrows.map((one) => [one.older, one.newer, one.words]),
    layers: layersOf([...found.nodes.keys()], arrows),
  };
}

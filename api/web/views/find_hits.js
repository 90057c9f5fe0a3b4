/**
 * The answers to a question, oldest first, each with the receipt behind it checked where it can be.
 */

import { lookup } from "../client.js";
import { answers } from "../core/answers.js";
import { LEVELS } from "../core/case.js";
import { LedgerError } from "../core/errors.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, wordsOf } from "../elements/form.js";
import { hitList } from "../elements/hit.js";
import { notice } from "../elements/notice.js";
import { shortDigest } from "../elements/digest.js";
import { trustNotice } from "../elements/trust_notice.js";
import { allHits, eachOf, openReading, readEntry } from "../reading.js";

/** Hex digits of a digest that the server gets to see: one digest in 65,536 begins so. */
export const PREFIX_DIGITS = 4;

const PAGE_LENGTH = "20";

/**
 * Ask a question and show what comes.
 * @param {HTMLElement} place
 * @param {import("../page.js").Page} page
 * @param {import("../core/question.js").Question} question
 */
export async function showHits(place, page, question) {
  const { say } = page;
  replace(place, h("p", { class: "soft" }, say("find.asking")));
  const groups = groupsOf(question).map((one) => ({
    ...one,
    hits: [],
    next: null,
    entries: new Map(),
  }));
  await more(groups[0], page);
  for (const group of groups.slice(1)) await moreIfAny(group, page);
  const reading = page.secure ? await openReading(page.signal) : null;
  if (page.signal.aborted) return;
  const draw = () => drawGroups(place, page, question, groups, reading, draw);
  draw();
  page.announce(say("find.found", { count: countOf(groups) }));
  await checkAll(groups, reading, page.signal);
  if (!page.signal.aborted) draw();
}

/** A name may be a person's or an institution's. */
function groupsOf(question) {
  if (question.kind !== "name") return [{ ask: question, title: null }];
  return [
    { ask: question, title: "find.people_of_name" },
    { ask: { kind: "institution", value: question.value }, title: "find.institutions_of_name" },
  ];
}

/** Fetch the next page of a group. */
async function more(group, page) {
  const { kind, value } = group.ask;
  if (kind === "digest") {
    const found = await allHits({ digest_prefix: value.slice(0, PREFIX_DIGITS) }, page.signal);
    const meant = found.items.filter((hit) => hit?.digest === value);
    group.hits = meant.sort((a, b) => a.leaf_index - b.leaf_index);
    return;
  }
  const asked = { [kind]: value, limit: PAGE_LENGTH };
  if (group.next !== null) asked.cursor = group.next;
  const { items, next } = await lookup(asked, { signal: page.signal });
  group.hits.push(...items);
  group.next = next;
}

/** An older ledger knows no institutions; then there are none. */
async function moreIfAny(group, page) {
  try {
    await more(group, page);
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code === "unavailable") throw error;
  }
}

async function checkAll(groups, reading, signal) {
  if (reading === null) return;
  const waiting = groups.flatMap((group) =>
    group.hits.filter((hit) => !group.entries.has(hit.id)).map((hit) => ({ group, hit })),
  );
  await eachOf(waiting, async ({ group, hit }) => {
    try {
      const entry = await readEntry(reading, hit.id, signal);
      const fits = answers(group.ask, entry);
      group.entries.set(hit.id, { entry, fits, error: null });
    } catch (error) {
      if (!signal.aborted) group.entries.set(hit.id, { entry: null, fits: null, error });
    }
  });
}

function countOf(groups) {
  return groups.reduce((sum, group) => sum + group.hits.length, 0);
}

// --- showing ------------------------------------------------------------------------------------

function drawGroups(place, page, question, groups, reading, draw) {
  const { say } = page;
  const count = countOf(groups);
  const shown = groups.filter((group) => group.hits.length > 0);
  replace(
    place,
    h("h2", null, heading(page, question)),
    count === 0 ? nothing(page, question) : h("p", { class: "soft" }, say("find.order")),
    shown.map((group) => [
      groups.length > 1 && h("h3", null, say(group.title)),
      byLevel(page, group, reading),
      group.next !== null && moreButton(page, group, reading, draw),
    ]),
    count > 0 && question.kind === "digest" && aboutRecord(page, question),
    count > 0 && (reading === null ? null : trustNotice(page, reading)),
    h("p", { class: "hint" }, say("find.may_leave_out")),
  );
}

function heading(page, { kind, value }) {
  const shown =
    kind === "digest" ? h("code", { title: value }, shortDigest(value)) : h("bdi", null, value);
  return page.say.nodes(`find.results_${kind}`, { value: shown });
}

/** Answers about people never rank a name that somebody gave himself with one that was confirmed. */
function byLevel(page, group, reading) {
  const { kind } = group.ask;
  const list = (hits) => hitList(page, hits, group.entries, reading);
  if (kind === "digest" || kind === "doi") return list(group.hits);
  const levelOf = (hit) => group.entries.get(hit.id)?.entry?.signer.level ?? hit.identity;
  const known = (hit) => (LEVELS.includes(levelOf(hit)) ? levelOf(hit) : "unbound");
  return LEVELS.map((level) => {
    const hits = group.hits.filter((hit) => known(hit) === level);
    if (hits.length === 0) return null;
    const word = level.replace("-", "_");
    return h(
      "section",
      { class: ["hits-of-level", word] },
      h("h3", null, page.say(`find.level_${word}`)),
      list(hits),
    );
  });
}

function moreButton(page, group, reading, draw) {
  return busyButton(page.say("find.more"), async () => {
    try {
      await more(group, page);
    } catch (error) {
      if (!page.signal.aborted) page.announce(wordsOf(error));
      return;
    }
    draw();
    await checkAll([group], reading, page.signal);
    if (!page.signal.aborted) draw();
  });
}

function nothing(page, question) {
  const { say } = page;
  return [
    notice("note", say("find.nothing"), h("p", null, say("find.nothing_means"))),
    question.kind === "digest" && aboutRecord(page, question),
  ];
}

/** Nothing tells a record's id from a digest; to ask by it shows the server all of it. */
function aboutRecord(page, { value }) {
  return h(
    "p",
    null,
    page.say("find.maybe_record"),
    " ",
    h("a", { href: `/records/${value}` }, page.say("find.open_record")),
  );
}

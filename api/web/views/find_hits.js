/**
 * The answers to a question, oldest first, each with the receipt behind it checked where it can be.
 */

import { lookup } from "../client.js";
import { answers } from "../core/answers.js";
import { addressOf } from "../core/question.js";
import { LEVELS } from "../core/case.js";
import { h, replace } from "../elements/dom.js";
import { busyButton } from "../elements/form.js";
import { hitList } from "../elements/hit.js";
import { notice } from "../elements/notice.js";
import { shortDigest } from "../elements/digest.js";
import { trustNotice } from "../elements/trust_notice.js";
import { whyTitle } from "../elements/why.js";
import { allHits, eachOf, openReading, readEntry } from "../reading.js";

/** Hex digits of a digest that the server gets to see: one digest in 65,536 begins so. */
export const PREFIX_DIGITS = 4;

const PAGE_LENGTH = "20";

/**
 * @typedef {object} Asked a question under way
 * @property {import("../core/question.js").Question} question
 * @property {object[]} hits so far
 * @property {string | null} next cursor of the next page
 * @property {Map<string, import("../elements/hit.js").Checked>} checked by record id
 */

/**
 * Ask a question and show what comes.
 * @param {HTMLElement} place
 * @param {import("../page.js").Page} page
 * @param {import("../core/question.js").Question} question
 */
export async function showHits(place, page, question) {
  const { say } = page;
  replace(place, h("p", { class: "soft" }, say("find.asking")));
  const asked = { question, hits: [], next: null, checked: new Map() };
  await more(asked, page);
  const reading = page.secure ? await openReading(page.signal) : null;
  if (page.signal.aborted) return;
  const draw = () => drawHits(place, page, asked, reading, draw);
  draw();
  page.announce(say("find.found", { count: asked.hits.length }));
  await checkAll(asked, reading, page.signal);
  if (!page.signal.aborted) draw();
}

/** Fetch the next page. */
async function more(asked, page) {
  const { kind, value } = asked.question;
  if (kind === "digest") {
    const found = await allHits({ digest_prefix: value.slice(0, PREFIX_DIGITS) }, page.signal);
    const meant = found.items.filter((hit) => hit?.digest === value);
    asked.hits = meant.sort((a, b) => a.leaf_index - b.leaf_index);
    return;
  }
  const wish = { [kind]: value, limit: PAGE_LENGTH };
  if (asked.next !== null) wish.cursor = asked.next;
  const { items, next } = await lookup(wish, { signal: page.signal });
  asked.hits.push(...items);
  asked.next = next;
}

async function checkAll({ question, hits, checked }, reading, signal) {
  if (reading === null) return;
  const waiting = hits.filter((hit) => !checked.has(hit.id));
  await eachOf(waiting, async ({ id }) => {
    try {
      const entry = await readEntry(reading, id, signal);
      checked.set(id, { entry, fits: answers(question, entry), error: null });
    } catch (error) {
      if (!signal.aborted) checked.set(id, { entry: null, fits: null, error });
    }
  });
}

// --- showing ------------------------------------------------------------------------------------

function drawHits(place, page, asked, reading, draw) {
  const { say } = page;
  const { question, hits, next } = asked;
  const isFound = hits.length > 0;
  const isRecord = hits.some(({ of }) => of === "record"); // nothing is about a dataset's digest
  replace(
    place,
    question.kind === "digest" && !isFound && aboutRecord(page, question),
    h("h2", null, heading(page, isRecord ? { ...question, kind: "record" } : question)),
    isRecord && h("p", null, recordLink(page, question)),
    isFound ? h("p", { class: "soft" }, say("find.order")) : nothing(page, question),
    isFound && byLevel(page, asked, reading),
    next !== null && moreButton(page, asked, reading, draw),
    isFound && reading !== null && trustNotice(page, reading),
    question.kind === "name" && asInstitution(page, question),
    h("p", { class: "hint" }, say("find.may_leave_out")),
  );
}

/** A name may be an institution's: then what its people signed is another question. */
function asInstitution(page, { value }) {
  const href = addressOf({ kind: "institution", value });
  const link = h("a", { href }, page.say("find.as_institution"));
  return h("p", null, page.say("find.maybe_institution"), " ", link);
}

function heading(page, { kind, value }) {
  const isDigest = kind === "digest" || kind === "record";
  const shown = isDigest ? h("code", { title: value }, shortDigest(value)) : h("bdi", null, value);
  return page.say.nodes(`find.results_${kind}`, { value: shown });
}

/** Answers about people never rank a name that somebody gave himself with one that was confirmed. */
function byLevel(page, { question, hits, checked }, reading) {
  const list = (some) => hitList(page, some, checked, reading);
  if (question.kind === "digest" || question.kind === "doi") return list(hits);
  const levelOf = (hit) => checked.get(hit.id)?.entry?.signer.level ?? hit.identity;
  const known = (hit) => (LEVELS.includes(levelOf(hit)) ? levelOf(hit) : "unbound");
  return LEVELS.map((level) => {
    const some = hits.filter((hit) => known(hit) === level);
    if (some.length === 0) return null;
    const word = level.replace("-", "_");
    return h(
      "section",
      { class: ["hits-of-level", word] },
      h("h3", null, page.say(`find.level_${word}`)),
      list(some),
    );
  });
}

function moreButton(page, asked, reading, draw) {
  return busyButton(page.say("find.more"), async () => {
    try {
      await more(asked, page);
    } catch (error) {
      if (!page.signal.aborted) page.announce(whyTitle(page, error));
      return;
    }
    draw();
    await checkAll(asked, reading, page.signal);
    if (!page.signal.aborted) draw();
  });
}

function nothing(page, question) {
  const { say } = page;
  return notice(
    "note",
    say("find.nothing"),
    question.kind === "name" && say("find.nothing_name"),
    question.kind === "digest" && say("find.nothing_file"),
    say("find.nothing_means"),
  );
}

/** Nothing tells a record's id from a digest; to ask by it shows the server all of it. */
function aboutRecord(page, question) {
  return h("p", null, page.say("find.maybe_record"), " ", recordLink(page, question));
}

function recordLink(page, { value }) {
  return h("a", { href: `/records/${value}` }, page.say("find.open_record"));
}

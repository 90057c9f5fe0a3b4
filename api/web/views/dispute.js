/**
 * A dispute: two sides facing each other, what each of them brought, and what was decided. The page
 * weighs nothing; it shows which entry came first and who signed what.
 */

import { collectCase } from "../collect_case.js";
import { creditOf } from "../core/attribution.js";
import { disputeOf, partyOf, SIDES, sideOf } from "../core/dispute_case.js";
import { axisOf, eventsAbout, timelineOf } from "../core/timeline.js";
import { badge, trustMark } from "../elements/badge.js";
import { digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { notice } from "../elements/notice.js";
import {
  keyWarning,
  prose,
  recordLink,
  statementParts,
  storyList,
  titleOf,
} from "../elements/story.js";
import { table } from "../elements/table.js";
import { time } from "../elements/time.js";
import { leftNotice, trustNotice, trustOf } from "../elements/trust_notice.js";
import { entryLink, personName, signerLine, whenLine } from "../elements/who.js";
import { openReading, sourceOf } from "../reading.js";
import { failure, recordId, unchecked } from "./record_start.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say, signal } = page;
  const id = recordId(page);
  page.title(say("dispute.title"));
  const body = h("div", { class: "view" }, h("p", { class: "soft" }, say("record.loading")));
  replace(root, h("h1", null, say("dispute.title")), body);
  if (!page.secure) return unchecked(body, page, id);
  let reading;
  let collected;
  try {
    reading = await openReading(signal);
    collected = await collectCase([id], sourceOf(reading, signal));
  } catch (error) {
    if (signal.aborted) return undefined;
    return failure(body, page, id, error);
  }
  if (signal.aborted) return undefined;
  if (collected.case.get(id).record.type !== "dispute") {
    const link = h("a", { href: `/records/${id}` }, say("dispute.open_record"));
    replace(body, notice("note", say("dispute.is_none"), h("p", null, link)));
    return undefined;
  }
  draw(body, { page, reading, collected, found: disputeOf(collected.case, id) });
  page.announce(say("record.loaded"));
  return undefined;
}

function draw(body, view) {
  const { page, reading, collected, found } = view;
  replace(
    body,
    !found.isBound && notice("caution", null, page.say("dispute.unbound")),
    leftNotice(page, collected),
    head(view),
    trustNotice(page, reading),
    sides(view),
    order(view),
    decision(view),
    storyPart(view),
    limits(view),
  );
}

/** What the dispute is about, and how far it has come. */
function head({ page, reading, found }) {
  const { say } = page;
  const { entry, dispute, state } = found;
  const tone = state.state === "open" ? "caution" : "plain";
  return h(
    "article",
    { class: "sheet" },
    h(
      "header",
      { class: "sheet-head" },
      h("p", { class: "kind" }, say("record.type_dispute")),
      h("h2", null, dispute.claims.map((one) => say(`dispute.about_${one}`)).join(" · ")),
      h(
        "p",
        { class: "row" },
        trustMark(page, trustOf(reading)),
        badge(say(`dispute.state_${state.state}`), tone),
      ),
    ),
    dispute.question !== null && [
      h("h3", { class: "question-title" }, say("dispute.question")),
      prose(dispute.question),
    ],
    facts([
      [say("dispute.opened_by"), signerLine(page, entry.signer), keyWarning(page, entry)],
      [say("dispute.opened"), whenLine(page, entry)],
      [say("record.entry"), entryLink(page, entry)],
      [say("record.id"), digestGroups(page, entry.id, say("record.id"))],
    ]),
  );
}

// --- the two sides --------------------------------------------------------------------------------

function sides(view) {
  const { page, found } = view;
  const others = found.evidence.filter((one) => one.side === null);
  return h(
    "section",
    { class: "part" },
    h("h2", null, page.say("dispute.sides")),
    h("p", { class: "soft" }, page.say("dispute.sides_how")),
    h(
      "div",
      { class: "sides" },
      SIDES.map((name) => side(view, name)),
    ),
    others.length > 0 && [
      h("h3", null, page.say("dispute.of_no_party")),
      h(
        "ol",
        { class: "people-list" },
        others.map((one) => h("li", null, evidence(page, one))),
      ),
    ],
  );
}

function side(view, name) {
  const { page, found } = view;
  const { say } = page;
  const parties = sideOf(found, name);
  const records = found.records.filter((one) => partyOf(one, found.dispute).party?.side === name);
  const said = found.evidence.filter((one) => one.side === name);
  return h(
    "section",
    { class: ["side", name], "aria-label": say(`dispute.side_${name}`) },
    h("h3", null, say(`dispute.side_${name}`)),
    parties.length === 0
      ? h("p", { class: "soft" }, say("record.not_shown"))
      : parties.map((one) => h("p", { class: "party" }, personName(page, one), orcidOf(one))),
    h("h4", null, say("dispute.signed_records")),
    records.length === 0
      ? h("p", { class: "soft" }, say("dispute.no_records"))
      : records.map((one) => recordLine(view, one)),
    h("h4", null, say("dispute.statements")),
    said.length === 0
      ? h("p", { class: "soft" }, say("dispute.no_statements"))
      : said.map((one) => h("div", { class: "side-statement" }, evidence(page, one))),
  );
}

function orcidOf({ orcid }) {
  return orcid === null ? null : [" ", h("span", { class: "orcid soft" }, orcid)];
}

function recordLine({ page }, entry) {
  return h(
    "div",
    { class: "side-record" },
    h("p", null, titleOf(page, entry.record.payload.title ?? null), " ", entryLink(page, entry)),
    h("p", { class: "story-who" }, signerLine(page, entry.signer), whenLine(page, entry)),
  );
}

function evidence(page, { entry, statement, matchedBy }) {
  const { say } = page;
  return [
    statementParts(page, statement),
    h(
      "p",
      { class: "story-who" },
      entryLink(page, entry),
      signerLine(page, entry.signer),
      whenLine(page, entry),
    ),
    matchedBy === "name" && h("p", { class: "hint" }, say("dispute.matched_by_name")),
    keyWarning(page, entry),
  ];
}

// --- which came first -------------------------------------------------------------------------------

function order({ page, found, collected }) {
  const { say } = page;
  const { low, high, isProved, bars } = axisOf(found.records);
  const columns = ["entry", "dataset", "signer", "time", "people"].map((one) => ({
    title: say(`dispute.column_${one}`),
  }));
  const rows = found.records.map((entry) => [
    entryLink(page, entry),
    titleOf(page, entry.record.payload.title ?? null),
    signerLine(page, entry.signer),
    whenLine(page, entry),
    answeredBy(page, collected.case, entry),
  ]);
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("dispute.order")),
    h("p", null, say("dispute.order_means")),
    h("div", { class: "order-table" }, table({ caption: say("dispute.order"), columns, rows })),
    low === null
      ? h("p", { class: "soft" }, say("dispute.no_times"))
      : axis(page, { low, high, isProved, bars }),
    found.dispute.records.length > found.records.length &&
      h(
        "p",
        null,
        say("dispute.records_missing", {
          count: found.dispute.records.length - found.records.length,
        }),
      ),
  );
}

function answeredBy(page, case_, entry) {
  if (entry.record.type !== "deposit") return "";
  const { people } = creditOf(case_, entry.id);
  const count = (...wanted) => people.filter((one) => wanted.includes(one.status)).length;
  return page.say("dispute.people_words", {
    agreed: count("accepted", "own", "amended"),
    objected: count("objected"),
    silent: count("claimed", "unclear"),
  });
}

function axis(page, { low, high, isProved, bars }) {
  return h(
    "figure",
    { class: "axis" },
    bars.map(({ entry, left, width, isOpen, isProved: isBarProved }) =>
      h(
        "div",
        { class: "axis-row" },
        h("span", { class: "hint" }, page.say("record.entry_number", { index: entry.leafIndex })),
        h(
          "div",
          { class: "axis-line", "aria-hidden": "true" },
          left !== null &&
            h("span", {
              class: ["axis-bar", isOpen && "open", !isBarProved && "own"],
              vars: { "--left": `${left * 96}%`, "--width": `${width * 96}%` },
            }),
        ),
      ),
    ),
    h(
      "figcaption",
      { class: "hint" },
      page.say.nodes("dispute.axis", { from: time(page, low), to: time(page, high) }),
      !isProved && [" ", page.say("dispute.axis_stated")],
    ),
  );
}

// --- what was decided -------------------------------------------------------------------------------

function decision({ page, found }) {
  const { say } = page;
  const { rulings, corrections } = found;
  const inForce = rulings.filter((one) => one.isBound).at(-1);
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("dispute.decision")),
    rulings.length === 0 &&
      h(
        "p",
        null,
        say(`dispute.no_ruling_${found.state.state === "withdrawn" ? "withdrawn" : "open"}`),
      ),
    rulings.map((one) =>
      h(
        "div",
        { class: ["decided-ruling", one === inForce ? "in-force" : "overtaken"] },
        h(
          "p",
          { class: "row" },
          h("strong", null, say(`dispute.outcome_${one.ruling.outcome.replaceAll("-", "_")}`)),
          one === inForce && badge(say("dispute.in_force"), "plain"),
          !one.isBound && badge(say("record.does_not_count"), "caution"),
          one.isBound && one !== inForce && badge(say("dispute.overtaken"), "soft"),
        ),
        prose(one.ruling.reasons),
        one.ruling.corrects.length > 0 &&
          h(
            "p",
            null,
            say("dispute.finds_wrong"),
            " ",
            one.ruling.corrects.map((id) => [recordLink(page, id), " "]),
          ),
        h(
          "p",
          { class: "story-who" },
          entryLink(page, one.entry),
          signerLine(page, one.entry.signer),
          whenLine(page, one.entry),
        ),
      ),
    ),
    corrections.length > 0 && [
      h("h3", null, say("dispute.corrections")),
      corrections.map(({ entry, correction }) =>
        h(
          "div",
          { class: "decided-correction" },
          h("p", null, say.nodes("record.corrects", { id: recordLink(page, correction.record) })),
          correction.superseded_by !== null &&
            h(
              "p",
              null,
              say.nodes("record.instead_holds", { id: recordLink(page, correction.superseded_by) }),
            ),
          prose(correction.reason),
          h(
            "p",
            { class: "story-who" },
            entryLink(page, entry),
            signerLine(page, entry.signer),
            whenLine(page, entry),
          ),
        ),
      ),
    ],
  );
}

function storyPart({ page, found, collected }) {
  const { say } = page;
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("dispute.story")),
    h("p", { class: "soft" }, say("record.story_order")),
    storyList(page, eventsOf(found, collected)),
    h("p", { class: "hint" }, say("record.may_leave_out")),
  );
}

/** The dispute, the records in it, and what was said of any of them. */
function eventsOf({ entry, records }, collected) {
  const events = timelineOf(collected.case);
  const ids = [entry.id, ...records.map(({ id }) => id)];
  const about = new Set(eventsAbout(events, ...ids));
  return events.filter((one) => ids.includes(one.entry.id) || about.has(one));
}

/** What no ledger can tell. */
function limits({ page, found }) {
  const { say } = page;
  const cli = `provenance dossier ${found.entry.id} --ledger ${location.origin} -o dossier.zip`;
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("dispute.limits")),
    h(
      "ul",
      null,
      ["origin", "truth", "identity", "sealed", "complete"].map((one) =>
        h("li", null, say(`dispute.limit_${one}`)),
      ),
    ),
    h("p", null, say("dispute.dossier")),
    h("pre", { tabindex: 0 }, cli),
  );
}

/**
 * A record's own page: what it says, what of that is proved, and all that was said about it since.
 *
 * The receipt of the record and of everything about it are fetched and judged here; what the server
 * says beside them (whether a manifest is published) is marked as its word.
 */

import { getRecord } from "../client.js";
import { collectCase } from "../collect_case.js";
import { creditOf } from "../core/attribution.js";
import { marksOf } from "../core/lineage.js";
import { eventsAbout, timelineOf } from "../core/timeline.js";
import { h, replace } from "../elements/dom.js";
import { notice } from "../elements/notice.js";
import { recordLink, storyList, typeName } from "../elements/story.js";
import { leftNotice, trustNotice } from "../elements/trust_notice.js";
import { openReading, sourceOf } from "../reading.js";
import { certificate, proofs } from "./record_certificate.js";
import { filesPart } from "./record_files.js";
import { lineagePart } from "./record_lineage.js";
import { peoplePart } from "./record_people.js";
import { takePart } from "./record_take.js";
import { failure, recordId, unchecked } from "./record_start.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say, signal } = page;
  const id = recordId(page);
  const heading = h("h1", null, say("record.title"));
  const body = h("div", { class: "view" }, h("p", { class: "soft" }, say("record.loading")));
  page.title(say("record.title"));
  replace(root, heading, body);
  if (!page.secure) return unchecked(body, page, id);
  let found;
  let reading;
  try {
    reading = await openReading(signal);
    found = await collectCase([id], sourceOf(reading, signal));
  } catch (error) {
    if (signal.aborted) return undefined;
    return failure(body, page, id, error);
  }
  if (signal.aborted) return undefined;
  const entry = found.case.get(id);
  const { type } = entry.record;
  heading.textContent = typeName(page, type);
  page.title(titleText(page, entry));
  const view = { page, id, entry, reading, found, told: null };
  draw(body, view);
  page.announce(say("record.loaded"));
  if (type === "deposit") await drawLater(body, view);
  return undefined;
}

function titleText(page, { record }) {
  return record.payload.title ?? typeName(page, record.type);
}

function draw(body, view) {
  const { page, entry, found, reading } = view;
  const isDeposit = entry.record.type === "deposit";
  replace(
    body,
    banners(view),
    leftNotice(page, found),
    certificate(view),
    trustNotice(page, reading),
    isDeposit && peoplePart(page, creditOf(found.case, entry.id)),
    !isDeposit && subjects(view),
    h("div", { class: "later-files later" }),
    h("div", { class: "later-lineage later" }),
    storyPart(view),
    proofs(view),
    takePart(view),
  );
}

/** What takes more questions comes below, when it is there. */
async function drawLater(body, view) {
  const { page, id } = view;
  await Promise.all([
    lineagePart(view).then((part) => put(body, page, ".later-lineage", part)),
    getRecord(id, { signal: page.signal })
      .then((told) => put(body, page, ".later-files", filesPart(view, told)))
      .catch(() => null), // what only the server could say is not missed
  ]);
}

function put(body, page, where, part) {
  if (!page.signal.aborted) body.querySelector(where)?.replaceChildren(...(part ? [part] : []));
}

/** What must not be overlooked about how the record stands. */
function banners({ page, id, found }) {
  const { say } = page;
  const standing = found.case.standing(id);
  const words = {
    withdrawn: () =>
      say.nodes("record.banner_withdrawn", { id: recordLink(page, standing.withdrawn) }),
    superseded: () =>
      say.nodes("record.banner_superseded", { id: recordLink(page, standing.supersededBy) }),
    corrected: () =>
      say.nodes("record.banner_corrected", { id: recordLink(page, standing.correction) }),
    disputed: () => say.nodes("record.banner_disputed", { disputes: disputeLinks(page, standing) }),
  };
  const marks = marksOf(standing);
  const closed = standing.disputes.filter((one) => one.state !== "open");
  if (marks.length === 0 && closed.length === 0) return null;
  return h(
    "div",
    { class: "banners" },
    marks.map((mark) => notice("caution", h("span", null, words[mark]()))),
    closed.map((one) =>
      notice(
        "note",
        h(
          "span",
          null,
          say.nodes(`record.banner_dispute_${one.state}`, { id: disputeLink(page, one.dispute) }),
        ),
      ),
    ),
  );
}

function disputeLinks(page, standing) {
  const open = standing.disputes.filter((one) => one.state === "open");
  return h(
    "span",
    null,
    open.map((one, at) => [
      at > 0 && page.say("record.list_comma"),
      disputeLink(page, one.dispute),
    ]),
  );
}

function disputeLink(page, id) {
  return h("a", { href: `/disputes/${id}` }, page.say("record.the_dispute"));
}

/** Of anything but a deposit: what it says, and the records that it is about. */
function subjects({ page, entry, found }) {
  const { say } = page;
  const event = timelineOf(found.case).find((one) => one.entry === entry);
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("record.says")),
    event.said === null
      ? h("p", { class: "soft" }, say("record.says_nothing"))
      : storyList(page, [event]),
    entry.record.type === "dispute" &&
      h("p", null, h("a", { href: `/disputes/${entry.id}` }, say("record.open_dispute"))),
  );
}

function storyPart({ page, entry, found }) {
  const { say } = page;
  const events = eventsAbout(timelineOf(found.case), entry.id);
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("record.story")),
    h("p", { class: "soft" }, say("record.story_order")),
    events.length === 0 ? h("p", null, say("record.story_empty")) : storyList(page, events),
    found.absent.length > 0 &&
      h("p", { class: "soft" }, say("record.missing", { count: found.absent.length })),
    h("p", { class: "hint" }, say("record.may_leave_out")),
  );
}

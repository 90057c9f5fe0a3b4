/**
 * What a dataset came from and what came from it: a picture, and the same in words.
 */

import { collectCase } from "../collect_case.js";
import { lineageOf } from "../core/lineage.js";
import { stateBadge } from "../elements/badge.js";
import { h } from "../elements/dom.js";
import { notice } from "../elements/notice.js";
import { recordLink, relationWords, titleOf } from "../elements/story.js";
import { leftNotice } from "../elements/trust_notice.js";
import { entryLink } from "../elements/who.js";
import { why } from "../elements/why.js";
import { sourceOf } from "../reading.js";

/** Datasets of one picture; more would be no picture. */
const LIMIT = 120;

/**
 * @param {import("./record_certificate.js").View} view
 * @returns {Promise<HTMLElement | null>}
 */
export async function lineagePart(view) {
  const { page, id, reading, found } = view;
  const { say, signal } = page;
  let collected;
  try {
    const wishes = { lineage: true, limit: LIMIT, known: found.case.entries };
    collected = await collectCase([id], sourceOf(reading, signal), wishes);
  } catch (error) {
    if (signal.aborted) return null;
    return part(page, notice("caution", null, h("p", null, why(page, error))));
  }
  const lineage = lineageOf(collected.case, id).connected();
  if (lineage.nodes.size < 2) return part(page, h("p", null, say("record.lineage_alone")));
  // most datasets stand alone: only the others need a picture
  const { lineagePicture } = await import("../elements/lineage_picture.js");
  return part(
    page,
    versions(page, lineage),
    h("p", { class: "soft" }, say("record.lineage_lead")),
    lineagePicture(page, lineage),
    leftNotice(page, { ...collected, left: collected.left.filter((one) => isNew(found, one)) }),
    h("details", null, h("summary", null, say("record.lineage_words")), inWords(page, lineage)),
  );
}

function part(page, ...children) {
  return h(
    "section",
    { class: "part lineage" },
    h("h2", null, page.say("record.lineage")),
    children,
  );
}

function isNew(found, { id }) {
  return !found.left.some((one) => one.id === id);
}

/** Older and newer versions of the same dataset, along `wasRevisionOf`. */
function versions(page, lineage) {
  const { say } = page;
  const revisions = lineage.edges.filter((edge) => edge.relation === "wasRevisionOf");
  const chain = [lineage.asked];
  const step = (from, to, key) => {
    const edge = revisions.find((one) => one[from] === key && !chain.includes(one[to]));
    return edge === undefined ? null : edge[to];
  };
  for (let key = step("newer", "older", chain[0]); key; key = step("newer", "older", key))
    chain.unshift(key);
  for (let key = step("older", "newer", chain.at(-1)); key; key = step("older", "newer", key))
    chain.push(key);
  if (chain.length < 2) return null;
  return [
    h("h3", null, say("record.versions")),
    h(
      "ol",
      { class: "versions" },
      chain.map((key) => {
        const node = lineage.nodes.get(key);
        const isThis = key === lineage.asked;
        return h(
          "li",
          { "aria-current": isThis && "true" },
          nodeWords(page, node, !isThis),
          node.entry?.record.payload.version && [
            " ",
            h("bdi", null, node.entry.record.payload.version),
          ],
          isThis && [" ", h("strong", null, say("record.this_version"))],
        );
      }),
    ),
  ];
}

function inWords(page, lineage) {
  return h(
    "ul",
    { class: "lineage-words" },
    lineage.edges.map((edge) =>
      h(
        "li",
        null,
        nodeWords(page, lineage.nodes.get(edge.newer)),
        " ",
        relationWords(page, { relation: edge.relation, record: null, identifier: "" })[0],
        " ",
        nodeWords(page, lineage.nodes.get(edge.older)),
      ),
    ),
  );
}

function nodeWords(page, node, isLinked = true) {
  if (node.entry === null) {
    const isRecord = /^[0-9a-f]{64}$/.test(node.key);
    return isRecord ? recordLink(page, node.key) : h("bdi", null, node.key);
  }
  return [
    titleOf(page, node.title),
    " (",
    isLinked
      ? entryLink(page, node.entry)
      : page.say("record.entry_number", { index: node.entry.leafIndex }),
    ")",
    node.marks.map((mark) => [" ", stateBadge(page, mark)]),
  ];
}

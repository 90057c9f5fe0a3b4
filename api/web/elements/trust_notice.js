/**
 * By which policy a page judges what the server gave, and how a reader comes to have one.
 */

import { trustMark } from "./badge.js";
import { shortDigest } from "./digest.js";
import { h } from "./dom.js";
import { notice } from "./notice.js";
import { policyCompare } from "./policy_compare.js";
import { technical } from "./technical.js";
import { time } from "./time.js";

/**
 * Say what "checked" means on this page.
 * @param {import("../page.js").Page} page
 * @param {import("../reading.js").Reading} reading
 * @returns {HTMLElement}
 */
export function trustNotice(page, reading) {
  return reading.isOwn ? ownPolicy(page, reading) : serversPolicy(page, reading);
}

/** @param {import("../reading.js").Reading} reading @returns {"checked" | "stated"} */
export function trustOf(reading) {
  return reading.isOwn ? "checked" : "stated";
}

function ownPolicy(page, reading) {
  const values = {
    origin: h("bdi", null, reading.origin),
    digest: h("code", { title: reading.digest }, shortDigest(reading.digest)),
    time: time(page, reading.comparedAt),
  };
  return h(
    "p",
    { class: "trust-notice soft" },
    trustMark(page, "checked"),
    " ",
    page.say.nodes("record.by_own_policy", values),
  );
}

function serversPolicy(page, reading) {
  const { say } = page;
  const policy = { octets: reading.policy, origin: reading.origin, digest: reading.digest };
  const showAgain = () => page.go(location.pathname + location.search + location.hash);
  return notice(
    "note",
    trustMark(page, "stated"),
    h("p", null, say("record.by_servers_policy")),
    h(
      "details",
      null,
      h("summary", null, say("record.policy_how")),
      h("p", null, say("record.policy_compare")),
      policyCompare(page, policy, showAgain),
    ),
  );
}

/**
 * Say what the server gave and what was not used of it.
 * @param {import("../page.js").Page} page
 * @param {import("../collect_case.js").Collected} collected
 * @returns {HTMLElement | null} null when there is nothing of the kind
 */
export function leftNotice(page, { left, isCut, case: found }) {
  const { say } = page;
  const lies = left.filter((one) => one.why !== "away");
  const away = left.length - lies.length;
  const line = ({ id, why, error }) =>
    h(
      "li",
      null,
      h("code", { title: id }, shortDigest(id)),
      ": ",
      say(`record.left_${why}`),
      error !== null && why === "unproved" && [" ", technical(error.message)],
    );
  const told = [
    lies.length > 0 &&
      notice(
        "false",
        [trustMark(page, "false"), " ", say("record.left_title", { count: lies.length })],
        h("ul", null, lies.slice(0, 20).map(line)),
      ),
    away > 0 && notice("caution", null, say("record.left_some_away", { count: away })),
    isCut && notice("caution", null, say("record.left_cut", { count: found.entries.length })),
  ].filter(Boolean);
  return told.length > 0 ? h("div", { class: "left-out" }, told) : null;
}

/**
 * Small words in frames: how well known a key is, how far something has come, who says so.
 *
 * Only `trustMark(page, "checked")` may be green: this browser proved it, against a policy that
 * the reader has compared.
 */

import { h } from "./dom.js";

const TONES = {
  // of a record's standing
  disputed: "caution",
  withdrawn: "caution",
  corrected: "caution",
  superseded: "caution",
  erased: "soft",
  sealed: "soft",
  // of an anchor
  waiting: "soft",
  prepared: "soft",
  sent: "soft",
  included: "soft",
  final: "plain",
  // of an answer
  claimed: "soft",
  accepted: "plain",
  amended: "plain",
  objected: "caution",
};

/**
 * @param {string} text
 * @param {"plain" | "soft" | "caution" | "false" | "proved"} [tone]
 * @param {string} [title] the longer explanation
 * @returns {HTMLElement}
 */
export function badge(text, tone = "plain", title = undefined) {
  return h("span", { class: ["badge", tone], title }, text);
}

/**
 * Say how well known the holder of a key is.
 * @param {import("../page.js").Page} page
 * @param {"institution-bound" | "self-asserted" | "unbound"} level
 * @param {string} [binder] the institution's name
 * @param {string | null} [holder] whose key it is: an institution needs nobody to confirm its own
 * @returns {HTMLElement}
 */
export function levelBadge(page, level, binder, holder = null) {
  const isOwn = level === "institution-bound" && holder !== null && holder === binder;
  const word = isOwn ? "institution_own" : level.replace("-", "_");
  const name = binder ?? page.say("shell.level_some_institution");
  const text = page.say(`shell.level_${word}`, { binder: name });
  const title = page.say(`shell.level_${word}_means`);
  return h(
    "span",
    { class: ["badge", "level", level.replace("-", "_")], title },
    dots(level),
    text,
  );
}

/**
 * Say how a record, an anchor or an answer stands.
 * @param {import("../page.js").Page} page
 * @param {keyof typeof TONES} state
 * @returns {HTMLElement}
 */
export function stateBadge(page, state) {
  const has = page.say.has(`shell.state_${state}_means`);
  const title = has ? page.say(`shell.state_${state}_means`) : undefined;
  return badge(page.say(`shell.state_${state}`), TONES[state] ?? "plain", title);
}

/**
 * Say on whose word something stands here.
 * @param {import("../page.js").Page} page
 * @param {"checked" | "stated" | "false"} kind checked in this browser, said by the server, or
 *   checked and found untrue
 * @returns {HTMLElement}
 */
export function trustMark(page, kind) {
  return h(
    "span",
    { class: ["trust", kind], title: page.say(`shell.trust_${kind}_means`) },
    h("span", { class: "trust-sign", "aria-hidden": "true" }, SIGNS[kind]),
    page.say(`shell.trust_${kind}`),
  );
}

const SIGNS = { checked: "✓", stated: "○", false: "✗" };
const LEVELS = ["unbound", "self-asserted", "institution-bound"];

function dots(level) {
  const reached = LEVELS.indexOf(level);
  return h(
    "span",
    { class: "dots", "aria-hidden": "true" },
    LEVELS.map((_, place) => h("span", { class: place <= reached && "full" })),
  );
}

/**
 * The proved time as a line: it entered the log after A, it existed by B. What is not proved is
 * dashed and open. The picture is only a picture: the same is said in words below it.
 *
 *     ┄┄┄┄┄├━━━━━━━━○━━━━━━━┤┄┄┄┄┄
 */

import { h } from "./dom.js";
import { durationText } from "./numbers.js";
import { time } from "./time.js";

// where the two bounds stand on the line, in per cent of its width
const FROM = 18;
const TO = 82;

/**
 * @typedef {object} Bound
 * @property {number} unix POSIX seconds
 * @property {string | Node} [source] what it rests on: a block, and whose word that block is
 * @property {boolean} [stated] true if nobody but the server says so: drawn open
 */

/**
 * @param {import("../page.js").Page} page
 * @param {object} given
 * @param {Bound | null} given.lower it did not enter the log before; null: not proved
 * @param {Bound | null} given.upper it existed then; null: not proved, or not yet
 * @param {number | null} [given.claimed] the signer's own clock, POSIX seconds
 * @param {string} [given.openUpper] what to say where there is no upper bound
 * @returns {HTMLElement}
 */
export function intervalLine(page, { lower, upper, claimed = null, openUpper }) {
  const { say } = page;
  return h(
    "figure",
    { class: "interval" },
    (lower || upper) && picture(lower, upper, claimed), // of nothing proved there is no picture
    h(
      "dl",
      null,
      end(page, "lower", say("shell.interval_after"), lower, say("shell.interval_open")),
      end(page, "upper", say("shell.interval_by"), upper, openUpper ?? say("shell.interval_open")),
    ),
    h(
      "figcaption",
      null,
      lower && upper && h("p", null, widthText(page, lower, upper)),
      claimed !== null &&
        h(
          "p",
          { class: "claimed" },
          say.nodes("shell.interval_claimed", { time: time(page, claimed) }),
        ),
    ),
  );
}

function picture(lower, upper, claimed) {
  const kind = (bound) => (bound === null ? "open" : bound.stated ? "stated" : "proved");
  return h(
    "div",
    {
      class: "interval-line",
      "data-lower": kind(lower),
      "data-upper": kind(upper),
      "aria-hidden": "true",
    },
    h("span", { class: "interval-band" }),
    h("span", { class: "interval-end lower" }),
    h("span", { class: "interval-end upper" }),
    claimed !== null &&
      h("span", {
        class: "interval-claim",
        vars: { "--at": `${placeOf(claimed, lower, upper)}%` },
      }),
  );
}

function placeOf(claimed, lower, upper) {
  if (!lower || !upper) return 50;
  const span = Math.max(upper.unix - lower.unix, 1);
  const share = (claimed - lower.unix) / span;
  return Math.min(Math.max(FROM + share * (TO - FROM), 3), 97);
}

function end(page, side, title, bound, whenOpen) {
  return h(
    "div",
    { class: side },
    h("dt", null, title),
    h("dd", null, bound ? time(page, bound.unix) : h("span", { class: "open" }, whenOpen)),
    bound?.source && h("dd", { class: "source" }, bound.source),
  );
}

function widthText(page, lower, upper) {
  const width = durationText(page, Math.max(upper.unix - lower.unix, 0));
  const isProved = !lower.stated && !upper.stated;
  return page.say(isProved ? "shell.interval_width" : "shell.interval_width_stated", { width });
}

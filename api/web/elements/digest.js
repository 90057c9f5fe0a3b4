/**
 * Digests, record ids, keys and hashes: long names that two people must be able to compare.
 *
 * The short form keeps the first eight and the last eight signs: forging one that agrees in both is
 * as hard as guessing 64 bits. The whole text is in the title, and what is copied.
 */

import { copyButton } from "./copy.js";
import { h } from "./dom.js";

const ENDS = 8;
const GROUP = 4;
const ROW = 4;

/**
 * Shorten a digest to its two ends.
 * @param {string} text
 * @returns {string}
 */
export function shortDigest(text) {
  const start = text.startsWith("0x") ? ENDS + 2 : ENDS;
  if (text.length <= start + ENDS + 1) return text;
  return `${text.slice(0, start)}…${text.slice(-ENDS)}`;
}

/**
 * Show a digest in one line, short, with a button to copy the whole.
 * @param {import("../page.js").Page} page
 * @param {string} text
 * @param {object} [options]
 * @param {string} [options.href] where it leads
 * @param {string} [options.what] what it is, for the copy button's label
 * @param {boolean} [options.bare] without the button, as within a table
 * @returns {HTMLElement}
 */
export function digest(page, text, { href, what, bare = false } = {}) {
  const short = h("code", { title: text }, shortDigest(text));
  return h(
    "span",
    { class: "digest" },
    href ? h("a", { href }, short) : short,
    !bare && copyButton(page, text, what ?? shortDigest(text)),
  );
}

/**
 * Show a whole digest in groups of four, four groups a row, to be compared by eye or read out.
 * @param {import("../page.js").Page} page
 * @param {string} text hex, with or without 0x
 * @param {string} [what]
 * @returns {HTMLElement}
 */
export function digestGroups(page, text, what) {
  const [, prefix, digits] = /^(0x)?(.*)$/.exec(text);
  const rows = digits.match(new RegExp(`.{1,${GROUP * ROW}}`, "g")) ?? [];
  const groups = (row) => row.match(new RegExp(`.{1,${GROUP}}`, "g")).join(" ");
  const row = (digitsOfRow) => h("span", { class: "digest-row" }, `${groups(digitsOfRow)} `);
  return h(
    "span",
    { class: "digest-groups" },
    h("code", null, prefix && h("span", { class: "digest-prefix" }, prefix), rows.map(row)),
    copyButton(page, text, what ?? shortDigest(text)),
  );
}

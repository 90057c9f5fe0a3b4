/**
 * How an error's facts show a value that was sent in: quoted, and without anything invisible.
 *
 * The forms are those of Python's `repr` and `ascii`, so that the same input has the same
 * sentence whichever of our verifiers refused it.
 */

import { cut } from "./bytes.js";

// Categories Other and Separator (but for the space), which nobody can see.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const ESCAPES = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * @param {string} text
 * @returns {boolean} whether every character can be seen; a space counts as such
 */
export function isPrintable(text) {
  return !INVISIBLE.test(text);
}

/**
 * Show any JSON value as `repr` does.
 *
 * @param {unknown} value
 * @param {number} [limit] characters shown
 * @returns {string}
 */
export function repr(value, limit = Infinity) {
  return limited(represent(value, isPrintable), limit);
}

/**
 * Show any JSON value as `ascii` does: what is not ASCII stands as an escape.
 *
 * @param {unknown} value
 * @param {number} [limit] characters shown
 * @returns {string}
 */
export function ascii(value, limit = Infinity) {
  const isPlain = (character) => character >= " " && character < "\x7f";
  return limited(represent(value, isPlain), limit);
}

function limited(text, limit) {
  return limit === Infinity ? text : cut(text, limit);
}

function represent(value, isPlain) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value, isPlain);
  if (Array.isArray(value)) return `[${value.map((one) => represent(one, isPlain)).join(", ")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value).map(
      ([name, member]) => `${quoted(name, isPlain)}: ${represent(member, isPlain)}`,
    );
    return `{${members.join(", ")}}`;
  }
  return String(value);
}

function quoted(text, isPlain) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = "";
  for (const character of text) {
    if (character === quote) shown += `\\${character}`;
    else if (character in ESCAPES) shown += ESCAPES[character];
    else shown += isPlain(character) ? character : escaped(character.codePointAt(0));
  }
  return quote + shown + quote;
}

function escaped(point) {
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, "0")}`;
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, "0")}`;
  return `\\U${point.toString(16).padStart(8, "0")}`;
}

/**
 * Show one member's name inside a path as people write it: `contributors[2].orcid`.
 *
 * @param {string | null} field path of the object, null for the outermost
 * @param {string} name
 * @returns {string}
 */
export function joinPath(field, name) {
  const head = cut(name, 60);
  const shown = isPrintable(name) ? head : ascii(head);
  return field === null ? shown : `${field}.${shown}`;
}

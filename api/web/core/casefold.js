/**
 * Which names some file systems cannot tell apart; the case folding of `provenance/text.py`, which
 * is that of Unicode 15.0 and no other.
 */

import { FOLDED_TO_ONE, FOLDED_TO_SEVERAL } from "./casefold_table.js";
import { ascii, repr } from "./show.js";
import { isAscii } from "./text.js";

const FOLDS = new Map(FOLDED_TO_SEVERAL);
for (const [first, last, step, distance] of FOLDED_TO_ONE) {
  for (let point = first; point <= last; point += step) {
    FOLDS.set(point, String.fromCodePoint(point + distance));
  }
}

/**
 * Return what two checked names have in common exactly when they differ in case alone: the
 * canonical caseless match of Unicode 15.0 (D145), which is NFD, full case folding, NFD.
 *
 * @param {string} name
 * @returns {string}
 */
export function casefoldKey(name) {
  if (isAscii(name)) return name.toLowerCase();
  let folded = "";
  for (const character of name.normalize("NFD")) {
    folded += FOLDS.get(character.codePointAt(0)) ?? character;
  }
  return folded.normalize("NFD");
}

/**
 * Return two different names for a sentence, by their code points if they look alike.
 *
 * @param {string} one
 * @param {string} other
 * @returns {string}
 */
export function toldApart(one, other) {
  if (one.normalize("NFC") === other.normalize("NFC")) {
    return `${ascii(one, 400)} and ${ascii(other, 400)}`;
  }
  return `${repr(one, 200)} and ${repr(other, 200)}`;
}

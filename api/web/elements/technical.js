/**
 * What a program says of a failure: facts in English, beside what the page says in words.
 */

import { h } from "./dom.js";

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function technical(text) {
  return h("span", { class: "technical", lang: "en" }, h("bdi", null, text));
}

/**
 * Why something failed: what its code is called in the reader's language, then the facts behind.
 */

import { wordsOf } from "../core/wordings.js";
import { technical } from "./technical.js";

/**
 * @param {import("../page.js").Page} page
 * @param {Error & {code?: string, title?: string}} error
 * @returns {string} the service's own title where the code is unknown here
 */
export function whyTitle(page, error) {
  const { errors } = wordsOf(page.language);
  return errors[error.code] ?? error.title ?? errors.error;
}

/**
 * @param {import("../page.js").Page} page
 * @param {Error & {code?: string, title?: string}} error
 * @returns {(string | Node)[]} for a paragraph, or as a value of `say.nodes`
 */
export function why(page, error) {
  return [whyTitle(page, error), ...(error.message ? [" ", technical(error.message)] : [])];
}

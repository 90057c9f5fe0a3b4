/**
 * A list of what something is: term, and what is so; a line each on a wide window, two on a phone.
 */

import { h } from "./dom.js";

/**
 * @param {([string | Node, ...import("./dom.js").Child[]] | null | false)[]} rows a row without
 *   anything behind its term is left out
 * @returns {HTMLElement}
 */
export function facts(rows) {
  const told = rows.filter((row) => row && row.slice(1).some((part) => part || part === 0));
  return h(
    "dl",
    { class: "facts" },
    told.map(([term, ...details]) =>
      h("div", null, h("dt", null, term), h("dd", null, ...details)),
    ),
  );
}

/**
 * A table that becomes a list of cards where the window is narrow.
 */

import { h } from "./dom.js";

/**
 * @param {object} given
 * @param {string} given.caption what the table is of; shown to screen readers only
 * @param {{title: string, class?: string}[]} given.columns the first heads its row
 * @param {import("./dom.js").Child[][]} given.rows
 * @returns {HTMLElement}
 */
export function table({ caption, columns, rows }) {
  const cell = (child, place) =>
    h(
      place === 0 ? "th" : "td",
      {
        scope: place === 0 && "row",
        role: place === 0 ? "rowheader" : "cell",
        class: columns[place].class,
        "data-title": columns[place].title,
      },
      h("div", { class: "cell" }, child),
    );
  // the roles stay when the style makes cards of the rows
  return h(
    "table",
    { class: "cards", role: "table" },
    h("caption", { class: "unseen" }, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        columns.map((one) =>
          h("th", { scope: "col", role: "columnheader", class: one.class }, one.title),
        ),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) => h("tr", { role: "row" }, row.map(cell))),
    ),
  );
}

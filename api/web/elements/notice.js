/**
 * A few sentences that must not be overlooked.
 */

import { h } from "./dom.js";

/**
 * @param {"note" | "caution" | "false" | "proved"} kind `false` is read out at once
 * @param {import("./dom.js").Child} title
 * @param {...import("./dom.js").Child} children
 * @returns {HTMLElement}
 */
export function notice(kind, title, ...children) {
  return h(
    "div",
    { class: ["notice", kind], role: kind === "false" ? "alert" : "note" },
    title && h("p", { class: "notice-title" }, title),
    children.map((child) => (typeof child === "string" ? h("p", null, child) : child)),
  );
}

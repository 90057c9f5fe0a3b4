/**
 * A section of a page whose content has to be asked for: the heading stands at once, what comes is
 * put below it, and what fails is said there and nowhere else.
 */

import { h, replace } from "./dom.js";
import { failure } from "./failure.js";

/**
 * @param {import("../page.js").Page} page
 * @param {string} title
 * @param {() => Promise<import("./dom.js").Child>} ask what stands below the heading
 * @returns {{node: HTMLElement, again: () => Promise<void>}} `again` asks anew, as after a change
 */
export function askedSection(page, title, ask) {
  const body = h(
    "div",
    { class: "section-body" },
    h("p", { class: "soft" }, page.say("shell.asking")),
  );
  const node = h("section", { class: "part", "aria-busy": "true" }, h("h2", null, title), body);
  const again = async () => {
    node.setAttribute("aria-busy", "true");
    let content;
    try {
      content = await ask();
    } catch (error) {
      if (page.signal.aborted) return;
      if (typeof error?.code !== "string") console.error(error); // ours, and a bug
      content = await failure(page, error);
    }
    if (page.signal.aborted) return;
    replace(body, content);
    node.removeAttribute("aria-busy");
  };
  return { node, again };
}

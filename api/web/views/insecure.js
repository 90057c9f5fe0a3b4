/**
 * Plain HTTP: the browser keeps its cryptography from such pages, so nothing is hashed or signed.
 */

import { append, h } from "../elements/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export function render(root, page) {
  const { say, language } = page;
  const program = language === "zh" ? "provenance --lang zh" : "provenance";
  const commands = [
    `${program} deposit FOLDER --ledger ${location.origin}`,
    `${program} verify receipt.json DATA --policy policy.json`,
  ];
  page.title(say("shell.insecure_title"));
  append(
    root,
    h("h1", null, say("shell.insecure_title")),
    h("p", { class: "lead" }, say("shell.insecure_why")),
    h("p", null, say("shell.insecure_https")),
    h("p", null, say("shell.insecure_cli")),
    h("pre", null, commands.join("\n")),
    h("p", null, h("a", { href: "/find" }, say("shell.insecure_looking"))),
  );
}

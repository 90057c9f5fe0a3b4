/**
 * What stands around every view: the name, the menu, the switches of language and theme.
 */

import { h, replace, svg } from "./elements/dom.js";

const MENU = [
  ["deposit", "/deposit"],
  ["verify", "/verify"],
  ["find", "/find"],
  ["ledger", "/ledger"],
  ["about", "/about"],
];
/** That a language cannot be had, said in that language itself. */
const AWAY = {
  en: "The page in English cannot be fetched now.",
  "zh-Hans": "现在无法取得中文页面。",
};
const THEMES = ["system", "light", "dark"];

/**
 * Draw head and foot in the language of `say`.
 * @param {object} given
 * @param {import("./language.js").Say} given.say
 * @param {import("./language.js").Language} given.language
 * @param {(language: import("./language.js").Language) => void} given.onLanguage
 */
export function drawFrame({ say, language, onLanguage }) {
  replace(
    document.querySelector(".frame-head"),
    h("a", { class: "skip", href: "#content", onclick: skip }, say("shell.skip")),
    h("a", { class: "name", href: "/" }, mark(), h("span", null, say("shell.name"))),
    h("nav", { "aria-label": say("shell.menu") }, menu(say)),
    languageButton(language, onLanguage),
  );
  replace(
    document.querySelector(".frame-foot"),
    h("p", { class: "creed" }, say("shell.creed")),
    themeChoice(say),
  );
}

/**
 * Say that the other language cannot be had now, in both: the one that is shown may not be the
 * reader's.
 * @param {import("./language.js").Say} say
 */
export function sayLanguageAway(say) {
  const head = document.querySelector(".frame-head");
  head.querySelector(".language-away")?.remove();
  const { lang } = head.querySelector(".language");
  const other = h("span", { lang }, AWAY[lang]);
  head.append(
    h("p", { class: "language-away", role: "alert" }, say("shell.language_away"), " ", other),
  );
}

/**
 * Show in the menu where the reader is.
 * @param {string} section
 */
export function markSection(section) {
  for (const link of document.querySelectorAll(".frame-head nav a")) {
    if (link.dataset.section === section) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/**
 * The mark of the ledger: a moment between two bounds.
 * @returns {SVGElement}
 */
export function mark() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M4 4v16M20 4v16M4 12h16", class: "mark-rule" }),
    svg("circle", { cx: 14, cy: 12, r: 3.25, class: "mark-moment" }),
  );
}

function menu(say) {
  const item = ([section, href]) =>
    h("li", null, h("a", { href, "data-section": section }, say(`shell.menu_${section}`)));
  return h("ul", null, MENU.map(item));
}

function languageButton(language, onLanguage) {
  const [other, tag, word] =
    language === "en" ? ["zh", "zh-Hans", "中文"] : ["en", "en", "English"];
  const choose = () => onLanguage(other);
  return h("button", { class: "language", type: "button", lang: tag, onclick: choose }, word);
}

function themeChoice(say) {
  const current = document.documentElement.dataset.theme ?? "system";
  const option = (theme) =>
    h(
      "label",
      null,
      h("input", {
        type: "radio",
        name: "theme",
        value: theme,
        checked: theme === current,
        onchange: () => setTheme(theme),
      }),
      h("span", null, say(`shell.theme_${theme}`)),
    );
  return h(
    "fieldset",
    { class: "themes" },
    h("legend", { class: "unseen" }, say("shell.theme")),
    THEMES.map(option),
  );
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // chosen for this page only
  }
}

function skip(event) {
  event.preventDefault();
  const heading = document.querySelector("main h1") ?? document.querySelector("main");
  heading.tabIndex = -1;
  heading.focus();
}

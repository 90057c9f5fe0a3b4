/**
 * The start of the saved copy (`api/saved_verifier.py`): the verifier alone, without a server. Both
 * languages are inside.
 */

import { h, replace } from "./elements/dom.js";
import { TAGS, chooseLanguage, makeSay } from "./language.js";
import en from "./messages/en.js";
import zh from "./messages/zh.js";
import { render } from "./views/verify.js";

const MESSAGES = Object.freeze({ en, zh });
const main = document.querySelector("main");
const head = document.querySelector("header");
const live = document.querySelector("#announcements");

let leaving = new AbortController();
let view = null;

async function show(language) {
  const kept = view?.keep();
  leaving.abort();
  leaving = new AbortController();
  const say = makeSay(MESSAGES[language], language);
  document.documentElement.lang = TAGS[language];
  const other = language === "zh" ? "en" : "zh";
  const toOther = {
    type: "button",
    class: "language",
    lang: TAGS[other],
    onclick: () => show(other),
  };
  replace(
    head,
    h("p", { class: "name" }, say("verify.saved_name")),
    h("button", toOther, language === "zh" ? "English" : "中文"),
  );
  const root = h("div", { class: "view" });
  replace(main, root);
  view = await render(root, {
    say,
    language,
    params: {},
    query: new URLSearchParams(),
    fragment: "",
    signal: leaving.signal,
    secure: Boolean(globalThis.crypto?.subtle),
    isSaved: true,
    go: () => {},
    title: (text) => {
      document.title = text;
    },
    announce: (text) => {
      live.textContent = text;
    },
    kept,
  });
}

show(chooseLanguage(navigator.languages));

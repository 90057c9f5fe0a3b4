/**
 * The start of every page: finds the view of the address, the language and the theme, and hands the
 * view all that it needs.
 *
 * How a view is made
 *
 *   A view is `views/NAME.js`, named in router.js, and exports
 *
 *       export async function render(root, page) { ... }
 *
 *   `root` is an empty element in <main>. The view puts one <h1> into it at once: it gets the
 *   focus after a navigation. `page` is a `Page` (below); elements that have words of their own
 *   take it as their first argument: `digest(page, hex)`.
 *
 *   - Text only through `h`, `svg`, `append` and `replace` of elements/dom.js (the DOM's own
 *     `append` would print a `false`). A name or title that somebody else wrote
 *     stands in a <bdi>. Nothing sets innerHTML or a style attribute (the CSP forbids both).
 *   - Words only through `page.say(key, values)`; `page.say.nodes(key, values)` where an element
 *     stands within the sentence. Keys begin with the name of their part: messages/en/NAME.js and
 *     messages/zh/NAME.js.
 *   - Everything that waits takes `page.signal`: it is aborted when the reader goes elsewhere or
 *     switches the language. Listeners on window or document take it too. Whoever draws after an
 *     await looks first whether `page.signal.aborted`. Long work that goes on through a switch of
 *     language takes `page.visit`, which ends only when the reader leaves the address.
 *   - Links are plain <a href="/records/...">: the page catches them. `page.go(address)` by code.
 *   - `page.title(text)` names the page; `page.announce(text)` is read out by a screen reader.
 *   - A view may return `{ keep: () => state }`. When the reader switches the language, the view is
 *     rendered anew and finds that state as `page.kept` (files, running work and all).
 *   - What only the server says is marked by `trustMark(page, "stated")`, what this browser checked
 *     by `trustMark(page, "checked")` (elements/badge.js).
 *   - An error that a view throws is shown as a page of its own; the code `not-found` as "no such".
 *   - Styles of one view: `style/NAME.css`, one line in index.html.
 */

import { h, replace } from "./elements/dom.js";
import { drawFrame, markSection, sayLanguageAway } from "./frame.js";
import { TAGS, chooseLanguage, loadMessages, makeSay } from "./language.js";
import { fileAt } from "./place.js";
import { findRoute } from "./router.js";

/**
 * @typedef {object} Page
 * @property {import("./language.js").Say} say
 * @property {import("./language.js").Language} language
 * @property {Record<string, string>} params the open parts of the address, decoded
 * @property {URLSearchParams} query
 * @property {string} fragment what stands behind `#`, without it
 * @property {AbortSignal} signal aborted when this drawing of the view ends
 * @property {AbortSignal} visit aborted when the reader leaves the address
 * @property {boolean} secure whether this browser lets the page hash and sign here
 * @property {(address: string) => void} go
 * @property {(text: string) => void} title
 * @property {(text: string) => void} announce
 * @property {any} kept what the view's `keep` returned, after a switch of language; else undefined
 */

const main = document.querySelector("main");
const live = document.querySelector("#announcements");
const IS_SECURE = Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle);

let language = chooseLanguage([
  new URLSearchParams(location.search).get("lang"),
  stored(() => sessionStorage.getItem("language")),
  stored(() => localStorage.getItem("language")),
  ...navigator.languages,
]);
let say;
let drawing = new AbortController();
let visit = new AbortController();
let shown = { address: "", view: null };

/**
 * Go to another page of this ledger.
 * @param {string} address path, with `?` and `#` as wanted
 */
export function go(address) {
  history.replaceState({ ...history.state, scroll: scrollY }, "");
  history.pushState({}, "", address);
  show({ moveFocus: true });
}

async function start() {
  const wish = new URLSearchParams(location.search).get("lang");
  if (wish !== null) stored(() => sessionStorage.setItem("language", language));
  history.scrollRestoration = "manual";
  document.addEventListener("click", followLink);
  addEventListener("popstate", (event) => {
    if (placeOf(location) === shown.address) return; // only the fragment changed
    show({ moveFocus: true, scroll: event.state?.scroll });
  });
  speak(language, await loadMessages(language));
  await show({ scroll: history.state?.scroll });
  loadFailed().catch(() => {}); // there is no network already
}

/** Asks before it imports: a browser imports nothing again that it once could not fetch. */
async function reachable(chosen) {
  await fetch(fileAt(`messages/${chosen}.js`));
  return loadMessages(chosen);
}

function speak(chosen, messages) {
  say = makeSay(messages, chosen);
  language = chosen;
  document.documentElement.lang = TAGS[chosen];
  drawFrame({ say, language, onLanguage: switchLanguage });
}

async function switchLanguage(chosen) {
  const messages = await reachable(chosen).catch(() => null);
  if (messages === null) {
    sayLanguageAway(say); // there is no network
    return;
  }
  stored(() => localStorage.setItem("language", chosen));
  stored(() => sessionStorage.removeItem("language"));
  const query = new URLSearchParams(location.search);
  if (query.has("lang")) {
    query.delete("lang");
    const rest = query.size ? `?${query}` : "";
    history.replaceState(history.state, "", location.pathname + rest + location.hash);
  }
  const kept = shown.view?.keep?.();
  speak(chosen, messages);
  document.querySelector(".frame-head .language").focus();
  await show({ kept, isSameVisit: true, scroll: scrollY });
}

async function show({ moveFocus = false, scroll = 0, kept = undefined, isSameVisit = false }) {
  const signal = begin(isSameVisit);
  const found = findRoute(location.pathname);
  shown = { address: placeOf(location), view: null };
  markSection(found?.route.section ?? "");
  main.setAttribute("aria-busy", "true");
  const page = pageOf(found?.params ?? {}, signal, kept);
  const root = h("div", { class: "view" });
  let held = document.activeElement;
  try {
    const { render } = await loadView(found);
    if (signal.aborted) return;
    replace(main, root);
    const rendering = render(root, page);
    if (moveFocus) arrive(); // what a view has to ask for comes later
    held = document.activeElement;
    const view = await rendering;
    if (!signal.aborted) shown.view = view ?? null;
  } catch (error) {
    if (signal.aborted) return;
    if (typeof error?.code !== "string") console.error(error); // ours, and a bug
    const failed = await loadFailed();
    if (signal.aborted) return;
    root.replaceChildren();
    replace(main, root);
    await failed.render(root, page, error);
  }
  if (signal.aborted) return;
  main.removeAttribute("aria-busy");
  if (scroll > 0) scrollTo(0, scroll);
  // a reader who has gone on meanwhile, to a link of the menu say, is not called back
  const isFree = [held, document.body].includes(document.activeElement);
  if (moveFocus && isFree && !main.contains(document.activeElement)) focusHeading();
}

function begin(isSameVisit) {
  drawing.abort();
  drawing = new AbortController();
  if (!isSameVisit) {
    visit.abort();
    visit = new AbortController();
  }
  return drawing.signal;
}

/** Fetched with the first page: there may be no network any more when it is needed. */
function loadFailed() {
  return import("./views/failed.js");
}

async function loadView(found) {
  try {
    if (found === null) return await import("./views/missing.js");
    if (found.route.needsCrypto && !IS_SECURE) return await import("./views/insecure.js");
    return await import(`./views/${found.route.view}.js`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a SyntaxError, say, is ours
    throw Object.assign(new Error("", { cause: error }), { code: "unavailable" });
  }
}

function pageOf(params, signal, kept) {
  return {
    say,
    language,
    params,
    query: new URLSearchParams(location.search),
    fragment: location.hash.slice(1),
    signal,
    visit: visit.signal,
    secure: IS_SECURE,
    go,
    title: (text) => {
      document.title = text ? `${text} · ${say("shell.name")}` : say("shell.name");
    },
    announce,
    kept,
  };
}

function announce(text) {
  live.textContent = ""; // the same words twice are read out twice
  requestAnimationFrame(() => {
    live.textContent = text;
  });
}

function arrive() {
  scrollTo(0, 0);
  if (main.querySelector("h1")) focusHeading();
}

function focusHeading() {
  const heading = main.querySelector("h1") ?? main;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function followLink(event) {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const isPlain =
    event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) {
    return;
  }
  const address = new URL(link.href, location.href);
  if (address.origin !== location.origin || !findRoute(address.pathname)) return;
  if (placeOf(address) === shown.address && address.hash) return; // a place on this page
  event.preventDefault();
  go(address.pathname + address.search + address.hash);
}

function placeOf({ pathname, search }) {
  return pathname + search;
}

function stored(ask) {
  try {
    return ask();
  } catch {
    return null; // a browser that keeps nothing still shows everything
  }
}

await start();

/**
 * The page's words: the same in both languages, all of them used, none missing.
 */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { wordsOf } from "../../api/web/core/wordings.js";
import { chooseLanguage, loadMessages, makeSay, placesOf } from "../../api/web/language.js";

const WEB = new URL("../../api/web/", import.meta.url);
const [EN, ZH] = await Promise.all([loadMessages("en"), loadMessages("zh")]);
const GROUPS = new Set(Object.keys(EN).map((key) => key.split(".", 1)[0]));
const NO_WORDS = new Set(["messages", "vendor", "core"]); // no sentence is chosen there
const SOURCES = readdirSync(WEB, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
  .map((entry) => `${entry.parentPath}/${entry.name}`)
  .filter((path) => !NO_WORDS.has(path.slice(WEB.pathname.length).split("/", 1)[0]))
  .map((path) => readFileSync(path, "utf8"));

/** Keys that stand in the source as they are, and patterns of those that are put together. */
function usedIn(sources) {
  const words = new Set();
  const patterns = new Set();
  for (const source of sources) {
    for (const [, key] of source.matchAll(/["'`]([a-z]+\.[a-z0-9_]+)["'`]/g)) words.add(key);
    for (const [, key] of source.matchAll(/`([a-z]+\.[^`\s]*\$\{[^`]*)`/g)) {
      patterns.add(`^${key.replace(/\$\{[^}]*\}/g, "[A-Za-z0-9_-]+").replace(".", "\\.")}$`);
    }
  }
  const isOurs = (key) => GROUPS.has(key.replace("^", "").split(/\\?\./, 1)[0]);
  return { words: [...words].filter(isOurs), patterns: [...patterns].filter(isOurs) };
}

const USED = usedIn(SOURCES);

test("both languages have the same sentences", () => {
  assert.deepEqual(Object.keys(ZH).sort(), Object.keys(EN).sort());
});

test("both languages have the same places in each sentence", () => {
  for (const [key, text] of Object.entries(EN)) {
    const [english, chinese] = [placesOf(text), placesOf(ZH[key] ?? "")];
    assert.deepEqual([...english.shown.difference(chinese.all)], [], key);
    assert.deepEqual([...chinese.shown.difference(english.all)], [], key);
  }
});

test("no file takes another's sentences away", () => {
  for (const language of ["en", "zh"]) {
    const folder = new URL(`messages/${language}/`, WEB);
    const keys = readdirSync(folder).flatMap((name) =>
      [...readFileSync(new URL(name, folder), "utf8").matchAll(/^ {2}"?([a-z]+\.\w+)"?:/gm)].map(
        ([, key]) => key,
      ),
    );
    assert.equal(new Set(keys).size, keys.length, language);
    assert.equal(keys.length, Object.keys(language === "en" ? EN : ZH).length, language);
  }
});

test("every sentence that the page says exists", () => {
  const said = SOURCES.flatMap((source) =>
    [...source.matchAll(/\bsay(?:\.nodes|\.has)?\(\s*"([^"]+)"/g)].map(([, key]) => key),
  );

  assert.ok(said.length > 50);
  assert.deepEqual(
    said.filter((key) => !(key in EN)),
    [],
  );
});

test("every sentence put together from parts has at least one to choose", () => {
  const keys = Object.keys(EN);
  const empty = USED.patterns.filter(
    (pattern) => !keys.some((key) => new RegExp(pattern).test(key)),
  );
  assert.deepEqual(empty, []);
});

test("every sentence is used", () => {
  const words = new Set(USED.words);
  const patterns = USED.patterns.map((pattern) => new RegExp(pattern));
  const idle = Object.keys(EN).filter(
    (key) => !words.has(key) && !patterns.some((pattern) => pattern.test(key)),
  );
  assert.deepEqual(idle, []);
});

test("what to do next is said for a page, which has fields and no options", () => {
  for (const language of ["en", "zh"]) {
    const messages = language === "en" ? EN : ZH;
    const { next, around: _ofTheCommandLine, ...said } = wordsOf(language);
    for (const code of Object.keys(next)) {
      assert.ok(`verify.next_${code.replaceAll("-", "_")}` in messages, code);
    }
    const told = [messages, ...Object.values(said)].flatMap(Object.values);
    for (const text of told) {
      assert.doesNotMatch(text.replaceAll(/provenance [a-z]+ --.*/g, ""), /(^|\s)--[a-z]/);
    }
  }
});

test("sentences hold no markup, and none is empty", () => {
  for (const [key, text] of [...Object.entries(EN), ...Object.entries(ZH)]) {
    assert.doesNotMatch(text, /<\/?[a-z]|&[a-z]+;|^\s*$/i, key);
  }
});

test("Chinese is set with Chinese marks, English with English ones", () => {
  for (const [key, text] of Object.entries(ZH)) {
    assert.doesNotMatch(
      text,
      /[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]/,
      `${key}: ${text}`,
    );
  }
  for (const [key, text] of Object.entries(EN)) {
    assert.doesNotMatch(text, /[\u3000-\u303f\uff00-\uffef]/, `${key}: ${text}`);
  }
});

test("one of something is no more than one", () => {
  const say = makeSay(EN, "en");
  const values = { agreed: 1, objected: 2, silent: 1 };

  assert.equal(say("dispute.people_words", values), "1 agrees, 2 object, 1 has not answered");
  assert.equal(say("ledger.checkpoint_title", { size: 1 }), "The log at 1 entry");
  assert.match(say("ledger.line", { origin: "x", size: "1", entries: 1, count: 1 }), /1 entry,/);
});

test("a sentence takes numbers, words and elements in its places", () => {
  const say = makeSay({ "a.b": "{count} {count|file|files} of {who}" }, "en");
  const element = { isElement: true };

  assert.equal(say("a.b", { count: 1, who: "Li" }), "1 file of Li");
  assert.equal(say("a.b", { count: 1234, who: "{count}" }), "1,234 files of {count}");
  assert.deepEqual(say.nodes("a.b", { count: 2, who: element }), [
    "2",
    " ",
    "files",
    " of ",
    element,
  ]);
});

test("the language is the first that somebody wished for and that there is", () => {
  assert.equal(chooseLanguage([null, undefined, "fr-FR", "zh-Hant-TW", "en"]), "zh");
  assert.equal(chooseLanguage(["zz", "en-GB"]), "en");
  assert.equal(chooseLanguage([]), "en");
});

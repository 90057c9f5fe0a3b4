/**
 * Sentences in the reader's language. Pure but for loading the messages.
 *
 * A message is text with names in braces, `{name}`; `{count|file|files}` picks the first word for
 * one and the second for any other number. Messages hold no markup.
 */

/** @typedef {"en" | "zh"} Language */

/** @type {readonly Language[]} */
const LANGUAGES = Object.freeze(["en", "zh"]);

/** What `<html lang>` and Intl are told. */
export const TAGS = Object.freeze({ en: "en", zh: "zh-Hans" });

const PLACE = /\{([a-z_]+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;

/**
 * @typedef {((key: string, values?: Record<string, string | number>) => string)
 *   & {nodes: (key: string, values: Record<string, string | number | Node>) => (string | Node)[],
 *      has: (key: string) => boolean}} Say
 * `say(key, values)` is the sentence; `say.nodes` the same with elements in its places.
 */

/**
 * Choose the language: what the address asks for, what was chosen before, what the browser prefers.
 * @param {(string | null | undefined)[]} wishes in that order, as BCP 47 tags or our short names
 * @returns {Language}
 */
export function chooseLanguage(wishes) {
  for (const wish of wishes) {
    const short = (wish ?? "").toLowerCase().split("-")[0];
    if (LANGUAGES.includes(short)) return short;
  }
  return "en";
}

/**
 * Make `say` over a table of messages.
 * @param {Record<string, string>} messages
 * @param {Language} language
 * @returns {Say}
 */
export function makeSay(messages, language) {
  const numbers = new Intl.NumberFormat(TAGS[language]);
  const show = (value) => (typeof value === "number" ? numbers.format(value) : value);
  const nodes = (key, values = {}) => {
    if (!Object.hasOwn(messages, key)) {
      console.error(`there is no message ${key}`);
      return [key];
    }
    return piecesOf(messages[key], values).map(show);
  };
  const say = (key, values) => nodes(key, values).join("");
  return Object.assign(say, { nodes, has: (key) => Object.hasOwn(messages, key) });
}

/**
 * Return the names that a message has places for, each once: those that it shows, and those by
 * whose number it only chooses a word.
 * @param {string} message
 * @returns {{shown: Set<string>, all: Set<string>}}
 */
export function placesOf(message) {
  const found = [...message.matchAll(PLACE)];
  const shown = found.filter(([, , one]) => one === undefined);
  return {
    shown: new Set(shown.map(([, name]) => name)),
    all: new Set(found.map(([, name]) => name)),
  };
}

/**
 * Load the messages of a language.
 * @param {Language} language
 * @returns {Promise<Record<string, string>>}
 */
export async function loadMessages(language) {
  const module =
    language === "zh" ? await import("./messages/zh.js") : await import("./messages/en.js");
  return module.default;
}

function piecesOf(message, values) {
  const pieces = [];
  let end = 0;
  for (const match of message.matchAll(PLACE)) {
    const [whole, name, one, other] = match;
    pieces.push(message.slice(end, match.index));
    end = match.index + whole.length;
    if (other === undefined) pieces.push(values[name] ?? whole);
    else pieces.push(values[name] === 1 ? one : other);
  }
  return [...pieces, message.slice(end)].filter((piece) => piece !== "");
}

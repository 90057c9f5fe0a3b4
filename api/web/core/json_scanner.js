/**
 * Read JSON by the grammar of RFC 8259 and nothing more; the scanner under `strict_json.js`.
 *
 * JavaScript's own `JSON.parse` loses duplicate members, the order of members that look like
 * numbers, and how a number was written. The scanner tells its caller about each of them, and says
 * what is wrong in the words and at the place of Python's, on which the other verifier is built.
 */

import { lengthOf } from "./bytes.js";
import { MalformedJSONError } from "./errors.js";

const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\x00-\x1f]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const HEX = /^[0-9A-Fa-f]{4}$/;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = [
  ["null", null],
  ["true", true],
  ["false", false],
];
const NO_JSON = ["NaN", "Infinity", "-Infinity"];

/**
 * @typedef {object} Makers what becomes of each thing that is read
 * @property {(literal: string) => unknown} integer
 * @property {(literal: string) => unknown} float
 * @property {(pairs: [string, unknown][]) => unknown} object its members as they were written
 */

/**
 * Scan one JSON text.
 *
 * @param {string} text whose levels are few enough for the stack
 * @param {Makers} makers
 * @returns {unknown}
 * @throws {MalformedJSONError} not the grammar
 */
export function scan(text, makers) {
  return new Scanner(text, makers).document();
}

class Scanner {
  #text;
  #makers;
  #at = 0;

  constructor(text, makers) {
    this.#text = text;
    this.#makers = makers;
  }

  document() {
    this.#skip();
    const value = this.#value();
    this.#skip();
    if (this.#at !== this.#text.length) throw this.#refusal("Extra data", this.#at);
    return value;
  }

  #value() {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{") return this.#object();
    if (first === "[") return this.#array();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text);
    if (number !== null) {
      this.#at += number[0].length;
      const isInteger = number[2] === undefined && number[3] === undefined;
      return this.#makers[isInteger ? "integer" : "float"](number[0]);
    }
    for (const word of NO_JSON) {
      if (this.#text.startsWith(word, this.#at)) {
        throw new MalformedJSONError(`expected a JSON value, got ${word}`);
      }
    }
    throw this.#refusal("Expecting value", this.#at);
  }

  #array() {
    const elements = [];
    this.#at += 1;
    this.#skip();
    if (this.#text[this.#at] !== "]") {
      do {
        this.#skip();
        elements.push(this.#value());
        this.#skip();
      } while (this.#follows("]"));
    }
    this.#at += 1;
    return elements;
  }

  #object() {
    const pairs = [];
    this.#at += 1;
    this.#skip();
    if (this.#text[this.#at] !== "}") {
      do {
        this.#skip();
        pairs.push(this.#member());
        this.#skip();
      } while (this.#follows("}"));
    }
    this.#at += 1;
    return this.#makers.object(pairs);
  }

  #member() {
    if (this.#text[this.#at] !== '"') {
      throw this.#refusal("Expecting property name enclosed in double quotes", this.#at);
    }
    const name = this.#string();
    this.#skip();
    if (this.#text[this.#at] !== ":") throw this.#refusal("Expecting ':' delimiter", this.#at);
    this.#at += 1;
    this.#skip();
    return [name, this.#value()];
  }

  /** Tell whether another element follows; stands at the closing bracket when none does. */
  #follows(close) {
    const next = this.#text[this.#at];
    if (next === close) return false;
    if (next !== ",") throw this.#refusal("Expecting ',' delimiter", this.#at);
    this.#at += 1;
    return true;
  }

  #string() {
    const begin = this.#at;
    let value = "";
    this.#at += 1;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const [plain] = PLAIN.exec(this.#text);
      value += plain;
      this.#at += plain.length;
      const next = this.#text[this.#at];
      if (next === undefined) throw this.#refusal("Unterminated string starting at", begin);
      if (next === '"') {
        this.#at += 1;
        return value;
      }
      if (next !== "\\") throw this.#refusal("Invalid control character at", this.#at);
      value += this.#escape(begin);
    }
  }

  #escape(begin) {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw this.#refusal("Unterminated string starting at", begin);
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter)) throw this.#refusal("Invalid \\escape", this.#at);
      this.#at += 2;
      return ESCAPES[letter];
    }
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!HEX.test(digits) || this.#at + 6 >= this.#text.length) {
      throw this.#refusal("Invalid \\uXXXX escape", this.#at + 1);
    }
    this.#at += 6;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #skip() {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)[0].length;
  }

  #refusal(what, at) {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = lengthOf(before.slice(before.lastIndexOf("\n") + 1)) + 1;
    const place = `line ${line} column ${column} (char ${lengthOf(before)})`;
    return new MalformedJSONError(`${what}: ${place}`);
  }
}

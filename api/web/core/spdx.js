/**
 * Licence expressions, SPDX 2.3 annex D, read strictly: known identifiers, upper-case operators;
 * mirrors `provenance/spdx.py`.
 *
 *     expression = term *("OR" term)          loosest
 *     term       = factor *("AND" factor)
 *     factor     = "(" expression ")" / licence ["WITH" exception]
 *     licence    = identifier ["+"] / ["DocumentRef-" idstring ":"] "LicenseRef-" idstring
 */

import { cut } from "./bytes.js";
import { UnknownLicenseError } from "./errors.js";
import { repr } from "./show.js";
import { EXCEPTIONS, LICENSES } from "./spdx_list.js";

/** Parentheses inside one another; real expressions have one or two. */
export const MAX_DEPTH = 16;

const SPACE = "\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TOKEN = new RegExp(`\\(|\\)|[^${SPACE}()]+`, "g");
const WORD = new RegExp(`[^${SPACE}]+`, "g");
const REFERENCE = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/;
const ADDITION = /^AdditionRef-[A-Za-z0-9.-]+$/;
const OPERATORS = ["AND", "OR", "WITH"];

/**
 * Check that `expression` is a licence expression over known identifiers.
 *
 * @param {string} expression
 * @param {string} [field]
 * @throws {UnknownLicenseError} an identifier that is not on the list, or a broken expression
 */
export function checkSpdx(expression, field = "license") {
  if (!LICENSES.has(expression)) new Parser(expression, field).parse();
}

/** Recursive descent over the tokens of one expression. */
class Parser {
  #tokens;
  #next = 0;
  #field;

  constructor(expression, field) {
    this.#tokens = expression.match(TOKEN) ?? [];
    this.#field = field;
    if (expression === "" || expression !== (expression.match(WORD) ?? []).join(" ")) {
      this.#refuse("expected words with one space between them");
    }
  }

  parse() {
    this.#expression(1);
    if (this.#next < this.#tokens.length) {
      this.#refuse(`unexpected ${repr(this.#tokens[this.#next])}`);
    }
  }

  #expression(depth) {
    if (depth > MAX_DEPTH) this.#refuse(`more than ${MAX_DEPTH} parentheses inside one another`);
    this.#term(depth);
    while (this.#accept("OR")) this.#term(depth);
  }

  #term(depth) {
    this.#factor(depth);
    while (this.#accept("AND")) this.#factor(depth);
  }

  #factor(depth) {
    if (this.#accept("(")) {
      this.#expression(depth + 1);
      if (!this.#accept(")")) this.#refuse("expected a closing parenthesis");
      return;
    }
    this.#licence(this.#take("a licence"));
    if (this.#accept("WITH")) this.#exception(this.#take("an exception after WITH"));
  }

  #licence(word) {
    const isKnown = LICENSES.has(word) || LICENSES.has(word.replace(/\+$/, ""));
    if (!isKnown && !REFERENCE.test(word)) this.#unknown("licence", word);
  }

  #exception(word) {
    if (!EXCEPTIONS.has(word) && !ADDITION.test(word)) this.#unknown("exception", word);
  }

  #accept(token) {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next += 1;
    return true;
  }

  #take(wanted) {
    const word = this.#tokens[this.#next];
    if (word === undefined) this.#refuse(`expected ${wanted}, got the end`);
    if (OPERATORS.includes(word) || word === "(" || word === ")") {
      this.#refuse(`expected ${wanted}, got ${repr(word)}`);
    }
    this.#next += 1;
    return word;
  }

  #unknown(kind, word) {
    const lower = word.replace(/\+$/, "").toLowerCase();
    const spellings = [...LICENSES, ...EXCEPTIONS, ...OPERATORS];
    const known = spellings.findLast((one) => one.toLowerCase() === lower);
    const hint = known === undefined ? "" : `; SPDX writes ${repr(known)}`;
    this.#refuse(`unknown ${kind} ${repr(cut(word, 80))}${hint}`);
  }

  #refuse(reason) {
    throw new UnknownLicenseError(reason, this.#field);
  }
}

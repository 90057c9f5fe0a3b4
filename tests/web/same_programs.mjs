/**
 * A program: reads pairs of scripts as JSON, writes the names of those that are not the same program.
 */

import { readFileSync } from "node:fs";

import * as acorn from "prettier/plugins/acorn";

const PLACES = new Set(["start", "end", "range", "comments", "__contentEnd"]);

/** The program as text, without its comments and without where anything stands. */
function meaning(source) {
  const tree = acorn.parsers.acorn.parse(source, {});
  return JSON.stringify(tree, (name, value) => {
    if (PLACES.has(name)) return undefined;
    return typeof value === "bigint" || value instanceof RegExp ? String(value) : value;
  });
}

const pairs = JSON.parse(readFileSync(0, "utf8"));
const unlike = pairs.filter(({ one, other }) => meaning(one) !== meaning(other));
process.stdout.write(JSON.stringify(unlike.map(({ name }) => name)));

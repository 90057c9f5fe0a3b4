/**
 * What came from what: the datasets of a case as a graph; mirrors provenance/lineage.py.
 *
 * An arrow is the word of PROV-O that the newer dataset signs about the older one, across
 * institutions. Of a statement of event `use` it goes from the dataset to what was made with it,
 * by the user's own word. Nothing is left out for standing badly: it is marked.
 */

import { readRelation, readStatement } from "./attribution_values.js";
import { MalformedError } from "./errors.js";
import { isDisputed } from "./record_standing.js";

/** What may have to be shown beside a dataset. */
export const MARKS = Object.freeze(["withdrawn", "superseded", "corrected", "disputed"]);

/**
 * @typedef {object} Node a dataset of the log, or something else that one of them names
 * @property {string} key record id in hex, or the identifier as it was written
 * @property {import("./case.js").Entry | null} entry null for what lies outside of the case
 * @property {string | null} title
 * @property {string[]} marks
 */

/**
 * @typedef {object} Edge `newer` signs, or a user of `older` signs, that it came from `older`
 * @property {string} older
 * @property {string} newer
 * @property {string} relation a word of PROV-O, read from the newer one to the older one
 * @property {string} by id of the deposit or statement that says so
 */

/** A graph of datasets; an arrow leads from the older one to the newer one. */
export class Lineage {
  /**
   * @param {string} asked key of the node that was asked for
   * @param {Map<string, Node>} nodes deposits in the order of the log, then what lies outside
   * @param {Edge[]} edges
   */
  constructor(asked, nodes, edges) {
    this.asked = asked;
    this.nodes = nodes;
    this.edges = edges;
  }

  /** Return the nodes that come from nothing here; in a circle, the first one of it. */
  sources() {
    const newer = new Set(this.edges.map((edge) => edge.newer));
    const roots = [...this.nodes.keys()].filter((key) => !newer.has(key));
    const reached = new Set(roots);
    this._reach(roots, reached);
    for (const key of this.nodes.keys()) {
      if (!reached.has(key)) {
        roots.push(key);
        reached.add(key);
        this._reach([key], reached);
      }
    }
    return roots;
  }

  /** Return the part of the graph that is tied to the node asked for, whichever way. */
  connected() {
    const tied = new Set([this.asked]);
    for (let before = 0; before < tied.size;) {
      before = tied.size;
      for (const { older, newer } of this.edges) {
        if (tied.has(older)) tied.add(newer);
        else if (tied.has(newer)) tied.add(older);
      }
    }
    const nodes = new Map([...this.nodes].filter(([key]) => tied.has(key)));
    const edges = this.edges.filter(({ older }) => tied.has(older));
    return new Lineage(this.asked, nodes, edges);
  }

  _reach(roots, reached) {
    const waiting = [...roots];
    while (waiting.length) {
      const key = waiting.pop();
      for (const edge of this.edges) {
        if (edge.older === key && !reached.has(edge.newer)) {
          reached.add(edge.newer);
          waiting.push(edge.newer);
        }
      }
    }
  }
}

/**
 * Draw the datasets of a case and what they say of each other.
 *
 * @param {import("./case.js").Case} case_
 * @param {string} deposit record id
 * @returns {Lineage}
 * @throws {MalformedError} the case has no deposit of that id
 */
export function lineageOf(case_, deposit) {
  const asked = case_.get(deposit);
  if (asked === null || asked.record.type !== "deposit") {
    throw new MalformedError(`expected a deposit, got ${deposit}`, "ID");
  }
  const nodes = new Map();
  for (const entry of case_.entries) {
    if (entry.record.type === "deposit") {
      const title = entry.record.payload.title ?? null;
      const marks = marksOf(case_.standing(entry.id));
      nodes.set(entry.id, { key: entry.id, entry, title, marks });
    }
  }
  const edges = [...new Map(edgesOf(case_).map((one) => [JSON.stringify(one), one])).values()];
  for (const key of edges.flatMap((edge) => [edge.older, edge.newer])) {
    if (!nodes.has(key)) nodes.set(key, { key, entry: null, title: null, marks: [] });
  }
  return new Lineage(deposit, nodes, edges);
}

/**
 * Return what has to be shown beside a dataset.
 *
 * @param {import("./record_standing.js").RecordStanding} standing
 * @returns {string[]}
 */
export function marksOf(standing) {
  const marked = {
    withdrawn: standing.withdrawn !== null,
    superseded: standing.supersededBy !== null,
    corrected: standing.correction !== null && standing.supersededBy === null,
    disputed: isDisputed(standing),
  };
  return MARKS.filter((one) => marked[one]);
}

function edgesOf(case_) {
  return case_.entries.flatMap((entry) => {
    if (entry.record.type === "deposit") {
      return (entry.record.claims.relations ?? []).map(readRelation).map((relation) => ({
        older: named(relation),
        newer: entry.id,
        relation: relation.relation,
        by: entry.id,
      }));
    }
    return entry.record.type === "statement" ? usesOf(case_, entry) : [];
  });
}

function usesOf(case_, entry) {
  const statement = readStatement(entry.record);
  if (case_.get(statement.record)?.record.type !== "deposit" || entry.isRefuted) return [];
  return statement.relations.map((relation) => {
    const ends = [named(relation), statement.record];
    const [older, newer] = statement.event === "use" ? ends.reverse() : ends;
    return { older, newer, relation: relation.relation, by: entry.id };
  });
}

function named(relation) {
  return relation.record ?? relation.identifier ?? "";
}

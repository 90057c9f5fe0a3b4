/**
 * Second step of a deposit: what the data are called, how they may be used, what they follow on.
 */

import { RELATIONS, checkIdentifier } from "../core/identifiers.js";
import { checkSpdx } from "../core/spdx.js";
import { shortDigest } from "../elements/digest.js";
import { h } from "../elements/dom.js";
import { button, busyButton, checkedField, saying } from "../elements/form.js";
import { why } from "../elements/why.js";
import { getRecord, lookup } from "../client.js";

const ACCESS = Object.freeze(["open", "embargoed", "restricted", "closed"]);
const OTHER = "other";
/** What datasets are usually given under; any other can be typed. */
const USUAL = Object.freeze([
  ["CC-BY-4.0", "Creative Commons Attribution 4.0"],
  ["CC0-1.0", "Creative Commons Zero 1.0"],
  ["CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0"],
  ["CC-BY-NC-4.0", "Creative Commons Attribution-NonCommercial 4.0"],
  ["CC-BY-NC-SA-4.0", "Creative Commons Attribution-NonCommercial-ShareAlike 4.0"],
  ["CC-BY-NC-ND-4.0", "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0"],
  ["ODbL-1.0", "Open Database License 1.0"],
  ["ODC-By-1.0", "Open Data Commons Attribution 1.0"],
  ["PDDL-1.0", "Open Data Commons Public Domain Dedication 1.0"],
  ["MulanPSL-2.0", "Mulan Permissive Software License 2.0 木兰宽松许可证"],
  ["MIT", "MIT License"],
  ["Apache-2.0", "Apache License 2.0"],
]);

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw(step) {
  const { draft, page, next } = step;
  const { say } = page;
  const title = checkedField({
    label: say("deposit.title_label"),
    hint: say("deposit.title_hint"),
    value: draft.title,
    onChange: (text) => (draft.title = text),
    check: (text) => lineProblem(page, text, 1000),
    more: { autocomplete: "off", required: true },
  });
  const version = checkedField({
    label: say("deposit.version_label"),
    optional: say("deposit.optional"),
    hint: say("deposit.version_hint"),
    value: draft.version,
    onChange: (text) => (draft.version = text),
    check: (text) => lineProblem(page, text, 100),
    more: { autocomplete: "off" },
  });
  const access = checkedField({
    label: say("deposit.access_label"),
    optional: say("deposit.optional"),
    type: "select",
    options: [
      { value: "", label: say("deposit.not_stated") },
      ...ACCESS.map((value) => ({ value, label: say(`deposit.access_${value}`) })),
    ],
    value: draft.access,
    onChange: (value) => (draft.access = value),
  });
  const doi = doiField(step);
  const licence = licenceFields(step);
  const relation = relationFields(step);
  const goOn = async () => {
    if (!draft.title.trim()) {
      title.blame(say("deposit.title_needed"));
      title.input.focus();
      return;
    }
    for (const one of [title, version, licence, doi, relation]) {
      if (await one.isFine()) continue;
      one.input.focus();
      return;
    }
    next();
  };
  return [
    title.node,
    version.node,
    licence.node,
    access.node,
    doi.node,
    relation.node,
    h("p", { class: "step-next" }, busyButton(say("deposit.next"), goOn, "main")),
  ];
}

/**
 * Say what is wrong with a line of text that a record is to carry; null when nothing is.
 * @param {import("../page.js").Page} page
 * @param {string} text without spaces around it
 * @param {number} most characters
 * @returns {string | null}
 */
export function lineProblem(page, text, most) {
  if (Array.from(text).length > most) return page.say("deposit.too_long", { most });
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? page.say("deposit.strange_characters") : null;
}

function licenceFields({ draft, page }) {
  const { say } = page;
  const known = USUAL.map(([value, name]) => ({ value, label: `${value} · ${name}` }));
  const isOther = draft.license !== "" && !USUAL.some(([id]) => id === draft.license);
  const other = checkedField({
    label: say("deposit.license_other_label"),
    hint: say("deposit.license_other_hint"),
    value: isOther ? draft.license : "",
    onChange: (text) => (draft.license = text.trim()),
    check: (text) => problemOf(() => checkSpdx(text), say("deposit.license_unknown")),
    more: { autocomplete: "off", spellcheck: "false" },
  });
  other.node.hidden = !isOther;
  const picker = checkedField({
    label: say("deposit.license_label"),
    optional: say("deposit.optional"),
    hint: say("deposit.license_hint"),
    type: "select",
    options: [
      { value: "", label: say("deposit.not_stated") },
      ...known,
      { value: OTHER, label: say("deposit.license_other") },
    ],
    value: isOther ? OTHER : draft.license,
    onChange: (value) => {
      other.node.hidden = value !== OTHER;
      draft.license = value === OTHER ? other.input.value.trim() : value;
    },
  });
  const node = h("div", { class: "fields" }, picker.node, other.node);
  return { node, input: other.input, isFine: () => other.node.hidden || other.isFine() };
}

function doiField({ draft, page }) {
  const { say } = page;
  return checkedField({
    label: say("deposit.doi_label"),
    optional: say("deposit.optional"),
    hint: say("deposit.doi_hint"),
    value: draft.identifiers.find(({ type }) => type === "doi")?.value ?? "",
    onChange: (text) => {
      const value = bareDoi(text);
      draft.identifiers = value ? [{ type: "doi", value }] : [];
    },
    check: (text) =>
      problemOf(() => checkIdentifier("doi", bareDoi(text)), say("deposit.doi_wrong")),
    more: { autocomplete: "off", spellcheck: "false", inputmode: "url" },
  });
}

/** A new version of, or derived from, an earlier deposit: by its id, or found by DOI or ORCID. */
function relationFields({ draft, page }) {
  const { say } = page;
  const { related } = draft;
  const found = saying();
  const record = checkedField({
    label: say("deposit.related_label"),
    hint: say("deposit.related_hint"),
    value: related.record,
    onChange: (text) => (related.record = text.trim().toLowerCase()),
    check: async (text) => (await recordProblem(page, text.toLowerCase(), found)) ?? null,
    more: { autocomplete: "off", spellcheck: "false", class: "mono" },
  });
  const words = [...RELATIONS].map((value) => ({ value, label: say(`deposit.relation_${value}`) }));
  const relation = checkedField({
    label: say("deposit.relation_label"),
    type: "select",
    options: words,
    value: related.relation,
    onChange: (value) => (related.relation = value),
  });
  const choose = (id) => {
    related.record = id;
    record.input.value = id;
    record.isFine();
  };
  const node = h(
    "details",
    { class: "fields", open: related.record !== "" },
    h("summary", null, say("deposit.related_question")),
    record.node,
    found.node,
    relation.node,
    finder(page, choose),
  );
  return { node, input: record.input, isFine: record.isFine };
}

async function recordProblem(page, id, found) {
  const { say } = page;
  found.show();
  if (!/^[0-9a-f]{64}$/.test(id)) return say("deposit.related_wrong");
  try {
    const view = await getRecord(id, { signal: page.signal });
    const title = view.claims.title ?? say("deposit.untitled");
    found.show(
      h(
        "p",
        { class: "field-good" },
        say.nodes("deposit.related_found", { title: h("bdi", null, title) }),
      ),
    );
    return null;
  } catch (error) {
    if (error.code === "not-found") return say("deposit.related_missing");
    found.show(
      h("p", { class: "hint" }, say.nodes("deposit.related_not_asked", { why: why(page, error) })),
    );
    return null; // the ledger is away: what stands there may be right all the same
  }
}

/** Find an earlier deposit by the ORCID iD or DOI in it. */
function finder(page, choose) {
  const { say } = page;
  const results = saying();
  const question = checkedField({
    label: say("deposit.finder_label"),
    hint: say("deposit.finder_hint"),
    more: { autocomplete: "off", spellcheck: "false" },
  });
  const ask = async () => {
    const text = question.input.value.trim();
    if (!text) return;
    const isOrcid = /^(?:https?:\/\/orcid\.org\/)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.test(text);
    try {
      const asked = isOrcid ? { orcid: text.slice(-19) } : { doi: bareDoi(text) };
      const { items } = await lookup(asked, { signal: page.signal });
      results.show(
        items.length ? hits(page, items, choose) : h("p", null, say("deposit.finder_nothing")),
      );
    } catch (error) {
      if (!page.signal.aborted)
        results.show(h("p", null, say.nodes("deposit.finder_failed", { why: why(page, error) })));
    }
  };
  return h(
    "div",
    { class: "finder" },
    question.node,
    busyButton(say("deposit.finder_ask"), ask),
    results.node,
  );
}

function hits(page, items, choose) {
  const { say } = page;
  const deposits = items.filter(({ type }) => type === "deposit");
  return [
    h("p", { class: "hint" }, say("deposit.finder_said")),
    h(
      "ul",
      { class: "hits" },
      deposits.map((item) => {
        const title = item.title ?? shortDigest(item.id);
        return h(
          "li",
          null,
          button(title, () => choose(item.id), "quiet"),
        );
      }),
    ),
  ];
}

/** @param {string} text @returns {string} without the resolver, as people paste it */
function bareDoi(text) {
  return text.trim().replace(/^(?:doi:|(?:https?:\/\/)?(?:dx\.)?doi\.org\/)/i, "");
}

/** @returns {string | null} */
function problemOf(check, words) {
  try {
    check();
    return null;
  } catch {
    return words;
  }
}

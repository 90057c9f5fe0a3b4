/**
 * The head of a record's page, set like a certificate: what it is, who signed it, when; and below,
 * what of that is proved and what is not.
 */

import { marksOf } from "../core/lineage.js";
import { badge, stateBadge, trustMark } from "../elements/badge.js";
import { digestGroups } from "../elements/digest.js";
import { h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { intervalLine } from "../elements/interval.js";
import { notice } from "../elements/notice.js";
import { lengthText, numberText } from "../elements/numbers.js";
import { stepList } from "../elements/steps.js";
import { keyWarning, relationWords, titleOf, typeName } from "../elements/story.js";
import { trustOf } from "../elements/trust_notice.js";
import { stepsOf } from "../elements/verdict_steps.js";
import { signerLine } from "../elements/who.js";
import { mark } from "../frame.js";

/**
 * @typedef {object} View what the parts of the page share
 * @property {import("../page.js").Page} page
 * @property {string} id
 * @property {import("../core/case.js").Entry} entry
 * @property {import("../reading.js").Reading} reading
 * @property {import("../collect_case.js").Collected} found
 */

/** @param {View} view @returns {HTMLElement} */
export function certificate(view) {
  const { page, entry, reading, found } = view;
  const { say } = page;
  const isDeposit = entry.record.type === "deposit";
  const marks = marksOf(found.case.standing(entry.id));
  return h(
    "article",
    { class: "sheet certificate" },
    h(
      "header",
      { class: "sheet-head" },
      mark(),
      h("p", { class: "kind" }, say(isDeposit ? "record.kind_deposit" : "record.kind_record")),
      h(
        "h2",
        { class: "sheet-title" },
        isDeposit
          ? titleOf(page, entry.record.payload.title ?? null)
          : typeName(page, entry.record.type),
      ),
      h(
        "p",
        { class: "row sheet-marks" },
        trustMark(page, trustOf(reading)),
        marks.map((one) => stateBadge(page, one)),
        entry.record.claims.sealed && stateBadge(page, "sealed"),
      ),
    ),
    h(
      "div",
      { class: "sheet-time" },
      times(view),
      !entry.verdict.independent && notice("caution", null, say("record.own_chain")),
    ),
    facts([
      [say("record.signed_by"), signerLine(page, entry.signer), keyWarning(page, entry)],
      [say("record.entry"), entryWords(view)],
      ...(isDeposit ? depositFacts(page, entry.record) : []),
      [say("record.id"), digestGroups(page, entry.id, say("record.id"))],
    ]),
    h("footer", { class: "sheet-foot" }, h("p", null, say("record.foot"))),
  );
}

function times({ page, entry }) {
  return intervalLine(page, {
    lower: end(page, entry.notBefore, entry.statedNotBefore),
    upper: end(page, entry.notAfter, entry.statedNotAfter),
    claimed: entry.record.iat,
    openUpper: page.say("record.no_anchor"),
  });
}

function end(page, proved, stated) {
  const bound = proved ?? stated;
  if (bound === null) return null;
  const number = String(bound.block_number);
  const block = page.say("record.block_of", { number, chain: bound.chain });
  const source = proved ? block : page.say("record.block_unvouched", { block });
  return { unix: Number(bound.time_unix), source, stated: !proved || !proved.independent };
}

function entryWords({ page, entry, reading }) {
  return h(
    "span",
    null,
    page.say.nodes("record.entry_of", {
      index: numberText(page, entry.leafIndex),
      origin: h("bdi", null, reading.origin),
    }),
  );
}

function depositFacts(page, { claims, payload }) {
  const { say } = page;
  const size = [
    claims.files !== undefined && say("record.files_count", { count: claims.files }),
    claims.bytes !== undefined && lengthText(page, claims.bytes),
  ].filter(Boolean);
  const sealed = Object.keys(claims.sealed ?? {});
  return [
    claims.dataset_digest && [
      say("record.fingerprint"),
      digestGroups(page, claims.dataset_digest, say("record.fingerprint")),
    ],
    claims.declared_digest && [
      say("record.declared_digest"),
      h("code", null, `${claims.declared_digest.algorithm} ${claims.declared_digest.digest}`),
    ],
    sealed.length > 0 && [say("record.sealed"), say("record.sealed_means")],
    size.length > 0 && [say("record.size"), size.join(say("record.list_comma"))],
    payload.version && [say("record.version"), h("bdi", null, payload.version)],
    claims.license && [say("record.license"), licenceWords(claims.license)],
    claims.access && [say("record.access"), accessWords(page, claims.access)],
    payload.identifiers && [say("record.identifiers"), payload.identifiers.map(identifierWords)],
    claims.relations && [
      say("record.relations"),
      claims.relations.map((one) =>
        h("p", null, relationWords(page, { record: null, identifier: null, ...one })),
      ),
    ],
    claims.assurance && [say("record.assurance"), assuranceWords(page, claims.assurance)],
  ];
}

function licenceWords(text) {
  const isOne = /^[A-Za-z0-9.-]+$/.test(text) && !text.startsWith("LicenseRef-");
  if (!isOne) return h("bdi", null, text);
  return h("a", { href: `https://spdx.org/licenses/${text}.html`, rel: "noreferrer" }, text);
}

function accessWords(page, access) {
  const key = `record.access_${String(access).replaceAll("-", "_")}`;
  return page.say.has(key) ? page.say(key) : String(access);
}

function assuranceWords(page, { level }) {
  const key = `record.assurance_${level}`;
  return page.say.has(key) ? page.say(key) : String(level ?? "");
}

function identifierWords({ type, value }) {
  const address = { doi: `https://doi.org/${value}`, cstr: `https://cstr.cn/${value}` }[type];
  const shown = address
    ? h("a", { href: address, rel: "noreferrer" }, value)
    : h("bdi", null, value);
  return h("p", null, badge(type.toUpperCase(), "soft"), " ", shown);
}

// --- what is proved -----------------------------------------------------------------------------

const GOOD = new Set(["proved", "vouched"]);
const BAD = new Set(["false", "unusable"]);

/** @param {View} view @returns {HTMLElement} every check of the receipt, and what it leaves open */
export function proofs({ page, entry, reading }) {
  const { say, language } = page;
  const steps = () => stepsOf(entry.verdict.checks, language); // nodes stand in one place only
  const of = (wanted) => steps().filter(({ outcome }) => wanted(outcome));
  const list = (title, found) =>
    h(
      "div",
      null,
      h("h3", null, title),
      h(
        "ul",
        null,
        found.map(({ title: name, text }) =>
          h("li", null, h("strong", null, name), say("deposit.colon"), text),
        ),
      ),
    );
  const wrong = of((one) => BAD.has(one));
  return h(
    "section",
    { class: "part" },
    h("h2", null, say("record.proved_title")),
    h("p", { class: "row" }, trustMark(page, trustOf(reading))),
    wrong.length > 0 && notice("false", say("record.proved_wrong"), list("", wrong).lastChild),
    h(
      "div",
      { class: "proved-lists" },
      list(
        say(reading.isOwn ? "record.proved_here" : "record.proved_by_server"),
        of((one) => GOOD.has(one)),
      ),
      list(
        say("record.not_proved_here"),
        of((one) => !GOOD.has(one) && !BAD.has(one)),
      ),
    ),
    h("p", null, say("record.never_proved")),
    h("details", null, h("summary", null, say("record.all_checks")), stepList(page, steps())),
    h("p", null, h("a", { href: "/verify" }, say("record.verify_yourself"))),
  );
}

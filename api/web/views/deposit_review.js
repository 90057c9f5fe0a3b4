/**
 * Sixth step of a deposit: everything as it will be signed, then signing and sending.
 */

import { forget, lookup, postRecords } from "../client.js";
import { toHex } from "../core/bytes.js";
import { composeDeposit } from "../core/compose_deposit.js";
import { ROLES } from "../core/credit.js";
import { renderManifest } from "../core/manifest.js";
import { saltedDigest } from "../core/salted.js";
import { trustMark } from "../elements/badge.js";
import { digest, digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { busyButton, saveLink, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { trustOf } from "../elements/trust_notice.js";
import { signerLine } from "../elements/who.js";
import { why } from "../elements/why.js";
import { judgeOfServer } from "../own_policy.js";
import { openReading, readEntry } from "../reading.js";
import { keep } from "../store.js";
import { sizesText } from "./deposit_files.js";
import { enteredPeople, trimmed } from "./deposit_people.js";

const SALTS_LENGTH = 32;
/** As the command line calls it: `provenance deposit --resume` reads it. */
export const RECORDS_FILE = "signed.records";

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw(step) {
  const { draft, page } = step;
  const { say } = page;
  const said = saying();
  const isSigned = draft.signed !== null;
  const act = () => (draft.signed === null ? signNow(step, said) : send(step, said));
  if (isSigned) send(step, said);
  else if (draft.refusal !== null) said.show(draft.refusal);
  draft.refusal = null;
  const log = h("span", null, "…");
  showLog(log, page);
  const known = h("span", null);
  showKnown(known, step);
  return [
    h("p", null, say("deposit.review_lead")),
    facts([[say("deposit.review_log"), log], ...rowsOf(step, known)]),
    h(
      "details",
      null,
      h("summary", null, say("deposit.review_exact")),
      h("p", { class: "hint" }, say("deposit.review_exact_hint")),
      h("pre", { tabindex: 0 }, exactText(draft)),
    ),
    notice("caution", say("deposit.review_final_title"), say("deposit.review_final")),
    h(
      "p",
      { class: "step-next" },
      busyButton(say(isSigned ? "deposit.send_again" : "deposit.sign"), act, "main"),
    ),
    said.node,
  ];
}

/** Name the log that the record is signed for; it is good for no other. */
async function showLog(place, page) {
  try {
    const { origin, isOwn } = await judgeOfServer({ signal: page.signal });
    replace(place, h("bdi", null, origin), " ", !isOwn && trustMark(page, "stated"));
  } catch (error) {
    if (!page.signal.aborted) replace(place, why(page, error));
  }
}

/** Say whom the log takes the key for: of a known key that counts, whatever is entered now. */
async function showKnown(place, { draft: { signer, holder }, page }) {
  const { signal } = page;
  try {
    const { items } = await lookup({ key: signer.kid }, { signal });
    const newest = items.findLast((hit) => hit.key === signer.kid);
    if (newest === undefined) return;
    const reading = await openReading(signal);
    const known = (await readEntry(reading, newest.id, signal)).signer;
    if (signal.aborted || known.name === null || known.name === holder.name) return;
    const words = page.say("deposit.key_known");
    replace(place, h("br"), words, signerLine(page, known), " ", trustMark(page, trustOf(reading)));
  } catch {
    // away, or leaving: what was entered stands there
  }
}

function rowsOf({ draft, page }, known) {
  const { say } = page;
  const hidden = (name) => draft.sealed && draft.sealedNames.includes(name) && seal(page);
  const { related, summary, holder } = draft;
  return [
    [say("deposit.title_label"), h("bdi", null, draft.title), hidden("title")],
    [say("deposit.version_label"), draft.version.trim() && h("bdi", null, draft.version)],
    [
      say("deposit.fingerprint"),
      digestGroups(page, toHex(summary.digest)),
      draft.sealed && seal(page),
    ],
    [say("deposit.found_files"), sizesText(page, summary), hidden("files") || hidden("bytes")],
    [say("deposit.people"), peopleList(page, enteredPeople(draft))],
    [say("deposit.license_label"), draft.license],
    [say("deposit.access_label"), draft.access && say(`deposit.access_${draft.access}`)],
    [say("deposit.doi_label"), draft.identifiers.map(({ value }) => value).join(", ")],
    [
      say("deposit.relation_label"),
      related.record && [
        say(`deposit.relation_${related.relation}`),
        " ",
        digest(page, related.record),
      ],
    ],
    [
      say("deposit.signed_by"),
      h("bdi", null, holder.name || say("deposit.key_unnamed")),
      " ",
      digest(page, draft.signer.kid),
      known,
    ],
  ];
}

function seal(page) {
  return h("span", { class: "badge soft" }, page.say("deposit.sealed_mark"));
}

function peopleList(page, people) {
  const { say, language } = page;
  if (people.length === 0) return say("deposit.people_none");
  const nameOf = (slug) => ROLES.get(slug)[language];
  return h(
    "ul",
    { class: "plain-list" },
    people.map(({ name, orcid, ror = [], roles = [] }) => {
      const ids = [orcid, ...ror].filter(Boolean).join(", ");
      const words = roles.length
        ? roles.map(nameOf).join(say("deposit.list_comma"))
        : say("deposit.roles_none");
      return h("li", null, h("bdi", null, name), ids && ` (${ids})`, say("deposit.colon"), words);
    }),
  );
}

/** What the record will claim of the data, before anything is sealed. */
function claimsOf(draft) {
  const { summary, related } = draft;
  const people = enteredPeople(draft);
  const version = draft.version.trim().normalize("NFC");
  return {
    title: draft.title.trim().normalize("NFC"),
    ...(version && { version }),
    dataset_digest: toHex(summary.digest),
    files: summary.files,
    bytes: summary.length,
    ...(people.length && { contributors: people }),
    ...(draft.license && { license: draft.license }),
    ...(draft.access && { access: draft.access }),
    ...(draft.identifiers.length && { identifiers: draft.identifiers }),
    ...(related.record && { relations: [related] }),
  };
}

/** Both records as they will be signed, but for what no person decides: time, log and salts. */
function exactText(draft) {
  const { files } = draft.summary;
  const deposit = { ...claimsOf(draft), assurance: { rehashed: files } };
  return JSON.stringify({ key: trimmed(draft.holder), deposit }, null, 2);
}

async function signNow(step, said) {
  const { draft, page } = step;
  const { say } = page;
  said.show(h("p", null, say("deposit.signing")));
  try {
    draft.signed = await sign(draft, page);
  } catch (error) {
    if (!page.signal.aborted)
      said.show(notice("false", say("deposit.sign_failed"), h("p", null, why(page, error))));
    return;
  }
  if (!page.signal.aborted) step.redraw();
}

/** Send what was signed: the same bytes, however often. */
async function send(step, said) {
  const { draft, page } = step;
  const { records, files } = draft.signed;
  const { id } = records.at(-1);
  said.show(h("p", null, page.say("deposit.sending")));
  try {
    const { receipt } = await postRecords(records, { signal: page.signal });
    draft.done = { id, receipt, ...files };
    if (!page.signal.aborted) step.next();
  } catch (error) {
    if (page.signal.aborted) return;
    const isRefused = error.isTemporary === false;
    const told = notSent(page, error, draft.signed, isRefused);
    said.show(told);
    if (!isRefused) return;
    await forget(id).catch(() => {}); // it would be refused again
    draft.signed = null;
    draft.refusal = told;
    step.redraw(); // what was entered can be put right
  }
}

/**
 * Sign, and keep in this browser what belongs to the record before it is sent anywhere: the
 * manifest, and for a sealed deposit what alone can open it.
 */
async function sign(draft, page) {
  const { origin } = await judgeOfServer({ signal: page.signal });
  const { dataset_digest, files, bytes, ...about } = claimsOf(draft);
  const salts = draft.sealed ? crypto.getRandomValues(new Uint8Array(SALTS_LENGTH)) : null;
  const sealed = salts && {
    saltedDigest: saltedDigest(draft.entries, salts),
    names: draft.sealedNames,
  };
  const iat = Math.floor(Date.now() / 1000);
  const setting = { aud: origin, iat, holder: trimmed(draft.holder), sealed };
  const { records, secret } = await composeDeposit(
    { summary: draft.summary, ...about },
    setting,
    draft.signer,
  );
  const own = {
    title: about.title,
    manifest: renderManifest(draft.entries, { salts }),
    secret,
    at: iat,
  };
  let isKept = true;
  try {
    await keep("own", records.at(-1).id, own);
  } catch (error) {
    if (secret !== null) throw error; // lost with this tab, nothing could ever be opened
    isKept = false;
  }
  return { records, files: { ...own, isKept } };
}

function notSent(page, error, { records, files }, isRefused) {
  const { say } = page;
  const text = `${records.map(({ compact }) => compact).join("\n")}\n`;
  const name = records.at(-1).id.slice(0, 16);
  const kind = isRefused ? "refused" : "not_sent";
  return notice(
    isRefused ? "false" : "caution",
    say(`deposit.${kind}`),
    h("p", null, why(page, error)),
    say(`deposit.${kind}_what`),
    h("p", null, saveLink(page, say("deposit.save_records"), `${name}.${RECORDS_FILE}`, text)),
    files.secret &&
      h("p", null, saveLink(page, say("deposit.save_secret"), `${name}.sealed.json`, files.secret)),
  );
}

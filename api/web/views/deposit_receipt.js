/**
 * Last step of a deposit: the receipt, checked here; its files to keep; and what becomes of it.
 */

import { getReceipt, getReceiptPdf } from "../client.js";
import { collectCase } from "../collect_case.js";
import { creditOf } from "../core/attribution.js";
import { equal } from "../core/bytes.js";
import { verifyReceipt } from "../core/verify.js";
import { describeCheck } from "../core/wordings.js";
import { trustMark } from "../elements/badge.js";
import { digest, digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { busyButton, saveLink, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { technical } from "../elements/technical.js";
import { time } from "../elements/time.js";
import { why } from "../elements/why.js";
import { judgeOfServer } from "../own_policy.js";
import { openReading, sourceOf } from "../reading.js";
import { keep } from "../store.js";
import { invitations } from "./record_people.js";
import { datasetRows, recordOf } from "./verify_claims.js";

const FIRST_WAIT_MS = 1500;
const LONGEST_WAIT_MS = 60_000;
const IN_LOG = Object.freeze(["receipt", "log", "signature", "checkpoint", "inclusion"]);

/**
 * @typedef {object} Done a deposit that has its receipt
 * @property {string} id
 * @property {Uint8Array} receipt
 * @property {string} title
 * @property {Uint8Array} manifest
 * @property {Uint8Array | null} secret what opens a sealed deposit
 * @property {number} at when it was signed by this computer's clock, POSIX seconds
 * @property {boolean} isKept whether this browser keeps manifest and secret
 */

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw({ draft, page }) {
  const { say } = page;
  const { done } = draft;
  const status = h("div", { class: "receipt-status" });
  const files = h("div", { class: "receipt-files on-screen" });
  const sheet = h("div", { class: "sheet receipt-sheet" });
  const people = h("div", { class: "receipt-people" });
  follow(page, done, { sheet, status, files, people });
  return [
    sheet,
    status,
    h("h3", { class: "on-screen" }, say("deposit.keep_title")),
    h("p", { class: "on-screen" }, say("deposit.keep_lead")),
    files,
    people,
    h("p", { class: "on-screen" }, h("a", { href: "/deposit" }, say("deposit.another"))),
  ];
}

/** Show the receipt, then ask for a newer one, ever more rarely, until the chain completes it. */
async function follow(page, done, places) {
  showFiles(page, done, null, places.files);
  const judge = await judgeOfServer({ signal: page.signal }).catch((error) => ({ error }));
  if (page.signal.aborted) return;
  showFiles(page, done, judge, places.files);
  let wait = FIRST_WAIT_MS;
  let invited = null;
  while (!page.signal.aborted) {
    const judged = judge.error ? null : await judgedBy(done.receipt, judge);
    if (page.signal.aborted) return;
    showSheet(page, done, judged, judge, places.sheet);
    showStatus(page, done, judged, judge, places.status);
    if (judge.error || judged.isFalse) return;
    invited ??= invite(page, done, places.people);
    if (judged.isComplete) return;
    await pause(wait, page.signal);
    wait = Math.min(wait * 1.5, LONGEST_WAIT_MS);
    await renew(page, done, judge, places);
  }
}

/** Offer links to those whom the record names; the page of the record offers them as well. */
async function invite(page, done, place) {
  const { signal } = page;
  try {
    const reading = await openReading(signal);
    const { case: found } = await collectCase([done.id], sourceOf(reading, signal));
    if (!signal.aborted) replace(place, invitations(page, creditOf(found, done.id).people));
  } catch {
    // away, or leaving
  }
}

async function renew(page, done, judge, places) {
  try {
    const receipt = await getReceipt(done.id, { signal: page.signal });
    if (page.signal.aborted || equal(receipt, done.receipt)) return;
    done.receipt = receipt;
    showFiles(page, done, judge, places.files);
    await keep("receipts", done.id, receipt).catch(() => {}); // a private window keeps nothing
  } catch {
    // away, or leaving: the receipt that is here stays good
  }
}

async function judgedBy(receipt, judge) {
  const now = Math.floor(Date.now() / 1000);
  const verdict = await verifyReceipt(receipt, judge.octets, { now });
  const wrong = verdict.checks.find(
    ({ name, outcome }) =>
      outcome === "false" ||
      outcome === "unusable" ||
      (IN_LOG.includes(name) && outcome !== "proved"),
  );
  const anchors = verdict.checks.filter(
    ({ name, outcome }) => name === "anchor" && outcome === "proved",
  );
  return { verdict, wrong, isFalse: wrong !== undefined, isComplete: anchors.length > 0 };
}

function showSheet(page, done, judged, judge, place) {
  const { say } = page;
  const record = judged?.verdict.record ?? null;
  const signed = judged?.isFalse ? null : recordOf(done.receipt);
  const kind = judged?.isFalse ? "false" : judged && judge.isOwn ? "checked" : "stated";
  replace(
    place,
    h(
      "div",
      { class: "sheet-head" },
      h("p", { class: "kind" }, say("deposit.receipt_kind")),
      h("h3", { class: "sheet-title" }, h("bdi", null, done.title)),
    ),
    facts([
      ...(signed === null ? [] : datasetRows(page, signed)),
      [
        say("deposit.receipt_entry"),
        record && h("span", { class: "entry" }, record.leaf_index.toLocaleString()),
        " ",
        trustMark(page, kind),
      ],
      [say("deposit.receipt_log"), judge.origin && h("bdi", null, judge.origin)],
      [say("deposit.receipt_id"), digestGroups(page, done.id)],
      [say("record.when"), judged && !judged.isFalse && whenOf(page, judged.verdict)],
      [say("deposit.receipt_key"), record && digest(page, record.key)],
      [
        say("deposit.receipt_signed"),
        time(page, done.at),
        " ",
        h("span", { class: "hint" }, say("deposit.receipt_own_clock")),
      ],
    ]),
    h("p", null, h("a", { href: `/records/${done.id}` }, say("deposit.receipt_link"))),
  );
}

/** The time of the block, which is only stated until somebody looks the block up. */
function whenOf(page, { checks }) {
  const block = checks.find(
    ({ name, outcome, facts: of }) =>
      name === "block" && outcome === "not-checked" && of?.time_unix !== undefined,
  );
  if (block === undefined) return null;
  return page.say.nodes("record.stated_time", {
    time: time(page, Number(block.facts.time_unix)),
  });
}

function showStatus(page, done, judged, judge, place) {
  const { say } = page;
  if (judged === null) {
    replace(
      place,
      notice("caution", say("deposit.not_checked"), h("p", null, why(page, judge.error))),
    );
    return;
  }
  if (judged.isFalse) {
    const { title, text, detail } = describeCheck(judged.wrong, page.language);
    replace(
      place,
      notice(
        "false",
        say("deposit.receipt_false"),
        h("p", null, title, say("deposit.colon"), text, detail && [" ", technical(detail)]),
        say("deposit.receipt_false_what"),
      ),
    );
    return;
  }
  const stage = judged.isComplete ? "complete" : "waiting";
  if (place.dataset.stage === stage) return;
  place.dataset.stage = stage;
  const words = say(`deposit.status_${stage}`);
  const dev = !judged.verdict.independent && say("deposit.status_dev");
  const own = say(judge.isOwn ? "deposit.judged_by_own" : "deposit.judged_by_server");
  const check = h("a", { href: `/verify?record=${done.id}` }, say("deposit.status_verify"));
  replace(
    place,
    notice("note", say(`deposit.status_${stage}_title`), words, dev, own, h("p", null, check)),
  );
  page.announce(say(`deposit.status_${stage}_title`));
}

function showFiles(page, done, judge, place) {
  const { say } = page;
  const name = done.id.slice(0, 16);
  const item = (key, node) =>
    h("li", null, h("p", null, node), h("p", { class: "hint" }, say(key)));
  const pdf = saying();
  replace(
    place,
    h(
      "ul",
      { class: "files-to-keep" },
      item(
        "deposit.keep_receipt",
        saveLink(page, say("deposit.save_receipt"), `${name}.receipt.json`, done.receipt, {
          kind: "main",
        }),
      ),
      done.secret &&
        item(
          "deposit.keep_secret",
          saveLink(page, say("deposit.save_secret"), `${name}.sealed.json`, done.secret, {
            kind: "main",
          }),
        ),
      item(
        done.secret ? "deposit.keep_salted_manifest" : "deposit.keep_manifest",
        saveLink(page, say("deposit.save_manifest"), `${name}.manifest.jsonl`, done.manifest),
      ),
      judge?.octets &&
        item(
          "deposit.keep_policy",
          saveLink(
            page,
            say("deposit.save_policy"),
            `${judge.digest.slice(0, 16)}.policy.json`,
            judge.octets,
          ),
        ),
      item("deposit.keep_pdf", [
        busyButton(say("deposit.save_pdf"), () => savePdf(page, done, pdf)),
        pdf.node,
      ]),
    ),
    !done.isKept && notice("caution", null, say("deposit.not_kept")),
  );
}

async function savePdf(page, done, said) {
  try {
    const blob = await getReceiptPdf(done.id, { signal: page.signal });
    const link = saveLink(page, "", `${done.id.slice(0, 16)}.receipt.pdf`, blob);
    link.click();
    said.show();
  } catch (error) {
    if (!page.signal.aborted)
      said.show(
        notice(
          "caution",
          null,
          h("p", null, page.say.nodes("deposit.pdf_failed", { why: why(page, error) })),
        ),
      );
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Deposit: from files on this computer to a receipt, one step after the other.
 *
 *     files -> about -> people -> seal -> key -> review -> receipt
 *
 * Each step is a module `deposit_NAME.js` that shows itself and says when it is done. What was
 * entered is in one `Draft`; it survives a switch of the language, and nothing of it is sent before
 * the last step signs it.
 */

import { h, replace } from "../elements/dom.js";
import { button } from "../elements/form.js";
import { stageList } from "../elements/steps.js";
import * as about from "./deposit_about.js";
import * as files from "./deposit_files.js";
import * as key from "./deposit_key.js";
import { showEarlier } from "./deposit_pending.js";
import * as people from "./deposit_people.js";
import * as receipt from "./deposit_receipt.js";
import * as review from "./deposit_review.js";
import * as seal from "./deposit_seal.js";

/**
 * @typedef {object} Draft everything entered so far
 * @property {number} step which step is shown
 * @property {import("../core/fingerprint.js").FileEntry[] | null} entries
 * @property {import("../core/fingerprint.js").Summary | null} summary
 * @property {string} title
 * @property {string} version
 * @property {string} license
 * @property {string} access
 * @property {{type: string, value: string}[]} identifiers
 * @property {{relation: string, record: string}} related to an earlier deposit; `record` may be ""
 * @property {import("../core/compose_deposit.js").Person[]} people
 * @property {boolean} sealed
 * @property {string[]} sealedNames of title, files, bytes
 * @property {import("../core/key_file.js").Signer | null} signer
 * @property {import("../core/compose_deposit.js").Person} holder what the key record says
 * @property {{records: import("../core/record.js").Issued[], files: object} | null} signed from
 *   then on nothing can be changed any more, only sent
 * @property {Node | null} refusal what the ledger said against what was signed last
 * @property {import("./deposit_receipt.js").Done | null} done with its receipt
 *
 * @typedef {object} Step
 * @property {Draft} draft
 * @property {import("../page.js").Page} page
 * @property {() => void} next go on; what was entered has been checked
 * @property {() => void} redraw
 */

const STEPS = Object.freeze([
  { name: "files", module: files },
  { name: "about", module: about },
  { name: "people", module: people },
  { name: "seal", module: seal },
  { name: "key", module: key },
  { name: "review", module: review },
  { name: "receipt", module: receipt },
]);
const LAST = STEPS.length - 1;
const TYPED = "input:not([type=checkbox], [type=radio], [type=file])";

/**
 * Show the deposit page.
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  const draft = page.kept ?? newDraft();
  page.title(say("deposit.title"));
  const list = h("div", { class: "stages-place" });
  const body = h("section", { class: "deposit-step" });
  const earlier = h("div", { class: "earlier" });
  const lead = h(
    "div",
    { class: "fields" },
    h("p", { class: "lead" }, say("deposit.lead")),
    h("p", { class: "promise" }, say("deposit.promise")),
  );
  root.append(h("h1", null, say("deposit.title")), lead, earlier, list, body);
  const show = ({ moveFocus = true } = {}) => {
    lead.hidden = draft.step > 0; // said once; on a phone each step begins at the top
    earlier.hidden = draft.step > 0;
    const titles = STEPS.map(({ name }) => say(`deposit.step_${name}`));
    replace(list, stageList(page, titles, draft.step, draft.signed === null ? go : undefined));
    const heading = h("h2", { tabindex: -1 }, say(`deposit.step_${STEPS[draft.step].name}`));
    const back =
      draft.step > 0 &&
      draft.signed === null &&
      button(say("deposit.back"), () => go(draft.step - 1), "quiet");
    const step = { draft, page, next: () => go(draft.step + 1), redraw: show };
    replace(
      body,
      heading,
      STEPS[draft.step].module.draw(step),
      back && h("p", { class: "step-back" }, back),
    );
    if (moveFocus) heading.focus({ preventScroll: false });
  };
  body.addEventListener("keydown", pressMain);
  const go = (at) => {
    draft.step = at;
    show();
  };
  show({ moveFocus: false });
  if (draft.done === null)
    await showEarlier(earlier, page, (done) => {
      draft.done = done;
      go(LAST);
    });
  return { keep: () => draft };
}

/** Enter in a field presses the button that it is for, but not while a Chinese word is chosen. */
function pressMain({ key, isComposing, target }) {
  if (key !== "Enter" || isComposing || !target.matches(TYPED)) return;
  let near = target.closest(".finder") ?? target;
  const wanted = near === target ? "button.main" : "button";
  while (!near.querySelector(wanted)) near = near.parentElement;
  near.querySelector(wanted).click();
}

/** @returns {Draft} */
function newDraft() {
  return {
    step: 0,
    entries: null,
    summary: null,
    title: "",
    version: "",
    license: "",
    access: "",
    identifiers: [],
    related: { relation: "wasRevisionOf", record: "" },
    people: [{ name: "", orcid: "", ror: [], roles: [] }],
    sealed: false,
    sealedNames: [],
    signer: null,
    holder: { name: "", orcid: "", ror: [] },
    signed: null,
    refusal: null,
    done: null,
  };
}

/**
 * Answer an invitation: what a record says of the reader, and what he says to it.
 *
 *     the claim -> the answer -> the key -> signed, sent, and its receipt
 *
 * What stands behind the `#` of the link is read here and never sent.
 */

import { ROLES } from "../core/credit.js";
import { invitedBy, readInvitation } from "../core/invitation.js";
import { trustMark } from "../elements/badge.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { choice } from "../elements/field.js";
import { busyButton, button, checkedField, onEnter, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { roleNames, titleOf } from "../elements/story.js";
import { trustNotice, trustOf } from "../elements/trust_notice.js";
import { entryLink, signerLine, whenLine } from "../elements/who.js";
import { openReading, readEntry } from "../reading.js";
import { draw as drawKey } from "./deposit_key.js";
import { failure } from "./record_start.js";
import { showDone, signAndSend } from "./respond_send.js";

const ANSWERS = Object.freeze(["accept", "amend", "object"]);

/**
 * @typedef {object} Answering
 * @property {import("../page.js").Page} page
 * @property {import("../reading.js").Reading} reading
 * @property {import("../core/case.js").Entry} entry the record that names the reader
 * @property {string} digest of the element answered
 * @property {import("../core/attribution_values.js").Contributor | null} contributor
 * @property {string | null} answer of `ANSWERS`; null: none was chosen yet
 * @property {string[]} roles
 * @property {string} reason
 * @property {object[] | null} signed records that were signed and not sent yet
 */

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const again = () => draw(root, { ...page, fragment: location.hash.slice(1), kept: undefined });
  // another link, pasted over this one, is no other page to the browser
  addEventListener("hashchange", again, { signal: page.signal });
  return draw(root, page);
}

async function draw(root, page) {
  const { say, signal } = page;
  page.title(say("respond.title"));
  const body = h("div", { class: "view" });
  replace(root, h("h1", null, say("respond.title")), body);
  const link = page.fragment || "";
  if (link === "") return askLink(body, page);
  let invitation;
  try {
    invitation = readInvitation(link);
  } catch {
    return askLink(body, page, say("respond.link_cut"));
  }
  replace(body, h("p", { class: "soft" }, say("record.loading")));
  try {
    const reading = await openReading(signal);
    const entry = await readEntry(reading, invitation.record, signal);
    const found = invitedBy(entry.record, invitation.shown);
    if (signal.aborted) return undefined;
    const { answer = null, roles, reason = "" } = page.kept ?? {};
    const state = { page, reading, entry, ...found, answer, reason, signed: null };
    state.roles = roles ?? found.contributor?.roles ?? [];
    drawClaim(body, state);
    return { keep: () => ({ answer: state.answer, roles: state.roles, reason: state.reason }) };
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error.field === "LINK" || error.code === "malformed") {
      return askLink(body, page, say("respond.link_other"));
    }
    return failure(body, page, invitation.record, error);
  }
}

function askLink(body, page, wrong = null) {
  const { say } = page;
  const box = checkedField({ label: say("respond.link"), hint: say("respond.link_hint") });
  const open = () => {
    try {
      const { record, shown } = readInvitation(box.input.value);
      page.go(`/respond#respond=${record}.${shown}`);
    } catch {
      box.blame(say("respond.link_cut"));
    }
  };
  onEnter(box.input, open);
  replace(
    body,
    h("p", { class: "lead" }, say("respond.lead")),
    wrong !== null && notice("false", null, wrong),
    box.node,
    h("p", null, button(say("respond.open"), open, "main")),
  );
}

// --- the claim ------------------------------------------------------------------------------------

function drawClaim(body, state) {
  const { page, reading, entry } = state;
  const { say } = page;
  const rest = h("div", { class: "view respond-rest" });
  replace(
    body,
    h("p", { class: "lead" }, say("respond.lead")),
    claimSheet(state),
    trustNotice(page, reading),
    rest,
  );
  askAnswer(rest, state);
  page.announce(say("respond.claim_of", { index: entry.leafIndex }));
}

function claimSheet({ page, reading, entry, contributor }) {
  const { say } = page;
  const isDeposit = entry.record.type === "deposit";
  const ids = [contributor?.orcid, ...(contributor?.ror ?? [])].filter(Boolean);
  return h(
    "article",
    { class: "sheet claim" },
    h(
      "header",
      { class: "sheet-head" },
      h("p", { class: "kind" }, say("respond.claimed_of_you")),
      h(
        "h2",
        null,
        contributor === null ? say("record.not_shown") : h("bdi", null, contributor.name),
      ),
      ids.length > 0 &&
        h(
          "p",
          { class: "soft row" },
          ids.map((id) => h("span", { class: "orcid" }, id)),
        ),
      h("p", null, trustMark(page, trustOf(reading))),
    ),
    facts([
      [say("respond.roles_claimed"), rolesText(page, contributor)],
      isDeposit && [say("record.dataset"), titleOf(page, entry.record.payload.title ?? null)],
      [say("respond.says_so"), signerLine(page, entry.signer)],
      [say("record.when"), whenLine(page, entry)],
      [say("record.entry"), entryLink(page, entry)],
    ]),
    contributor === null && notice("caution", null, say("respond.not_shown")),
  );
}

function rolesText(page, contributor) {
  if (contributor === null) return page.say("record.not_shown");
  return roleNames(page, contributor.roles) || page.say("record.role_not_stated");
}

// --- the answer -----------------------------------------------------------------------------------

function askAnswer(place, state) {
  const { page } = state;
  const { say } = page;
  const more = h("div", { class: "fields" });
  const said = saying();
  const options = ANSWERS.map((one) => ({
    value: one,
    title: say(`respond.${one}`),
    text: say(`respond.${one}_means`),
  }));
  const choose = (answer) => {
    state.answer = answer;
    said.show();
    replace(more, answer === "amend" && rolesField(state), reasonField(state));
  };
  const next = () => {
    if (state.answer === null) {
      said.show(notice("false", null, say("respond.answer_needed")));
      return;
    }
    if (state.answer === "amend" && state.roles.length === 0) {
      said.show(notice("false", null, say("respond.roles_needed")));
      return;
    }
    askKey(place, state);
  };
  const legend = say("respond.question");
  replace(
    place,
    h("section", { class: "part" }, [
      h("h2", null, say("respond.your_answer")),
      choice({ legend, options, value: state.answer, onChoose: choose }),
      more,
      h("p", { class: "hint" }, say("respond.public")),
      said.node,
      h("p", null, button(say("respond.next"), next, "main")),
    ]),
  );
  if (state.answer !== null) choose(state.answer);
}

function rolesField(state) {
  const { page } = state;
  const [other, lang] = page.language === "zh" ? ["en", "en"] : ["zh", "zh-Hans"];
  const tick = ({ slug, ...names }) => {
    const change = (event) => {
      const others = state.roles.filter((one) => one !== slug);
      const all = event.target.checked ? [...others, slug] : others;
      state.roles = [...ROLES.keys()].filter((one) => all.includes(one));
    };
    const checked = state.roles.includes(slug);
    return h(
      "label",
      { class: "tick-box" },
      h("input", { type: "checkbox", value: slug, checked, onchange: change }),
      h(
        "span",
        null,
        names[page.language],
        " ",
        h("span", { class: "role-also", lang }, names[other]),
      ),
    );
  };
  return h(
    "fieldset",
    { class: "role-choice" },
    h("legend", null, page.say("respond.roles")),
    [...ROLES.values()].map(tick),
  );
}

function reasonField(state) {
  const { say } = state.page;
  const id = `reason-${state.digest.slice(0, 8)}`;
  const isObjection = state.answer === "object";
  const box = h("textarea", {
    id,
    rows: 4,
    maxlength: 20_000,
    value: state.reason,
    oninput: (event) => {
      state.reason = event.target.value;
    },
  });
  return h(
    "div",
    { class: "field" },
    h(
      "label",
      { for: id },
      say(isObjection ? "respond.reason_object" : "respond.reason"),
      " ",
      h("span", { class: "optional" }, say("respond.optional")),
    ),
    box,
  );
}

// --- the key, and the end ---------------------------------------------------------------------------

function askKey(place, state) {
  const { page, contributor } = state;
  const { say } = page;
  const { name = "", orcid, ror = [] } = contributor ?? {};
  const holder = { name, orcid: orcid ?? "", ror: [...ror], roles: [] };
  const draft = { signer: null, holder: { ...holder }, people: [holder] };
  const step = { draft, page, next: () => review(place, state, draft), redraw: () => {} };
  replace(
    place,
    h("section", { class: "part" }, [
      h("h2", null, say("respond.key")),
      h("p", { class: "soft" }, say("respond.key_lead")),
      drawKey(step),
      h(
        "p",
        null,
        button(say("respond.back"), () => askAnswer(place, state), "quiet"),
      ),
    ]),
  );
  place.querySelector("h2").scrollIntoView({ block: "nearest" });
}

function review(place, state, draft) {
  const { page } = state;
  const { say } = page;
  const said = saying();
  const send = async () => {
    const done = await signAndSend(state, draft, said);
    if (done !== null && !page.signal.aborted) await showDone(place, state, done);
  };
  const back = () => {
    state.signed = null;
    askAnswer(place, state);
  };
  replace(
    place,
    h("section", { class: "part" }, [
      h("h2", null, say("respond.review")),
      facts([
        [say("respond.your_answer"), say(`respond.${state.answer}`)],
        state.answer === "amend" && [say("respond.roles"), roleNames(page, state.roles)],
        state.reason.trim() && [
          say("respond.reason"),
          h("bdi", { class: "prose" }, state.reason.trim()),
        ],
        [
          say("respond.as"),
          h("bdi", null, draft.holder.name),
          draft.holder.orcid && ` (${draft.holder.orcid})`,
        ],
        [say("record.key"), h("code", null, draft.signer.kid)],
      ]),
      mismatch(state, draft),
      h("p", null, say("respond.stays")),
      said.node,
      h("p", { class: "row" }, [
        busyButton(say("respond.sign"), send, "main"),
        button(say("respond.back"), back, "quiet"),
      ]),
    ]),
  );
  page.announce(say("respond.review"));
}

/** An answer counts for a person by the ORCID iD of the key, else by the exact name. */
function mismatch({ page, contributor }, { holder }) {
  if (contributor === null) return null;
  const isSame =
    contributor.orcid && holder.orcid
      ? contributor.orcid === holder.orcid
      : contributor.name === holder.name;
  return isSame ? null : notice("caution", null, page.say("respond.other_person"));
}

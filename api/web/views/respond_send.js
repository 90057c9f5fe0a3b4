/**
 * The end of an answer: signed, sent, and its receipt checked and shown.
 */

import { postRecords } from "../client.js";
import { composeResponse } from "../core/compose_about.js";
import { entryOf } from "../core/case.js";
import { trustMark } from "../elements/badge.js";
import { digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { saveLink } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { recordLink } from "../elements/story.js";
import { trustOf } from "../elements/trust_notice.js";
import { entryLink, signerLine } from "../elements/who.js";
import { why } from "../elements/why.js";
import { trimmed } from "./deposit_people.js";

/**
 * @param {import("./respond.js").Answering} state
 * @param {{signer: import("../core/key_file.js").Signer, holder: object}} draft
 * @param {{show: (...children: import("../elements/dom.js").Child[]) => void}} said
 * @returns {Promise<{id: string, receipt: Uint8Array} | null>} null when it failed, which was said
 */
export async function signAndSend(state, draft, said) {
  const { page } = state;
  const { say } = page;
  said.show(h("p", null, say("respond.sending")));
  try {
    state.signed ??= await sign(state, draft);
    const { receipt } = await postRecords(state.signed, { signal: page.signal });
    said.show();
    return { id: state.signed.at(-1).id, receipt };
  } catch (error) {
    if (page.signal.aborted) return null;
    const isAway = error.code === "unavailable" || error.code === undefined;
    const title = say(isAway ? "respond.not_sent" : "respond.refused");
    said.show(notice(isAway ? "caution" : "false", title, h("p", null, why(page, error))));
    return null;
  }
}

async function sign({ reading, entry, digest, answer, roles, reason }, { signer, holder }) {
  const about = {
    record: entry.id,
    contributor: digest,
    answer,
    ...(answer === "amend" && { roles }),
    ...(reason.trim() && { reason }),
  };
  const { roles: _, ...identity } = trimmed(holder);
  const setting = { aud: reading.origin, iat: Math.floor(Date.now() / 1000), holder: identity };
  const { records } = await composeResponse(about, setting, signer);
  return records;
}

/**
 * Show the receipt of an answer.
 * @param {Element} place
 * @param {import("./respond.js").Answering} state
 * @param {{id: string, receipt: Uint8Array}} done
 */
export async function showDone(place, state, { id, receipt }) {
  const { page, reading, entry } = state;
  const { say } = page;
  let own;
  try {
    const { verdict, record } = await reading.read(receipt);
    own = entryOf(receipt, verdict, record);
    if (own.id !== id) throw new Error("the receipt of another record");
  } catch (error) {
    replace(place, notice("false", say("respond.receipt_false"), h("p", null, why(page, error))));
    return;
  }
  if (page.signal.aborted) return;
  replace(
    place,
    h("section", { class: "part" }, [
      h("h2", { tabindex: -1 }, say("respond.done")),
      h("p", null, trustMark(page, trustOf(reading)), " ", say("respond.done_means")),
      facts([
        [say("record.entry"), entryLink(page, own)],
        [say("record.signed_by"), signerLine(page, own.signer)],
        [say("respond.answers"), recordLink(page, entry.id)],
        [say("record.id"), digestGroups(page, id, say("record.id"))],
      ]),
      h("p", { class: "row" }, [
        saveLink(page, say("record.receipt_json"), `${id.slice(0, 16)}.receipt.json`, receipt, {
          type: "application/json",
          kind: "main",
        }),
        h("a", { class: "button", href: `/records/${entry.id}` }, say("respond.see_record")),
      ]),
      h("p", { class: "hint" }, say("respond.change_later")),
    ]),
  );
  place.querySelector("h2").focus();
  page.announce(say("respond.done"));
}

/**
 * Deposits that were signed here and have no receipt yet: a tab was closed, a network was away. The
 * same bytes are sent again, so that no second record comes of it. And those made here before.
 */

import { pending, resend } from "../client.js";
import { digest } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, saveLink, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { time } from "../elements/time.js";
import { why } from "../elements/why.js";
import { list, load } from "../store.js";
import { RECORDS_FILE } from "./deposit_review.js";

/**
 * Say which deposits wait to be sent, and which were made here before; nothing where none was.
 * @param {Element} place
 * @param {import("../page.js").Page} page
 * @param {(done: import("./deposit_receipt.js").Done) => void} onDone shows its receipt
 */
export async function showEarlier(place, page, onDone) {
  let own;
  let waiting;
  try {
    [own, waiting] = await Promise.all([list("own"), pending()]);
  } catch {
    return; // a browser that keeps nothing has nothing to show
  }
  const kept = new Map(own.map(({ key, value }) => [key, value]));
  const open = waiting.filter(({ id }) => kept.has(id)); // others are answers to invitations
  const isOpen = new Set(open.map(({ id }) => id));
  const made = own
    .filter(({ key }) => !isOpen.has(key))
    .sort((one, two) => two.value.at - one.value.at);
  if (page.signal.aborted) return;
  replace(
    place,
    open.map((one) => waitingOne(page, { ...one, own: kept.get(one.id) }, onDone)),
    made.length > 0 && madeHere(page, made, onDone),
  );
}

/** Deposits with their receipts: what was not saved then can be saved now. */
function madeHere(page, made, onDone) {
  const { say } = page;
  const show = async (id, own) => {
    const [newest, sent] = await Promise.all([load("receipts", id), load("outbox", id)]);
    const receipt = newest ?? sent?.receipt;
    if (receipt && !page.signal.aborted) onDone({ id, receipt, ...own, isKept: true });
  };
  const item = ({ key, value }) =>
    h(
      "li",
      null,
      busyButton(value.title, () => show(key, value), "quiet"),
      " ",
      h("span", { class: "hint" }, time(page, value.at)),
    );
  return h(
    "details",
    { class: "made-here" },
    h("summary", null, say("deposit.made_here", { count: made.length })),
    h("ul", { class: "plain-list" }, made.map(item)),
  );
}

function waitingOne(page, { id, compacts, own }, onDone) {
  const { say } = page;
  const said = saying();
  const send = async () => {
    said.show(h("p", null, say("deposit.sending")));
    try {
      const { receipt } = await resend(id, { signal: page.signal });
      if (!page.signal.aborted) onDone({ id, receipt, ...own, isKept: true });
    } catch (error) {
      if (!page.signal.aborted)
        said.show(notice("caution", say("deposit.not_sent"), h("p", null, why(page, error))));
    }
  };
  const named = say.nodes("deposit.pending_one", {
    title: h("bdi", null, own.title),
    time: time(page, own.at),
  });
  return notice(
    "note",
    say("deposit.pending_title"),
    h("p", null, named),
    h("p", null, digest(page, id)),
    h("p", null, say("deposit.pending_what")),
    h(
      "p",
      { class: "buttons" },
      busyButton(say("deposit.pending_send"), send, "main"),
      saveLink(
        page,
        say("deposit.save_records"),
        `${id.slice(0, 16)}.${RECORDS_FILE}`,
        `${compacts.join("\n")}\n`,
        {
          kind: "quiet",
        },
      ),
    ),
    said.node,
  );
}

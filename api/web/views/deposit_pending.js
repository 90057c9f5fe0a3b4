/**
 * Deposits that were signed here and have no receipt yet: a tab was closed, a network was away. The
 * same bytes are sent again, so that no second record comes of it.
 */

import { pending, resend } from "../client.js";
import { digest } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, saveLink, saying, wordsOf } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { time } from "../elements/time.js";
import { load } from "../store.js";
import { RECORDS_FILE } from "./deposit_review.js";

/**
 * Say which deposits wait to be sent; nothing where there is none.
 * @param {Element} place
 * @param {import("../page.js").Page} page
 * @param {(done: import("./deposit_receipt.js").Done) => void} onDone
 */
export async function showPending(place, page, onDone) {
  let waiting = [];
  try {
    waiting = await pending();
  } catch {
    return; // a browser that keeps nothing has nothing waiting
  }
  const owned = await Promise.all(waiting.map(({ id }) => load("own", id)));
  const shown = waiting.map((one, at) => ({ ...one, own: owned[at] })).filter(({ own }) => own);
  if (page.signal.aborted || shown.length === 0) return;
  replace(
    place,
    shown.map((one) => waitingOne(page, one, onDone)),
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
        said.show(notice("caution", say("deposit.not_sent"), wordsOf(error)));
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
      saveLink(page, say("deposit.save_records"), RECORDS_FILE, `${compacts.join("\n")}\n`, {
        kind: "quiet",
      }),
    ),
    said.node,
  );
}

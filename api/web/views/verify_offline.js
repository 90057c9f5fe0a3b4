/**
 * Working without a network: the page keeps itself in the browser, and can be saved as one file.
 */

import { h, replace } from "../elements/dom.js";
import { keepForOffline } from "../offline.js";

/**
 * Say whether the page works without a network, and how to have it for good.
 * @param {import("../page.js").Page} page
 * @returns {HTMLElement}
 */
export function drawOffline(page) {
  const { say, signal } = page;
  if (page.isSaved) return h("p", { class: "hint" }, say("verify.saved_here"));
  const state = h("p", { class: "hint", "aria-live": "polite" });
  const show = (key) => replace(state, say(key));
  keepForOffline().then(
    (how) => {
      if (signal.aborted) return;
      show(how === "kept" ? "verify.offline_ready" : "verify.offline_now");
      addEventListener("online", () => show("verify.offline_ready"), { signal });
      addEventListener("offline", () => show("verify.offline_now"), { signal });
    },
    () => show("verify.offline_not"),
  );
  return h(
    "details",
    { class: "offline on-screen" },
    h("summary", null, say("verify.offline_question")),
    state,
    h("p", null, say("verify.saved_lead")),
    h(
      "p",
      null,
      h("a", { href: "/web/verify.html", download: "verify.html" }, say("verify.saved_link")),
    ),
  );
}

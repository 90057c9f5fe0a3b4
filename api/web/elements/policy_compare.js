/**
 * Comparing a trust policy with what somebody else says of it, and keeping it afterwards.
 */

import { keepPolicy } from "../policies.js";
import { digestGroups } from "./digest.js";
import { h, replace } from "./dom.js";
import { field, tickBox } from "./field.js";
import { busyButton, onEnter } from "./form.js";

const DIGITS = 64;

/**
 * @param {import("../page.js").Page} page
 * @param {{octets: Uint8Array, origin: string, digest: string}} policy
 * @param {() => void} onKept
 * @returns {HTMLElement}
 */
export function policyCompare(page, policy, onKept) {
  const { say } = page;
  const result = h("p", { class: "compared", "aria-live": "polite" });
  const input = h("input", {
    type: "text",
    class: "mono",
    spellcheck: "false",
    autocomplete: "off",
  });
  const byEye = tickBox(say("ledger.policy_by_eye"), { onChange: () => look() });
  const button = busyButton(say("ledger.policy_keep"), async () => {
    if (!isCompared()) return;
    try {
      await keepPolicy(policy.octets, policy.origin);
      page.announce(say("ledger.policy_kept"));
    } catch {
      // a private window keeps nothing: it was compared all the same, for this visit
    }
    onKept();
  });
  const isCompared = () => {
    const found = compare(input.value, policy.digest);
    return found === "same" || (byEye.control.checked && found !== "other");
  };
  const look = () => {
    const found = compare(input.value, policy.digest);
    result.className = `compared ${found}`;
    replace(
      result,
      found !== "none" && say(`ledger.policy_${found}`, { count: digitsOf(input.value).length }),
    );
    button.toggleAttribute("disabled", !isCompared());
  };
  input.addEventListener("input", look);
  onEnter(input, () => button.click());
  look();
  return h(
    "div",
    { class: "policy-compare" },
    digestGroups(page, policy.digest, say("ledger.policy_digest")),
    field({
      label: say("ledger.policy_elsewhere"),
      hint: say("ledger.policy_elsewhere_hint"),
      control: input,
    }),
    result,
    byEye,
    button,
  );
}

/**
 * Tell how what was typed stands to a digest.
 * @param {string} typed with any blanks or colons between the digits
 * @param {string} digest
 * @returns {"none" | "so_far" | "same" | "other"}
 */
export function compare(typed, digest) {
  const digits = digitsOf(typed);
  if (digits === "") return "none";
  if (!digest.startsWith(digits)) return "other";
  return digits.length === DIGITS ? "same" : "so_far";
}

function digitsOf(typed) {
  return typed
    .toLowerCase()
    .replace(/^\s*(?:sha-?256[:\s]+|0x)/, "")
    .replace(/[\s:·.-]/g, "");
}

/**
 * Fourth step of a deposit: shown to everybody, or sealed until its owner opens it.
 */

import { h } from "../elements/dom.js";
import { choice, tickBox } from "../elements/field.js";
import { button } from "../elements/form.js";
import { notice } from "../elements/notice.js";

const SEALABLE = Object.freeze(["title", "files", "bytes"]);

/**
 * @param {import("./deposit.js").Step} step
 * @returns {Node[]}
 */
export function draw({ draft, page, next }) {
  const { say } = page;
  const more = h(
    "div",
    { class: "sealed-more", hidden: !draft.sealed },
    notice("caution", null, say("deposit.sealed_keep")),
    h("p", null, say("deposit.sealed_also")),
    SEALABLE.map((name) =>
      tickBox(say(`deposit.sealed_${name}`), {
        checked: draft.sealedNames.includes(name),
        onChange: (isChecked) => {
          const left = draft.sealedNames.filter((one) => one !== name);
          draft.sealedNames = isChecked ? [...left, name] : left;
        },
      }),
    ),
  );
  const options = ["open", "sealed"].map((value) => ({
    value,
    title: say(`deposit.choose_${value}`),
    text: say(`deposit.choose_${value}_hint`),
  }));
  const chosen = choice({
    legend: say("deposit.seal_question"),
    options,
    value: draft.sealed ? "sealed" : "open",
    onChoose: (value) => {
      draft.sealed = value === "sealed";
      more.hidden = !draft.sealed;
    },
  });
  return [
    h("p", null, say("deposit.seal_lead")),
    chosen,
    more,
    h("p", { class: "step-next" }, button(say("deposit.next"), next, "main")),
  ];
}

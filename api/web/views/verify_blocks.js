/**
 * Who vouches for the block: a hash that the reader looked up, or a node that he trusts; and what
 * else decides how strict the verdict is.
 */

import { RPC_AWAY } from "../core/given.js";
import { h, replace } from "../elements/dom.js";
import { tickBox } from "../elements/field.js";
import { busyButton, checkedField, onEnter, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { askNode } from "../rpc.js";
import { partReceipts } from "./verify_material.js";

const HASH = /^0x[0-9a-f]{64}$/;
const REQUIRABLE = Object.freeze(["identity", "not-before", "key-status"]);

/**
 * The blocks whose hashes were typed.
 * @param {string} text hashes one after the other
 * @returns {{hash: string, from: "you"}[]} those that are whole
 */
export function blocksOf(text) {
  // in groups too, as this page shows it: a hash ends where the next 0x begins
  const hashes = text
    .toLowerCase()
    .replace(/[\s,]+/g, "")
    .split(/(?=0x)/)
    .filter((one) => HASH.test(one));
  return [...new Set(hashes)].map((hash) => ({ hash, from: "you" }));
}

/**
 * Draw the fields for block hashes, a node, and what is demanded.
 * @param {Element} place
 * @param {import("./verify_material.js").Desk} desk
 */
export function drawBlocks(place, { material, page, changed }) {
  const { say } = page;
  const hash = checkedField({
    label: say("verify.hash_label"),
    hint: say("verify.hash_hint"),
    optional: say("verify.optional"),
    value: material.hashes,
    check: (text) => (blocksOf(text).length ? null : say("verify.hash_wrong")),
    onChange: (text) => {
      const before = JSON.stringify(blocksOf(material.hashes));
      material.hashes = text;
      if (JSON.stringify(blocksOf(text)) !== before) changed();
    },
    more: { spellcheck: "false", autocomplete: "off", class: "mono" },
  });
  const tick = (label, hint, isChecked, onChange) =>
    h(
      "div",
      { class: "demand" },
      tickBox(label, { checked: isChecked, onChange }),
      h("p", { class: "hint" }, hint),
    );
  const demands = REQUIRABLE.map((name) => {
    const key = `verify.require_${name.replace("-", "_")}`;
    return tick(say(key), say(`${key}_hint`), material.requires.includes(name), (isChecked) => {
      const left = material.requires.filter((one) => one !== name);
      material.requires = isChecked ? [...left, name] : left;
      changed();
    });
  });
  const dev = tick(
    say("verify.allow_dev"),
    say("verify.allow_dev_hint"),
    material.allowDevChain,
    (isChecked) => {
      material.allowDevChain = isChecked;
      changed();
    },
  );
  replace(
    place,
    h(
      "section",
      null,
      h("h2", null, say("verify.block_title")),
      h("p", null, say("verify.block_lead")),
      hash.node,
    ),
    h(
      "details",
      { open: material.node !== "" },
      h("summary", null, say("verify.node_question")),
      nodeFields(material, page, changed),
    ),
    h("details", null, h("summary", null, say("verify.strict_question")), dev, demands),
  );
}

function nodeFields(material, page, changed) {
  const { say } = page;
  const said = saying();
  const node = checkedField({
    label: say("verify.node_label"),
    hint: say("verify.node_hint"),
    value: material.node,
    check: (text) => (isAddress(text) ? null : say("verify.node_wrong")),
    onChange: (text) => {
      material.node = text.trim();
    },
    more: { type: "url", autocomplete: "off", spellcheck: "false", placeholder: "https://" },
  });
  const ask = async () => {
    const { main } = partReceipts(material);
    if (main === null || !(await node.isFine()) || !material.node) {
      said.show(h("p", null, say("verify.node_first")));
      return;
    }
    said.show(h("p", null, say("verify.node_asking")));
    material.rpc = await askNode(material.node, main.octets, { signal: page.signal });
    if (page.signal.aborted) return;
    const isAway = material.rpc === RPC_AWAY;
    said.show(
      isAway
        ? notice("caution", null, say("verify.node_failed"))
        : h("p", null, say("verify.node_answered")),
    );
    changed();
  };
  const asking = busyButton(say("verify.node_ask"), ask);
  onEnter(node.input, () => asking.click());
  return [node.node, h("p", null, asking), said.node];
}

function isAddress(text) {
  return /^https:\/\/[^\s]+$|^http:\/\/127\.0\.0\.1(?::\d+)?(?:\/\S*)?$/.test(text);
}

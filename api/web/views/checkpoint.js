/**
 * The log at one size: its root hash, proved from the newest signed state.
 */

import { getAnchors, getSummary } from "../client.js";
import { toHex } from "../core/digests.js";
import { NotFoundError } from "../core/errors.js";
import { stateBadge, trustMark } from "../elements/badge.js";
import { digestGroups } from "../elements/digest.js";
import { append, h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { numberText } from "../elements/numbers.js";
import { askedSection } from "../elements/section.js";
import { readLogState, rootAtSize } from "../log_state.js";

const MOST_CHAINS = 20;
const SIZE = /^[1-9][0-9]{0,15}$/;

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say, params, signal } = page;
  if (!SIZE.test(params.size)) throw new NotFoundError("expected a number of entries");
  const size = Number(params.size);
  const state = await readLogState({ signal });
  if (size > state.treeSize) throw new NotFoundError(`the log has ${state.treeSize} entries`);
  const hash = size === state.treeSize ? state.rootHash : await rootAtSize(state, size, { signal });
  if (signal.aborted) return;
  const title = say("ledger.checkpoint_title", { size });
  const anchors = askedSection(page, say("ledger.checkpoint_anchors"), () => anchorsOf(page, size));
  page.title(title);
  append(
    root,
    h("h1", null, title),
    h("p", { class: "lead" }, say("ledger.checkpoint_lead", { size })),
    h("p", null, trustMark(page, state.judge.isOwn ? "checked" : "stated")),
    facts([
      [say("ledger.origin"), h("bdi", null, h("code", null, state.judge.origin))],
      [say("ledger.checkpoint_entries"), say("ledger.checkpoint_range", { last: size - 1 })],
      [say("ledger.root_hash"), digestGroups(page, toHex(hash), say("ledger.root_hash"))],
    ]),
    ...(size === state.treeSize ? signed(page, state) : proved(page, state)),
    anchors.node,
    h("p", null, h("a", { href: "/ledger" }, say("ledger.to_ledger"))),
  );
  await anchors.again();
}

function signed({ say }, { note }) {
  return [h("p", null, say("ledger.checkpoint_newest")), h("pre", null, note)];
}

function proved(page, { treeSize }) {
  const { say } = page;
  const href = `/checkpoints/${treeSize}`;
  return [
    h("p", null, say("ledger.checkpoint_proved", { size: treeSize })),
    h(
      "p",
      null,
      h(
        "a",
        { href },
        say("ledger.checkpoint_later"),
        say("deposit.colon"),
        numberText(page, treeSize),
      ),
    ),
  ];
}

async function anchorsOf(page, size) {
  const { say, signal } = page;
  const anchors = await anchorsAt(size, { signal });
  if (anchors.length === 0) return h("p", { class: "soft" }, say("ledger.checkpoint_no_anchor"));
  const item = ({ anchor_id: id, state }) =>
    h(
      "li",
      null,
      h("a", { href: `/anchors/${id}` }, say("ledger.anchor_name", { id: String(id) })),
      " ",
      stateBadge(page, state),
    );
  return h("ul", { class: "bare-list" }, anchors.map(item));
}

// anchors are numbered as they were begun, and none is of a smaller state than one before it
async function anchorsAt(size, given) {
  const { chains } = await getSummary(given);
  let low = 0;
  let high = Math.max(0, ...chains.map(({ newest }) => newest?.anchor_id ?? 0));
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { items } = await getAnchors({ cursor: String(middle), limit: "1" }, given);
    if (items[0]?.tree_size < size) low = middle + 1;
    else high = middle;
  }
  const { items } = await getAnchors({ cursor: String(low), limit: String(MOST_CHAINS) }, given);
  return items.filter((anchor) => anchor.tree_size === size);
}

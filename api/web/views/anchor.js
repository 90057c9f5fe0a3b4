/**
 * One anchor: which state of the log was written where, and what of that can be checked here.
 */

import { getAnchors } from "../client.js";
import { verifyProof } from "../core/anchor.js";
import { parseEvidence } from "../core/anchor_evidence.js";
import { fromHex, toEvmHex, toHex } from "../core/digests.js";
import { LedgerError, NotFoundError, VerificationError } from "../core/errors.js";
import { parseHeader } from "../core/header.js";
import { Policy } from "../core/policy.js";
import { Members } from "../core/strict_json.js";
import { stateBadge, trustMark } from "../elements/badge.js";
import { digest, digestGroups } from "../elements/digest.js";
import { append, h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { notice } from "../elements/notice.js";
import { askedSection } from "../elements/section.js";
import { stepList } from "../elements/steps.js";
import { technical } from "../elements/technical.js";
import { time } from "../elements/time.js";
import { readLogState, rootAtSize } from "../log_state.js";

const NUMBER = /^[1-9][0-9]{0,14}$/;

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say, params, signal } = page;
  if (!NUMBER.test(params.number)) throw new NotFoundError("expected the number of an anchor");
  const id = Number(params.number);
  const { items } = await getAnchors({ cursor: String(id - 1), limit: "1" }, { signal });
  const anchor = items[0];
  if (anchor?.anchor_id !== id) throw new NotFoundError(`there is no anchor ${id}`);
  if (signal.aborted) return;
  const title = say("ledger.anchor_title", { id: String(id) });
  const checks = askedSection(page, say("ledger.anchor_check"), () => checksOf(page, anchor));
  page.title(title);
  append(
    root,
    h("h1", null, title),
    h("p", { class: "lead" }, say("ledger.anchor_lead", { size: anchor.tree_size })),
    h("p", null, stateBadge(page, anchor.state), " ", trustMark(page, "stated")),
    shown(page, anchor),
    checks.node,
    h("p", null, h("a", { href: "/ledger" }, say("ledger.to_ledger"))),
  );
  await checks.again();
}

function shown(page, anchor) {
  const { say } = page;
  const { block_hash: blockHash, level } = anchor;
  const size = h(
    "a",
    { href: `/checkpoints/${anchor.tree_size}` },
    say("ledger.anchor_size_link", { size: anchor.tree_size }),
  );
  const word = level?.replace("-", "_");
  return facts([
    [say("ledger.anchor_size"), size],
    [say("ledger.root_hash"), digest(page, anchor.root_hash, { what: say("ledger.root_hash") })],
    [say("ledger.chain"), say("ledger.chain_id", { id: String(anchor.chain_id) })],
    [say("ledger.anchor_block"), anchor.block_number === null ? null : String(anchor.block_number)],
    [say("ledger.block_time"), anchor.block_time && time(page, anchor.block_time)],
    [
      say("ledger.anchor_block_hash"),
      blockHash && digestGroups(page, blockHash, say("ledger.anchor_block_hash")),
    ],
    [
      say("ledger.anchor_transactions"),
      anchor.transactions.map((one) => h("div", null, digest(page, one))),
    ],
    [say("ledger.anchor_level"), word && say(`ledger.anchor_level_${word}`)],
  ]);
}

async function checksOf(page, anchor) {
  const { say, signal } = page;
  if (anchor.evidence === null) return h("p", null, say("ledger.anchor_waiting"));
  const state = await readLogState({ signal });
  const chain = new Policy(state.judge.octets).chainNamed(anchor.chain_id);
  const evidence = parseEvidence(new Members(anchor.evidence, "evidence"));
  const checks = [
    ["root", state.judge.isOwn, () => checkRoot(state, anchor, { signal })],
    ["header", true, () => checkHeader(evidence, anchor)],
    ["chain", state.judge.isOwn, () => checkChain(evidence, anchor, chain)],
  ];
  const steps = [];
  for (const [number, check] of checks.entries()) steps.push(await stepOf(page, number + 1, check));
  steps.push(blockStep(page, steps.length + 1, anchor, chain));
  return [
    h("p", null, trustMark(page, state.judge.isOwn ? "checked" : "stated")),
    stepList(page, steps),
    !chain?.independent && notice("caution", null, say("ledger.chain_own")),
  ];
}

async function stepOf({ say }, number, [name, counts, check]) {
  const step = { number, title: say(`ledger.anchor_check_${name}`) };
  const told = (outcome, text) => {
    const outcomeText = say(`ledger.outcome_${outcome.replace("-", "_")}`);
    return { ...step, outcome, outcomeText, text };
  };
  try {
    const isShown = await check();
    if (isShown === false) return told("not-checked", say("ledger.anchor_level_trusted_rpc"));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return told("false", technical(error.message));
  }
  // by the server's own policy everything agrees with itself, and that shows nothing
  const text = say(counts ? `ledger.anchor_check_${name}_text` : "ledger.anchor_check_served");
  return told(counts ? "proved" : "not-checked", text);
}

function blockStep({ say }, number, anchor, chain) {
  const values = { number: String(anchor.block_number), chain: chain?.name ?? anchor.chain_id };
  return {
    number,
    title: say("ledger.anchor_check_block"),
    outcome: "not-checked",
    outcomeText: say("ledger.outcome_not_checked"),
    text: say("ledger.anchor_check_block_text", values),
  };
}

async function checkRoot(state, anchor, given) {
  const root = await rootAtSize(state, anchor.tree_size, given);
  if (toHex(root) !== anchor.root_hash) {
    throw new VerificationError(`the log has root ${toHex(root)} at this size`);
  }
}

function checkHeader(evidence, anchor) {
  if (evidence.kind === "trusted-rpc") return false;
  const header = parseHeader(evidence.header);
  const isSame =
    toEvmHex(header.hash) === anchor.block_hash &&
    Number(header.number) === anchor.block_number &&
    Number(header.timestamp) === anchor.block_time;
  if (!isSame) {
    throw new VerificationError(
      `the header is of block ${header.number}, ${toEvmHex(header.hash)}`,
    );
  }
  return true;
}

function checkChain(evidence, anchor, chain) {
  if (evidence.kind === "trusted-rpc") return false;
  if (chain === null) throw new VerificationError(`the policy knows no chain ${anchor.chain_id}`);
  verifyProof(evidence, {
    ...chain,
    treeSize: anchor.tree_size,
    rootHash: fromHex(anchor.root_hash),
  });
  return true;
}

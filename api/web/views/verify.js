/**
 * Verify: a receipt, a trust policy and whatever the reader has of the data, checked in this
 * browser. Nothing is sent; only a node that the reader names is ever asked.
 *
 * What was given is one `Material` (verify_material.js). Whenever it changes, everything is checked anew.
 */

import { verifyReceipt } from "../core/verify.js";
import { h, replace } from "../elements/dom.js";
import { notice } from "../elements/notice.js";
import { why } from "../elements/why.js";
import { blocksOf, drawBlocks } from "./verify_blocks.js";
import { NeedsManifestError, dataOf } from "./verify_data.js";
import { drawGiven, takeFromServer } from "./verify_given.js";
import { newMaterial, partReceipts } from "./verify_material.js";
import { drawOffline } from "./verify_offline.js";
import { drawPolicy } from "./verify_policy.js";
import { drawVerdict } from "./verify_verdict.js";

/**
 * Show the verify page.
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say } = page;
  const material = page.kept ?? newMaterial();
  page.title(say("verify.title"));
  const places = {
    given: h("div", { class: "given" }),
    policy: h("div", { class: "given-policy" }),
    verdict: h("section", { class: "verdict", "aria-live": "polite" }),
    blocks: h("div", { class: "given-blocks" }),
    checks: h("section", { class: "verdict-checks" }),
  };
  let turn = 0;
  let judge = null;
  const desk = { material, page, changed };
  root.append(
    h("h1", null, say("verify.title")),
    h("p", { class: "lead" }, say("verify.lead")),
    h("p", { class: "promise" }, say("verify.promise")),
    drawOffline(page),
    places.given,
    places.policy,
    places.verdict,
    places.blocks,
    places.checks,
  );
  drawGiven(places.given, desk);
  drawBlocks(places.blocks, desk);
  changed();
  if (!page.kept && page.query.get("record")) {
    await takeFromServer(places.given, desk, page.query.get("record"));
  }
  return { keep: () => material };

  function changed() {
    turn += 1;
    const mine = turn;
    if (material.judge !== judge) places.given.redraw(); // the policy was taken further below
    judge = material.judge;
    drawPolicy(places.policy, desk);
    check(places, desk, () => mine === turn && !page.signal.aborted);
  }
}

async function check(places, { material, page }, isWanted) {
  const { say } = page;
  const { main, opening, fixity } = partReceipts(material);
  if (main === null || material.judge === null) {
    replace(places.verdict);
    replace(places.checks);
    return;
  }
  try {
    const data = dataOf(material, main.octets);
    const verdict = await verifyReceipt(main.octets, material.judge.octets, {
      now: Math.floor(Date.now() / 1000),
      blocks: blocksOf(material.hashes),
      rpc: material.rpc,
      data,
      opening: opening?.octets ?? null,
      fixity: fixity.map(({ octets }) => octets),
      requires: material.requires,
      allowDevChain: material.allowDevChain,
    });
    if (isWanted()) drawVerdict(places, page, { verdict, data, receipt: main.octets, material });
  } catch (error) {
    if (!isWanted()) return;
    const needsList = error instanceof NeedsManifestError;
    const told = needsList ? say("verify.needs_manifest") : why(page, error);
    replace(places.checks);
    replace(
      places.verdict,
      notice(needsList ? "caution" : "false", say("verify.cannot"), h("p", null, told)),
    );
  }
}

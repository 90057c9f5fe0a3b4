/**
 * The ledger itself: what its server says of it, what of that can be checked here, and its policy.
 */

import { getPolicy, getSummary } from "../client.js";
import { toEvmHex, toHex } from "../core/digests.js";
import { MalformedError, VerificationError } from "../core/errors.js";
import { Policy } from "../core/policy.js";
import { trustMark } from "../elements/badge.js";
import { digest, digestGroups } from "../elements/digest.js";
import { append, h } from "../elements/dom.js";
import { facts } from "../elements/facts.js";
import { button } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { policyCompare } from "../elements/policy_compare.js";
import { askedSection } from "../elements/section.js";
import { anchorTable, health, sizes, trialNotice } from "../elements/summary.js";
import { technical } from "../elements/technical.js";
import { time } from "../elements/time.js";
import { readLogState } from "../log_state.js";
import { forgetPolicy, keptPolicies, policyDigest } from "../policies.js";

/**
 * @param {HTMLElement} root
 * @param {import("../page.js").Page} page
 */
export async function render(root, page) {
  const { say, signal } = page;
  const asked = getSummary({ signal });
  const served = getPolicy({ signal });
  const state = askedSection(page, say("ledger.state"), () => stateOf(page));
  const policy = askedSection(page, say("ledger.policy"), async () =>
    policyOf(page, await served, () => Promise.all([policy.again(), state.again()])),
  );
  const parts = [
    askedSection(page, say("ledger.now"), async () => sizes(page, await asked)),
    state,
    askedSection(page, say("ledger.anchors"), async () => anchorTable(page, await asked)),
    policy,
    askedSection(page, say("ledger.trusts"), async () => namedBy(page, await served)),
    askedSection(page, say("ledger.health"), async () => health(page, await asked)),
  ];
  page.title(say("ledger.title"));
  append(
    root,
    h("h1", null, say("ledger.title")),
    h("p", { class: "lead" }, say("ledger.lead")),
    ...parts.map(({ node }) => node),
  );
  await Promise.all(parts.map(({ again }) => again()));
}

async function stateOf(page) {
  const { say, signal } = page;
  if (!page.secure) return h("p", null, say("shell.insecure_title"));
  try {
    return shownState(page, await readLogState({ signal }));
  } catch (error) {
    if (!(error instanceof VerificationError || error instanceof MalformedError)) throw error;
    return notice(
      "false",
      trustMark(page, "false"),
      say("ledger.state_false"),
      h("p", null, technical(error.message)),
    );
  }
}

function shownState(page, { judge, treeSize, rootHash, before, since }) {
  const { say } = page;
  const mark = trustMark(page, judge.isOwn ? "checked" : "stated");
  const values = {
    time: before && time(page, before.seenAt),
    size: treeSize,
    before: before?.treeSize ?? 0,
  };
  return [
    h("p", null, mark),
    facts([
      [say("ledger.tree_size"), h("a", { href: `/checkpoints/${treeSize}` }, String(treeSize))],
      [say("ledger.root_hash"), digestGroups(page, toHex(rootHash), say("ledger.root_hash"))],
    ]),
    h("p", null, say.nodes(`ledger.since_${since}`, values)),
    h("p", { class: "soft" }, say(judge.isOwn ? "ledger.state_own" : "ledger.state_served")),
  ];
}

async function policyOf(page, octets, onChange) {
  const { say } = page;
  const { origin } = new Policy(octets);
  const served = { octets, origin, digest: await policyDigest(octets) };
  const kept = await keptPolicies(origin);
  const same = kept.find(({ digest: one }) => one === served.digest);
  const source = h("a", { href: "/v1/policy", download: "policy.json" }, say("ledger.policy_save"));
  if (same) return [keptNotice(page, same, onChange), h("p", null, source)];
  return [
    kept.length > 0 && otherKept(page, kept, onChange),
    h("p", null, say("ledger.policy_what")),
    h("p", null, say("ledger.policy_how")),
    policyCompare(page, served, onChange),
    h("p", null, source),
  ];
}

function keptNotice(page, kept, onChange) {
  const { say } = page;
  return notice(
    "proved",
    say.nodes("ledger.policy_is_kept", { time: time(page, kept.comparedAt) }),
    digestGroups(page, kept.digest, say("ledger.policy_digest")),
    h("p", null, forgetting(page, kept, onChange)),
  );
}

function otherKept(page, kept, onChange) {
  const { say } = page;
  const one = (policy) =>
    h(
      "li",
      { class: "row" },
      digest(page, policy.digest, { what: say("ledger.policy_digest") }),
      time(page, policy.comparedAt),
      forgetting(page, policy, onChange),
    );
  return notice(
    "caution",
    say("ledger.policy_is_new"),
    say("ledger.policy_is_new_text"),
    h("ul", { class: "bare-list" }, kept.map(one)),
  );
}

function forgetting(page, policy, onChange) {
  const forget = async () => {
    await forgetPolicy(policy.digest);
    await onChange();
  };
  return button(page.say("ledger.policy_forget"), forget, "quiet");
}

function namedBy(page, octets) {
  const { say } = page;
  const { chains } = new Policy(octets); // what it does not take is not shown either
  const policy = JSON.parse(new TextDecoder().decode(octets));
  return [
    facts([
      [say("ledger.origin"), h("bdi", null, h("code", null, policy.origin))],
      [
        say("ledger.checkpoint_keys"),
        lines(policy.checkpoint_keys.map((one) => keyLine(page, one))),
      ],
      [say("ledger.chains"), lines(chains.map((one) => chainLine(page, one)))],
      [say("ledger.institutions"), lines(policy.institution_keys.map(institutionLine))],
      [say("ledger.witnesses"), witnesses(page, policy)],
    ]),
    trialNotice(page, { chains }),
  ];
}

function lines(children) {
  return (
    children.length > 0 &&
    h(
      "ul",
      { class: "bare-list" },
      children.map((one) => h("li", null, one)),
    )
  );
}

function keyLine({ say }, { vkey, from, to }) {
  const range =
    to === null ? say("ledger.key_from", { from }) : say("ledger.key_range", { from, to });
  return [h("code", null, vkey), " ", h("span", { class: "soft" }, range)];
}

function chainLine(page, { name, chainId, contract, independent }) {
  const { say } = page;
  return [
    h("bdi", null, name),
    " ",
    h("span", { class: "soft" }, say("ledger.chain_id", { id: String(chainId) })),
    h("br"),
    say("ledger.contract"),
    " ",
    digest(page, toEvmHex(contract), { what: say("ledger.contract") }),
    !independent && [h("br"), h("span", { class: "soft" }, say("ledger.chain_own"))],
  ];
}

function institutionLine({ name, ror }) {
  const link = ror && h("a", { href: `https://ror.org/${ror}`, rel: "noopener" }, `ror.org/${ror}`);
  return [h("bdi", null, name), " ", link];
}

function witnesses({ say }, { witnesses: names, quorum }) {
  if (names.length === 0) return say("ledger.no_witnesses");
  const name = (vkey) => h("bdi", null, vkey.split("+", 1)[0]);
  return [say("ledger.quorum", { quorum, count: names.length }), lines(names.map(name))];
}

/**
 * The numbers that a ledger's server says of it: size, rate, last anchors, cost, health.
 */

import { stateBadge, trustMark } from "./badge.js";
import { h } from "./dom.js";
import { notice } from "./notice.js";
import { numberText } from "./numbers.js";
import { table } from "./table.js";
import { time, timeAgo } from "./time.js";

const WEI = 1e18;

/** How large the ledger is, how busy, and how far its anchors reach. */
export function sizes(
  page,
  { size, began_at: began, newest_at: newest, last_hour, last_day, chains },
) {
  const { say } = page;
  const anchored = Math.max(0, ...chains.map(({ final }) => final?.tree_size ?? 0));
  return [
    h("p", null, trustMark(page, "stated")),
    h(
      "dl",
      { class: "figures" },
      figure(
        say("ledger.entries"),
        numberText(page, size),
        say.nodes("ledger.since", { time: time(page, began) }),
      ),
      figure(
        say("ledger.anchored"),
        numberText(page, anchored),
        say("ledger.anchored_left", { count: Math.max(0, size - anchored) }),
      ),
      figure(
        say("ledger.last_day"),
        numberText(page, last_day),
        say("ledger.last_hour", { count: last_hour }),
      ),
      figure(
        say("ledger.newest"),
        timeAgo(page, newest, Date.now() / 1000),
        say("ledger.newest_claimed"),
      ),
    ),
  ];
}

/** The newest and the newest final anchor on each chain, and what they cost. */
export function anchorTable(page, { chains }) {
  const { say } = page;
  const rows = chains.flatMap((chain) => rowsOf(page, chain));
  if (rows.length === 0) return h("p", null, say("ledger.no_anchors"));
  return [
    h("p", { class: "soft" }, say("ledger.anchors_text")),
    table({
      caption: say("ledger.anchors"),
      columns: [
        { title: say("ledger.anchor") },
        { title: say("ledger.chain") },
        { title: say("ledger.covers"), class: "number" },
        { title: say("ledger.anchor_state") },
        { title: say("ledger.block_time") },
        { title: say("ledger.cost"), class: "number" },
      ],
      rows,
    }),
  ];
}

/** Which parts of the service can do their work. */
export function health(page, { parts }) {
  const { say } = page;
  const name = (part) => (say.has(`ledger.part_${part}`) ? say(`ledger.part_${part}`) : part);
  const part = ([one, isFine]) =>
    h(
      "li",
      { class: isFine ? "well" : "unwell" },
      h("span", { class: "health-sign", "aria-hidden": "true" }, isFine ? "●" : "○"),
      h("span", null, name(one)),
      h("span", { class: "soft" }, say(isFine ? "ledger.part_well" : "ledger.part_away")),
    );
  return [
    h("p", { class: "row" }, trustMark(page, "stated")),
    h(
      "p",
      null,
      say(Object.values(parts).every(Boolean) ? "ledger.all_well" : "ledger.not_all_well"),
    ),
    h("ul", { class: "health" }, Object.entries(parts).map(part)),
  ];
}

/** How large the ledger is now, in two lines. */
export function ledgerLine(page, { origin, size, last_day: count, chains }) {
  const { say } = page;
  const final = chains.map((chain) => chain.final).filter((one) => one?.block_time);
  const newest = Math.max(...final.map((one) => one.block_time));
  const values = {
    origin: h("bdi", null, h("code", null, origin)),
    size: h("strong", null, numberText(page, size)),
    entries: size,
    count,
  };
  const anchored =
    final.length > 0
      ? say.nodes("ledger.line_anchor", { time: timeAgo(page, newest, Date.now() / 1000) })
      : say("ledger.no_anchors");
  return [
    h("p", { class: "ledger-line" }, say.nodes("ledger.line", values)),
    h("p", null, anchored, " ", trustMark(page, "stated")),
  ];
}

/** Say so if no chain is anybody's but the operator's; null otherwise. */
export function trialNotice({ say }, { chains }) {
  if (chains.some(({ independent }) => independent)) return null;
  return notice("caution", say("ledger.own_chain"), say("ledger.own_chain_text"));
}

function figure(title, value, more) {
  return h(
    "div",
    null,
    h("dt", null, title),
    h("dd", null, value),
    h("dd", { class: "more" }, more),
  );
}

function rowsOf(page, { name, newest, final }) {
  const anchors = [newest, final].filter(Boolean);
  const unlike = anchors.filter((one, at) => at === 0 || one.anchor_id !== anchors[0].anchor_id);
  return unlike.map((anchor) => rowOf(page, name, anchor));
}

function rowOf(page, chain, anchor) {
  const { say } = page;
  const coin = Number(anchor.cost_at_most_wei) / WEI;
  return [
    h(
      "a",
      { href: `/anchors/${anchor.anchor_id}` },
      say("ledger.anchor_name", { id: String(anchor.anchor_id) }),
    ),
    h("bdi", null, chain),
    h("a", { href: `/checkpoints/${anchor.tree_size}` }, numberText(page, anchor.tree_size)),
    stateBadge(page, anchor.state),
    anchor.block_time === null ? "–" : time(page, anchor.block_time),
    say("ledger.cost_at_most", { amount: numberText(page, coin, { maximumSignificantDigits: 3 }) }),
  ];
}

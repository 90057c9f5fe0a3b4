/**
 * The picture of a lineage, drawn as SVG elements; places come from core/lineage_layout.js.
 *
 * Widths are those of wide glyphs (a Chinese character is one em), so that no text leaves its box
 * whatever font the reader has; what is longer is cut with an ellipsis.
 */

import { arrowsOf, layersOf, routeOf } from "../core/lineage_layout.js";
import { svg } from "./dom.js";

const BOX = 240;
const PAD = 14;
const LINE = 19;
const GAP = 36;
const LAYER_GAP = 78;
const LANE = 24;
const MARGIN = 16;
const PORT = 112;
const TITLE = 15;
const SMALL = 12;

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60\p{Extended_Pictographic}]/u;
const MARK = /\p{M}/u;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * @param {import("../page.js").Page} page
 * @param {import("../core/lineage.js").Lineage} lineage
 * @returns {Element}
 */
export function lineagePicture(page, lineage) {
  const arrows = arrowsOf(lineage);
  const layers = layersOf([...lineage.nodes.keys()], arrows);
  const boxes = new Map(
    [...lineage.nodes.values()].map((node) => [node.key, boxOf(page, node, arrows)]),
  );
  const plan = placed(layers, boxes);
  const ports = portsOf(arrows, plan, boxes);
  const picture = svg(
    "svg",
    {
      width: plan.width,
      height: plan.height,
      viewBox: `0 0 ${plan.width} ${plan.height}`,
      role: "group",
      "aria-label": page.say("record.lineage_picture", { count: lineage.nodes.size }),
    },
    tip(),
    arrows.map((arrow) => arrowPath(arrow, plan, boxes, ports)),
    [...boxes.keys()].map((key) => drawBox(page, lineage, key, boxes.get(key), plan)),
    arrows.map((arrow) => arrowWord(page, arrow, plan, ports)),
  );
  const frame = document.createElement("div");
  frame.className = "lineage-picture";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", page.say("record.lineage"));
  frame.append(picture);
  return frame;
}

// --- text ---------------------------------------------------------------------------------------

/** Return how wide a line may become, in pixels, with whatever font there is. */
function widthOf(text, size) {
  let total = 0;
  for (const one of text) {
    if (MARK.test(one)) continue;
    if (WIDE.test(one)) total += 1.03;
    else if (" .,:;'|!ijl()[]ftr-".includes(one)) total += 0.42;
    else total += one !== one.toLowerCase() || "mwMW@%".includes(one) ? 0.8 : 0.62;
  }
  return total * size;
}

/** Break a text into at most `lines` lines that are no wider than `room`. */
function fit(text, size, room, lines = 1) {
  const found = [];
  let rest = [...visible(text)];
  while (rest.length && found.length < lines) {
    let cut = cutAt(rest, size, room);
    if (cut < rest.length && found.length === lines - 1) {
      const head = rest.slice(0, cutAt(rest, size, room - widthOf("…", size)));
      return [...found, `${head.join("").trimEnd()}…`];
    }
    const space = rest.lastIndexOf(" ", cut);
    if (cut < rest.length && space > cut / 2) cut = space;
    found.push(rest.slice(0, cut).join("").trimEnd());
    rest = [...rest.slice(cut).join("").trimStart()];
  }
  return found;
}

/** Count the characters that fit, at least one; no mark is torn from its letter. */
function cutAt(characters, size, room) {
  let total = 0;
  for (const [place, one] of characters.entries()) {
    total += widthOf(one, size);
    if (total > room && place > 0 && !MARK.test(one)) return place;
  }
  return characters.length;
}

/** Text whose every character is seen and leaves the others in their order. */
function visible(text) {
  let marks = 0;
  return Array.from(text, (one) => {
    marks = MARK.test(one) ? marks + 1 : 0;
    const code = one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    // a letter needs few marks; a heap of them would be drawn over the lines above
    return HIDDEN.test(one) || marks > 4 ? `[U+${code}]` : one;
  }).join("");
}

// --- boxes --------------------------------------------------------------------------------------

function boxOf(page, node, arrows) {
  const incoming = arrows.filter((one) => one.newer === node.key).flatMap((one) => one.words);
  const width = Math.max(BOX, PORT * incoming.length + 2 * PAD);
  const room = width - 2 * PAD;
  const { title, lines } = caption(page, node);
  const box = {
    node,
    width,
    title: fit(title, TITLE, room, 2),
    lines: lines.flatMap((one) => fit(one, SMALL, room, 2)),
    marks: fit(node.marks.map((one) => page.say(`shell.state_${one}`)).join(" · "), SMALL, room, 2),
  };
  box.height = 2 * PAD + LINE * (box.title.length + box.lines.length + box.marks.length) - 4;
  return box;
}

function caption(page, { key, entry, title }) {
  const { say } = page;
  if (entry === null) {
    const isRecord = /^[0-9a-f]{64}$/.test(key);
    return isRecord
      ? { title: say("record.another_record"), lines: [say("record.not_in_log"), key.slice(0, 24)] }
      : { title: key, lines: [say("record.by_identifier")] };
  }
  const { name, orcid, kid, level, binder } = entry.signer;
  const words = say(`shell.level_${level.replace("-", "_")}`, { binder: binder ?? "" });
  return {
    title: title ?? say("record.no_title"),
    lines: [
      say("record.entry_number", { index: entry.leafIndex }),
      `${name ?? orcid ?? kid.slice(0, 8)} · ${words}`,
    ],
  };
}

/** Give every box and lane its middle, and every layer its top. */
function placed(layers, boxes) {
  const widthOfKey = (key) => boxes.get(key)?.width ?? LANE;
  const widths = layers.map((keys) => sum(keys.map(widthOfKey)) + GAP * (keys.length - 1));
  const plan = { middle: new Map(), level: new Map(), tops: [], heights: [] };
  plan.width = Math.ceil(Math.max(...widths, BOX) + 2 * MARGIN);
  let top = MARGIN;
  for (const [level, keys] of layers.entries()) {
    const height = Math.max(0, ...keys.map((key) => boxes.get(key)?.height ?? 0));
    plan.tops.push(top);
    plan.heights.push(height);
    top += height + LAYER_GAP;
    let left = (plan.width - widths[level]) / 2;
    for (const key of keys) {
      plan.level.set(key, level);
      plan.middle.set(key, left + widthOfKey(key) / 2);
      left += widthOfKey(key) + GAP;
    }
  }
  plan.height = Math.ceil(top - LAYER_GAP + MARGIN);
  return plan;
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

function drawBox(page, lineage, key, box, plan) {
  const left = plan.middle.get(key) - box.width / 2;
  const top = plan.tops[plan.level.get(key)];
  const { node } = box;
  const kinds = [key === lineage.asked && "asked", node.entry === null && "outside"];
  let y = top + PAD + 12;
  const text = (words, className) => {
    const element = svg("text", { x: left + PAD, y, class: className }, words);
    y += LINE;
    return element;
  };
  const struck = node.marks.includes("withdrawn") && "withdrawn";
  const inside = [
    svg("title", null, [...box.title, ...box.marks].join(" ")),
    svg("rect", {
      x: left,
      y: top,
      width: box.width,
      height: box.height,
      class: ["lineage-box", ...kinds],
    }),
    box.title.map((line) => text(line, ["lineage-title", struck])),
    box.lines.map((line) => text(line, "lineage-line")),
    box.marks.map((line) => text(line, "lineage-mark")),
  ];
  const isLinked = node.entry !== null && key !== lineage.asked;
  return isLinked ? svg("a", { href: `/records/${key}` }, inside) : svg("g", null, inside);
}

// --- arrows -------------------------------------------------------------------------------------

/** Where each arrow leaves its older box, and where it enters its newer one. */
function portsOf(arrows, plan, boxes) {
  const ports = new Map(
    arrows.map((arrow) => [arrow, { route: routeOf(arrow, plan.level), from: 0, to: 0 }]),
  );
  const share = (key, at) => plan.middle.get(key) + (at - 0.5) * (boxes.get(key).width - 2 * PAD);
  const next = (place) => (arrow) => plan.middle.get(ports.get(arrow).route.at(place));
  for (const key of boxes.keys()) {
    const leaving = arrows.filter((one) => one.older === key);
    leaving.sort((a, b) => next(1)(a) - next(1)(b));
    leaving.forEach((arrow, at) => {
      ports.get(arrow).from = share(key, (at + 1) / (leaving.length + 1));
    });
    const entering = arrows.filter((one) => one.newer === key);
    entering.sort((a, b) => next(-2)(a) - next(-2)(b));
    const total = sum(entering.map((one) => one.words.length));
    let before = 0;
    for (const arrow of entering) {
      ports.get(arrow).to = share(key, (before + arrow.words.length / 2) / total);
      before += arrow.words.length;
    }
  }
  return ports;
}

function arrowPath(arrow, plan, boxes, ports) {
  const { route, from, to } = ports.get(arrow);
  const level = plan.level.get(arrow.older);
  const bottom = plan.tops[level] + boxes.get(arrow.older).height;
  const foot = plan.tops[level] + plan.heights[level];
  const path = [`M${from.toFixed(1)} ${bottom}`];
  if (foot > bottom) path.push(`V${foot}`); // a lower neighbour in the layer must not be crossed
  let [x0, y0] = [from, foot];
  for (const key of route.slice(1)) {
    const at = plan.level.get(key);
    const isLane = !boxes.has(key);
    const x = isLane ? plan.middle.get(key) : to;
    const y = plan.tops[at] - (isLane ? 0 : 2);
    const bend = (y0 + y - 26) / 2;
    const points = [x0, bend, x, bend, x, y - 26].map((one) => one.toFixed(1));
    const end = y + (isLane ? plan.heights[at] : 0);
    path.push(`C${points.join(" ")}`, `V${end}`);
    [x0, y0] = [x, end];
  }
  return svg("path", { d: path.join(" "), class: "lineage-arrow", "marker-end": "url(#tip)" });
}

/** The word of a relation over its arrow, on a ground of its own. */
function arrowWord(page, arrow, plan, ports) {
  const words = arrow.words
    .map((one) => relationWord(page, one))
    .join(page.say("record.list_comma"));
  const x = ports.get(arrow).to;
  const y = plan.tops[plan.level.get(arrow.newer)] - 16;
  const width = widthOf(words, SMALL) * 0.95 + 6;
  return [
    svg("rect", { x: x - width / 2, y: y - 12, width, height: 16, class: "lineage-ground" }),
    svg("text", { x, y, "text-anchor": "middle", class: "lineage-word" }, words),
  ];
}

function relationWord(page, word) {
  const [, turned, name] = /^(↑ )?(.*)$/.exec(word);
  const key = `record.relation_short_${name}`;
  return `${turned ?? ""}${page.say.has(key) ? page.say(key) : name}`;
}

function tip() {
  const path = svg("path", { d: "M0 0 10 5 0 10z", class: "lineage-tip" });
  return svg(
    "defs",
    null,
    svg(
      "marker",
      {
        id: "tip",
        viewBox: "0 0 10 10",
        refX: 9,
        refY: 5,
        markerWidth: 8,
        markerHeight: 8,
        orient: "auto",
      },
      path,
    ),
  );
}

/**
 * Where the datasets of a lineage go in a picture: layers, lanes, and their order; mirrors
 * provenance/lineage_layout.py.
 *
 *     layer 0    [ source ]   [ source ]        a dataset lies below all that it came from
 *                    |          /  |
 *     layer 1       [ dataset ]     :           an arrow that passes a layer has a lane of its own
 *                         |        :
 *     layer 2             [ dataset ]
 */

/** Rounds of ordering; a picture that people read is settled after a few. */
const SWEEPS = 8;

/** @typedef {{older: string, newer: string, words: string[]}} Arrow */

/**
 * Return one arrow for each pair; what would close a circle is turned downwards.
 *
 * @param {import("./lineage.js").Lineage} lineage
 * @returns {Arrow[]}
 */
export function arrowsOf(lineage) {
  const place = new Map(topological(lineage).map((key, number) => [key, number]));
  const pairs = new Map();
  for (const { older, newer, relation } of lineage.edges) {
    if (older === newer) continue;
    const name = pairName(older, newer);
    if (!pairs.has(name)) pairs.set(name, { older, newer, relations: new Set() });
    pairs.get(name).relations.add(relation);
  }
  const arrows = [];
  for (const { older, newer, relations } of pairs.values()) {
    const words = [...relations];
    if (place.get(older) < place.get(newer)) {
      arrows.push({ older, newer, words });
    } else if (!pairs.has(pairName(newer, older))) {
      arrows.push({ older: newer, newer: older, words: words.map((one) => `↑ ${one}`) });
    }
  }
  return arrows;
}

function pairName(older, newer) {
  return JSON.stringify([older, newer]);
}

/** Return the nodes with each older one first, as far as no circle forbids it. */
function topological(lineage) {
  const newer = new Map([...lineage.nodes.keys()].map((key) => [key, []]));
  for (const edge of lineage.edges) newer.get(edge.older).push(edge.newer);
  const done = new Set();
  const seen = new Set();
  for (const root of lineage.sources().reverse()) {
    const waiting = [[root, false]];
    while (waiting.length) {
      const [key, isLeft] = waiting.pop();
      if (isLeft) {
        done.add(key);
      } else if (!seen.has(key)) {
        seen.add(key);
        waiting.push([key, true]);
        for (const one of newer.get(key)) if (!seen.has(one)) waiting.push([one, false]);
      }
    }
  }
  return [...done].reverse();
}

/**
 * Return the keys of nodes and lanes, layer by layer, from left to right.
 *
 * @param {string[]} keys
 * @param {Arrow[]} arrows
 * @returns {string[][]}
 */
export function layersOf(keys, arrows) {
  return ordered(layered(keys, arrows), arrows);
}

/** Put each node below all that it came from, and a lane where an arrow passes a layer. */
function layered(keys, arrows) {
  const depth = new Map(keys.map((key) => [key, 0]));
  for (let round = 0; round < keys.length; round += 1) {
    let moved = false;
    for (const one of arrows) {
      if (depth.get(one.newer) <= depth.get(one.older)) {
        depth.set(one.newer, depth.get(one.older) + 1);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const layers = Array.from({ length: Math.max(0, ...depth.values()) + 1 }, () => []);
  for (const key of keys) layers[depth.get(key)].push(key);
  for (const one of arrows) {
    for (let level = depth.get(one.older) + 1; level < depth.get(one.newer); level += 1) {
      layers[level].push(lane(one, level));
    }
  }
  return layers;
}

function lane(arrow, level) {
  return `|${level}|${arrow.older}|${arrow.newer}`;
}

/**
 * Return the keys that an arrow passes, both ends included.
 *
 * @param {Arrow} arrow
 * @param {Map<string, number>} levelOf
 * @returns {string[]}
 */
export function routeOf(arrow, levelOf) {
  const route = [arrow.older];
  for (let level = levelOf.get(arrow.older) + 1; level < levelOf.get(arrow.newer); level += 1) {
    route.push(lane(arrow, level));
  }
  return [...route, arrow.newer];
}

/** Order each layer so that few arrows cross: by the middle of the neighbours, to and fro. */
function ordered(layers, arrows) {
  const levelOf = new Map(layers.flatMap((keys, level) => keys.map((key) => [key, level])));
  const above = new Map([...levelOf.keys()].map((key) => [key, []]));
  const below = new Map([...levelOf.keys()].map((key) => [key, []]));
  for (const one of arrows) {
    const route = routeOf(one, levelOf);
    for (let at = 1; at < route.length; at += 1) {
      below.get(route[at - 1]).push(route[at]);
      above.get(route[at]).push(route[at - 1]);
    }
  }
  const place = new Map();
  const note = (keys) => keys.forEach((key, at) => place.set(key, at / keys.length));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const neighbours = sweep % 2 ? below : above;
    layers.forEach(note);
    for (const keys of layers) {
      const middles = new Map(keys.map((key) => [key, middleOf(key, neighbours, place)]));
      keys.sort((a, b) => middles.get(a) - middles.get(b)); // stable, as in Python
      note(keys);
    }
  }
  return layers;
}

function middleOf(key, neighbours, place) {
  const near = neighbours.get(key).map((one) => place.get(one));
  return near.length ? near.reduce((sum, one) => sum + one, 0) / near.length : place.get(key);
}

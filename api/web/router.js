/**
 * Which view an address is of. Pure: the page asks, Node tests it.
 */

/**
 * @typedef {object} Route
 * @property {string} pattern as `/records/:id`; a part that begins with `:` takes any one part
 * @property {string} view name of the module in views/
 * @property {string} section which word of the menu it belongs to
 * @property {boolean} [needsCrypto] hashes or signs, and so needs a secure context
 */

/** @type {readonly Route[]} */
export const ROUTES = Object.freeze([
  { pattern: "/", view: "home", section: "home" },
  { pattern: "/deposit", view: "deposit", section: "deposit", needsCrypto: true },
  { pattern: "/verify", view: "verify", section: "verify", needsCrypto: true },
  { pattern: "/find", view: "find", section: "find" },
  { pattern: "/records/:id", view: "record", section: "find" },
  { pattern: "/people/:orcid", view: "person", section: "find" },
  { pattern: "/keys/:kid", view: "key", section: "find" },
  { pattern: "/disputes/:id", view: "dispute", section: "find" },
  { pattern: "/checkpoints/:size", view: "checkpoint", section: "ledger" },
  { pattern: "/anchors/:number", view: "anchor", section: "ledger" },
  { pattern: "/ledger", view: "ledger", section: "ledger" },
  { pattern: "/respond", view: "respond", section: "deposit", needsCrypto: true },
  { pattern: "/about", view: "about", section: "about" },
]);

/**
 * Return the route of `path` and what stands in its open parts.
 * @param {string} path as `location.pathname`; a slash at its end is overlooked
 * @returns {{route: Route, params: Record<string, string>} | null} null where there is no such page
 */
export function findRoute(path) {
  const parts = partsOf(path);
  for (const route of ROUTES) {
    const params = matchParts(partsOf(route.pattern), parts);
    if (params !== null) return { route, params };
  }
  return null;
}

function partsOf(path) {
  return path.replace(/\/+$/, "").split("/").slice(1);
}

function matchParts(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  const params = {};
  for (const [place, expected] of pattern.entries()) {
    if (!expected.startsWith(":")) {
      if (expected !== parts[place]) return null;
      continue;
    }
    const text = decoded(parts[place]);
    if (!text) return null;
    params[expected.slice(1)] = text;
  }
  return params;
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // a stray percent sign: no page of ours has such an address
  }
}

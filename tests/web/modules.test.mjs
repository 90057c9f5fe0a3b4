// What the page's modules may import and touch: every name is there, nothing goes in a circle, and
// what is in core/ is pure, so that it runs in Node, in a worker and in a saved copy unchanged.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const WEB = new URL("../../api/web/", import.meta.url);
const FROM = /^(import|export)\s+([^"';]*?)\s+from\s+"([^"]+)";/gm;
const DECLARED = /^export\s+(?:async\s+)?(?:function\*?|class|const|let)\s+([\w$]+)/gm;
const LIST = /^export\s+\{([^}]*)\};?$/gm;
const IMPURE = new RegExp(
  [
    String.raw`\bdocument\.(?:body|cookie|create|documentElement|getElement|head|query|title)`,
    String.raw`\b(?:window|navigator|location|indexedDB|localStorage|sessionStorage)\.`,
    String.raw`\b(?:fetch|postMessage|setTimeout|setInterval|requestAnimationFrame|importScripts)\(`,
    String.raw`\bnew (?:XMLHttpRequest|WebSocket|EventSource|Worker)\(|\bnew Date\(\)`,
    String.raw`\b(?:Date\.now|performance\.now|Math\.random)\b`,
  ].join("|"),
);
// made where the randomness is needed, and handed on from there
const RANDOM = new Set(["core/conceal.js", "core/key_file.js"]);

const modules = new Map(
  readdirSync(WEB, { recursive: true })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".js") && !name.startsWith("vendor/"))
    .map((name) => [name, readFileSync(new URL(name, WEB), "utf8")]),
);

function namesIn(list) {
  return list
    .replace(/^\{|\}$/g, "")
    .split(",")
    .map((one) => one.trim().split(/\s+as\s+/))
    .filter(([name]) => name);
}

function textOf(path) {
  return modules.get(path) ?? readFileSync(new URL(path, WEB), "utf8");
}

function importsOf(path) {
  return Array.from(textOf(path).matchAll(FROM), ([, kind, what, from]) => {
    const target = posix.normalize(posix.join(posix.dirname(path), from));
    const names = what.startsWith("{") ? namesIn(what).map(([name]) => name) : [];
    return { kind, what, target, names };
  });
}

function exportsOf(path) {
  const names = new Set(Array.from(textOf(path).matchAll(DECLARED), ([, name]) => name));
  for (const [, list] of textOf(path).matchAll(LIST)) {
    for (const pair of namesIn(list)) names.add(pair.at(-1));
  }
  for (const { kind, what, target } of importsOf(path)) {
    if (kind !== "export") continue;
    if (what === "*") for (const name of exportsOf(target)) names.add(name);
    else for (const pair of namesIn(what)) names.add(pair.at(-1));
  }
  return names;
}

function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

test("every imported name is exported by a module of ours", () => {
  for (const path of modules.keys()) {
    for (const { target, names } of importsOf(path)) {
      const known = exportsOf(target);
      for (const name of names) assert.ok(known.has(name), `${path}: no ${name} in ${target}`);
    }
  }
});

test("no module imports itself by way of others", () => {
  const done = new Set();
  function visit(path, above) {
    assert.ok(!above.includes(path), `${[...above, path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const { target } of importsOf(path)) visit(target, [...above, path]);
    done.add(path);
  }
  for (const path of modules.keys()) visit(path, []);
});

test("core imports core and vendor alone", () => {
  for (const path of modules.keys()) {
    if (!path.startsWith("core/")) continue;
    for (const { target } of importsOf(path)) {
      assert.match(target, /^(?:core|vendor)\//, `${path} imports ${target}`);
    }
  }
});

test("core has no clock, network, page or storage, and randomness in two places", () => {
  for (const [path, text] of modules) {
    if (!path.startsWith("core/")) continue;
    const code = withoutComments(text);
    assert.equal(IMPURE.exec(code)?.[0] ?? null, null, path);
    if (!RANDOM.has(path))
      assert.doesNotMatch(code, /getRandomValues|randomUUID|generateKey/, path);
  }
});

test("no module writes markup or makes scripts of text", () => {
  const forbidden =
    /\b(?:innerHTML|outerHTML|insertAdjacentHTML|DOMParser|eval|importScripts)\b|document\.write|new Function|\.style\s*=|setAttribute\(\s*["'](?:style|on)/;
  for (const [path, text] of modules) {
    assert.equal(forbidden.exec(withoutComments(text))?.[0] ?? null, null, path);
  }
});

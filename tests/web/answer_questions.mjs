// Answers the questions of in_node.py: each names a module of the page, an export, arguments.

import { readFileSync } from "node:fs";

const WEB = new URL("../../api/web/", import.meta.url);

function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$hex === "string") return Uint8Array.from(Buffer.from(value.$hex, "hex"));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unpacked(one)]));
}

function packed(value) {
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(packed);
  if (value instanceof Map || value instanceof Set) return packed([...value]);
  if (typeof value === "function") return null;
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, packed(one)]));
}

async function answer({ module, name, given }) {
  const exported = (await import(new URL(module, WEB)))[name];
  try {
    return packed(await exported(...unpacked(given)));
  } catch (error) {
    if (typeof error.code !== "string") throw error; // a mistake of ours, no refusal
    const { code, field, message, problems = [] } = error;
    return { $thrown: { code, field, message, problems } };
  }
}

const answers = [];
for (const question of JSON.parse(readFileSync(0))) answers.push(await answer(question));
process.stdout.write(JSON.stringify(answers));

// What the page makes of files that a person picked: its manifest, or what it refuses.

import { ManifestBuilder } from "../../api/web/core/manifest.js";
import { saltedDigest } from "../../api/web/core/salted.js";
import { hashFiles } from "../../api/web/hashing.js";

export async function manifestOf(files, salts = null) {
  const picked = files.map(([path, content]) => ({ path, file: new File([content], "x") }));
  const builder = new ManifestBuilder();
  for (const entry of await hashFiles(picked)) builder.add(entry);
  const { manifest, summary, entries } = builder.finish({ salts });
  return { manifest, summary, salted: salts && saltedDigest(entries, salts) };
}

// Records as the page makes them, with salts that a test can repeat.

import { composeContribution, composeResponse } from "../../api/web/core/compose_about.js";
import { composeDeposit } from "../../api/web/core/compose_deposit.js";
import { createKey, openKeyFile, sealKeyFile, signerOf } from "../../api/web/core/key_file.js";

export function* countedSalts() {
  for (let number = 0; ; number += 1) yield new Uint8Array(16).fill(number);
}

const COMPOSERS = {
  deposit: composeDeposit,
  response: composeResponse,
  contribution: composeContribution,
};

// the compact forms of what a person entered; `jwk` is private
export async function compose(kind, about, setting, jwk) {
  const signer = await signerOf(jwk);
  const counted = { ...setting, salts: countedSalts() };
  const { records, secret = null } = await COMPOSERS[kind](about, counted, signer);
  return { compacts: records.map((one) => one.compact), ids: records.map((one) => one.id), secret };
}

// many signatures: about half of what WebCrypto makes for ES256 has the high s
export async function signatures(jwk, count) {
  const signer = await signerOf(jwk);
  const made = [];
  for (let number = 0; number < count; number += 1)
    made.push(await signer.sign(Uint8Array.of(number)));
  return made;
}

export async function newKeyFile(alg, passphrase) {
  const jwk = await createKey(alg);
  const text = await sealKeyFile(jwk, passphrase);
  return { jwk, text, again: await openKeyFile(text, passphrase) };
}

/**
 * What the holder of a record's key asks of the ledger: a short-lived JWT, good for one use; the
 * writing side of `provenance/holder_statement.py`.
 *
 *     header    {"alg":"Ed25519","kid":"<RFC 7638 thumbprint>","typ":"disclosure-request+jwt"}
 *     payload   {"aud":"<origin>","iat":<seconds>,"jti":"<never used before>","record":"<id, hex>"}
 */

import { latin1, utf8 } from "./bytes.js";
import { toB64url } from "./digests.js";
import { dump } from "./strict_json.js";

/** Asks for the holder disclosures of a record, which nobody else gets. */
export const DISCLOSURE = "disclosure-request+jwt";

/** Goes with a manifest that its depositor publishes. */
export const PUBLICATION = "manifest-publication+jwt";

/**
 * Sign a statement about a record; it is taken for 120 seconds.
 *
 * @param {string} typ `DISCLOSURE` or `PUBLICATION`
 * @param {{record: string, aud: string, iat: number, jti: string}} content id in hex, the log's
 *   origin, POSIX seconds, random text that was never used with this key
 * @param {import("./key_file.js").Signer} signer whose key signed the record
 * @returns {Promise<string>} a compact JWS
 */
export async function issueStatement(typ, { record, aud, iat, jti }, signer) {
  const header = { alg: signer.alg, kid: signer.kid, typ };
  const payload = { aud, iat, jti, record };
  const signingInput = utf8([header, payload].map((part) => toB64url(dump(part))).join("."));
  return `${latin1(signingInput)}.${toB64url(await signer.sign(signingInput))}`;
}

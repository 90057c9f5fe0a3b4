/** What `test_core_in_node.py` asks the page's core, each in the form of Python's answer. */

import { SOURCES, chanceOfMissing, percentText } from "../../api/web/core/assurance.js";
import { ANSWERS, EVENTS } from "../../api/web/core/attribution_types.js";
import { ROLES } from "../../api/web/core/credit.js";
import { fromB64, fromB64url, fromHex, toHex } from "../../api/web/core/digests.js";
import * as errors from "../../api/web/core/errors.js";
import { RELATIONS } from "../../api/web/core/identifiers.js";
import { REASONS } from "../../api/web/core/key_types.js";
import { PublicKey } from "../../api/web/core/keys.js";
import { parseRecord } from "../../api/web/core/parse_record.js";
import { Policy } from "../../api/web/core/policy.js";
import { ADDITIONAL_ALGORITHMS, DECLARED_ALGORITHMS } from "../../api/web/core/record_checks.js";
import { TYPES } from "../../api/web/core/record_types.js";
import { dumpText, parse, tokenize } from "../../api/web/core/strict_json.js";
import { REFUSED } from "../../api/web/core/text.js";

export { checkSpdx } from "../../api/web/core/spdx.js";
export { checkIssued, readChain } from "../../api/web/core/x509_chain.js";
export {
  checkDigestOfSomething,
  checkIdentifier,
  checkOrcid,
  checkRor,
} from "../../api/web/core/identifiers.js";

export const parseJson = (octets) => dumpText(parse(octets, { maxBytes: 9_999 }));
export const tokenizeJson = (octets) => {
  tokenize(octets);
};

export const decodeHex = (text) => fromHex(text, { length: 8, field: "x" });
export const decodeB64 = (text) => fromB64(text);
export const decodeB64url = (text) => fromB64url(text);

export const thumbprintOf = (alg, raw) => new PublicKey(alg, raw).thumbprint;
export const verifyWith = (alg, raw, signature, message) =>
  new PublicKey(alg, raw).verify(signature, message);

export const chance = (...numbers) => percentText(chanceOfMissing(...numbers));

export const errorClasses = () =>
  Object.entries(errors).map(([name, one]) => [name, [one.code, Object.getPrototypeOf(one).name]]);

export const constants = () => ({
  refused: REFUSED,
  sources: [...SOURCES].sort(),
  roles: [...ROLES.values()].map(({ slug, en, zh, uri }) => [slug, en, zh, uri]),
  relations: [...RELATIONS].sort(),
  reasons: [...REASONS].sort(),
  answers: ANSWERS,
  events: EVENTS,
  declared: DECLARED_ALGORITHMS,
  additional: ADDITIONAL_ALGORITHMS,
  types: Object.fromEntries(
    [...TYPES].map(([name, { plain, required, disclosable, elements }]) => [
      name,
      {
        plain: Object.keys(plain).sort(),
        required: [...required].sort(),
        disclosable: Object.keys(disclosable).sort(),
        elements: Object.keys(elements).sort(),
      },
    ]),
  ),
});

export function readRecord(compact, complete) {
  const { idHex, kid, withheld, payload } = parseRecord(compact, { complete });
  return [idHex, kid, [...withheld].sort(), payload];
}

export const readPolicy = (octets) => toHex(new Policy(octets).digest);

/**
 * Types of record about keys: whose a key is, and until when; mirrors `provenance/key_types.py`.
 *
 *               signed in the clear                             behind a digest (disclosures)
 *     key           recovery previous binder                    name orcid ror
 *     revocation    key reason successor compromised_since
 *
 * A `key` record is signed by the key that it carries. Who may sign a `revocation` follows from the
 * key's records (`key_life.js`).
 */

import { MalformedError } from "./errors.js";
import { parseBinder } from "./key_binder.js";
import {
  MAX_NAME,
  MAX_ROR,
  arrayOf,
  checkOrcidValue,
  checkRorValue,
  checkString,
  checkThumbprint,
  integer,
  lineOf,
  oneOf,
  recordType,
} from "./record_checks.js";
import { repr } from "./show.js";

const COMPROMISE = "keyCompromise";

/** Why a key is revoked, in the words of RFC 5280 §5.3.1. */
export const REASONS = Object.freeze([
  COMPROMISE,
  "superseded",
  "affiliationChanged",
  "cessationOfOperation",
  "unspecified",
]);

function checkBinder(value, where) {
  parseBinder(checkString(value, where), where);
}

/** Check that what others said is about this very key, in this log, and of this record. */
function checkKey(claims, kid) {
  if (claims.previous === kid) {
    throw new MalformedError("expected another key than the record's own", "previous");
  }
  if (!Object.hasOwn(claims, "binder")) return;
  const binder = parseBinder(claims.binder);
  if (binder.key !== kid) {
    throw new MalformedError(`expected a binding of ${kid}, got ${binder.key}`, "binder.key");
  }
  if (binder.aud !== claims.aud) {
    throw new MalformedError(`expected ${repr(claims.aud)}`, "binder.aud");
  }
  const own = Object.hasOwn(claims, "_sd") ? claims._sd : [];
  binder.digests.forEach((digest, number) => {
    if (!Array.isArray(own) || !own.includes(digest)) {
      throw new MalformedError("expected a digest of this record", `binder._sd[${number}]`);
    }
  });
}

/** Check what a revocation may say at all; a key may not date its own compromise back. */
function checkRevocation(claims, kid) {
  const since = claims.compromised_since;
  if (claims.successor === claims.key) {
    throw new MalformedError("expected another key than the one revoked", "successor");
  }
  if (since === undefined) return;
  if (claims.reason !== COMPROMISE) {
    throw new MalformedError(`expected the reason ${COMPROMISE}`, "compromised_since");
  }
  if (claims.key === kid) {
    throw new MalformedError("not for the key itself to say", "compromised_since");
  }
  if (since > claims.iat) {
    throw new MalformedError("expected a time before the record's own", "compromised_since");
  }
}

/** Types of record about keys. */
export const KEY_RECORDS = [
  recordType({
    name: "key",
    plain: { recovery: checkThumbprint, previous: checkThumbprint, binder: checkBinder },
    disclosable: {
      name: lineOf(MAX_NAME),
      orcid: checkOrcidValue,
      ror: arrayOf(checkRorValue, MAX_ROR),
    },
    whole: checkKey,
  }),
  recordType({
    name: "revocation",
    plain: {
      key: checkThumbprint,
      reason: oneOf(REASONS),
      successor: checkThumbprint,
      compromised_since: integer(0),
    },
    required: ["key", "reason"],
    whole: checkRevocation,
  }),
];

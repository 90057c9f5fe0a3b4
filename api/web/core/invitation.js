/**
 * The part of an invitation's link behind the `#`, as `provenance invite` prints it: a record, and
 * either the digest of one of the people whom it names, or the disclosure that shows him.
 *
 *     respond=<record id>.<digest or disclosure>
 */

import { namedPeople } from "./attribution_values.js";
import { MalformedError } from "./errors.js";
import { parseRecord } from "./parse_record.js";
import { digestOf } from "./sdjwt.js";

const LINK = /^(?:respond=)?([0-9a-f]{64})\.([\w-]+)$/;
const DIGEST = /^[\w-]{43}$/;

/**
 * Write the link for one of those whom a record names. It shows him what the record says of him,
 * even where the log comes to show it no more.
 *
 * @param {string} origin where the ledger's page is, without a slash at its end
 * @param {import("./parse_record.js").Record} record
 * @param {string} digest of the element that names him
 * @returns {string}
 */
export function writeInvitation(origin, record, digest) {
  const part = record.parts.find((one) => one.digest === digest);
  return `${origin}/respond#respond=${record.idHex}.${part?.text ?? digest}`;
}

/**
 * Read a link, or its fragment alone.
 *
 * @param {string} text
 * @returns {{record: string, shown: string}}
 * @throws {MalformedError} it is no invitation
 */
export function readInvitation(text) {
  const match = LINK.exec(text.trim().replace(/^[^#]*#/, ""));
  if (match === null) throw new MalformedError("expected the whole link of an invitation", "LINK");
  return { record: match[1], shown: match[2] };
}

/**
 * Tell whom an invitation is for: one of those whom the record names, and nobody else.
 *
 * @param {import("./parse_record.js").Record} record as the log shows it
 * @param {string} shown of the link
 * @returns {{digest: string, contributor: import("./attribution_values.js").Contributor | null}}
 *   null where the link does not show who it is, and the log does not either
 * @throws {MalformedError} the link shows nobody whom the record names
 */
export function invitedBy(record, shown) {
  const isDigest = DIGEST.test(shown);
  const digest = isDigest ? shown : digestOf(shown);
  const isKnown = isDigest || record.parts.some((part) => part.digest === digest);
  // its holder keeps it to himself: only who has the link can read it
  const whole = isKnown ? record : parseRecord(`${record.compact}${shown}~`, { complete: false });
  const found = namedPeople(whole).find((one) => one.digest === digest);
  if (found === undefined) throw new MalformedError("shows nobody whom the record names", "LINK");
  return found;
}

/**
 * The claims of the record types that a verifier reads, as typed values; mirrors
 * `provenance/record_values.py` and `provenance/key_values.py`.
 *
 * A record's payload has passed the tables of `record_types.js` when it gets here, so nothing is
 * checked again; what was withheld or erased is null, never guessed.
 */

import { readAssurance } from "./assurance.js";
import { fromEvmHex, fromHex } from "./digests.js";
import { parseBinder } from "./key_binder.js";

/**
 * @typedef {object} Block a block of a chain; inside a signed record it proves "signed not before"
 * @property {number} chainId
 * @property {number} number
 * @property {Uint8Array} blockHash
 *
 * @typedef {object} Contributor
 * @property {string} name
 * @property {string | null} orcid
 * @property {string[]} ror
 * @property {string[]} roles slugs of CRediT roles; empty means not stated
 *
 * @typedef {object} Deposit what a `deposit` record claims
 * @property {Uint8Array | null} datasetDigest null where it is sealed, or only declared
 * @property {{algorithm: string, digest: Uint8Array} | null} declaredDigest
 * @property {Record<string, string>} sealed digests of what is sealed, by claim name
 * @property {number} files 0 where the count is sealed
 * @property {number | null} length bytes of all files together
 * @property {string | null} title
 * @property {string | null} version
 * @property {(Contributor | null)[]} contributors in the signed order; null stands for one who was
 *   withheld or erased
 * @property {{type: string, value: string}[]} identifiers
 * @property {string | null} license
 * @property {string | null} access
 * @property {{relation: string, record: Uint8Array | null, identifier: string | null}[]} relations
 * @property {Block | null} block
 * @property {import("./assurance.js").Assurance | null} assurance by the depositor's own word
 * @property {{algorithm: string, digest: Uint8Array}[]} additionalDigests
 *
 * @typedef {object} Fixity what a `fixity` record claims: somebody read the files of a deposit again
 * @property {Uint8Array} record record id of the deposit
 * @property {Uint8Array} datasetDigest
 * @property {number} files
 * @property {number} checked
 * @property {number} failed
 * @property {number} missing
 * @property {boolean} isSound
 *
 * @typedef {object} KeyBinding what a `key` record says of the key it carries
 * @property {import("./keys.js").PublicKey} key
 * @property {string | null} name
 * @property {string | null} orcid
 * @property {string[]} ror
 * @property {string | null} recovery thumbprint of the key that may revoke this one
 * @property {import("./key_binder.js").Binder | null} binder
 * @property {string | null} previous
 *
 * @typedef {object} Revocation from its entry on, and perhaps before, a key counts no more
 * @property {string} key
 * @property {string} signer thumbprint of the key that says so
 * @property {string} reason
 * @property {string | null} successor
 * @property {number | null} compromisedSinceUnix
 *
 * @typedef {object} Beacon a finalized block that existed before every later entry of the log
 * @property {Block} block
 * @property {number} timestamp
 */

/**
 * Read a deposit from its signed claims and the disclosed values.
 *
 * @param {object} claims
 * @param {Map<string, any>} shown disclosed values, by claim name or by digest (contributors)
 * @returns {Deposit}
 */
export function readDeposit(claims, shown) {
  const { dataset_digest: digest, declared_digest: declared, block, assurance } = claims;
  return {
    datasetDigest: digest === undefined ? null : fromHex(digest),
    declaredDigest: declared === undefined ? null : readDigest(declared),
    sealed: claims.sealed ?? {},
    files: claims.files ?? 0,
    length: claims.bytes ?? null,
    title: shown.get("title") ?? null,
    version: shown.get("version") ?? null,
    contributors: (claims.contributors ?? []).map((place) => {
      const value = shown.get(place["..."]);
      return value === undefined ? null : readContributor(value);
    }),
    identifiers: shown.get("identifiers") ?? [],
    license: claims.license ?? null,
    access: claims.access ?? null,
    relations: (claims.relations ?? []).map(readRelation),
    block: block === undefined ? null : readBlock(block),
    assurance: assurance === undefined ? null : readAssurance(assurance),
    additionalDigests: (claims.additional_digests ?? []).map(readDigest),
  };
}

function readDigest({ algorithm, digest }) {
  return { algorithm, digest: fromHex(digest) };
}

/** @param {object} value @returns {Contributor} */
export function readContributor({ name, orcid = null, ror = [], roles = [] }) {
  return { name, orcid, ror, roles };
}

function readRelation({ relation, record, identifier = null }) {
  return { relation, record: record === undefined ? null : fromHex(record), identifier };
}

function readBlock({ chain_id: chainId, number, block_hash: hash }) {
  return { chainId, number, blockHash: fromEvmHex(hash) };
}

/** @param {object} claims @returns {Fixity} */
export function readFixity(claims) {
  const { files, checked, failed, missing } = claims;
  return {
    record: fromHex(claims.record),
    datasetDigest: fromHex(claims.dataset_digest),
    files,
    checked,
    failed,
    missing,
    isSound: failed === 0 && missing === 0,
  };
}

/**
 * @param {object} payload of a `key` record
 * @param {import("./keys.js").PublicKey} key that it carries
 * @returns {KeyBinding}
 */
export function readKeyBinding(payload, key) {
  const { name = null, orcid = null, ror = [], recovery = null, previous = null } = payload;
  const binder = payload.binder === undefined ? null : parseBinder(payload.binder);
  return { key, name, orcid, ror, recovery, binder, previous };
}

/** @param {object} claims @param {string} signer @returns {Revocation} */
export function readRevocation(claims, signer) {
  const { key, reason, successor = null, compromised_since: since = null } = claims;
  return { key, signer, reason, successor, compromisedSinceUnix: since };
}

/** @param {object} claims @returns {Beacon} */
export function readBeacon(claims) {
  return { block: readBlock(claims), timestamp: claims.timestamp };
}

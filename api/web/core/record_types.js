/**
 * What each type of record may claim: every type this release knows, in one table; mirrors
 * `provenance/record_types.py`.
 */

import { ATTRIBUTION_RECORDS } from "./attribution_types.js";
import { DEPOSIT_RECORDS } from "./deposit_types.js";
import { KEY_RECORDS } from "./key_types.js";
import { OPERATOR_RECORDS } from "./operator_types.js";

const ALL = [...OPERATOR_RECORDS, ...KEY_RECORDS, ...DEPOSIT_RECORDS, ...ATTRIBUTION_RECORDS];

/** By the first part of the `typ` header. @type {Map<string, object>} */
export const TYPES = new Map(ALL.map((one) => [one.name, one]));

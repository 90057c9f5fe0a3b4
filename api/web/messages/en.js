/**
 * Every message in English, joined from one file for each part of the page.
 */

import shell from "./en/shell.js";
import about from "./en/about.js";
import deposit from "./en/deposit.js";
import verify from "./en/verify.js";
import find from "./en/find.js";
import record from "./en/record.js";

/** @type {Record<string, string>} */
export default {
  ...shell,
  ...about,
  ...deposit,
  ...verify,
  ...find,
  ...record,
};

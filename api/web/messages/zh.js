/**
 * Every message in Chinese, joined from one file for each part of the page.
 */

import shell from "./zh/shell.js";
import about from "./zh/about.js";
import deposit from "./zh/deposit.js";
import verify from "./zh/verify.js";
import find from "./zh/find.js";
import record from "./zh/record.js";

/** @type {Record<string, string>} */
export default {
  ...shell,
  ...about,
  ...deposit,
  ...verify,
  ...find,
  ...record,
};

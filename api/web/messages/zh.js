/**
 * Every message in Chinese, joined from one file for each part of the page.
 */

import shell from "./zh/shell.js";
import home from "./zh/home.js";
import about from "./zh/about.js";
import ledger from "./zh/ledger.js";
import deposit from "./zh/deposit.js";
import verify from "./zh/verify.js";
import find from "./zh/find.js";
import record from "./zh/record.js";
import person from "./zh/person.js";
import dispute from "./zh/dispute.js";
import respond from "./zh/respond.js";

/** @type {Record<string, string>} */
export default {
  ...shell,
  ...home,
  ...about,
  ...ledger,
  ...deposit,
  ...verify,
  ...find,
  ...record,
  ...person,
  ...dispute,
  ...respond,
};

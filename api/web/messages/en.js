/**
 * Every message in English, joined from one file for each part of the page.
 */

import shell from "./en/shell.js";
import home from "./en/home.js";
import about from "./en/about.js";
import ledger from "./en/ledger.js";
import deposit from "./en/deposit.js";
import verify from "./en/verify.js";
import find from "./en/find.js";
import record from "./en/record.js";
import person from "./en/person.js";
import dispute from "./en/dispute.js";
import respond from "./en/respond.js";

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

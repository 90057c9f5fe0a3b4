/** The first page. */
export default {
  "home.title": "Share your data. Keep the credit.",
  "home.lead":
    "This ledger establishes by when data existed, and who put them on record. It does not take the data: only their fingerprint, and who did what. You keep a receipt that anybody can check without asking us.",

  "home.ways": "What would you like to do?",
  "home.deposit_title": "Deposit",
  "home.deposit_text":
    "You have data, and want it on record that they exist and who made them. Choose a folder, name the people, sign. Within seconds you hold a receipt.",
  "home.deposit_go": "Deposit data",
  "home.verify_title": "Verify",
  "home.verify_text":
    "Somebody shows you a receipt. Drop it here, with the data if you have them. Your browser checks it step by step, and says what it did not check.",
  "home.verify_go": "Verify a receipt",
  "home.find_title": "Look up",
  "home.find_text":
    "You want to know what was deposited, by whom, and what came first. Search by fingerprint, DOI, ORCID iD, person or institution.",
  "home.find_label": "Look up",
  "home.find_hint": "Name or DOI",
  "home.find_go": "Look up",

  "home.specimen": "What a receipt says. This one is made up.",
  "home.specimen_kind": "Receipt of deposit",
  "home.specimen_title": "Ice thickness in Kongsfjorden, 2025",
  "home.specimen_people": "Contributors",
  "home.specimen_names": "Li Wei, Ingrid Solberg",
  "home.specimen_entry": "Entry",
  "home.specimen_place": "{index} of {log}",
  "home.specimen_digest": "Fingerprint",
  "home.specimen_lower": "block {number}",

  "home.how": "How it works",
  "home.how_fingerprint": "A fingerprint",
  "home.how_fingerprint_text":
    "Your browser reads the files and computes 64 characters from them: their fingerprint. Change one letter of the data and the fingerprint becomes another. The data cannot be read out of it, and they never leave your computer.",
  "home.how_record": "A record with your signature",
  "home.how_record_text":
    "You write down who contributed what, and under which licence, and sign it with a key that only you hold.",
  "home.how_log": "A log that only grows",
  "home.how_log_text":
    "The record becomes an entry of a log to which things are only ever added. Your receipt proves its place there at once.",
  "home.how_chain": "A blockchain as the clock",
  "home.how_chain_text":
    "Every few minutes the state of the whole log is written to a blockchain. From then on nobody, ourselves included, can date the record back or take it out without being found out.",
  "home.how_more": "What a receipt proves, and what it does not",

  "home.ledger_now": "This ledger now",
  "home.ledger_more": "More about this ledger",
};

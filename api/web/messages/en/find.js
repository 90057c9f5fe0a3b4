/** Looking up: one box, or files, and what the ledger answers; a person by ORCID iD, and a key. */
export default {
  "find.title": "Look up",
  "find.lead": "Who deposited these data, and when? What has this person or institution signed?",
  "find.box": "What are you looking for?",
  "find.box_hint":
    "The fingerprint of a file or dataset, a record ID, a DOI, an ORCID iD, a ROR ID, a key, or the whole name of a person or an institution.",
  "find.ask": "Look up",
  "find.empty": "Type or paste something first.",
  "find.typing_error":
    "There is a typing error in it: a letter or digit is wrong or missing. Compare it with where you have it from.",
  "find.short_form":
    "This is only a part of a fingerprint or ID. Copy the whole one with the button beside it.",
  "find.drop": "Or drop a file or a folder here",
  "find.drop_hint":
    "It is fingerprinted on this computer. The server is told only the first four of the 64 characters of the fingerprint, so it cannot know which data you have.",
  "find.no_files_here":
    "Files cannot be looked up here: this page came without encryption, and the browser does not let it compute.",
  "find.asking": "Asking the ledger …",
  "find.found": "{count|One record|Several records} found.",
  "find.go_to": "Go to {address}",
  "find.order": "Oldest first, in the order in which they entered the log.",
  "find.results_digest": "Data with the fingerprint {value}",
  "find.results_record": "Record {value}, and what was said about it",
  "find.results_doi": "Records that name the DOI {value}",
  "find.results_name": "Records that name {value}",
  "find.results_institution": "Records that name the institution {value}",
  "find.level_institution_bound": "Signed by keys that an institution has confirmed",
  "find.level_self_asserted": "Signed by keys whose holders name themselves",
  "find.level_unbound": "Signed by keys of which nothing is said",
  "find.more": "Show more",
  "find.nothing": "Nothing in this log.",
  "find.nothing_name":
    "A name is found only if it is whole, and spelt just as in the record: try the other order, other spaces, simplified or traditional characters, or the ORCID iD.",
  "find.nothing_file":
    "A single file is found only if the list of files was published with its dataset: try the whole folder.",
  "find.nothing_means":
    "That proves nothing about other logs, nor that the server told all it has.",
  "find.maybe_record": "Is it a record ID? To ask for that shows the server all 64 characters.",
  "find.open_record": "Open the record with this ID",
  "find.maybe_institution": "Is it the name of an institution?",
  "find.as_institution": "Look up what keys signed that it has confirmed",
  "find.may_leave_out":
    "A server can leave records out of its answers. Only reading the whole log shows that it did not: provenance audit does that.",
  "find.as_dataset": "This is the whole dataset.",
  "find.as_file": "The server says: a file of this dataset.",
  "find.as_record": "About this record.",
  "find.answer_unseen":
    "That it belongs here is the server’s word: the record itself does not show it.",
  "find.answer_false": "The record does not say what was asked for.",
  "find.receipt_false": "The receipt that the server gives for this record does not hold.",
  "find.receipt_away": "Its receipt could not be fetched.",
  "find.and_more": " and {count} more",

  "person.title": "ORCID iD {orcid}",
  "person.lead":
    "An ORCID iD is what somebody wrote into a key record. How well it is confirmed stands beside each key, and the two are never mixed.",
  "person.nothing": "Nothing in this log names this ORCID iD.",
  "person.raw": "See what the server says, as plain data",
  "person.keys_institution_bound": "Keys that an institution has confirmed",
  "person.keys_institution_bound_means":
    "An institution that the trust policy names has signed whose key this is.",
  "person.keys_self_asserted": "Keys whose holders say so themselves",
  "person.keys_self_asserted_means":
    "Anybody can write this ORCID iD into a key. Nobody else has confirmed these.",
  "person.keys_unbound": "Keys of which nothing is confirmed",
  "person.keys_unbound_means": "Nobody says whose these keys are.",
  "person.deposits": "Deposits",
  "person.contributions": "Contributions and answers",
  "person.rest": "Other records",
  "person.others": "What others say",
  "person.others_means":
    "Signed by keys that do not name this ORCID iD: a claim until it is answered.",
  "person.named_as": "names {name}",
  "person.orcid_site":
    "Whether the iD exists and what its holder says there: {link}. Nothing was asked of that site.",
  "person.omitted":
    "This browser keeps {count|the receipt of a record|receipts of records} that this server leaves out:",

  "person.key": "Key",
  "person.key_title": "Key",
  "person.key_lead":
    "Records are signed by keys. Whose key this is, and until when it counts, is said by records of the same log.",
  "person.holder": "Holder",
  "person.key_since": "In the log since",
  "person.key_state": "State",
  "person.key_no_revocation":
    "No revocation is shown. That there is none, only reading the whole log can prove.",
  "person.key_nothing": "This log has nothing by this key.",
  "person.key_records": "What is said of it",
  "person.key_records_means": "Each key record, with who answers for it, oldest first.",
  "person.says_name": "Name",
  "person.recovery": "Recovery key",
  "person.previous": "Successor of",
  "person.signed": "What it signed",
  "person.key_others": "By other keys",
  "person.key_audit":
    "The command line reads the whole log and can prove whether the key was revoked:",
};

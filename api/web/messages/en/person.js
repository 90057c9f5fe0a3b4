/** A person by ORCID iD, and a key. */
export default {
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

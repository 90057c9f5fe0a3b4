/** What a receipt proves and what not, whom one has to believe, and what the words mean. */
export default {
  "about.title": "What a receipt proves, and what it does not",
  "about.lead":
    "For authors, editors, reviewers and whoever has to judge between two claims. No knowledge of cryptography is needed.",

  "about.proves": "A receipt proves",
  "about.proves_content":
    "That a record with exactly this content existed no later than a certain moment. The moment is that of a block of a blockchain, and no clock of ours.",
  "about.proves_after":
    "Where the receipt shows it: that the record entered the log no earlier than another moment. Between the two lies the truth.",
  "about.proves_key": "That it was signed with one particular key, and has not been altered since.",
  "about.proves_data":
    "If you have the data: that they are the data of the record, file by file; and if not, which were changed, are missing or were added.",

  "about.not": "It does not prove",
  "about.not_true":
    "That what the record says is true: that somebody made the data, or made them alone.",
  "about.not_good": "That the data are good, or complete, or came about honestly.",
  "about.not_who":
    "Who the person behind the key is, unless an institution that you believe has confirmed it. A name without that is only what somebody wrote.",
  "about.not_first":
    "That nobody else had the data before. It shows who put them on record first, here.",
  "about.not_absent":
    "That nothing else exists. What is not in this log may be in another, or nowhere.",

  "about.words": "Four words that are kept apart",
  "about.word_proved": "Proved",
  "about.word_proved_text":
    "It follows by arithmetic from the receipt and your trust policy. Anybody who computes it again comes to the same result.",
  "about.word_vouched": "Vouched for",
  "about.word_vouched_text":
    "True if the one named told the truth: you yourself, for a block hash that you looked up, or a node that you chose to ask.",
  "about.word_claimed": "Claimed",
  "about.word_claimed_text":
    "What somebody says of themselves, such as the time on their own clock. It is repeated and never relied upon.",
  "about.word_unchecked": "Not checked",
  "about.word_unchecked_text":
    "Nothing was shown for it, or nobody asked. That is no suspicion, and it is never passed off as a proof.",

  "about.trust": "Whom you have to believe",
  "about.trust_intro":
    "Not this server: what it sends is checked in your browser. Two things have to come from elsewhere.",
  "about.trust_policy": "The trust policy",
  "about.trust_policy_text":
    "A small file that names the log, its keys and its contract on the chain. Compare its digest once with one that you have from another source: a letter, a paper, somebody’s web site. The page about this ledger shows how.",
  "about.trust_block": "A block hash",
  "about.trust_block_text":
    "The receipt names a block. Look its hash up wherever you like: many sites show it, and they cannot all be wrong in the same way.",

  "about.private": "What leaves your computer",
  "about.private_data": "Never the data. They are read by your browser, here, and by nothing else.",
  "about.private_record":
    "The fingerprint and the record that you sign: title, names, roles, licence. You see all of it before you sign.",
  "about.private_list":
    "The list of the files with their fingerprints never leaves by this page. By command line you can publish it (provenance deposit --publish-manifest); then whoever holds one of the files can find your deposit.",
  "about.private_guess":
    "Whoever already guesses what the data are can compare their fingerprint with yours. For data of which that must not happen, there are sealed deposits.",
  "about.private_erase":
    "Names can be erased later. The proofs go on working, and nothing about persons is ever written to a blockchain.",

  "about.key": "Your key",
  "about.key_text":
    "The key signs for you. It is made in your browser, and is saved as a file that a passphrase protects. Keep both. Nobody can restore a lost key or a forgotten passphrase; what was signed stays valid, but you can sign nothing more with it.",

  "about.alone": "Without this page",
  "about.alone_text":
    "The command line does everything that this page does, and does not need this server. A receipt can be checked as long as arithmetic holds, even if nobody of us is left:",

  "about.browser": "What this browser keeps",
  "about.browser_text":
    "Policies that you have compared, keys that you made here, deposits on their way and receipts. It stays on this computer. Clearing the data of this site in your browser deletes it, the keys too.",
  "about.browser_count":
    "At present: {policies} {policies|policy|policies}, {keys} {keys|key|keys}, {receipts} {receipts|receipt|receipts}, {outbox} on the way.",

  "about.glossary": "What the words mean",
  "about.term_fingerprint": "Fingerprint",
  "about.term_fingerprint_text":
    "64 characters computed from content, by a method called SHA-256. No two contents with the same fingerprint have ever been found. Also called digest or hash.",
  "about.term_manifest": "Manifest",
  "about.term_manifest_text":
    "The list of a dataset’s files with the fingerprint of each. From it comes the one fingerprint of the whole dataset.",
  "about.term_record": "Record",
  "about.term_record_text":
    "A signed statement: a deposit, an answer of a contributor, a dispute, a ruling, a withdrawal. Records are never changed or removed; later ones may correct them.",
  "about.term_log": "Log, entry",
  "about.term_log_text":
    "The list of all records in the order in which they came, numbered from 0. It can only be added to.",
  "about.term_checkpoint": "Checkpoint",
  "about.term_checkpoint_text":
    "One number and one hash, signed by the log, that stand for all its entries up to that number.",
  "about.term_anchor": "Anchor",
  "about.term_anchor_text":
    "A checkpoint written to a blockchain. From then on that state of the log cannot be denied.",
  "about.term_receipt": "Receipt",
  "about.term_receipt_text":
    "One file with a record and all the proofs that it is in the log. It is complete once the chain has it.",
  "about.term_policy": "Trust policy",
  "about.term_policy_text":
    "What you believe, in one file: the log’s keys, its contract, institutions and witnesses.",
  "about.term_witness": "Witness",
  "about.term_witness_text":
    "Somebody independent who has seen a checkpoint and signed that it does not contradict an earlier one.",
  "about.term_sealed": "Sealed deposit",
  "about.term_sealed_text":
    "A deposit whose fingerprint stays hidden until its owner opens it, and that counts from the day on which it was made.",
  "about.term_final": "Final",
  "about.term_final_text": "So deep in the blockchain that it will not be replaced any more.",
};

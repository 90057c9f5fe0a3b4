/** The first page; the ledger, its anchors and its policy; what a receipt proves and what not. */
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
    "The list of the files with their fingerprints is never sent by this page. By command line you can publish it (provenance deposit --publish-manifest); then whoever holds one of the files can find your deposit.",
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

  "ledger.title": "This ledger",
  "ledger.lead":
    "How large it is, how far the blockchain already vouches for it, and by which policy you can check it all.",
  "ledger.line":
    "{origin} holds {size} {entries|entry|entries}, its own marks of time among them; {count} {count|record|records} came in the last 24 hours.",
  "ledger.line_anchor": "It was last anchored {time}.",

  "ledger.now": "At present",
  "ledger.entries": "Entries",
  "ledger.since": "since {time}",
  "ledger.anchored": "Final on a chain",
  "ledger.anchored_left": "{count} {count|entry|entries} to go",
  "ledger.last_day": "Records in 24 hours",
  "ledger.last_hour": "{count} in the last hour",
  "ledger.newest": "Newest record",
  "ledger.newest_claimed": "by its signer’s own clock",

  "ledger.state": "The state of the log",
  "ledger.tree_size": "Entries",
  "ledger.root_hash": "Root hash",
  "ledger.state_own": "Its signature fits the policy that you have compared.",
  "ledger.state_served":
    "Its signature fits the policy that this server shows. Compare that policy below, and from then on this counts as checked.",
  "ledger.state_false":
    "What the server shows does not hold, or contradicts what it showed you before. Do not rely on this ledger now, and tell others.",
  "ledger.since_first":
    "This browser remembers the state from now on. Whenever you come back, it checks that nothing has been changed or left out.",
  "ledger.since_same": "It is the state that this browser saw on {time}.",
  "ledger.since_grown":
    "On {time} there {before|was|were} {before} {before|entry|entries}. {before|It is|All of them are} still there, unchanged and in the same order.",
  "ledger.since_older":
    "On {time} this browser already saw {before} {before|entry|entries}. The server answers with an older state; ask again later.",

  "ledger.anchors": "Last anchors",
  "ledger.anchors_text":
    "Each anchor is a state of the whole log that was written to a chain. The cost is what the operator was ready to pay at most.",
  "ledger.no_anchors": "Nothing has been anchored yet.",
  "ledger.anchor": "Anchor",
  "ledger.anchor_name": "No. {id}",
  "ledger.chain": "Chain",
  "ledger.covers": "Entries",
  "ledger.anchor_state": "State",
  "ledger.block_time": "Time of the block",
  "ledger.cost": "Cost in the chain’s coin",
  "ledger.cost_at_most": "at most {amount}",

  "ledger.policy": "The trust policy",
  "ledger.policy_what":
    "The policy says which keys and which contract are this log’s own. Everything that this page calls checked rests on it. So it must not come from this server alone.",
  "ledger.policy_how":
    "Get its digest from somewhere else: from paper, from the operator’s own web site, from a colleague who has checked it. If it is the same as this one, the policy is the right one.",
  "ledger.policy_digest": "the policy’s digest",
  "ledger.policy_elsewhere": "The digest that you have from elsewhere",
  "ledger.policy_elsewhere_hint": "Type or paste it; spaces do not matter.",
  "ledger.policy_so_far": "The same so far: {count} of 64 characters.",
  "ledger.policy_same": "It is the same.",
  "ledger.policy_other": "It is another one. Do not use this policy before you know why.",
  "ledger.policy_by_eye": "I have compared all 64 characters by eye.",
  "ledger.policy_keep": "Keep this policy in this browser",
  "ledger.policy_kept": "Kept. From now on this browser checks by this policy.",
  "ledger.policy_is_kept": "You compared this policy on {time}. This browser checks by it.",
  "ledger.policy_is_new": "The server shows another policy than the one that you compared",
  "ledger.policy_is_new_text":
    "Operators change keys now and then, and then announce the new digest. Until you have compared it, this browser goes on checking by the policy that you have.",
  "ledger.policy_forget": "Forget it",
  "ledger.policy_save": "Save the policy as a file",

  "ledger.trusts": "What the policy names",
  "ledger.origin": "Name of the log",
  "ledger.checkpoint_keys": "Keys of the log",
  "ledger.key_from": "from size {from} on",
  "ledger.key_range": "from size {from} to {to}",
  "ledger.chains": "Chains",
  "ledger.chain_id": "chain {id}",
  "ledger.chain_own": "Run by the operator of the log: proves nothing to others.",
  "ledger.contract": "contract",
  "ledger.institutions": "Institutions that confirm keys",
  "ledger.witnesses": "Witnesses",
  "ledger.no_witnesses": "none asked for",
  "ledger.quorum": "{quorum} of {count} have to sign",
  "ledger.own_chain": "This ledger is for trying things out",
  "ledger.own_chain_text":
    "Its only chain is run by the operator, who can make it say anything. What you see here shows how a proof works; it proves nothing to anybody else.",

  "ledger.health": "Health",
  "ledger.all_well": "Everything works.",
  "ledger.not_all_well":
    "Not everything works at the moment. What was acknowledged is safe all the same.",
  "ledger.part_well": "works",
  "ledger.part_away": "does not work now",
  "ledger.part_writer": "Writing the log",
  "ledger.part_records": "Taking records",
  "ledger.part_database": "Database",
  "ledger.part_disk": "Room on the disk",
  "ledger.part_scrub": "Reading everything again for damage",
  "ledger.part_chain": "Connection to the chain",
  "ledger.part_signer": "Signing the log’s state",
  "ledger.part_disclosures": "Keys of what can be erased",
  "ledger.part_witnesses": "Witnesses",

  "ledger.checkpoint_title": "The log at {size} {size|entry|entries}",
  "ledger.checkpoint_lead":
    "One hash stands for the first {size} {size|entry|entries} of the log. If one of them had been changed or left out since, the hash would be another.",
  "ledger.checkpoint_entries": "Numbered",
  "ledger.checkpoint_range": "0 to {last}",
  "ledger.checkpoint_proved":
    "Your browser has computed this hash from a proof that leads to the newest signed state, of {size} {size|entry|entries}.",
  "ledger.checkpoint_newest": "This is the newest state. The log has signed it:",
  "ledger.checkpoint_later": "The newest state",
  "ledger.checkpoint_anchors": "Anchors of exactly this state",
  "ledger.checkpoint_no_anchor":
    "Exactly this state lies on no chain. The next anchored state contains it.",
  "ledger.to_ledger": "About this ledger and its policy",

  "ledger.anchor_title": "Anchor no. {id}",
  "ledger.anchor_lead":
    "The state of the log at {size} {size|entry|entries}, written to a blockchain. Whatever is in it existed no later than the time of the block.",
  "ledger.anchor_block": "Block",
  "ledger.anchor_block_hash": "Hash of the block",
  "ledger.anchor_transactions": "Transactions",
  "ledger.anchor_level": "What stands behind it",
  "ledger.anchor_level_proof": "a proof from the block’s header",
  "ledger.anchor_level_trusted_rpc": "the operator’s word alone",
  "ledger.anchor_size": "State of the log",
  "ledger.anchor_size_link": "{size} {size|entry|entries}",
  "ledger.anchor_waiting": "It is on its way. As soon as it is in a block, the proof stands here.",
  "ledger.anchor_check": "What your browser checks of it",
  "ledger.anchor_check_root": "The anchored root is the one of this log",
  "ledger.anchor_check_root_text":
    "Computed from a proof that leads to the newest signed state of the log.",
  "ledger.anchor_check_header": "The block’s header belongs to the block’s hash",
  "ledger.anchor_check_header_text":
    "So number and time of the block are those that the hash covers.",
  "ledger.anchor_check_chain": "The root lies in the log’s contract on that chain",
  "ledger.anchor_check_chain_text":
    "In the state of that block, which its header covers. The code of the contract is the one that the policy names.",
  "ledger.anchor_check_served":
    "It fits the policy that this server shows, which you have not compared.",
  "ledger.anchor_check_block": "The block is the one that the world sees",
  "ledger.anchor_check_block_text":
    "That only you can find out. Look up the hash of block {number} of {chain} in a place that you trust, and compare it with the one above.",
  "ledger.outcome_proved": "proved",
  "ledger.outcome_false": "not true",
  "ledger.outcome_not_checked": "not checked",
};

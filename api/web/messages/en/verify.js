/** Verifying: a receipt and the data. */
export default {
  "verify.title": "Verify a receipt",
  "verify.lead":
    "Is what the receipt says true, and are these the files? Your browser checks every step itself and tells you what it could not check.",
  "verify.promise":
    "Everything stays on this computer: nothing that you choose here is sent anywhere.",
  "verify.optional": "optional",

  "verify.offline_question": "Checking without a network, and without us",
  "verify.offline_ready":
    "This page now also opens without a network: this browser keeps a copy of it.",
  "verify.offline_now": "The network or this server is away just now. Checking works all the same.",
  "verify.offline_not":
    "This browser does not keep the page (a private window, or a connection without https). The file below works without a network.",
  "verify.saved_lead":
    "A page that comes from a server is as honest as that server. To be independent of it, save the verifier as one file, compare it with the one of a colleague, and open it from your disk whenever you like, in ten years too.",
  "verify.saved_link": "Save the verifier (one HTML file)",
  "verify.saved_here": "This is a saved copy of the verifier. It works without a network.",
  "verify.saved_name": "Receipt verifier",

  "verify.drop": "Drop the receipt here, and whatever else you have",
  "verify.drop_hint":
    "The receipt (receipt.json), the trust policy (policy.json), the list of files (manifest.jsonl), and the data: a folder or single files. In any order; each finds its place.",
  "verify.has_receipt": "Receipt",
  "verify.lacks_receipt": "still needed",
  "verify.has_policy": "Trust policy",
  "verify.lacks_policy": "still needed: see below",
  "verify.has_data": "Data",
  "verify.lacks_data": "none yet. Without data only the record is checked",
  "verify.has_manifest": "List of files",
  "verify.lacks_manifest":
    "none. It is needed to tell which files differ, or which of several this one is",
  "verify.has_opening": "Opening of the seal",
  "verify.has_file_opening": "Opening of one file",
  "verify.has_file_proof": "Proof of one file",
  "verify.has_fixity": "Somebody read the files again",
  "verify.data_files": "{files} {files|file|files}",
  "verify.forget": "Remove",
  "verify.unused_key":
    "{name} is a key file. It is of no use here: keep it to yourself, nobody who verifies needs it.",
  "verify.unused_secret":
    "{name} is what opens a sealed deposit. It is for its owner alone, and nobody who verifies needs it.",
  "verify.unused_print":
    "{name} is the printed form of a receipt. What is checked is the receipt.json that is attached to it, not what is printed.",
  "verify.unused_print_alone":
    "{name} is the printed form of a receipt: drop the receipt itself, receipt.json, which is attached to the PDF.",
  "verify.unused_records": "{name} is a signed record on its way to the ledger, not a receipt.",
  "verify.unused_chunks":
    "{name} lists parts of files. Parts can be checked by the command line: provenance verify --chunks.",
  "verify.not_fetched": "The receipt could not be fetched: {why}",
  "verify.policy_unreadable": "This trust policy cannot be read",

  "verify.policy_title": "Whom do you believe?",
  "verify.policy_lead":
    "A trust policy is a small file that names the ledger, its keys and its place on the blockchain. Get it from somebody you trust, such as your institute or the journal, and drop it above.",
  "verify.policy_use_kept": "Use the policy that you kept for {origin}",
  "verify.policy_ask": "Take the policy that this server gives",
  "verify.policy_ask_hint":
    "You then take this server’s word for the time being. It becomes proof for you once you have compared the policy’s digest, which is its fingerprint, with one that you got another way.",
  "verify.policy_not_fetched": "This server gives none: {why}",
  "verify.policy_of": "It is for the log {origin}. Its digest:",
  "verify.policy_digest": "Digest of the trust policy",
  "verify.policy_yours": "Your trust policy: you have compared its digest",
  "verify.policy_compare_title": "Compare this trust policy before you rely on it",
  "verify.policy_compare":
    "Compare the digest with one that did not come from here: printed in a paper, in a letter, on your institute’s site, or read out by a colleague. All 64 characters have to agree.",

  "verify.block_title": "The time: one look at the blockchain",
  "verify.block_lead":
    "For the time you need the hash of one block, looked up in a place that has nothing to do with this ledger: a block explorer, say, or two. The verdict tells you which block.",
  "verify.hash_label": "Hash of the block, as you found it",
  "verify.hash_hint":
    "It begins with 0x, and 64 letters and digits follow. If you have several, put a space between them.",
  "verify.hash_wrong":
    "This is not yet the hash of a block: after 0x come 64 characters, only 0 to 9 and a to f.",
  "verify.node_question": "Or ask a node that you trust",
  "verify.node_label": "Address of the node (JSON-RPC)",
  "verify.node_hint":
    "For example your institute’s own node. It is asked for the blocks that the receipt names, and learns nothing else; you believe its answer.",
  "verify.node_wrong": "An address begins with https:// (or http://127.0.0.1).",
  "verify.node_ask": "Ask the node",
  "verify.node_first": "First drop a receipt, and enter an address.",
  "verify.node_asking": "Asking …",
  "verify.node_answered": "The node has answered; the verdict below takes it in.",
  "verify.node_failed": "Nobody answered there as a node of a blockchain does.",
  "verify.strict_question": "How strict should the verdict be?",
  "verify.allow_dev": "Accept a development chain",
  "verify.allow_dev_hint":
    "For trying out. Whoever runs such a chain can make it say anything, so it proves nothing to others.",
  "verify.require_identity": "Demand a key that an institution has confirmed",
  "verify.require_identity_hint":
    "Otherwise a name in the record is the key holder’s own statement.",
  "verify.require_not_before": "Demand the earlier end of the time as well",
  "verify.require_not_before_hint": "That the record did not enter the log before a certain block.",
  "verify.require_key_status": "Demand proof that the key was not revoked",
  "verify.require_key_status_hint":
    "A receipt alone cannot show it: the whole log has to be read, which the command line does (provenance verify --log).",

  "verify.verdict_title": "Verdict",
  "verify.cannot": "This cannot be checked as it is",
  "verify.needs_manifest":
    "You gave only some of the files. To tell which they are, drop the list of files (manifest.jsonl) as well, or the whole folder.",
  "verify.means_0":
    "Everything that was to be checked agrees. Read below what that means, and whose word it rests on.",
  "verify.means_1":
    "At least one thing is not as the receipt says. Below, the step marked with a cross says which.",
  "verify.only_block": "False: a block hash that you entered is none of this receipt’s blocks",
  "verify.only_block_means":
    "Is it a typing error, or the hash of another block? Nothing else that was checked is false.",
  "verify.only_data": "False: the data differ from the record. In the receipt nothing is false",
  "verify.only_data_means":
    "Nothing but the data (step 14) is not as recorded: they were changed since, or they are others.",
  "verify.only_log": "Unusable: the receipt and the trust policy are of different ledgers",
  "verify.only_log_means":
    "The receipt is of the log {origin}, the policy is for {expected}. That says nothing against the receipt: get the trust policy of {origin} from somebody you trust, and drop it above.",
  "verify.means_2":
    "What you gave cannot be read, or does not belong together. A file may have been cut off or changed on its way: get it once more from whoever gave it to you.",
  "verify.means_3":
    "Nothing false was found, but something that is needed is still missing. “What to do next” says what is missing.",
  "verify.means_4":
    "A node or service did not answer. Try again later, or look the block up yourself.",
  "verify.not_your_policy":
    "So far this rests on a trust policy that you have not compared. Until then it only shows that nothing contradicts itself.",
  "verify.trusts_server":
    "trusted: the trust policy that this server gave; you have not compared it",
  "verify.files_listed": "differences: {count}; they are listed above, under “Your files”",
  "verify.bound_source": "block {number} of {chain}; {trust}",
  "verify.next_title": "What to do next",
  "verify.next_hash": "Its hash must be:",
  "verify.next_no_block_given":
    "Look up the block named at step 10 in a place you trust, and enter its hash below. If it is the one named there, the time is proved.",
  "verify.next_no_block_given_dev":
    "This ledger is for trying things out: only its operator knows its chain, so there is no independent place to look the block up. To see what a whole verdict looks like, enter the hash below and accept a development chain under “How strict should the verdict be?”. It proves nothing to others.",
  "verify.next_block_unmatched":
    "Look up the block named at step 10 once more, and correct the hash below. If that very block really has another hash there, do not rely on this receipt.",
  "verify.next_dev_chain":
    "This ledger is anchored on a development chain only, which proves nothing to others. To try out what a whole verdict looks like, accept that under “How strict”.",
  "verify.next_block_not_vouched":
    "Look up the block named at step 10 in a place you trust, and enter its hash below.",
  "verify.next_block_not_vouched_dev":
    "This ledger is for trying things out: only its operator knows its chain. To see what a whole verdict looks like, enter the hash below and accept a development chain under “How strict should the verdict be?”. It proves nothing to others.",
  "verify.next_not_before_not_vouched":
    "For the earlier end of the time a second block is needed: look up the one named at step 12 in a place you trust, and enter its hash below, after the first.",
  "verify.next_not_before_no_header":
    "For the earlier end of the time a second block is needed, the one named at step 12. Ask a node that you trust for it, below.",
  "verify.next_trusted_rpc_only":
    "So far the time rests on a chain that gives no proofs. Wait until the log is written to one that does, fetch the receipt again, and verify that one.",
  "verify.next_not_anchored":
    "The log has not been written to the blockchain yet. Wait some minutes, fetch the receipt again, and verify that one.",
  "verify.next_no_beacon":
    "The receipt does not show the earlier end of the time yet. Wait some minutes, fetch the receipt again, and verify that one.",
  "verify.next_not_final":
    "The block is still so new that it could be replaced. Wait some minutes, and verify again.",
  "verify.next_block_not_final":
    "The block is still so new that it could be replaced. Wait some minutes, and verify again.",
  "verify.next_revocation_not_shown":
    "Whether the key was revoked cannot be told from a receipt: the whole log has to be read, which only the command line does. If you do not need it, take that demand back under “How strict should the verdict be?”.",
  "verify.next_checkpoint_no_policy_key":
    "No key of your trust policy has signed this log. Perhaps the policy is older than the receipt: get the newer one, and compare its digest.",
  "verify.files_title": "Your files",
  "verify.files_other_list":
    "The list of files that you gave is not the one of this record. Nothing can be said of single files by it.",
  "verify.files_no_list":
    "Which of them differ, only the list of files (manifest.jsonl) can tell. Drop it above as well.",
  "verify.files_matched": "{count} {count|file is|files are} exactly as recorded.",
  "verify.files_changed": "Changed: {count}",
  "verify.files_missing": "Missing: {count}",
  "verify.files_added": "Not in the record: {count}",
  "verify.files_renamed": "Renamed: {count}",
  "verify.files_duplicated": "Copies of a recorded file: {count}",
  "verify.files_more": "… and {count} more.",
  "verify.steps_title": "Step by step",
  "verify.steps_lead":
    "These are all the checks that there are. “Not checked” is no suspicion; it is only not known.",
  "verify.claims_title": "What the record says",
  "verify.claims_lead":
    "These are the words of whoever signed. That they were said then is what the receipt proves; that they are true it does not.",
  "verify.claims_type": "Kind of record",
  "verify.claims_sealed": "sealed by its owner",
  "verify.claims_unshown": "and {count} {count|person who is|people who are} not shown here",
  "verify.claims_time": "Time by the signer’s own clock",
  "verify.type_deposit": "deposit of data",
  "verify.type_opening": "opening of a sealed deposit",
  "verify.type_fixity": "files read again",
  "verify.type_response": "answer of a contributor",
  "verify.type_dispute": "dispute",
  "verify.type_statement": "statement in a dispute",
  "verify.type_ruling": "ruling on a dispute",
  "verify.type_key": "a key made known",
  "verify.record_id": "Record ID",
  "verify.record_entry": "Entry",
  "verify.save_verdict": "Save this verdict (JSON)",
};

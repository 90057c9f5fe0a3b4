/** The ledger itself, its checkpoints and anchors, and its policy. */
export default {
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

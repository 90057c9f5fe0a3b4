"""The fixed English sentences of a verdict; each is also the key of its translation.

``WORDINGS`` by the code of a check, ``TITLES`` by its name, ``TRUSTS`` by whose word it rests on,
``BLOCK_TIMES`` by who sets a block's time, which sentences name as ``{set_by}``, ``REVOKERS`` by
what right a key was revoked, as ``{revoker}``, ``CERTIFICATES`` by what was done with one,
``CONCLUSIONS`` by exit code. A translator keeps the names in braces.
"""

from __future__ import annotations

__all__ = ["BLOCK_TIMES", "CERTIFICATES", "CONCLUSIONS", "REVOKERS", "TITLES", "TRUSTS", "WORDINGS"]

TITLES: dict[str, str] = {
    "receipt": "The receipt can be read",
    "log": "It belongs to the log of the policy",
    "signature": "The record is signed by its key",
    "identity": "Whose key it is",
    "key-status": "Whether the key was revoked",
    "checkpoint": "The log signed its state",
    "inclusion": "The record is an entry of the log",
    "witnesses": "Witnesses saw the same state",
    "anchor": "The state of the log lies on a chain",
    "block": "The block is the one that the world sees",
    "not-after": "It existed no later than",
    "not-before": "It entered the log no earlier than",
    "signed-not-before": "It was signed no earlier than",
    "dataset": "The data are the ones in the record",
    "disclosure": "What this copy does not show",
    "assurance": "How the digests came about",
}

TRUSTS: dict[str, str] = {
    "nobody": "nobody: it follows from the receipt itself",
    "policy": "the trust policy you gave",
    "institution": "the institution's key in the trust policy",
    "key-holder": "the key holder's own word",
    "witnesses": "the witnesses in the trust policy",
    "you": "vouched for by you",
    "rpc": "the node you named",
    "you-and-rpc": "vouched for by you, and the node you named",
    "history": "the evidence block's own memory of older blocks (EIP-2935)",
    "audit": "the whole log, read and rebuilt by you",
    "files": "the files on your disk",
    "depositor": "the depositor's own word",
    "other-key": "the holder of the other key; whose key it is, its own receipt says",
}

BLOCK_TIMES: dict[str, str] = {
    "consensus": "the chain's consensus bounds this time",
    "sequencer": "the chain's sequencer sets this time",
    "validators": "the chain's validators set this time",
}

CONCLUSIONS: dict[int, str] = {
    0: "Proved: everything asked for was checked and is true",
    1: "False: something that was checked is not true",
    2: "Unusable: the input cannot be checked",
    3: "True so far, but not everything that is needed could be checked",
    4: "Undecided: a service that was asked did not answer",
}

CERTIFICATES: dict[str, str] = {
    "unchecked": "vouched for by certificate of {certificate}, not checked against a CA",
    "checked": "vouched for by certificate of {certificate}, issued under {ca}, which you gave",
}
"""Said after the sentence of check 4, where the policy holds an institution's certificate."""

REVOKERS: dict[str, str] = {
    "itself": "the key itself",
    "recovery": "its recovery key {by}",
    "binder": "{by_name}, which has bound it,",
    "other-binder": "{by}, which has bound it for no institution of your policy,",
}

WORDINGS: dict[str, str] = {
    # 1 receipt
    "receipt-read": "a receipt of version 1, in its one canonical form",
    "receipt-unreadable": "the receipt cannot be read: {detail}",
    # 2 log
    "log-of-policy": "log {origin}, as the policy names it",
    "other-log": "{part} belongs to log {origin}; the policy is for log {expected}",
    # 3 signature
    "record-signed": "signed by key {key} ({alg})",
    "no-key-record": "the receipt lacks the key record of {key}: its signature cannot be checked",
    "signature-false": "{part}: {detail}",
    # 4 identity
    "key-institution": "bound by {binder} at entry {index}: proved",
    "certificate-false": "the institution's certificate: {detail}",
    "key-root": "the log's root key, as the policy names it",
    "key-department": "bound at entry {index} by {via}, for {binder}: proved",
    "key-self-asserted": "self-asserted by the key holder",
    "key-self-asserted-bound-later": (
        "self-asserted by the key holder; bound by {binder} at entry {later}, after this record"
    ),
    "key-unbound": "no binding shown",
    "key-unbound-bound-later": "no binding; bound by {binder} at entry {later}, after this record",
    # 5 key status
    "revocation-not-shown": "no revocation shown in this receipt; absence is not proved",
    "not-revoked": "not revoked up to tree size {tree_size}: proved",
    "revoked-later": "revoked at entry {index}, after this record",
    "revoked-later-shown": (
        "revoked at entry {index} by {revoker}, after this record ({reason}); that there is no "
        "other revocation is not proved"
    ),
    "revoked-before": "revoked at entry {index}, before this record",
    "compromised-later": (
        "{revoker} says at entry {index} that the key was compromised since {since}; this record "
        "is older and stands"
    ),
    "compromised-later-shown": (
        "{revoker} says at entry {index} that the key was compromised since {since}; this record "
        "is older and stands; that there is no other revocation is not proved"
    ),
    "compromised-undecided": (
        "{revoker} says at entry {index} that the key was compromised since {since}; whether this "
        "record is older cannot be told from what is proved of its time"
    ),
    "compromised-before": (
        "void: {revoker} says at entry {index} that the key was compromised since {since}, and "
        "this record entered the log later"
    ),
    # 6 checkpoint
    "checkpoint-signed": "tree size {tree_size}, signed by {signers}",
    "checkpoint-false": "{part}: {detail}",
    "checkpoint-no-policy-key": (
        "{part}: no key that your policy names for tree size {tree_size} signed this state; if the "
        "operator has changed keys, fetch the newer policy and compare its digest"
    ),
    "checkpoint-fork": "two signed checkpoints of this log contradict each other",
    # 7 inclusion
    "included": "entry {index} of {tree_size}",
    "inclusion-false": "{part}: {detail}",
    # 8 witnesses
    "no-quorum-asked": "the policy asks for no witnesses",
    "quorum-met": "the policy's witnesses that cosigned: {count}; needed: {quorum}",
    "quorum-not-met": "the policy's witnesses that cosigned: only {count}; needed: {quorum}",
    "cosignature-false": "{detail}",
    # 9 anchor, once per anchor
    "root-on-chain": "the root at tree size {tree_size} lies in contract {contract} on {chain}",
    "root-on-dev-chain": (
        "the root at tree size {tree_size} lies in contract {contract} on {chain}, which is run by "
        "the operator of the log and proves nothing independently"
    ),
    "event-on-chain": (
        "contract {contract} on {chain} took the root at tree size {tree_size}; the code of the "
        "contract was not checked, because the proof is of its event and not of its storage"
    ),
    "event-on-dev-chain": (
        "contract {contract} on {chain} took the root at tree size {tree_size}; the code of the "
        "contract was not checked, and the chain is run by the operator of the log and proves "
        "nothing independently"
    ),
    "root-stated": (
        "trusted RPC: the operator of the log says that contract {contract} on {chain} holds the "
        "root at tree size {tree_size}; this chain gives no proof of it"
    ),
    "root-stated-dev-chain": (
        "trusted RPC: the operator of the log says that contract {contract} on {chain} holds the "
        "root at tree size {tree_size}; the chain is run by the operator as well"
    ),
    "chain-without-proofs": (
        "trusted RPC: the root at tree size {tree_size} is shown on {chain}, but your policy says "
        "that this chain gives no proofs"
    ),
    "chain-without-proofs-dev-chain": (
        "trusted RPC: the root at tree size {tree_size} is shown on {chain}, but your policy says "
        "that this chain gives no proofs, and that the operator of the log runs it"
    ),
    "anchor-false": "{detail}",
    "anchor-not-in-policy": "chain {chain_id}, contract {contract}: not in the policy",
    # 10 block, once per anchor; and the hashes given
    "block-vouched": "block {block_number} of {chain}, {block_hash}, {time}",
    "block-final": "block {block_number} of {chain}, {block_hash}, {time}: final there",
    "block-deep": (
        "block {block_number} of {chain}, {block_hash}, {time}; confirmations there: {depth}, "
        "where the policy asks for a depth because the chain has no finality of its own"
    ),
    "root-at-node": (
        "block {block_number} of {chain}, {block_hash}, {time}: final at the node you named, whose "
        "contract holds the root; trusted RPC, not proved"
    ),
    "root-differs": (
        "at the node you named the contract on {chain} holds {found} at tree size {tree_size}, not "
        "the root that is stated"
    ),
    "block-not-vouched": "look up block {block_number} of {chain}: its hash must be {block_hash}",
    "block-not-final": "block {block_number} of {chain}, {block_hash}: not final yet",
    "block-differs": "block {block_number} of {chain} is {found}, not {block_hash}",
    "block-unmatched": "the given block {block_hash} is none of this receipt's blocks",
    "rpc-away": "the node you named did not answer",
    "rpc-other-chain": "the node you named is on another chain ({chain_id}) than the policy's",
    # 11 not after
    "not-after": "{time}: block {block_number} of {chain}; {set_by}",
    "not-after-dev-chain": (
        "{time}: block {block_number} of {chain}; this chain is run by the operator of the log "
        "and proves nothing independently"
    ),
    "dev-chain": (
        "only shown on {chain}, which is run by the operator of the log and proves nothing "
        "independently"
    ),
    "not-anchored": "not yet written to any chain",
    "no-anchor-of-policy": "written to no chain that the policy knows",
    "trusted-rpc-only": "only stated by the operator of the log (trusted RPC), not proved",
    "no-block-given": "no block hash was given to compare with",
    "not-final": "the block is not final yet",
    "undecided": "the node you named did not answer",
    # 12 not before
    "not-before": "{time}: entered this log after block {block_number} of {chain}; {set_by}",
    "not-before-dev-chain": (
        "{time}: entered this log after block {block_number} of {chain}; this chain is run by the "
        "operator of the log and proves nothing independently"
    ),
    "no-beacon": "no beacon shown in this receipt",
    "beacon-other-chain": "the beacon is of chain {chain_id}, not of the policy's first",
    "not-before-no-header": "the header of the beacon's block {block_hash} is not shown",
    "not-before-not-vouched": "nobody vouches for the beacon's block {block_hash}",
    "beacon-false": "{detail}",
    "bracket-inverted": "the beacon's block is later than the evidence block",
    # 13 signed not before
    "signed-not-before": "{time}: the record names block {block_number} of {chain}; {set_by}",
    "no-own-block": "the record names no block",
    "signed-not-before-dev-chain": (
        "{time}: the record names block {block_number} of {chain}; this chain is run by the "
        "operator of the log and proves nothing independently"
    ),
    "signed-not-before-not-vouched": "the record names block {block_hash}; nobody vouches for it",
    "signed-not-before-no-header": "the record names block {block_hash}; its header is not shown",
    "own-block-other-chain": "the record names a block of chain {chain_id}: not in the policy",
    # 14 dataset
    "dataset-same": "the dataset digest is that of the record; files: {files}",
    "part-same": "part of the dataset in the record, {part}; files: {files}",
    "file-same": "the file is part of the dataset in the record",
    "range-same": "bytes {start} to {stop} of the file are those in the record; chunks: {chunks}",
    "range-differs": "differs from the record: chunk {chunk} of the file, from byte {start} on",
    "chunks-differ": "the chunk hashes have digest {found}, the record says {expected}",
    "no-chunks-digest": "the record signs no chunk hashes to compare with",
    "dataset-not-given": "no data were given to compare with",
    "nothing-compared": "no file was compared",
    "dataset-differs": "the data have digest {found}, the record says {expected}",
    "manifest-differs": "the manifest has digest {found}, the record says {expected}",
    "file-differs": "the file has digest {found}, its proof is for {expected}",
    "file-proof-false": "{detail}",
    "files-differ": (
        "differences: {count}; changed: {changed} [{first_changed}]; missing: {missing} "
        "[{first_missing}]; not in the manifest: {added} [{first_added}]; renamed: {renamed} "
        "[{first_renamed}]; copies: {duplicated} [{first_duplicated}]"
    ),
    "files-differ-more": "provenance diff RECEIPT FOLDER lists all of them",
    "counts-differ": "{unit}: the record claims {expected}, the data have {found}",
    "no-dataset-digest": "the record shows no dataset digest to compare with",
    "dataset-sealed": "sealed: the digests are known to the owner until he opens them",
    "opened-not-compared": (
        "sealed at entry {sealed}, opened at entry {opened}; no data were given to compare with"
    ),
    "opened-same": (
        "sealed at entry {sealed}, opened at entry {opened}, data equal; files: {files}"
    ),
    "opened-part-same": (
        "sealed at entry {sealed}, opened at entry {opened}; this part of the data, {part}, is "
        "equal; files: {files}"
    ),
    "sealed-file-same": (
        "sealed at entry {sealed}; its owner shows that the file was part of it, and no other file"
    ),
    "opening-false": "this does not open the record: {because}",
    "opening-not-logged": "the opening is not shown to be an entry of this log: {because}",
    "opening-unusable": "the receipt of the opening cannot be used: {because}",
    "opening-shows-no-digest": "the opening shows no dataset digest to compare with",
    # 15 disclosure
    "all-shown": "every claim of the record is shown",
    "not-shown": "claims not shown: {count}; kept back by their holder, or erased",
    # 16 assurance: of the deposit, and once per fixity record given
    "assurance-not-stated": "the depositor does not say who computed the digests",
    "assurance-declared": (
        "declared: {algorithm} digests taken from {source}, which identify nothing; files: {files}"
    ),
    "assurance-declared-only": (
        "declared: {algorithm} digests taken from elsewhere, which identify nothing; files: {files}"
    ),
    "assurance-imported": (
        "imported: the digests were taken from {source}, and the depositor hashed no file itself; "
        "files: {files}"
    ),
    "assurance-sampled": (
        "sampled: {rehashed} of {files} files re-hashed by the depositor; the other digests were "
        "taken from {source}"
    ),
    "assurance-rehashed": "re-hashed: the depositor hashed every file itself; files: {files}",
    "no-assurance": "a record of this type describes no dataset",
    "fixity-claimed": (
        "the key holder says: of record {record}, {checked} of {files} files re-hashed; failed: "
        "{failed}; missing: {missing}"
    ),
    "fixity-witnessed": (
        "witnessed: another key, {key}, re-hashed all files and found them as recorded; files: "
        "{files}"
    ),
    "fixity-witnessed-sample": (
        "witnessed: another key, {key}, re-hashed {checked} of {files} files and found them as "
        "recorded; with {bad} bad files anywhere, the chance to meet none of them was {missed}"
    ),
    "fixity-same-key": (
        "the depositor's own key re-hashed {checked} of {files} files and found them as recorded; "
        "only another key makes a deposit witnessed"
    ),
    "fixity-failed": (
        "key {key} re-hashed {checked} of {files} files; failed: {failed}; missing: {missing}"
    ),
    "fixity-of-another": "the fixity record speaks of {found}, this is {expected}",
    "fixity-not-logged": "the fixity record is not shown to be an entry of this log: {because}",
    "fixity-false": "the receipt of the fixity record is false: {because}",
    "fixity-unusable": "the receipt of a fixity record cannot be used: {because}",
    # any check that a refusal above left undone
    "not-reached": "not checked: an earlier check stopped here",
}

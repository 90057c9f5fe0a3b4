/** The frame, the small pieces that every page uses, and what is said when something is wrong. */
export default {
  "shell.name": "Provenance Ledger",
  "shell.skip": "Skip to the content",
  "shell.menu": "Pages",
  "shell.menu_deposit": "Deposit",
  "shell.menu_verify": "Verify",
  "shell.menu_find": "Look up",
  "shell.menu_ledger": "Ledger",
  "shell.menu_about": "About",
  "shell.creed":
    "Your data stay on this computer. Check everything; take nobody’s word, ours included.",
  "shell.theme": "Brightness",
  "shell.theme_system": "As the system",
  "shell.theme_light": "Light",
  "shell.theme_dark": "Dark",

  "shell.copy": "Copy {what}",
  "shell.copied": "Copied",
  "shell.not_copied": "The browser did not allow copying",
  "shell.cancel": "Cancel",
  "shell.details": "Details",
  "shell.stages": "Steps",
  "shell.pick_file": "Choose a file",
  "shell.pick_files": "Choose files",
  "shell.pick_folder": "Choose a folder",

  "shell.interval_after": "Entered the log no earlier than",
  "shell.interval_by": "Existed no later than",
  "shell.interval_open": "Not proved",
  "shell.interval_width": "The moment lies within {width}.",
  "shell.interval_width_stated": "If both hold, the moment lies within {width}.",
  "shell.interval_claimed": "The signer’s own clock said {time}. That is a claim and not proved.",

  "shell.level_unbound": "Holder not named",
  "shell.level_unbound_means": "The key record says nothing of who holds this key.",
  "shell.level_self_asserted": "Named by themselves only",
  "shell.level_self_asserted_means":
    "Whoever holds the key wrote this name or ORCID iD. Nobody else has confirmed it.",
  "shell.level_institution_bound": "Confirmed by {binder}",
  "shell.level_institution_bound_means":
    "An institution that the trust policy names has confirmed whose key this is.",
  "shell.level_institution_own": "The institution’s own key",
  "shell.level_institution_own_means": "The trust policy names this institution.",
  "shell.level_some_institution": "an institution",

  "shell.state_disputed": "In dispute",
  "shell.state_disputed_means": "Somebody contests this record, and it is not decided yet.",
  "shell.state_withdrawn": "Withdrawn",
  "shell.state_withdrawn_means":
    "Whoever signed this record no longer stands by it. It stays in the log.",
  "shell.state_corrected": "Corrected",
  "shell.state_corrected_means": "A later record corrects this one. Both stay in the log.",
  "shell.state_superseded": "Superseded",
  "shell.state_superseded_means": "Another record holds in the place of this one.",
  "shell.state_erased": "Erased",
  "shell.state_erased_means": "Personal data were erased here. All proofs go on working.",
  "shell.state_sealed": "Sealed",
  "shell.state_sealed_means": "Only the owner knows this fingerprint until it is opened.",
  "shell.state_waiting": "Waiting for the chain",
  "shell.state_waiting_means": "In the log, and not yet written to a chain.",
  "shell.state_prepared": "Being prepared",
  "shell.state_sent": "Sent to the chain",
  "shell.state_included": "In a block, not final yet",
  "shell.state_final": "Final on the chain",
  "shell.state_claimed": "Not answered yet",
  "shell.state_accepted": "Accepted",
  "shell.state_amended": "Accepted with changes",
  "shell.state_objected": "Objects",

  "shell.trust_checked": "Checked here",
  "shell.trust_checked_means":
    "Your browser has proved this against a trust policy that you have compared.",
  "shell.trust_stated": "As this server says; not checked",
  "shell.trust_stated_means": "The server states this. Your browser has not proved it.",
  "shell.trust_false": "Checked, and not true",
  "shell.trust_false_means": "Your browser has checked this, and it does not hold.",

  "shell.asking": "Asking …",
  "shell.not_had": "This could not be fetched:",
  "shell.language_away":
    "The page in Chinese cannot be fetched now: the network, or this server, cannot be reached.",
  "shell.away": "The network, or this server, cannot be reached now.",

  "shell.missing_title": "There is no such page",
  "shell.missing_text":
    "Nothing is at this address. Perhaps a part of it was lost when it was copied.",
  "shell.missing_home": "Go to the first page",
  "shell.missing_find": "Look up a deposit",

  "shell.failed_title": "This could not be shown",
  "shell.failed_false":
    "What the server sent does not hold, so your browser does not show it. Do not rely on this server now.",
  "shell.failed_code": "If you ask somebody about it, name this code: {code}",
  "shell.failed_again": "Try again",

  "shell.insecure_title": "Your browser does not let this page compute here",
  "shell.insecure_why":
    "This page came over plain HTTP, without encryption. Anybody on the way could have changed it, so browsers keep their cryptography from such pages. Fingerprints, signatures and checks are made in your browser and nowhere else: here they cannot be made at all.",
  "shell.insecure_https": "Open this page by an address that begins with https://.",
  "shell.insecure_cli": "Or use the command line on your own computer, which needs no browser:",
  "shell.insecure_looking": "Looking deposits up works here all the same.",
};

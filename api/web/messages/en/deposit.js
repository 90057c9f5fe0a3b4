/** Depositing: from files to a receipt. */
export default {
  "deposit.title": "Deposit data",
  "deposit.lead":
    "You get a receipt. It proves to anybody that these very data exist now, and it holds your signed statement of who worked on them.",
  "deposit.promise":
    "Your files never leave this computer. Your browser reads them here and sends only their fingerprint and what you enter below.",

  "deposit.step_files": "Files",
  "deposit.step_about": "Description",
  "deposit.step_people": "People",
  "deposit.step_seal": "Open or sealed",
  "deposit.step_key": "Your key",
  "deposit.step_review": "Review and sign",
  "deposit.step_receipt": "Receipt",
  "deposit.next": "Continue",
  "deposit.back": "Back",

  "deposit.pending_title": "A deposit was signed here but has no receipt yet",
  "deposit.pending_one": "“{title}”, signed {time}.",
  "deposit.pending_what":
    "Perhaps the window was closed, or the connection was lost. Send it again: it is the same record, so nothing is deposited twice, even if it had arrived.",
  "deposit.pending_send": "Send it now",

  "deposit.made_here": "Deposits made in this browser: {count}",

  "deposit.files_lead":
    "Choose the folder or the files that belong together. Best is one folder with everything in it: it becomes one dataset.",
  "deposit.drop": "Drop a folder or files here",
  "deposit.drop_hint": "Nothing is uploaded. Large folders take a while: about a minute for 10 GB.",
  "deposit.fingerprint_question": "What is a fingerprint?",
  "deposit.fingerprint_answer":
    "A row of 64 letters and digits, computed from every byte of your files. The same files always give the same fingerprint; change one letter in one file and it is a different one. It works in one direction only: from the fingerprint nobody can get back to your files.",
  "deposit.fingerprint_names":
    "File names and folders count too. Renaming a file changes the fingerprint; dates and access rights do not.",
  "deposit.hashing": "Reading your files on this computer",
  "deposit.hashing_so_far": "{files} of {all_files} files, {bytes} of {all_bytes}",
  "deposit.hashing_stopped": "Stopped. Nothing was kept.",
  "deposit.hashing_nothing": "There is no file in it.",
  "deposit.hashing_failed": "The files could not be read: {why}",
  "deposit.hashing_problems":
    "{count|One file cannot|Some files cannot} become part of a dataset as {count|it is|they are}:",
  "deposit.hashing_problems_more": "… and {count} more.",
  "deposit.problem_same_name":
    "another file here has the same name, apart from capital letters or the way accents are written",
  "deposit.problem_bad_name": "its name has characters that not every computer can keep",
  "deposit.problem_too_long": "its path is too long",
  "deposit.problem_changed": "it changed while it was being read",
  "deposit.problem_not_readable": "the browser could not read it",
  "deposit.all_empty":
    "Every one of these files is empty. The fingerprint of nothing would be evidence of nothing.",
  "deposit.hashed": "Done: the fingerprint of {files} {files|file|files} is computed.",
  "deposit.found_files": "Files",
  "deposit.files_and_bytes": "{files} {files|file|files}, {bytes}",
  "deposit.fingerprint": "Fingerprint",
  "deposit.keep_unchanged":
    "Keep exactly these files, unchanged. The receipt proves nothing about a copy that was edited later.",
  "deposit.made_by_computer":
    "{names}: your computer makes and rewrites such files by itself, and then a later check calls the data changed. Better delete them, and choose the folder once more.",
  "deposit.links_left_out":
    "Browsers leave links to other files out without a word. If the count is not the one you expect, use the command line.",

  "deposit.not_stated": "Not stated",
  "deposit.optional": "optional",
  "deposit.title_label": "Title",
  "deposit.title_hint": "As you would cite the dataset. Everybody can read it, unless you seal it.",
  "deposit.title_needed": "Please give the dataset a title.",
  "deposit.version_label": "Version",
  "deposit.version_hint": "For example 1.0 or 2026-03.",
  "deposit.license_label": "Licence",
  "deposit.license_hint": "What others may do with the data, once they have them.",
  "deposit.license_other": "Another licence …",
  "deposit.license_other_label": "SPDX expression of the licence",
  "deposit.license_other_hint": "The short name from spdx.org/licenses, for example MPL-2.0.",
  "deposit.license_unknown": "The SPDX list has no such licence.",
  "deposit.access_label": "Who can get the data",
  "deposit.access_open": "Open: everybody",
  "deposit.access_embargoed": "Embargoed: everybody, but not yet",
  "deposit.access_restricted": "Restricted: on request",
  "deposit.access_closed": "Closed: nobody outside",
  "deposit.doi_label": "DOI of the dataset",
  "deposit.doi_hint": "If it has one already, for example 10.5281/zenodo.1234567.",
  "deposit.doi_wrong": "A DOI begins with 10. and has a slash, as in 10.5281/zenodo.1234567.",
  "deposit.too_long": "At most {most} characters, please.",
  "deposit.strange_characters":
    "There is an invisible or control character in this text. Please type it again instead of pasting it.",

  "deposit.related_question": "It is a new version of, or made from, an earlier deposit",
  "deposit.related_label": "Record ID of the earlier deposit",
  "deposit.related_hint": "64 letters and digits, shown on its receipt.",
  "deposit.related_wrong": "A record ID has exactly 64 characters, 0 to 9 and a to f.",
  "deposit.related_missing": "This ledger has no record with that ID.",
  "deposit.related_found": "This server says it is: “{title}”",
  "deposit.related_not_asked": "The ledger could not be asked about it: {why}",
  "deposit.relation_label": "How the two belong together",
  "deposit.relation_wasRevisionOf": "This is a new version of it",
  "deposit.relation_wasDerivedFrom": "This was made from it",
  "deposit.relation_hadPrimarySource": "It is the primary source of this",
  "deposit.relation_wasQuotedFrom": "This repeats a part of it",
  "deposit.relation_specializationOf": "This is a more specific form of it",
  "deposit.relation_alternateOf": "Both are forms of the same data",
  "deposit.finder_label": "Do not know the ID? Look the deposit up",
  "deposit.finder_hint": "By the ORCID iD of somebody who worked on it, or by its DOI.",
  "deposit.finder_ask": "Look up",
  "deposit.finder_nothing": "Nothing was found.",
  "deposit.finder_failed": "The look-up did not work: {why}",
  "deposit.finder_said": "As this server says; choose one:",
  "deposit.untitled": "untitled",

  "deposit.people": "People",
  "deposit.people_lead":
    "Who worked on these data, and who did what? The record says exactly what you enter here, and you sign it.",
  "deposit.people_consent":
    "Names become public. Ask people before you name them; later each of them can accept, correct or object to what you say here.",
  "deposit.people_none": "nobody is named",
  "deposit.people_nobody": "Nobody is named, so nobody gets credit. Continue all the same?",
  "deposit.person": "Person {number}",
  "deposit.person_add": "Add a person",
  "deposit.person_remove": "Remove person {number}",
  "deposit.person_removed": "The person was removed.",
  "deposit.name_label": "Name",
  "deposit.name_needed": "Please enter the name.",
  "deposit.orcid_label": "ORCID iD",
  "deposit.orcid_hint":
    "The researcher’s own number from orcid.org: 16 digits. It keeps apart people of the same name.",
  "deposit.orcid_fine": "✓ A well-formed ORCID iD: its check digit is right.",
  "deposit.orcid_wrong":
    "This is not an ORCID iD: a digit is wrong or missing. Example: 0000-0002-1825-0097",
  "deposit.ror_label": "Institution (ROR)",
  "deposit.ror_hint": "The institution’s number from ror.org, for example 05gq02987.",
  "deposit.ror_fine": "✓ A well-formed ROR number: its check digits are right.",
  "deposit.ror_wrong":
    "This is not a ROR number: a letter or digit is wrong or missing. Example: 05gq02987",
  "deposit.roles": "What this person did",
  "deposit.roles_hint":
    "The fourteen CRediT roles that journals use. Tick all that apply; none is fine too.",
  "deposit.roles_none": "roles not stated",
  "deposit.list_comma": ", ",
  "deposit.colon": ": ",

  "deposit.seal_lead":
    "The ledger sees the fingerprint of your data before anybody else does. For most data that does no harm: nobody can get from a fingerprint to the files.",
  "deposit.seal_question": "Should the fingerprint be public?",
  "deposit.choose_open": "Open (usual)",
  "deposit.choose_open_hint":
    "Everybody sees the fingerprint. Whoever has all of the same files can find out that you deposited them, and when.",
  "deposit.choose_sealed": "Sealed",
  "deposit.choose_sealed_hint":
    "Nobody sees the fingerprint, not even the ledger, until you open the seal. Like a closed envelope with a date on it: for data whose content could be guessed, or that nobody may know of yet.",
  "deposit.sealed_keep":
    "What opens the seal is a small file that you get with your receipt. Lose it, and nothing can ever be opened: the deposit is then worthless. Only your key can open it.",
  "deposit.sealed_also": "Hide inside the seal as well:",
  "deposit.sealed_title": "the title",
  "deposit.sealed_files": "the number of files",
  "deposit.sealed_bytes": "the number of bytes",
  "deposit.sealed_mark": "sealed",

  "deposit.key_lead":
    "Your signature shows that this comes from you. You sign with a key: a secret number that only you have. It is made on this computer and is never sent anywhere.",
  "deposit.key_wait": "Looking for keys in this browser …",
  "deposit.key_question": "Which key do you want to sign with?",
  "deposit.key_kept": "A key of this browser",
  "deposit.key_kept_hint": "You have used it here before.",
  "deposit.key_new": "Make a new key",
  "deposit.key_new_hint": "If you have none yet.",
  "deposit.key_file": "Open a key file",
  "deposit.key_file_hint":
    "If you saved a key on another computer, or made one with the command line (provenance key export).",
  "deposit.key_unnamed": "without a name",
  "deposit.key_known": "This ledger knows it as the key of: ",
  "deposit.key_use": "Sign with this key",
  "deposit.holder_lead":
    "Whose key is it? These details go into the ledger with your key, as your own statement. An institution can confirm them later.",
  "deposit.passphrase_new": "Choose a passphrase",
  "deposit.passphrase_label": "Passphrase",
  "deposit.passphrase_hint":
    "It locks the key’s file. Several words that only you would put together are good, and easy to remember.",
  "deposit.passphrase_short": "At least {least} characters, please.",
  "deposit.passphrase_wrong":
    "The file does not open: either the passphrase is wrong, or the file was changed.",
  "deposit.key_lost":
    "Nobody can restore a lost key or passphrase, not even we: there is no “forgot my password”. What you signed stays valid, but you can no longer sign in the same name, nor open what you sealed.",
  "deposit.key_make": "Make the key",
  "deposit.key_making": "Making and locking the key: a second or two …",
  "deposit.key_failed": "The key could not be made: {why}",
  "deposit.key_made":
    "Your key is made. Save its file now, in a place that you will find again in some years: your institute’s drive, a USB stick, a password manager.",
  "deposit.key_save": "Save the key file",
  "deposit.key_show":
    "Now show that you really have it: choose the file you have just saved, and type the passphrase once more. Only then can the key sign.",
  "deposit.key_file_label": "Key file",
  "deposit.key_file_needed": "Please choose the file.",
  "deposit.key_other_file": "This is not the file that was just made for you.",
  "deposit.key_open": "Open the key",
  "deposit.key_stays":
    "Once open, the key stays in this browser and signs without a passphrase. On a shared computer, clear this site’s data afterwards.",
  "deposit.key_opening": "Opening the key: a second or two …",
  "deposit.key_unreadable": "This is not a key file that can be read: {why}",
  "deposit.key_not_kept":
    "This browser keeps nothing (a private window?). The key works now; next time open its file again.",

  "deposit.review_lead":
    "This is what you are about to sign. Please read it as you would read a letter before signing it.",
  "deposit.review_log": "For the log",
  "deposit.review_exact": "The same, letter by letter, as it will be signed",
  "deposit.review_exact_hint":
    "Title, version and people go in behind fingerprints of their own, so that they can be erased later without breaking a proof. What is sealed goes in behind its seal.",
  "deposit.review_final_title": "What is signed stays",
  "deposit.review_final":
    "Nobody can remove a record from the ledger, not even you. Names and titles can be made unreadable on request; a mistake is corrected by a later record.",
  "deposit.signed_by": "Signed by",
  "deposit.sign": "Sign and deposit",
  "deposit.send_again": "Send it again",
  "deposit.signing": "Signing …",
  "deposit.sign_failed": "It could not be signed",
  "deposit.sending": "Sending the record; the files stay here …",
  "deposit.refused": "The ledger did not accept the record",
  "deposit.refused_what":
    "Nothing was deposited. The signed record can be saved, to be looked at or sent another time.",
  "deposit.not_sent": "It is signed and kept, but could not be sent",
  "deposit.not_sent_what":
    "It may have arrived or not. Press the button once more, or come back to this page later: exactly the same record is sent again, never a second one. You can also save it and send it by command line: provenance deposit --resume FILE --ledger URL",
  "deposit.save_records": "Save the signed record",

  "deposit.receipt_kind": "Receipt of a deposit",
  "deposit.receipt_entry": "Entry",
  "deposit.receipt_log": "of the log",
  "deposit.receipt_id": "Record ID",
  "deposit.receipt_key": "Signed with key",
  "deposit.receipt_signed": "Signed",
  "deposit.receipt_own_clock": "by your own clock, which proves nothing",
  "deposit.receipt_link": "The page of this deposit",
  "deposit.receipt_false": "The server’s answer is not true",
  "deposit.receipt_false_what":
    "Do not rely on this deposit. Save the files below and show them to somebody who knows the ledger.",
  "deposit.not_checked": "The receipt could not be checked yet",
  "deposit.judged_by_own":
    "Checked in this browser, against the trust policy that you have compared and kept.",
  "deposit.judged_by_server":
    "Checked in this browser, but against the trust policy that this very server gives. On the page “Verify” you can compare that policy and keep it.",
  "deposit.status_waiting_title": "Deposited. The proof of time is on its way",
  "deposit.status_waiting":
    "Your record is an entry of the log; the receipt already shows that. Within some minutes the log is written to a blockchain, and the receipt then leads to a block that dates it. This page fetches it by itself; you may also close it, and fetch the receipt later.",
  "deposit.status_complete_title": "The receipt is complete",
  "deposit.status_complete":
    "It leads from your record to a block on the chain. Whoever looks that block up has proof that the record existed no later than the block’s time. Save the receipt once more: this is the one to keep.",
  "deposit.status_dev":
    "Attention: this ledger uses a development chain. Whoever runs it can make it say anything; the time is for trying out only.",
  "deposit.status_verify": "Check it step by step",
  "deposit.keep_title": "Keep these files",
  "deposit.keep_lead":
    "Once the receipt is complete (save it again then), anybody can check the deposit with these files, your data and one look at the blockchain, even when this ledger is long gone.",
  "deposit.save_receipt": "Save the receipt",
  "deposit.keep_receipt": "The evidence itself. You may give it to anybody.",
  "deposit.save_secret": "Save what opens the seal",
  "deposit.keep_secret":
    "Secret! Without it nothing can ever be opened. Do not give it away; keep it as you keep your key.",
  "deposit.save_manifest": "Save the list of files",
  "deposit.keep_manifest":
    "Every file with its own fingerprint. With it one file can be checked alone, and changes are shown by name.",
  "deposit.keep_salted_manifest":
    "Secret as well! It names every file, and is needed to open a single one of them.",
  "deposit.save_policy": "Save the trust policy",
  "deposit.keep_policy":
    "Names the ledger and its keys; the receipt is checked against it. Compare it once with one that you have from elsewhere.",
  "deposit.save_pdf": "Save as PDF",
  "deposit.keep_pdf":
    "To print or to send: made by this server, for people to read. It proves nothing by itself.",
  "deposit.pdf_failed": "The PDF could not be fetched: {why}",
  "deposit.not_kept":
    "This browser keeps nothing (a private window?). Save these files before you close the page.",
  "deposit.invite_title": "Ask the people named for their answer",
  "deposit.invite_lead":
    "The ledger sends no mail: send each person their own link. It leads to a page where they accept, correct or object. Whoever has a link can read the name in it, even if the ledger does not show it, or no longer does.",
  "deposit.invite_link": "Link for {name}",
  "deposit.another": "Deposit something else",
};

/** Answering an invitation. */
export default {
  "respond.title": "Answer a claim about you",
  "respond.lead":
    "Somebody has named you in a record. Say whether that is so: until you do, it is shown as a claim and never as agreed.",
  "respond.link": "The link that you were sent",
  "respond.link_hint":
    "All of it, with what stands behind the #. That part is not sent to the server.",
  "respond.link_cut": "This link is not whole. Perhaps a part of it was lost: copy all of it.",
  "respond.link_other":
    "This link shows nobody whom the record names. Perhaps its end was lost: copy all of it.",
  "respond.open": "Open",
  "respond.claim_of": "The claim stands in entry {index}.",
  "respond.claimed_of_you": "What is claimed of you",
  "respond.roles_claimed": "Roles",
  "respond.says_so": "Who says so",
  "respond.not_shown":
    "The record does not show the name publicly, and this link does not either. Ask whoever sent it which claim it is.",
  "respond.question": "Is it so?",
  "respond.your_answer": "Your answer",
  "respond.accept": "Yes, that is so",
  "respond.accept_means": "You contributed, in just these roles.",
  "respond.amend": "Yes, but in other roles",
  "respond.amend_means": "You contributed; you say yourself in which roles.",
  "respond.object": "No",
  "respond.object_means":
    "You did not contribute to these data, or do not want to be named with them.",
  "respond.roles": "Your roles",
  "respond.answer_needed": "Please choose one of the three answers first.",
  "respond.roles_needed": "Choose at least one role, or answer “No”.",
  "respond.reason": "Reason",
  "respond.reason_object": "Why not?",
  "respond.optional": "optional",
  "respond.public":
    "Your answer, your name and a reason that you give become public. Personal data can be erased later; the proof of your answer stays.",
  "respond.next": "Continue",
  "respond.back": "Back",
  "respond.key": "Your key",
  "respond.key_lead":
    "Your answer is signed, so that everybody can tell which key it came from. It counts for you if the key has your ORCID iD or exactly your name; a key that an institution has confirmed goes before one that only names itself.",
  "respond.review": "Review and sign",
  "respond.as": "As",
  "respond.other_person":
    "The key has another name or ORCID iD than the record. Your answer will be shown, but it will not count for the person named.",
  "respond.stays":
    "What you sign stays in the log. You can answer anew later; the newest answer counts.",
  "respond.sign": "Sign and send",
  "respond.sending": "Signing and sending …",
  "respond.not_sent":
    "It was signed, but it did not get through. Try again: the same bytes are sent.",
  "respond.refused": "The ledger refused it.",
  "respond.receipt_false": "The server’s receipt for your answer does not hold.",
  "respond.done": "Your answer is in the log",
  "respond.done_means": "The receipt proves it. Keep it.",
  "respond.answers": "Answers",
  "respond.see_record": "See the record",
  "respond.change_later":
    "If you change your mind, open the link again: the newest answer of your key counts, and all of them stay visible.",
};

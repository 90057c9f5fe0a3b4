"""The page words a verdict as the command line prints it, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from in_node import ask
from published import own_cases
from test_verifier_in_node import question_of

from provenance.cli import language
from provenance.cli.verdict_text import print_verdict
from provenance.messages import translator
from provenance.policy import Policy
from provenance.verdict import Outcome
from provenance.verify import verify_receipt
from provenance.wordings import WORDINGS

if TYPE_CHECKING:
    from provenance.verdict import Verdict

WORDS = "core/wordings.js"
LANGUAGES = {"en": "en", "zh": "zh_Hans"}


def verdicts() -> list[Verdict]:
    """Return the verdict of every published receipt, without what lies beside it."""
    found = []
    for parameter in own_cases("receipts"):
        question = question_of(parameter.values[0])
        found.append(
            verify_receipt(
                question.receipt,
                Policy.parse(question.policy),
                now_unix=question.now_unix,
                blocks=question.blocks,
                rpc=question.rpc,
                data=question.data,
                key_status=question.key_status,
                require=question.require,
                allow_dev_chain=question.allow_dev_chain,
            )
        )
    return found


@pytest.mark.parametrize("tag", LANGUAGES)
def test_verdicts_are_worded_as_the_command_line_does(
    tag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(language, "_settled", LANGUAGES[tag])
    made = verdicts()

    answers = ask([(WORDS, "verdictLines", [one.to_json(), tag]) for one in made])

    for verdict, lines in zip(made, answers, strict=True):
        print_verdict(verdict, zone="UTC")
        assert lines == capsys.readouterr().out.removesuffix("\n").split("\n")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_sentence_is_there_and_keeps_its_facts(tag: str) -> None:
    translate = translator(LANGUAGES[tag])

    (words,) = ask([(WORDS, "wordsOf", [tag])])

    assert words["wordings"] == {code: translate(text) for code, text in WORDINGS.items()}
    assert words["outcomes"].keys() == {one.value for one in Outcome}
    if tag == "zh":
        (english,) = ask([(WORDS, "wordsOf", ["en"])])
        same = {
            f"{group}.{code}"
            for group, texts in words.items()
            for code, text in texts.items()
            if text == english[group][code] and text not in {"{detail}", "{part}: {detail}"}
        }
        assert same <= {"around.said", "around.subject"}

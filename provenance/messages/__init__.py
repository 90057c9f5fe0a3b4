"""What a person reads, in English and Simplified Chinese.

English sentences are the keys (gettext's way): code that never meets a catalogue, the offline
verifier above all, still speaks English. Machine output never goes through here.
"""

from provenance.messages.catalogue import LANGUAGES, Translate, choose_language, speak, translator

__all__ = ["LANGUAGES", "Translate", "choose_language", "speak", "translator"]

"""The verifier as one file that needs Python's standard library and nothing else.

build.verifier()   our own pure files, ``keys`` in place of ``provenance.keys``, ``program``
                   and the Chinese of every sentence, as the text of ``verify.py``
"""

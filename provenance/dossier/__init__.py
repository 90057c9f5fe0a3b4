"""A dossier as one file: the records, their proofs, the report and the verifier, in a zip.

compile.py   a case, policy and manifests -> every file of the dossier
archive.py   files -> a zip that is the same every time
"""

"""Reads datasets that lie elsewhere, and hashes with more than one machine; the client only.

    URL -> location (S3, HTTP, SFTP, fsspec) -> listed files -> ranges, many at a time -> blocks
    folder or URL -> batches -> a dask cluster -> blocks

The blocks are those of ``files.walk``, so the manifest is the same byte for byte. A service never
fetches a URL that somebody names.
"""

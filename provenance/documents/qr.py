"""A QR code (ISO/IEC 18004) as SVG, of error correction level M with a quiet zone of 4."""

from __future__ import annotations

import io

from provenance.documents.fonts import module_of

__all__ = ["qr_svg"]


def qr_svg(content: str) -> bytes:
    """Return the picture; the same content always makes the same bytes."""
    code = module_of("segno").make_qr(content, error="m", boost_error=False)
    stream = io.BytesIO()
    code.save(stream, kind="svg", border=4, scale=4, xmldecl=False, nl=False)
    return stream.getvalue()

"""A ``Document`` as one HTML file: no script, no address, nothing that a page would fetch."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Final

from provenance.document import (
    Document,
    Fields,
    Heading,
    Items,
    Mono,
    NewPage,
    Paragraph,
    Picture,
    QrCode,
    Table,
)
from provenance.documents.qr import qr_svg

if TYPE_CHECKING:
    from provenance.document import Block, Cell
    from provenance.documents.pages import Attachment

__all__ = ["to_html"]

_STYLE: Final = """
body{font:15px/1.55 "Noto Sans SC","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
max-width:62em;margin:2em auto;padding:0 1em;color:#1a1a1a}
h1{text-align:center}table{border-collapse:collapse;width:100%;margin:.8em 0}
th,td{border:1px solid #bbb;padding:.35em .5em;text-align:left;vertical-align:top}
th{background:#eee}table.fields th{width:28%;font-weight:normal;background:none;color:#555}
code{font-family:"DejaVu Sans Mono",monospace;font-size:.82em;overflow-wrap:anywhere}
.strong{border:2px solid #a03020;padding:.6em}figure{margin:1em 0}img{max-width:100%}
.qr img{width:11em}footer{color:#666;font-size:.85em;border-top:1px solid #bbb;margin-top:2em}
"""


def to_html(document: Document, attachment: Attachment | None = None) -> bytes:
    """Return the page; ``attachment`` is kept in it, to be saved from a link."""
    parts = [
        '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n',
        '<meta http-equiv="Content-Security-Policy" ',
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n",
        f"<title>{escape(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n",
        f"<h1>{_lines(document.title)}</h1>\n",
        *(_block(one) for one in document.blocks),
    ]
    if attachment is not None:
        address = _data_address(attachment.media_type, attachment.content)
        name = escape(attachment.name)
        parts.append(f'<p><a download="{name}" href="{address}">{name}</a></p>\n')
    parts.append(f"<footer>{_lines(document.footer)}</footer>\n</body>\n</html>\n")
    return "".join(parts).encode()


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _cell(cell: Cell) -> str:
    return f"<code>{escape(cell)}</code>" if isinstance(cell, Mono) else _lines(cell)


def _block(block: Block) -> str:  # noqa: PLR0911 -- one a kind
    match block:
        case Heading(level, text):
            return f"<h{level + 1}>{_lines(text)}</h{level + 1}>\n"
        case Paragraph(text, strong):
            mark = ' class="strong"' if strong else ""
            return f"<p{mark}>{_lines(text)}</p>\n"
        case Items(texts):
            return "<ul>" + "".join(f"<li>{_lines(one)}</li>" for one in texts) + "</ul>\n"
        case Fields(rows):
            cells = (f"<tr><th>{_lines(name)}</th><td>{_cell(one)}</td></tr>" for name, one in rows)
            return f'<table class="fields">{"".join(cells)}</table>\n'
        case Table(head, table_rows, _):
            heads = "".join(f"<th>{_lines(one)}</th>" for one in head)
            body = (f"<td>{'</td><td>'.join(map(_cell, row))}</td>" for row in table_rows)
            return f"<table><tr>{heads}</tr><tr>{'</tr><tr>'.join(body)}</tr></table>\n"
        case Picture(svg, caption):
            return _figure(svg, caption, "picture")
        case QrCode(content, caption):
            return _figure(qr_svg(content), caption, "qr")
        case NewPage():
            return "<hr>\n"


def _figure(svg: bytes, caption: str, kind: str) -> str:
    image = f'<img alt="{escape(caption)}" src="{_data_address("image/svg+xml", svg)}">'
    return f'<figure class="{kind}">{image}<figcaption>{_lines(caption)}</figcaption></figure>\n'


def _data_address(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"

"""Documents as files: pages by Typst with the fonts bundled, HTML, and the SVG that goes into both.

fonts.py    which characters can be printed; what becomes ``[U+XXXX]``
pages.py    a ``Document`` -> PDF/A-3b with files inside it
html.py     a ``Document`` -> one HTML file
"""

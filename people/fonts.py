"""The fonts of all papers, embedded in each PDF, and how wide a line is in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "Be Vietnam Pro", "Be Vietnam Pro Bold"
_FONTS = Path(__file__).resolve().parent.parent / "assets" / "fonts"


@cache
def register_fonts() -> None:
    """Once in a process: parsing a font takes longer than drawing a certificate."""
    pdfmetrics.registerFont(TTFont(REGULAR, _FONTS / "BeVietnamPro-Regular.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, _FONTS / "BeVietnamPro-Bold.ttf"))


TINOS = {"Tinos": "Regular", "Tinos-Bold": "Bold", "Tinos-Italic": "Italic", "Tinos-BoldItalic": "BoldItalic"}


@cache
def register_office_fonts() -> None:
    """The four faces of the offices' papers, a free font with the measures of the one Nghị định 30/2020/NĐ-CP asks for."""
    for name, face in TINOS.items():
        pdfmetrics.registerFont(TTFont(name, _FONTS / f"Tinos-{face}.ttf"))
    normal, bold, italic, both = TINOS
    pdfmetrics.registerFontFamily("Tinos", normal=normal, bold=bold, italic=italic, boldItalic=both)


def measure(text: str, font: str, size: float) -> float:
    register_fonts()
    return float(pdfmetrics.stringWidth(text, font, size))


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """`text` in lines not wider than `width`, broken at spaces; a single word that is too long is broken anywhere."""
    lines = [""]
    for word in text.split():
        tried = f"{lines[-1]} {word}".strip()
        if measure(tried, font, size) <= width:
            lines[-1] = tried
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if lines[-1] and measure(lines[-1] + character, font, size) > width:
                lines.append("")
            lines[-1] += character
    return lines

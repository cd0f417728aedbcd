"""What the papers of the city's offices share (Nghị định 30/2020/NĐ-CP): how text is said, the line under a heading, how
tables are ruled. Pure."""

from __future__ import annotations

from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, TableStyle


def say(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text).replace("  ", "&nbsp; "), style)


class Rule(Flowable):  # type: ignore[misc]
    """A solid line in the middle of its column."""

    def __init__(self, length: float) -> None:
        super().__init__()
        self.length = length

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.room = width
        return width, 4

    def draw(self) -> None:
        self.canv.setLineWidth(0.7)
        self.canv.line((self.room - self.length) / 2, 2, (self.room + self.length) / 2, 2)


# A table names its own font even when its cells bring theirs; without this the file would ask for Helvetica.
BARE = TableStyle(
    [
        ("FONTNAME", (0, 0), (-1, -1), "Tinos"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ]
)
RULED = TableStyle(
    [
        ("FONTNAME", (0, 0), (-1, -1), "Tinos"),
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)

"""A certificate as PDF. The same facts give the same bytes, so that a document lost can be made again."""

from __future__ import annotations

import io

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from certificates import paper
from people.fonts import register_fonts
from people.text import nfc

_POINTS = 72 / 96  # a unit of the layout in PDF points


def draw(facts: paper.Facts) -> bytes:
    """One page, A4 landscape, fonts embedded."""
    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=landscape(A4), invariant=1, pageCompression=1, lang="vi")
    canvas.setTitle(f"{nfc(facts.title)} – {nfc(facts.full_name)}")
    canvas.setAuthor(nfc(facts.issuer))
    canvas.setSubject(nfc(facts.course_title))
    canvas.setKeywords(facts.code)
    canvas.setCreator("Học AI")
    for mark in paper.lay_out(facts):
        _draw(canvas, mark)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, mark: paper.Mark) -> None:
    match mark:
        case paper.Shape():
            _path(canvas, mark.fill, mark.steps)
        case paper.Tile():
            x, y = mark.x, mark.y
            _path(canvas, paper.LEAF, ((x, y), (x + mark.width, y), (x + mark.width, y + mark.height), (x, y + mark.height)))
            for petal in paper.PETALS:
                _path(canvas, paper.MANGO, tuple(_on_tile(mark, step) for step in petal))
        case paper.Modules():
            canvas.setFillColor(HexColor(paper.INK))
            for x, y, width in mark.runs:
                canvas.rect(x * _POINTS, _up(y + mark.side), width * _POINTS, mark.side * _POINTS, stroke=0, fill=1)
        case paper.Text():
            canvas.setFillColor(HexColor(mark.fill))
            canvas.setFont(mark.font, mark.size * _POINTS)
            write = canvas.drawCentredString if mark.centred else canvas.drawString
            write(mark.x * _POINTS, _up(mark.y), mark.text)


def _on_tile(tile: paper.Tile, step: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(
        tile.x + value * tile.width / 24 if spot % 2 == 0 else tile.y + value * tile.height / 24
        for spot, value in enumerate(step)
    )


def _up(y: float) -> float:
    return (paper.HEIGHT - y) * _POINTS


def _path(canvas: Canvas, fill: str, steps: tuple[tuple[float, ...], ...]) -> None:
    path = canvas.beginPath()
    for number, step in enumerate(steps):
        points = [value * _POINTS if spot % 2 == 0 else _up(value) for spot, value in enumerate(step)]
        (path.moveTo if number == 0 else path.lineTo if len(points) == 2 else path.curveTo)(*points)
    path.close()
    canvas.setFillColor(HexColor(fill))
    canvas.drawPath(path, stroke=0, fill=1)

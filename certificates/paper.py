"""What is drawn where on a certificate: A4 landscape, 1123 x 794 units of 1/96 inch, y downwards.

One layout for the PDF and for the picture on the page, so that both show the same paper.
Lines are measured with the fonts of the PDF and made smaller or broken until they fit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import segno
from django.utils import translation
from django.utils.translation import gettext as _

from people.fonts import BOLD, REGULAR, measure, wrap
from people.text import nfc

WIDTH, HEIGHT = 1123, 794
INK, INK_2, LEAF, LEAF_SOFT = "#16302b", "#4a5d57", "#0c6154", "#dcefe8"
MANGO, MANGO_SOFT, GROUND, WHITE = "#f4b63f", "#fdf0cd", "#fffdf7", "#ffffff"

_LEADING = 1.26  # stacked Vietnamese accents need it
_QUIET = 4  # modules of white around a QR code (ISO/IEC 18004)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a certificate says. `issued_on` and `completed_on` are days in Ho Chi Minh City; `minutes` 0 is left out."""

    full_name: str
    course_title: str
    tier: str
    minutes: int
    score: Decimal | None
    issued_on: dt.date
    completed_on: dt.date
    title: str
    issuer: str
    statement: str
    notice: str
    signatory_name: str
    signatory_title: str
    code: str  # as shown, in groups
    url: str  # where the code is verified


@dataclass(frozen=True)
class Shape:
    """A filled path. Steps are (x, y) pairs: one pair moves or draws a line, three draw a curve."""

    fill: str
    steps: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Tile:
    """A cement tile of the border: four petals on a square, its upper left corner at x, y."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Modules:
    """The dark squares of a QR code as (x, y, width) runs, each `side` high."""

    side: float
    runs: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Text:
    """A line of text with its baseline at y; `centred` on x, or beginning there."""

    x: float
    y: float
    size: float
    font: str
    fill: str
    text: str
    centred: bool = True

    @property
    def width(self) -> float:
        return measure(self.text, self.font, self.size)


Mark = Shape | Tile | Modules | Text

# The petals of a tile of 24 units, clockwise from the upper left.
PETALS: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((12, 12), (12, 5, 7, 0, 0, 0), (0, 7, 5, 12, 12, 12)),
    ((12, 12), (19, 12, 24, 7, 24, 0), (17, 0, 12, 5, 12, 12)),
    ((12, 12), (12, 19, 17, 24, 24, 24), (24, 17, 19, 12, 12, 12)),
    ((12, 12), (5, 12, 0, 17, 0, 24), (7, 24, 12, 19, 12, 12)),
)


def balance(text: str, font: str, size: float, width: float) -> list[str]:
    """As `wrap`, with lines of nearly the same width, so that no single word is left over."""
    count = len(wrap(text, font, size, width))
    if count == 1:
        return [text]
    narrow, wide = width / 2, width
    while wide - narrow > 2:
        middle = (narrow + wide) / 2
        if len(wrap(text, font, size, middle)) > count:
            narrow = middle
        else:
            wide = middle
    return wrap(text, font, size, wide)


def fit(text: str, font: str, width: float, choices: tuple[tuple[float, int], ...]) -> tuple[float, list[str]]:
    """The first (size, number of lines) of `choices` in which `text` fits; past the last one it shrinks further."""
    for size, most in choices:
        lines = balance(text, font, size, width)
        if len(lines) <= most:
            return size, lines
    size, most = choices[-1]
    while len(lines) > most and size > 4:
        size *= 0.92
        lines = balance(text, font, size, width)
    return size, lines


def spoken_date(day: dt.date) -> str:
    """Nghị định 30/2020/NĐ-CP, Phụ lục I: a leading zero for days under 10 and for months 1 and 2 only."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return _("Thành phố Hồ Chí Minh, ngày %(day)s tháng %(month)s năm %(year)s") % {
        "day": f"{day.day:02}",
        "month": month,
        "year": day.year,
    }


def lay_out(facts: Facts) -> list[Mark]:
    """Everything on the paper, back to front. A Vietnamese document whatever the reader's language is."""
    with translation.override("vi"):
        return [*_ground(), *_emblem(), *_middle(facts), *_left(facts), *_right(facts), *_notice(facts)]


def _rect(x: float, y: float, width: float, height: float, fill: str) -> Shape:
    return Shape(fill, ((x, y), (x + width, y), (x + width, y + height), (x, y + height)))


def _ground() -> Iterator[Mark]:
    yield _rect(0, 0, WIDTH, HEIGHT, GROUND)
    left, top, right, bottom, columns, rows = 20, 20, WIDTH - 20, HEIGHT - 20, 44, 31
    width, height = (right - left) / columns, (bottom - top) / rows
    for row in range(rows):
        for column in range(columns) if row in {0, rows - 1} else (0, columns - 1):
            yield Tile(left + column * width, top + row * height, width, height)
    radius, bend = 140, 140 * 0.5523
    x, y = WIDTH - 64, 64
    yield Shape(MANGO_SOFT, ((x - radius, y), (x, y), (x, y + radius),
                             (x - bend, y + radius, x - radius, y + bend, x - radius, y)))  # fmt: skip
    x, y = 64, HEIGHT - 64
    yield Shape(LEAF_SOFT, ((x, y - radius), (x, y), (x + radius, y),
                            (x + radius, y - bend, x + bend, y - radius, x, y - radius)))  # fmt: skip


def _emblem() -> Iterator[Mark]:
    """The platform's own mark, no coat of arms: the petals of one tile."""
    x, y, side, corner, bend = WIDTH / 2 - 26, 78, 52, 9, 4
    far_x, far_y = x + side, y + side
    yield Shape(LEAF, (
        (x + corner, y), (far_x - corner, y), (far_x - bend, y, far_x, y + bend, far_x, y + corner),
        (far_x, far_y - corner), (far_x, far_y - bend, far_x - bend, far_y, far_x - corner, far_y),
        (x + corner, far_y), (x + bend, far_y, x, far_y - bend, x, far_y - corner),
        (x, y + corner), (x, y + bend, x + bend, y, x + corner, y),
    ))  # fmt: skip
    for place, petal in enumerate(PETALS):
        steps = tuple(
            tuple((x if spot % 2 == 0 else y) + side / 2 + (value - 12) * side / 28 for spot, value in enumerate(step))
            for step in petal
        )
        yield Shape(MANGO if place == 1 else WHITE, steps)
    yield Text(WIDTH / 2, 157, 17, REGULAR, INK_2, _("Học AI · Nền tảng học trực tuyến của Thành phố Hồ Chí Minh"))


@dataclass(frozen=True)
class _Row:
    size: float
    font: str
    fill: str
    text: str
    before: float = 0  # extra space above
    rule: bool = False  # the mango line below the name


def _middle(facts: Facts) -> Iterator[Mark]:
    """Title, name, course and result, spread over the height between the emblem and the codes."""
    top, bottom = 176, 566
    scale = 1.0
    rows = _middle_rows(facts, scale)
    while _tall(rows) > bottom - top and scale > 0.4:
        scale *= 0.94
        rows = _middle_rows(facts, scale)
    spare = min((bottom - top - _tall(rows)) / (len(rows) + 1), 9)
    y = top + (bottom - top - _tall(rows) - spare * (len(rows) - 1)) / 2
    for row in rows:
        y += row.before + row.size * _LEADING
        text = Text(WIDTH / 2, y - row.size * 0.28, row.size, row.font, row.fill, row.text)
        yield text
        y += spare
        if row.rule:
            width = max(400, min(text.width + 60, 860))
            yield _rect((WIDTH - width) / 2, y + 1, width, 4, MANGO)
            y += 8


def _tall(rows: list[_Row]) -> float:
    return sum(row.before + row.size * _LEADING + (8 if row.rule else 0) for row in rows)


def _middle_rows(facts: Facts, scale: float) -> list[_Row]:
    rows: list[_Row] = []
    size, lines = fit(nfc(facts.title).upper(), BOLD, 560 * scale, ((38, 1), (34, 2), (28, 2), (24, 3)))
    rows += [_Row(size * scale, BOLD, LEAF, line) for line in lines]
    rows.append(_Row(18 * scale, REGULAR, INK_2, _("Xác nhận"), 12 * scale))
    name = nfc(facts.full_name)
    size, lines = fit(name, BOLD, 840 * scale, ((46, 1), (40, 1), (34, 1), (34, 2), (28, 2), (22, 3)))
    rows += [_Row(size * scale, BOLD, INK, line, rule=line is lines[-1]) for line in lines]
    length = [_("%(minutes)s phút") % {"minutes": facts.minutes}] if facts.minutes else []
    what = ", ".join([nfc(facts.statement), _("bậc %(tier)s") % {"tier": facts.tier}, *length])
    size, lines = fit(what, REGULAR, 840 * scale, ((18, 1), (18, 2), (15, 3)))
    rows += [_Row(size * scale, REGULAR, INK_2, line, 12 * scale if line is lines[0] else 0) for line in lines]
    size, lines = fit(nfc(facts.course_title), BOLD, 860 * scale, ((28, 1), (26, 2), (22, 2), (18, 3)))
    rows += [_Row(size * scale, BOLD, INK, line, 3 * scale if line is lines[0] else 0) for line in lines]
    return [*rows, _Row(18 * scale, REGULAR, INK, " · ".join(_results(facts)))]


def _results(facts: Facts) -> list[str]:
    done = _("Hoàn thành ngày %(day)s") % {"day": f"{facts.completed_on:%d/%m/%Y}"}
    if facts.score is None:
        return [done]
    mark = f"{facts.score.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".").replace(".", ",")
    return [_("Điểm kiểm tra %(mark)s/10") % {"mark": mark}, done]


def _left(facts: Facts) -> Iterator[Mark]:
    """The QR code and, for who cannot scan it, the code and the address to type it in."""
    x, y, side = 214, 570, 126
    matrix = segno.make(facts.url, error="m", micro=False).matrix
    module = side / (len(matrix) + 2 * _QUIET)
    yield _rect(x, y, side, side, WHITE)
    runs = []
    for row, line in enumerate(matrix):
        start = None
        for column, dark in enumerate([*line, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                runs.append((x + (start + _QUIET) * module, y + (row + _QUIET) * module, (column - start) * module))
                start = None
    yield Modules(module, tuple(runs))
    groups = facts.code.split("-")
    half = (len(groups) + 1) // 2
    x = 356
    yield Text(x, 592, 15, REGULAR, INK_2, _("Mã tra cứu"), centred=False)
    yield Text(x, 617, 19, BOLD, INK, "-".join(groups[:half]), centred=False)
    yield Text(x, 641, 19, BOLD, INK, "-".join(groups[half:]), centred=False)
    address = facts.url.partition("://")[2].removesuffix("/").rpartition("/")[0]
    yield Text(x, 670, 13, REGULAR, INK_2, _("Kiểm tra bằng mã QR hoặc tại"), centred=False)
    size, parts = fit(address, BOLD, 240, ((13, 1), (11, 1), (10, 2)))
    for number, part in enumerate(parts):
        yield Text(x, 688 + number * size * _LEADING, size, BOLD, INK, part, centred=False)


def _right(facts: Facts) -> Iterator[Mark]:
    """Place and date, who issues, who signs."""
    x, width, top, bottom = 836, 410, 576, 696
    scale, rows = 1.0, _right_rows(facts, width, 1.0)
    while _tall(rows) > bottom - top and scale > 0.3:
        scale *= 0.92
        rows = _right_rows(facts, width, scale)
    y = float(top)
    for row in rows:
        y += row.before + row.size * _LEADING
        yield Text(x, y - row.size * 0.28, row.size, row.font, row.fill, row.text)


def _right_rows(facts: Facts, width: float, scale: float) -> list[_Row]:
    rows = [_Row(15 * scale, REGULAR, INK_2, spoken_date(facts.issued_on))]

    def add(text: str, size: float, font: str, before: float) -> None:
        lines = balance(nfc(text), font, size * scale, width) if text.strip() else []
        rows.extend(
            _Row(size * scale, font, INK, line, before * scale if number == 0 else 0) for number, line in enumerate(lines)
        )

    add(facts.issuer, 17, BOLD, 6)
    add(facts.signatory_title, 15, REGULAR, 8)
    add(facts.signatory_name, 17, BOLD, 14 if facts.signatory_title.strip() else 22)
    return rows


def _notice(facts: Facts) -> Iterator[Mark]:
    size, lines = fit(nfc(facts.notice), REGULAR, 720, ((11.5, 1), (11.5, 2), (8.5, 3)))
    leading = size * 1.3
    first = 721 - leading * (len(lines) - 1) / 2  # centred between the codes and the border
    for number, line in enumerate(lines):
        yield Text(WIDTH / 2, first + number * leading, size, REGULAR, INK_2, line)

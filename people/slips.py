"""Papers by which people take over their accounts: slips to cut, ten a page, or a letter a page. Pure: facts in, PDF out."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import segno
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from people.fonts import BOLD, REGULAR, register_fonts, wrap
from people.text import nfc

MOST = 400  # on one paper job
INK, INK_2, LEAF, MANGO, EDGE = "#16302b", "#4a5d57", "#0c6154", "#f4b63f", "#c9bfa8"
_COLUMNS, _ROWS = 2, 5
_LEADING = 1.3  # stacked Vietnamese accents need it


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a person needs to take over an account. The database holds only the digest of `code`."""

    name: str
    username: str
    code: str
    unit: str
    number: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands on all papers: who opened the accounts, where one goes, until when the code is good."""

    organisation: str
    address: str
    good_until: dt.date
    pupils: bool


def draw_slips(papers: Sequence[Paper], frame: Frame) -> bytes:
    """A Vietnamese paper whatever the officer's language is."""
    with translation.override("vi"):
        return _document(papers, frame, _slip_page)


def draw_letters(papers: Sequence[Paper], frame: Frame) -> bytes:
    with translation.override("vi"):
        return _document(papers, frame, _letter_page)


def _document(papers: Sequence[Paper], frame: Frame, page: Callable[[Canvas, Sequence[Paper], Frame], None]) -> bytes:
    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1, lang="vi")
    canvas.setTitle(nfc(_("Giấy nhận tài khoản Học AI: %(unit)s") % {"unit": frame.organisation}))
    canvas.setCreator("Học AI")
    page(canvas, papers, frame)
    canvas.save()
    return buffer.getvalue()


def _slip_page(canvas: Canvas, papers: Sequence[Paper], frame: Frame) -> None:
    wide, high = A4[0] / _COLUMNS, A4[1] / _ROWS
    for place, one in enumerate(papers):
        spot = place % (_COLUMNS * _ROWS)
        if place and spot == 0:
            canvas.showPage()
        _slip(canvas, one, frame, spot % _COLUMNS * wide, A4[1] - spot // _COLUMNS * high, wide, high)


def _slip(canvas: Canvas, one: Paper, frame: Frame, left: float, top: float, wide: float, high: float) -> None:
    canvas.setStrokeColor(HexColor(EDGE))
    canvas.setDash(2, 2)
    canvas.rect(left, top - high, wide, high)
    canvas.setDash()
    margin = 7 * mm
    x, y, room = left + margin, top - margin - 6, wide - 2 * margin
    y = _lines(canvas, one.name, BOLD, 12, x, y, room, INK, 2)
    about = " · ".join(part for part in (one.number, one.unit or frame.organisation) if part)
    y = _lines(canvas, about, REGULAR, 8, x, y, room, INK_2, 2) - 5
    for label, value in (
        (_("Vào trang"), frame.address.partition("://")[2]), (_("Tên đăng nhập"), one.username),
        (_("Mã nhận tài khoản"), one.code),
    ):  # fmt: skip
        canvas.setFillColor(HexColor(INK_2))
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(x, y, label)
        y = _lines(canvas, value, BOLD, 10.5, x, y - 12.5, room, INK, 2) - 2.5
    text = _("Gõ mã một lần, tự đặt mật khẩu. Mã dùng đến %(day)s. Giữ cho riêng mình.") % {"day": f"{frame.good_until:%d/%m/%Y}"}
    _lines(canvas, text, REGULAR, 7, x, y, room, INK_2, 2)


def _letter_page(canvas: Canvas, papers: Sequence[Paper], frame: Frame) -> None:
    for place, one in enumerate(papers):
        if place:
            canvas.showPage()
        _letter(canvas, one, frame)


def _letter(canvas: Canvas, one: Paper, frame: Frame) -> None:
    left, room, y = 25 * mm, A4[0] - 50 * mm, A4[1] - 30 * mm
    canvas.setFillColor(HexColor(LEAF))
    canvas.setFont(BOLD, 15)
    canvas.drawString(left, y, "Học AI")
    canvas.setFillColor(HexColor(MANGO))
    canvas.rect(left, y - 8, 40, 3, stroke=0, fill=1)
    y = _lines(canvas, frame.organisation, REGULAR, 11, left, y - 34, room, INK_2, 3) - 22
    y = _lines(canvas, _("Thư mời nhận tài khoản"), BOLD, 20, left, y, room, INK, 2) - 14
    y = _lines(canvas, one.name, BOLD, 14, left, y, room, INK, 2)
    about = " · ".join(part for part in (one.number, one.unit) if part)
    y = _lines(canvas, about, REGULAR, 11, left, y, room, INK_2, 2) - 12
    day = f"{frame.good_until:%d/%m/%Y}"
    told = _("%(unit)s đã mở cho bạn một tài khoản trên Học AI, nền tảng học trực tuyến của Thành phố. "
             "Chưa ai biết mật khẩu của tài khoản này: bạn tự đặt khi nhận.") % {"unit": frame.organisation}  # fmt: skip
    y = _lines(canvas, told, REGULAR, 11.5, left, y, room, INK, 6) - 16
    for label, value in (
        (_("1. Mở trang"), frame.address), (_("2. Gõ tên đăng nhập"), one.username), (_("3. Gõ mã nhận tài khoản"), one.code),
    ):  # fmt: skip
        canvas.setFillColor(HexColor(INK_2))
        canvas.setFont(REGULAR, 10.5)
        canvas.drawString(left, y, label)
        y = _lines(canvas, value, BOLD, 15, left, y - 20, room, INK, 2) - 10
    y = _lines(canvas, _("4. Đặt một mật khẩu chỉ mình bạn biết, rồi đăng nhập."), REGULAR, 10.5, left, y, room, INK_2, 2) - 14
    basis = (
        _("Nhà trường mở tài khoản để dạy học; cha mẹ đồng ý trên giấy hoặc được hỏi bằng thư.") if frame.pupils else
        _("Cơ quan mở tài khoản theo nhiệm vụ được giao (Luật 91/2025/QH15, Điều 19). Bạn xem, sửa và khiếu nại về dữ liệu "
          "của mình ở trang Tài khoản.")
    )  # fmt: skip
    told = _("Mã dùng một lần, đến hết ngày %(day)s. Giữ thư này cho riêng mình. Mất thư: xin cán bộ phụ trách in mã mới.") % {
        "day": day
    }
    y = _lines(canvas, told, REGULAR, 10.5, left, y, room, INK_2, 4) - 6
    y = _lines(canvas, basis, REGULAR, 10.5, left, y, room, INK_2, 4)
    _code(canvas, frame.address, left, y - 34 * mm, 30 * mm)


def _lines(
    canvas: Canvas, text: str, font: str, size: float, x: float, y: float, room: float, colour: str, most: int
) -> float:  # fmt: skip
    """Draw `text` with its first baseline at y; smaller rather than in more than `most` lines. Returns the next baseline."""
    text = nfc(text)
    if not text:
        return y
    while len(wrap(text, font, size, room)) > most and size > 5:
        size *= 0.93
    canvas.setFillColor(HexColor(colour))
    canvas.setFont(font, size)
    for line in wrap(text, font, size, room):
        canvas.drawString(x, y, line)
        y -= size * _LEADING
    return y


def _code(canvas: Canvas, address: str, x: float, y: float, side: float) -> None:
    matrix = segno.make(address, error="m", micro=False).matrix
    module = side / len(matrix)
    canvas.setFillColor(HexColor(INK))
    for row, line in enumerate(matrix):
        for column, dark in enumerate(line):
            if dark:
                canvas.rect(x + column * module, y + side - (row + 1) * module, module, module, stroke=0, fill=1)


"""The paper on which a guardian agrees: one page a child, with the same text as on the screen. Pure: facts in, PDF out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from people.fonts import BOLD, REGULAR, register_fonts, wrap
from people.text import nfc

INK, INK_2, LEAF, MANGO, LINE = "#16302b", "#4a5d57", "#0c6154", "#f4b63f", "#c9bfa8"
_LEADING = 1.4  # stacked Vietnamese accents need it
_LEFT, _ROOM = 22 * mm, A4[0] - 44 * mm


@dataclass(frozen=True, kw_only=True)
class ConsentForm:
    """What stands on all papers of a class."""

    school: str
    group: str
    title: str
    paragraphs: tuple[str, ...]
    version: str
    address: str


def draw_forms(children: Sequence[str], form: ConsentForm) -> bytes:
    """A page for each name; a child without a name gets a line to write it on. In Vietnamese, whatever the teacher reads."""
    with translation.override("vi"):
        register_fonts()
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, pageCompression=1, lang="vi")
        canvas.setTitle(nfc(_("Phiếu đồng ý của cha mẹ: %(group)s") % {"group": form.group}))
        canvas.setCreator("Học AI")
        for child in children:
            _page(canvas, child, form)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()


def _page(canvas: Canvas, child: str, form: ConsentForm) -> None:
    y = A4[1] - 24 * mm
    canvas.setFillColor(HexColor(LEAF))
    canvas.setFont(BOLD, 14)
    canvas.drawString(_LEFT, y, "Học AI")
    canvas.setFillColor(HexColor(MANGO))
    canvas.rect(_LEFT, y - 8, 40, 3, stroke=0, fill=1)
    y = _text(canvas, f"{form.school} · {form.group}", REGULAR, 10.5, y - 30, INK_2) - 12
    y = _text(canvas, _("Phiếu đồng ý của cha, mẹ hoặc người giám hộ"), BOLD, 17, y, INK) - 8
    y = _text(canvas, _("Họ và tên học sinh: %(name)s") % {"name": child or "." * 60}, BOLD, 12, y, INK) - 6
    told = _("Lớp của em học về trí tuệ nhân tạo trên Học AI, nền tảng học trực tuyến của Thành phố. "
             "Em chưa đủ 16 tuổi, nên nhà trường hỏi ý kiến gia đình. Đồng ý hay không là quyền của gia đình.")  # fmt: skip
    y = _text(canvas, told, REGULAR, 10.5, y, INK) - 6
    for paragraph in form.paragraphs:
        y = _text(canvas, paragraph, REGULAR, 10, y, INK) - 5
    y -= 4
    for words in (_("Tôi đồng ý"), _("Tôi không đồng ý")):
        canvas.setStrokeColor(HexColor(INK))
        canvas.rect(_LEFT, y - 2, 11, 11)
        y = _text(canvas, words, BOLD, 11.5, y, INK, left=_LEFT + 20) - 4
    y = _text(canvas, _("Em từ 7 tuổi trở lên: em đã nghe giải thích và tự nguyện đồng ý (em ghi tên): %(dots)s") % {
        "dots": "." * 40}, REGULAR, 10, y - 4, INK) - 10  # fmt: skip
    for label in (_("Họ và tên người ký"), _("Ngày, tháng, năm"), _("Chữ ký")):
        canvas.setFillColor(HexColor(INK_2))
        canvas.setFont(REGULAR, 10)
        canvas.drawString(_LEFT, y, label)
        canvas.setStrokeColor(HexColor(LINE))
        canvas.line(_LEFT + 45 * mm, y - 2, _LEFT + _ROOM, y - 2)
        y -= 22
    foot = _("Bản %(version)s. Giữ một bản ở nhà. Muốn rút đồng ý: báo thầy cô của lớp bất cứ lúc nào. %(address)s") % {
        "version": form.version, "address": form.address.partition("://")[2]}  # fmt: skip
    _text(canvas, foot, REGULAR, 8.5, 16 * mm, INK_2)


def _text(canvas: Canvas, text: str, font: str, size: float, y: float, colour: str, left: float = _LEFT) -> float:
    """Returns the baseline of the line after it."""
    canvas.setFillColor(HexColor(colour))
    canvas.setFont(font, size)
    for line in wrap(nfc(text), font, size, _ROOM - (left - _LEFT)):
        canvas.drawString(left, y, line)
        y -= size * _LEADING
    return y

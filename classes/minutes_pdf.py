"""Biên bản lớp học: the minutes of one session on paper, with the attendance list and room for signatures.

The layout is that of Nghị định 30/2020/NĐ-CP, Phụ lục I. The number and the signatures are left to people.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from classes.models import MarkedBy
from classes.queries.attendance import Sheet, SheetRow
from people.fonts import register_office_fonts
from people.papers import BARE, RULED, Rule, say

LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 20 * mm
TEXT_WIDTH = A4[0] - LEFT - RIGHT


def draw(sheet: Sheet, *, parent: str, made_at: dt.datetime, made_by: str) -> bytes:
    """The PDF, in Vietnamese whatever the reader's language. `parent` is the body above the organiser, "" if none."""
    register_office_fonts()
    buffer = io.BytesIO()
    with translation.override("vi"):
        foot = _("Học AI lập lúc %(time)s cho %(person)s. Chỉ có giá trị khi đủ chữ ký.") % {
            "time": f"{timezone.localtime(made_at):%H:%M %d/%m/%Y}", "person": made_by,
        }  # fmt: skip
        whole = sheet.session.training_class
        title = _("Biên bản buổi %(number)s, lớp %(name)s") % {"number": sheet.session.number, "name": whole.name}
        document = BaseDocTemplate(
            buffer, pagesize=A4, title=title, author=whole.organisation.name, lang="vi", initialFontName="Tinos"
        )
        document.addPageTemplates([_page(foot)])
        document.build(_Minutes(sheet, parent).body())
    return buffer.getvalue()


def _page(foot: str) -> PageTemplate:
    """Pages are numbered at the top from the second on."""

    def paint(canvas: Any, _document: Any) -> None:
        if canvas.getPageNumber() > 1:
            canvas.setFont("Tinos", 13)
            canvas.drawCentredString(A4[0] / 2, A4[1] - 13 * mm, str(canvas.getPageNumber()))
        canvas.setFont("Tinos", 8)
        canvas.setFillGray(0.35)
        canvas.drawString(LEFT, 10 * mm, foot)
        canvas.setFillGray(0)

    frame = Frame(LEFT, BOTTOM, TEXT_WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    return PageTemplate(id="page", frames=[frame], onPage=paint)


class _Minutes:
    def __init__(self, sheet: Sheet, parent: str) -> None:
        self.sheet, self.session, self.parent = sheet, sheet.session, parent
        self.whole = sheet.session.training_class
        self.begin, self.end = timezone.localtime(self.session.starts_at), timezone.localtime(self.session.ends_at)

    def body(self) -> list[Flowable]:
        return [*self._heading(), *self._facts(), *self._list(), *self._closing(), self._signatures()]

    def _heading(self) -> list[Flowable]:
        centre: dict[str, Any] = {"alignment": TA_CENTER}
        small, strong, motto = _style(12, **centre), _style(12, "Tinos-Bold", **centre), _style(13, "Tinos-Bold", **centre)
        left: list[Flowable] = [say(self.parent.upper(), small)] if self.parent else []
        left += [
            say(self.whole.organisation.name.upper(), strong), Rule(2.6 * cm), Spacer(1, 4),
            say(_("Số:          /BB-%(code)s") % {"code": self.whole.organisation.code}, _style(13, **centre)),
        ]  # fmt: skip
        words = _("Độc lập - Tự do - Hạnh phúc")
        right = [
            say(_("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), strong), say(words, motto),
            Rule(pdfmetrics.stringWidth(words, "Tinos-Bold", 13)),
        ]  # fmt: skip
        block = Table([[left, right]], colWidths=[TEXT_WIDTH * 0.4, TEXT_WIDTH * 0.6], style=BARE)
        title = _style(14, "Tinos-Bold", **centre)
        subject = _("Buổi %(number)s, lớp %(name)s") % {"number": self.session.number, "name": self.whole.name}
        return [block, Spacer(1, 16), say(_("BIÊN BẢN"), title), say(subject, title), Rule(5 * cm), Spacer(1, 10)]

    def _facts(self) -> list[Flowable]:
        shown, session = self.sheet, self.session
        place = ", ".join(part for part in (session.place, _("học trực tuyến") if session.link else "") if part)
        lines = [
            _("Thời gian bắt đầu: %(hour)s giờ %(minute)s, ngày %(day)s.") % _moment(self.begin),
            _("Địa điểm: %(place)s.") % {"place": place},
            _("Giảng viên: %(name)s.") % {"name": session.trainer.full_name if session.trainer else ". " * 30},
            _("Học viên trong danh sách: %(all)s. Có mặt: %(present)s, trong đó đến muộn %(late)s, về sớm %(early)s. "
              "Vắng: %(absent)s, trong đó có phép %(excused)s.") % {
                "all": len(shown.rows), "present": shown.present, "late": shown.count("late", "late_early"),
                "early": shown.count("early", "late_early"), "absent": shown.absent, "excused": shown.count("excused"),
            },
        ]  # fmt: skip
        if self.whole.code:
            lines.insert(0, _("Mã lớp: %(code)s.") % {"code": self.whole.code})
        if shown.unmarked:
            lines.append(_("Chưa điểm danh: %(count)s.") % {"count": shown.unmarked})
        found = [_text(line) for line in lines]
        found.append(_text(_("Nội dung: %(topic)s") % {"topic": session.topic or ". " * 60}))
        found.append(_text(_("Ghi nhận của giảng viên:")))
        remarks = session.remarks.splitlines() or [". " * 68] * 2
        return [*found, *(_text(line) for line in remarks), Spacer(1, 4)]

    def _list(self) -> list[Flowable]:
        cell, head = _style(10.5), _style(10.5, "Tinos-Bold", alignment=TA_CENTER)
        titles = (_("STT"), _("Họ và tên"), _("Đơn vị"), _("Giờ đến"), _("Điểm danh"), _("Ký tên"))
        rows = [[say(title, head) for title in titles]]
        for place, row in enumerate(self.sheet.rows, 1):
            values = (str(place), row.member.shown_as, row.agency, _arrival(row), _noted(row), "")
            rows.append([say(value, cell) for value in values])
        widths = [1.1 * cm, 4.6 * cm, 3.2 * cm, 1.7 * cm, 3.4 * cm]
        table = Table(rows, colWidths=[*widths, TEXT_WIDTH - sum(widths)], repeatRows=1, style=RULED)
        return [say(_("Danh sách điểm danh"), _style(13, "Tinos-Bold", spaceBefore=6, spaceAfter=6)), table, Spacer(1, 10)]

    def _closing(self) -> list[Flowable]:
        ended = _("Buổi học kết thúc vào hồi %(hour)s giờ %(minute)s, ngày %(day)s./.") % _moment(self.end)
        paper = _("Danh sách ký tay kèm theo: %(count)s tệp.") % {"count": len(self.sheet.papers)}
        return [*([_text(paper)] if self.sheet.papers else []), _text(ended)]

    def _signatures(self) -> Flowable:
        strong, hint = _style(13, "Tinos-Bold", alignment=TA_CENTER), _style(12, "Tinos-Italic", alignment=TA_CENTER)
        signed = _("(Ký, ghi rõ họ tên)")
        trainer = self.session.trainer.full_name if self.session.trainer else ""
        learner = [say(_("ĐẠI DIỆN HỌC VIÊN"), strong), say(signed, hint), Spacer(1, 2.4 * cm)]
        leader = [say(_("GIẢNG VIÊN"), strong), say(signed, hint), Spacer(1, 2.4 * cm), say(trainer, strong)]
        return KeepTogether([Spacer(1, 12), Table([[learner, leader]], colWidths=[TEXT_WIDTH * 0.5] * 2, style=BARE)])


def _moment(local: dt.datetime) -> dict[str, str]:
    return {"hour": f"{local:%H}", "minute": f"{local:%M}", "day": f"{local:%d/%m/%Y}"}


def _arrival(row: SheetRow) -> str:
    at = row.attendance.arrived_at if row.attendance else None
    return f"{timezone.localtime(at):%H:%M}" if at else ""


def _noted(row: SheetRow) -> str:
    if row.attendance is None or row.attendance.state != "present":
        return row.word
    return f"{row.word} ({MarkedBy(row.attendance.how).label.lower()})"


def _style(size: float, face: str = "Tinos", **fields: Any) -> ParagraphStyle:
    return ParagraphStyle(f"{face}-{size}", fontName=face, fontSize=size, leading=size * 1.2, **fields)


def _text(text: str) -> Paragraph:
    return say(text, _style(13, alignment=TA_JUSTIFY, firstLineIndent=1 * cm, spaceAfter=6))

"""The quarterly report as a draft in the layout of Nghị định 30/2020/NĐ-CP, Phụ lục I.

Number, signature and seal are left empty: the records office gives the one, people the others. Tinos has the measures
of Times New Roman, which is not ours to ship.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from people.fonts import register_office_fonts
from people.papers import BARE, RULED, Rule, say
from plans import wording
from plans.disclosure import Cell
from plans.queries import Breakdown, Ledger, ReportHead, Row

LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 20 * mm
TEXT_WIDTH = A4[0] - LEFT - RIGHT


def _style(size: float, face: str = "Tinos", **fields: Any) -> ParagraphStyle:
    return ParagraphStyle(f"{face}-{size}", fontName=face, fontSize=size, leading=size * 1.2, **fields)


def draw(ledger: Ledger, *, head: ReportHead, made_at: dt.datetime, made_by: str) -> bytes:
    """The PDF, in Vietnamese whatever the reader's language. `made_by` and `made_at` stand in the foot of each page."""
    register_office_fonts()
    buffer = io.BytesIO()
    with translation.override("vi"):
        writer = _Writer(ledger, head, timezone.localdate(made_at))
        foot = _("Bản nháp do Học AI lập lúc %(time)s cho %(person)s. Chưa có số, chữ ký và dấu.") % {
            "time": f"{timezone.localtime(made_at):%H:%M ngày %d/%m/%Y}", "person": made_by,
        }  # fmt: skip
        title = _("Báo cáo %(period)s") % {"period": ledger.period.name}
        document = BaseDocTemplate(buffer, pagesize=A4, title=title, author=head.issuer, lang="vi", initialFontName="Tinos")
        document.addPageTemplates(_pages(foot))
        document.build(writer.body())
    return buffer.getvalue()


def _pages(foot: str) -> list[PageTemplate]:
    """Pages are numbered at the top from the second on; the annex begins again at its own first page."""

    def paint(first: str) -> Any:
        def on_page(canvas: Any, document: Any) -> None:
            started = getattr(document, "_annex_from", None)
            if first == "annex" and started is None:
                document._annex_from = started = canvas.getPageNumber()
            number = canvas.getPageNumber() - ((started or 1) - 1 if first == "annex" else 0)
            if number > 1:
                canvas.setFont("Tinos", 13)
                canvas.drawCentredString(A4[0] / 2, A4[1] - 13 * mm, str(number))
            canvas.setFont("Tinos", 8)
            canvas.setFillGray(0.35)
            canvas.drawString(LEFT, 10 * mm, foot)
            canvas.setFillGray(0)

        return on_page

    frame = Frame(LEFT, BOTTOM, TEXT_WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    return [PageTemplate(id=name, frames=[frame], onPage=paint(name)) for name in ("body", "annex")]


class _Writer:
    def __init__(self, ledger: Ledger, head: ReportHead, day: dt.date) -> None:
        self.ledger, self.head, self.day = ledger, head, day
        self.plain = _style(14, alignment=TA_JUSTIFY, firstLineIndent=1.27 * cm, spaceAfter=6)
        self.section = _style(14, "Tinos-Bold", alignment=TA_JUSTIFY, firstLineIndent=1.27 * cm, spaceBefore=6, spaceAfter=6)
        self.cell = _style(10.5)
        self.figure = _style(10.5, alignment=TA_RIGHT)
        self.bold_cell = _style(10.5, "Tinos-Bold")
        self.bold_figure = _style(10.5, "Tinos-Bold", alignment=TA_RIGHT)
        self.column = _style(10.5, "Tinos-Bold", alignment=TA_CENTER)

    def body(self) -> list[Flowable]:
        return [
            *self._heading(), *self._situation(), *self._against_targets(), *self._to_fill_in(), self._signature(),
            *self._annexes(),
        ]  # fmt: skip

    # --- the first page -----------------------------------------------------------------------------------------

    def _heading(self) -> list[Flowable]:
        centre: dict[str, Any] = {"alignment": TA_CENTER}
        small, strong = _style(12, **centre), _style(12, "Tinos-Bold", **centre)
        motto, number = _style(13, "Tinos-Bold", **centre), _style(13, **centre)
        left = [
            say(_one_line(self.head.parent.upper(), "THÀNH PHỐ HỒ CHÍ MINH"), small),
            say(self.head.issuer.upper(), strong), Rule(2.6 * cm), Spacer(1, 4),
            say(_("Số:          /BC-%(code)s") % {"code": self.head.issuer_code}, number),
        ]  # fmt: skip
        words = _("Độc lập - Tự do - Hạnh phúc")
        place = say(wording.place_and_date(_("Thành phố Hồ Chí Minh"), self.day), _style(13, "Tinos-Italic", **centre))
        right = [
            say(_("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), strong), say(words, motto),
            Rule(pdfmetrics.stringWidth(words, "Tinos-Bold", 13)), Spacer(1, 4), place,
        ]  # fmt: skip
        block = Table([[left, right]], colWidths=[TEXT_WIDTH * 0.396, TEXT_WIDTH * 0.604], style=BARE)
        title = _style(14, "Tinos-Bold", **centre)
        subject = _("Tình hình triển khai nhiệm vụ bồi dưỡng, phổ cập trí tuệ nhân tạo %(period)s") % {
            "period": self._period().replace(" ", "\u00a0")
        }
        found = [block, Spacer(1, 14), say(_("BÁO CÁO"), title), say(subject, title), Rule(5 * cm), Spacer(1, 12)]
        if self.head.addressee:
            found.append(say(_("Kính gửi: %(body)s") % {"body": self.head.addressee}, _style(14, **centre, spaceAfter=12)))
        return found

    def _period(self) -> str:
        """Inside a sentence: "quý IV/2026"."""
        return self.ledger.period.name[:1].lower() + self.ledger.period.name[1:]

    # --- I ------------------------------------------------------------------------------------------------------

    def _situation(self) -> list[Flowable]:
        period, plan = self.ledger.period, self.ledger.plan
        opening = _(
            "Thực hiện Kế hoạch %(symbol)s, %(issuer)s báo cáo tình hình triển khai %(period)s. Số liệu của toàn Thành phố, "
            "đếm từ ngày %(start)s đến hết ngày %(end)s, %(state)s."
        ) % {
            "symbol": plan.symbol, "issuer": self.head.issuer, "period": self._period(),
            "start": f"{period.starts_on:%d/%m/%Y}", "end": f"{period.ends_on:%d/%m/%Y}", "state": self._state(),
        }  # fmt: skip
        found: list[Flowable] = [self._text(opening), self._head(_("I. TÌNH HÌNH TRIỂN KHAI"))]
        if not self.ledger.own:
            return [*found, self._text(_("Nền tảng không đếm riêng nội dung nào cho kế hoạch này."))]
        rows: list[list[str | Cell]] = [
            [str(place), line.name, line.unit, line.in_period, line.total] for place, line in enumerate(self.ledger.own, 1)
        ]
        found.append(
            self._table(
                [_("STT"), _("Nội dung"), _("Đơn vị"), _("Trong kỳ"), _("Lũy kế")], rows, [1.2, 7.4, 2.2, 2.4, 2.8],
            )
        )  # fmt: skip
        rate = self._rate()
        return [*found, Spacer(1, 6), *([self._text(rate)] if rate else [])]

    def _state(self) -> str:
        if not self.ledger.provisional:
            return _("đã chốt")
        if self.ledger.as_of is None:
            return _("chưa đo")
        return _("tạm tính đến %(time)s") % {"time": f"{timezone.localtime(self.ledger.as_of):%H:%M ngày %d/%m/%Y}"}

    def _rate(self) -> str:
        """Completions among participations, from the running totals that stand in the table above."""
        totals = {line.code: line.total.value for line in self.ledger.own}
        done, begun = totals.get("HA-HT"), totals.get("HA-LUOT")
        if not done or not begun:
            return ""
        share = (100 * done / begun).quantize(Decimal("0.1"))
        return _("Tỷ lệ hoàn thành (lượt hoàn thành trên lượt tham gia, lũy kế): %(share)s%%.") % {"share": wording.number(share)}

    # --- II -----------------------------------------------------------------------------------------------------

    def _against_targets(self) -> list[Flowable]:
        none = _("chưa có số")
        rows = [
            [line.code, line.name, line.plan_words, line.deadline, line.value_words or none, line.mark.word, line.source]
            for line in self.ledger.lines
        ]
        heads = [_("Mã"), _("Chỉ tiêu"), _("Kế hoạch ghi"), _("Hạn"), _("Thực tế"), _("Tình trạng"), _("Nguồn số")]
        table = self._table(heads, rows, [1.75, 4.3, 2.2, 1.75, 2.2, 1.75, 2.55])
        return [self._head(_("II. KẾT QUẢ SO VỚI CHỈ TIÊU")), table, Spacer(1, 8)]

    # --- III, IV ------------------------------------------------------------------------------------------------

    def _to_fill_in(self) -> list[Flowable]:
        dots = _style(14, alignment=TA_LEFT, spaceAfter=6)
        found: list[Flowable] = []
        for title in (_("III. KHÓ KHĂN, VƯỚNG MẮC"), _("IV. KIẾN NGHỊ, NHIỆM VỤ KỲ TIẾP THEO")):
            found.append(KeepTogether([self._head(title), *(say("." * 118, dots) for _line in range(4))]))
        closing = _("Trên đây là báo cáo của %(issuer)s./.") % {"issuer": self.head.issuer}
        return [*found, self._text(closing)]

    def _signature(self) -> Flowable:
        list_head, listed = _style(12, "Tinos-BoldItalic"), _style(11)
        recipients = [say(_("Nơi nhận:"), list_head)]
        if self.head.addressee:
            recipients.append(say(_("- Như trên;"), listed))
        recipients.append(say(_("- Lưu: VT, %(unit)s.") % {"unit": "          "}, listed))
        signer = _style(13, "Tinos-Bold", alignment=TA_CENTER)
        title = say(_one_line(_("QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ"), "CỦA NGƯỜI KÝ"), signer)
        return KeepTogether(
            [Spacer(1, 12), Table([[recipients, [title, Spacer(1, 2.6 * cm)]]], colWidths=[TEXT_WIDTH * 0.5] * 2, style=BARE)]
        )

    # --- annexes ------------------------------------------------------------------------------------------------

    def _annexes(self) -> list[Flowable]:
        order = {"agency": 0, "audience": 1, "tier": 2, "quarter": 3}
        tables = sorted(self.ledger.breakdowns, key=lambda table: order[table.key])
        found: list[Flowable] = [NextPageTemplate("annex"), PageBreak()]
        annexes = [(table.title, self._breakdown(table)) for table in tables]
        annexes.append((_("Cách đếm"), self._definitions()))
        for place, (title, content) in enumerate(annexes):
            heading = self._annex_head(place, title)
            found += [KeepTogether([*heading, content[0]]), *content[1:], Spacer(1, 14)]
        return found

    def _annex_head(self, place: int, title: str) -> list[Flowable]:
        centre = _style(14, "Tinos-Bold", alignment=TA_CENTER)
        attached = _("(Kèm theo Báo cáo số          /BC-%(code)s)") % {"code": self.head.issuer_code}
        numeral = ("I", "II", "III", "IV", "V", "VI")[place]
        return [
            say(_("Phụ lục %(number)s") % {"number": numeral}, centre), say(title.upper(), centre),
            say(attached, _style(13, "Tinos-Italic", alignment=TA_CENTER, spaceAfter=8)),
        ]  # fmt: skip

    def _breakdown(self, table: Breakdown) -> list[Flowable]:
        if not table.rows:
            return [self._text(_("Chưa có cơ quan nào có số trong kỳ."))]
        width = (TEXT_WIDTH / cm - 4.6) / len(table.columns)
        rows = [self._row(row) for row in table.rows]
        found: list[Flowable] = [self._table([table.by, *table.columns], rows, [4.6, *[width] * len(table.columns)], table.rows)]
        if any(cell.hidden for row in table.rows for cell in row.cells):
            found.append(self._text(_("Ô ghi “dưới 10” là số nhỏ không nêu, để không lộ một người nào.")))
        return found

    def _row(self, row: Row) -> list[str | Cell]:
        return [row.label, *row.cells]

    def _definitions(self) -> list[Flowable]:
        lines = [(one.code, one.name, one.definition) for one in self.ledger.lines if one.definition]
        lines += [(one.code, one.name, one.definition) for one in self.ledger.own if one.definition]
        note = _style(12, alignment=TA_JUSTIFY, spaceAfter=4)
        found: list[Flowable] = [
            Paragraph(f"<b>{escape(code)}. {escape(name)}.</b> {escape(words)}", note) for code, name, words in lines
        ]
        return found or [self._text(_("Không có nội dung nào do nền tảng đếm."))]

    # --- parts --------------------------------------------------------------------------------------------------

    def _text(self, text: str) -> Paragraph:
        return say(text, self.plain)

    def _head(self, text: str) -> Paragraph:
        return say(text, self.section)

    def _table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str | Cell]], widths: Sequence[float], source: Sequence[Row] = ()
    ) -> Table:
        """`widths` in cm, fitted to the text width. Heads are repeated on each page."""
        fit = TEXT_WIDTH / (sum(widths) * cm)
        drawn = [[say(head, self.column) for head in heads]]
        for place, row in enumerate(rows):
            strong = bool(source) and source[place].total
            drawn.append([self._box(value, strong) for value in row])
        return Table(drawn, colWidths=[width * cm * fit for width in widths], repeatRows=1, style=RULED)

    def _box(self, value: str | Cell, strong: bool) -> Paragraph:
        if isinstance(value, Cell):
            return say(figure(value), self.bold_figure if strong else self.figure)
        return say(value, self.bold_cell if strong else self.cell)


def figure(cell: Cell) -> str:
    if cell.hidden:
        return _("dưới 10")
    return wording.number(cell.value) if cell.value is not None else "-"


def _one_line(text: str, words: str) -> str:
    """`text` with `words` kept on one line."""
    return text.replace(words, words.replace(" ", "\u00a0"))

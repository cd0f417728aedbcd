"""Phiếu chứng cứ bài làm: everything about one attempt on paper, for who complains and for who has to answer. Pure.

The layout is that of Nghị định 30/2020/NĐ-CP, Phụ lục I. What was typed is shown as it was: signs that no font of ours
has, and signs that nobody sees, are written by their number, so that no answer looks like another.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from people.fonts import register_office_fonts
from people.papers import BARE, RULED, Rule

LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 24 * mm
TEXT_WIDTH = A4[0] - LEFT - RIGHT
CITY = ZoneInfo("Asia/Ho_Chi_Minh")

_markdown = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, kw_only=True)
class EvidenceStep:
    """An answer as it was saved; `answer` is in words, a line each, and empty when it took back the one before."""

    sequence: int
    saved_at: dt.datetime
    answer: tuple[str, ...]
    counted: bool


@dataclass(frozen=True, kw_only=True)
class EvidenceMark:
    """What a person gave: in which round, with which level in each criterion. `by` is how the marker is told."""

    number: int
    round: str
    by: str
    at: dt.datetime
    mark: Decimal
    reached: tuple[tuple[str, str], ...]
    comment: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRegrading:
    """That the attempt was marked anew; `changes` are the questions, a line each."""

    at: dt.datetime
    reason: str
    old_score: Decimal | None
    new_score: Decimal | None
    changes: tuple[str, ...]


def _later() -> Any:
    """A field that sheets did not have at first: while it is empty it is not in the digest, so that of older ones stays."""
    return field(default=(), metadata={"later": True})


@dataclass(frozen=True, kw_only=True)
class EvidenceQuestion:
    """A question as it was served. `stem` is Markdown; `served`, answers and `right` are so where `rich`, else plain."""

    position: int
    code: str
    version: int
    kind: str
    stem: str
    served: tuple[str, ...]
    steps: tuple[EvidenceStep, ...]
    mark: Decimal | None
    max_mark: Decimal
    right: tuple[str, ...]
    marking: str
    rich: bool = False
    rubric: tuple[str, ...] = _later()  # a criterion and its levels, a line each
    marks: tuple[EvidenceMark, ...] = _later()
    judged_by: tuple[int, ...] = _later()  # the version it was marked by, when that is not the one that was served


@dataclass(frozen=True, kw_only=True)
class EvidenceSheet:
    """`person` is the name as the reader may see it, or the code of somebody unnamed (`named` False).

    `rules` are those frozen at the start, each with what it says. `handed_in_at` is None when the attempt was closed
    because its time was over.
    """

    person: str
    named: bool
    course: str
    course_code: str
    quiz: str
    attempt: str
    number: int
    rules: tuple[tuple[str, str], ...]
    started_at: dt.datetime
    deadline: dt.datetime | None
    handed_in_at: dt.datetime | None
    closed_at: dt.datetime | None
    seed: int
    scorer: str
    questions: tuple[EvidenceQuestion, ...]
    marks: Decimal | None
    max_marks: Decimal
    score: Decimal | None
    pass_mark: Decimal
    passed: bool | None
    made_at: dt.datetime
    regradings: tuple[EvidenceRegrading, ...] = _later()


# --- the digest --------------------------------------------------------------------------------------------------------


def canonical(sheet: EvidenceSheet) -> bytes:
    """Everything on the sheet as JSON: names sorted, no spaces, UTF-8 (NFC), times as printed, numbers with their digits.

    When the sheet was made is left out, so that two sheets of the same attempt have the same digest if, and only if,
    they say the same.
    """
    told = _plain(sheet)
    del told["made_at"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(sheet: EvidenceSheet) -> str:
    """SHA-256 of `canonical`, in hex."""
    return hashlib.sha256(canonical(sheet)).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        told = {one.name: getattr(value, one.name) for one in fields(value) if not one.metadata.get("later")}
        more = {one.name: getattr(value, one.name) for one in fields(value) if one.metadata.get("later")}
        return {name: _plain(said) for name, said in {**told, **{name: said for name, said in more.items() if said}}.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(CITY).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return _digits(value)
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _digits(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- text ----------------------------------------------------------------------------------------------------------------


@cache
def _drawn(face: str) -> frozenset[int]:
    register_office_fonts()
    font: Any = pdfmetrics.getFont(face)
    return frozenset(font.face.charToGlyph)


def visible(text: str) -> str:
    """`text` composed, with every sign that cannot be drawn or seen written as its number: [U+200B]."""
    known = _drawn("Tinos")
    shown = []
    for sign in unicodedata.normalize("NFC", text).replace("\r\n", "\n"):
        hidden = unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} and sign not in "\n\t"
        shown.append(f"[U+{ord(sign):04X}]" if hidden or (ord(sign) not in known and sign not in " \n\t\u00a0") else sign)
    return "".join(shown)


def _safe(text: str) -> str:
    """For a Paragraph: nothing in `text` is markup, line breaks and runs of spaces stay."""
    lines = escape(visible(text)).replace("\t", "    ").split("\n")
    return "<br/>".join(re.sub("  +", lambda run: "\u00a0" * len(run[0]), line) for line in lines)


def _inline(tokens: Iterable[Token]) -> str:
    """Inline Markdown as the markup of a Paragraph: bold, italics, line breaks; links with their address."""
    found: list[str] = []
    address: list[str] = []
    for token in tokens:
        if token.type in _TAGS:
            found.append(_TAGS[token.type])
        elif token.type == "softbreak":
            found.append(" ")
        elif token.type == "link_open":
            address.append(str(token.attrGet("href") or ""))
        elif token.type == "link_close":
            found.append(_safe(f" ({address.pop()})"))
        elif token.type == "image":
            said = {"alt": token.content, "name": token.attrGet("src")}
            found.append(_safe(_("[Hình: %(alt)s (%(name)s)]") % said))
        else:
            found.append(_safe(token.content))
    return "".join(found)


_TAGS = {
    "strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>", "hardbreak": "<br/>",
}  # fmt: skip


def _line(text: str, rich: bool) -> str:
    """One paragraph of an option or an answer."""
    if not rich:
        return _safe(text)
    return "".join(_inline(token.children or ()) for token in _markdown.parseInline(text))


@dataclass(frozen=True)
class _Block:
    markup: str
    indent: int = 0
    mark: str = ""  # of a list item


def _blocks(text: str) -> Iterator[_Block]:
    """Markdown by paragraphs. Lists and quotations are indented, each item with its mark."""
    depth, marks, pending, strong = 0, list[int | None](), "", False
    for token in _markdown.parse(text):
        if token.type == "inline":
            markup = _inline(token.children or ())
            yield _Block(f"<b>{markup}</b>" if strong else markup, depth, pending)
            pending = ""
        elif token.type in {"fence", "code_block", "html_block"}:
            yield _Block(_safe(token.content.rstrip("\n")), depth + 1, pending)
            pending = ""
        elif token.type in {"heading_open", "heading_close"}:
            strong = token.nesting == 1
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            marks.append(int(token.attrGet("start") or 1) if token.type[0] == "o" else None)
            depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            marks.pop()
            depth -= 1
        elif token.type == "list_item_open":
            pending, marks[-1] = _next_mark(marks[-1])
        elif token.type.startswith("blockquote"):
            depth += token.nesting


def _next_mark(number: int | None) -> tuple[str, int | None]:
    return ("–", None) if number is None else (f"{number}.", number + 1)


def number(value: Decimal | None) -> str:
    """As people write it, without idle zeros: 0,5."""
    return "–" if value is None else _digits(value).replace(".", ",")


def moment(value: dt.datetime) -> str:
    """09:05:03 ngày 27/11/2026, in the city."""
    return _("%(time)s ngày %(day)s") % {
        "time": f"{value.astimezone(CITY):%H:%M:%S}",
        "day": f"{value.astimezone(CITY):%d/%m/%Y}",
    }


# --- the paper -------------------------------------------------------------------------------------------------------------


def evidence_pdf(sheet: EvidenceSheet) -> bytes:
    """A4, Vietnamese whatever the reader's language, fonts embedded. The same sheet gives the same bytes."""
    register_office_fonts()
    buffer = io.BytesIO()
    with translation.override("vi"):
        foot = (
            _("Mã kiểm tra SHA-256: %(digest)s") % {"digest": digest(sheet)},
            _("Học AI lập lúc %(time)s · Mã lượt làm bài: %(attempt)s")
            % {"time": moment(sheet.made_at), "attempt": sheet.attempt},
        )
        document = BaseDocTemplate(
            buffer, pagesize=A4, title=visible(_("Phiếu chứng cứ bài làm: %(quiz)s") % {"quiz": sheet.quiz}), author="Học AI",
            creator="Học AI", subject=sheet.attempt, lang="vi", initialFontName="Tinos", invariant=1, pageCompression=1,
        )  # fmt: skip
        frame = Frame(LEFT, BOTTOM, TEXT_WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
        document.addPageTemplates([PageTemplate(id="page", frames=[frame])])
        document.build(_Paper(sheet).body(), canvasmaker=_numbered(foot))
    return buffer.getvalue()


def _numbered(foot: tuple[str, str]) -> type[Canvas]:
    """A canvas that draws the foot when it knows how many pages there are."""

    class Numbered(Canvas):  # type: ignore[misc]
        # The library's own, which its types leave out.
        _startPage: Any
        _pageNumber: int

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._kept:
                self.__dict__.update(page)
                self._foot(len(self._kept))
                super().showPage()
            super().save()

        def _foot(self, pages: int) -> None:
            self.setLineWidth(0.4)
            self.line(LEFT, 17 * mm, A4[0] - RIGHT, 17 * mm)
            self.setFont("Tinos", 8.5)
            self.drawString(LEFT, 13 * mm, foot[0])
            self.drawString(LEFT, 9 * mm, foot[1])
            told = _("Trang %(page)s/%(pages)s") % {"page": self._pageNumber, "pages": pages}
            self.drawRightString(A4[0] - RIGHT, 9 * mm, told)

    return Numbered


@cache
def _style(size: float, face: str = "Tinos", **given: Any) -> ParagraphStyle:
    """A last line alone on its page is no paper of an office: at least two stay together."""
    return ParagraphStyle(
        f"{face}-{size}", fontName=face, fontSize=size, leading=size * 1.2, allowWidows=0, allowOrphans=0, bulletFontName=face,
        bulletFontSize=size, **given,
    )  # fmt: skip


def _say(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(_safe(text), style)


@dataclass(frozen=True)
class _Row:
    """`texts` stand in the cell at `place`, and may be longer than a page; the other cells are short."""

    cells: list[Paragraph | None]
    place: int
    texts: tuple[Paragraph, ...]


_TALLEST = 5 * cm  # a table is broken between rows only: what is higher goes on in the next row, without a line


class _Closed(Table):  # type: ignore[misc]
    """Every part that a page break leaves has its line above and below."""

    def onSplit(self, T: Any, byRow: int = 1) -> None:
        ends = [("LINEABOVE", (0, 0), (-1, 0), 0.5, colors.black), ("LINEBELOW", (0, -1), (-1, -1), 0.5, colors.black)]
        T.setStyle(ends)


def _table(rows: Sequence[_Row], widths: Sequence[float], titles: list[Paragraph] | None = None) -> Table:
    cells: list[list[Any]] = [list(titles)] if titles else []
    begins = [0] if titles else []
    for row in rows:
        begins.append(len(cells))
        for place, part in enumerate(_parts(row.texts, widths[row.place] - 6)):
            cells.append([*row.cells] if place == 0 else [""] * len(row.cells))
            cells[-1][row.place] = part
    lines: list[Any] = [("LINEABOVE", (0, at), (-1, at), 0.5, colors.black) for at in begins]
    table = _Closed(cells, colWidths=list(widths), repeatRows=1 if titles else 0)
    style: list[Any] = [
        ("FONTNAME", (0, 0), (-1, -1), "Tinos"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBEFORE", (0, 0), (-1, -1), 0.5, colors.black), ("LINEAFTER", (-1, 0), (-1, -1), 0.5, colors.black),
        *lines, *([("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)] if titles else []),
    ]  # fmt: skip
    table.setStyle(style)
    table.onSplit(table)
    return table


def _parts(texts: Iterable[Paragraph], width: float) -> Iterator[list[Flowable]]:
    """The paragraphs in cells of at most _TALLEST each."""
    part: list[Flowable] = []
    room = _TALLEST
    for text in texts:
        rest: list[Any] = [text]
        while rest:
            height = rest[0].wrap(width, A4[1])[1]
            if height <= room:
                part.append(rest.pop(0))
                room -= height
                continue
            pieces = rest[0].split(width, room)
            if len(pieces) > 1:
                part.append(pieces[0])
                rest = [*pieces[1:], *rest[1:]]
            yield part
            part, room = [], _TALLEST
    if part:
        yield part


class _Paper:
    def __init__(self, sheet: EvidenceSheet) -> None:
        self.sheet = sheet

    def body(self) -> list[Flowable]:
        found = [*self._heading(), *self._facts(), self._section(_("II. CÂU HỎI VÀ CÂU TRẢ LỜI"))]
        for question in self.sheet.questions:
            found += self._question(question)
        return [*found, *self._summary(), *self._regradings(), self._signatures()]

    # --- the first page -----------------------------------------------------------------------------------------------

    def _heading(self) -> list[Flowable]:
        small, strong = _style(12, alignment=TA_CENTER), _style(12, "Tinos-Bold", alignment=TA_CENTER)
        motto, title = _style(13, "Tinos-Bold", alignment=TA_CENTER), _style(14, "Tinos-Bold", alignment=TA_CENTER)
        left = [_say(_("THÀNH PHỐ HỒ CHÍ MINH"), small), _say(_("NỀN TẢNG HỌC AI"), strong), Spacer(1, 3), Rule(2.6 * cm)]
        words = _("Độc lập - Tự do - Hạnh phúc")
        right = [
            _say(_("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), strong), _say(words, motto), Spacer(1, 3),
            Rule(pdfmetrics.stringWidth(words, "Tinos-Bold", 13)), Spacer(1, 4),
            _say(_spoken_date(self.sheet.made_at.astimezone(CITY).date()), _style(13, "Tinos-Italic", alignment=TA_CENTER)),
        ]  # fmt: skip
        block = Table([[left, right]], colWidths=[TEXT_WIDTH * 0.38, TEXT_WIDTH * 0.62], style=BARE)
        subject = _("%(quiz)s, lượt thứ %(number)s") % {"quiz": self.sheet.quiz, "number": self.sheet.number}
        return [
            block, Spacer(1, 16), _say(_("PHIẾU CHỨNG CỨ BÀI LÀM"), title), _say(subject, title), Spacer(1, 3), Rule(5 * cm),
            Spacer(1, 8),
        ]  # fmt: skip

    def _facts(self) -> list[Flowable]:
        sheet = self.sheet
        person = sheet.person if sheet.named else _("%(code)s (không nêu tên)") % {"code": sheet.person}
        limit = moment(sheet.deadline) if sheet.deadline else _("không tính giờ")
        if sheet.handed_in_at:
            handed = moment(sheet.handed_in_at)
        else:
            handed = _("không nộp trước khi hết giờ") if sheet.closed_at else _("chưa nộp")
        rows = [
            (_("Người làm bài"), person),
            (_("Khóa học"), f"{sheet.course} ({sheet.course_code})"),
            (_("Bài kiểm tra"), sheet.quiz),
            (_("Lượt làm bài"), _("thứ %(number)s, mã %(attempt)s") % {"number": sheet.number, "attempt": sheet.attempt}),
            (_("Bắt đầu"), moment(sheet.started_at)),
            (_("Hạn nộp"), limit),
            (_("Nộp bài"), handed),
            (_("Đóng bài"), moment(sheet.closed_at) if sheet.closed_at else _("chưa đóng")),
            (_("Số rút đề"), str(sheet.seed)),
            (_("Phiên bản cách chấm"), sheet.scorer or _("chưa chấm")),
        ]
        note = _("Giờ ghi trên phiếu là giờ Thành phố Hồ Chí Minh, lấy từ đồng hồ của máy chủ.")
        return [
            self._section(_("I. LƯỢT LÀM BÀI")), self._pairs(rows), Spacer(1, 8),
            _say(_("Quy định đã báo khi bắt đầu"), _style(12, "Tinos-Bold", spaceAfter=4, keepWithNext=1)),
            self._pairs(sheet.rules), Spacer(1, 4), _say(note, _style(11, "Tinos-Italic")),
        ]  # fmt: skip

    def _section(self, text: str) -> Flowable:
        return _say(text, _style(13, "Tinos-Bold", spaceBefore=10, spaceAfter=6, keepWithNext=1))

    def _pairs(self, rows: Sequence[tuple[str, str]]) -> Flowable:
        label, value = _style(11.5, "Tinos-Bold"), _style(11.5)
        widths = [5 * cm, TEXT_WIDTH - 5 * cm]
        rows_of = [_Row([_say(name, label), None], 1, (_say(said, value),)) for name, said in rows]
        return _table(rows_of, widths) if rows_of else Spacer(1, 0)

    # --- a question ---------------------------------------------------------------------------------------------------

    def _question(self, question: EvidenceQuestion) -> list[Flowable]:
        head = _("Câu %(position)s. Mã %(code)s, phiên bản %(version)s. %(kind)s.") % {
            "position": question.position, "code": question.code, "version": question.version, "kind": question.kind,
        }  # fmt: skip
        found: list[Flowable] = [_say(head, _style(12, "Tinos-Bold", spaceBefore=12, spaceAfter=4, keepWithNext=1))]
        found += [self._block(block) for block in _blocks(question.stem)]
        if question.served:
            found.append(self._label(_("Đã hiện theo thứ tự này:")))
            found += [Paragraph(_line(line, question.rich), _style(12, leftIndent=0.8 * cm)) for line in question.served]
        found.append(self._label(_("Các lần lưu câu trả lời:")))
        found.append(self._steps(question) if question.steps else self._indented(_("Không trả lời câu này.")))
        if question.right:
            found.append(self._label(_("Đáp án:")))
        found += [Paragraph(_line(line, question.rich), _style(12, leftIndent=0.8 * cm)) for line in question.right]
        found.append(self._indented(_("Cách chấm: %(marking)s") % {"marking": question.marking}, face="Tinos-Italic"))
        if question.judged_by:
            told = _("Chấm theo phiên bản %(version)s của câu hỏi.") % {"version": question.judged_by[0]}
            found.append(self._indented(told, face="Tinos-Italic"))
        if question.rubric:
            found.append(self._label(_("Tiêu chí chấm:")))
        found += [self._indented(line) for line in question.rubric]
        if question.marks:
            found += [self._label(_("Điểm người chấm cho:")), self._marks(question)]
        given = {"mark": number(question.mark), "most": number(question.max_mark)}
        told = _("Điểm: %(mark)s trên %(most)s") if question.mark is not None else _("Điểm: chưa chấm, tối đa %(most)s")
        found.append(_say(told % given, _style(12, "Tinos-Bold", spaceBefore=4)))
        return found

    def _block(self, block: _Block) -> Flowable:
        indent = block.indent * 0.6 * cm
        style = _style(12, alignment=TA_JUSTIFY, leftIndent=indent, bulletIndent=max(0.0, indent - 0.5 * cm), spaceAfter=3)
        return Paragraph(block.markup, style, bulletText=block.mark or None)

    def _label(self, text: str) -> Flowable:
        return _say(text, _style(12, spaceBefore=4, spaceAfter=2, keepWithNext=1))

    def _indented(self, text: str, face: str = "Tinos") -> Flowable:
        return _say(text, _style(12, face, leftIndent=0.8 * cm))

    def _steps(self, question: EvidenceQuestion) -> Flowable:
        head, cell = _style(10.5, "Tinos-Bold", alignment=TA_CENTER), _style(10.5)
        middle, plain = _style(10.5, alignment=TA_CENTER), _style(10.5, "Tinos-Italic")
        rows = []
        for step in question.steps:
            lines = tuple(Paragraph(_line(line, question.rich), cell) for line in step.answer)
            counted = _say(_("có"), head) if step.counted else _say(_("không"), middle)
            told = [_say(str(step.sequence), middle), _say(_when(step.saved_at), middle), None, counted]
            rows.append(_Row(told, 2, lines or (_say(_("(bỏ câu trả lời)"), plain),)))
        titles = [_say(title, head) for title in (_("Lần"), _("Lúc"), _("Câu trả lời"), _("Tính điểm"))]
        return _table(rows, [1.2 * cm, 2.4 * cm, TEXT_WIDTH - 5.6 * cm, 2 * cm], titles)

    def _marks(self, question: EvidenceQuestion) -> Flowable:
        head, cell = _style(10.5, "Tinos-Bold", alignment=TA_CENTER), _style(10.5)
        middle = _style(10.5, alignment=TA_CENTER)
        rows = []
        for one in question.marks:
            lines = [f"{one.round}, {one.by}.", *(f"{criterion}: {level}." for criterion, level in one.reached), one.comment]
            told = [_say(str(one.number), middle), _say(_when(one.at), middle), None, _say(number(one.mark), head)]
            rows.append(_Row(told, 2, tuple(_say(line, cell) for line in lines if line)))
        titles = [_say(title, head) for title in (_("Lần"), _("Lúc"), _("Người chấm, mức đạt, nhận xét"), _("Điểm"))]
        return _table(rows, [1.2 * cm, 2.4 * cm, TEXT_WIDTH - 5.6 * cm, 2 * cm], titles)

    # --- the end ------------------------------------------------------------------------------------------------------

    def _summary(self) -> list[Flowable]:
        sheet = self.sheet
        head, cell, figure = _style(10.5, "Tinos-Bold", alignment=TA_CENTER), _style(10.5), _style(10.5, alignment=TA_RIGHT)
        rows: list[list[Any]] = [
            [_say(title, head) for title in (_("Câu"), _("Mã câu hỏi"), _("Số lần lưu"), _("Điểm"), _("Tối đa"))]
        ]
        for one in sheet.questions:
            texts = (
                str(one.position),
                f"{one.code} (v{one.version})",
                str(len(one.steps)),
                number(one.mark),
                number(one.max_mark),
            )
            rows.append([_say(text, cell if place == 1 else figure) for place, text in enumerate(texts)])
        bold = _style(10.5, "Tinos-Bold", alignment=TA_RIGHT)
        rows.append([
            "", _say(_("Tổng"), _style(10.5, "Tinos-Bold")), _say(str(sum(len(one.steps) for one in sheet.questions)), bold),
            _say(number(sheet.marks), bold), _say(number(sheet.max_marks), bold),
        ])  # fmt: skip
        widths = [1.3 * cm, TEXT_WIDTH - 9.3 * cm, 2.6 * cm, 2.7 * cm, 2.7 * cm]
        result = {True: _("Đạt"), False: _("Chưa đạt"), None: _("chưa có kết quả")}[sheet.passed]
        verdict = [
            (
                _("Tổng điểm các câu"),
                _("%(marks)s trên %(most)s") % {"marks": number(sheet.marks), "most": number(sheet.max_marks)},
            ),
            (_("Điểm trên thang 10"), number(sheet.score)),
            (_("Mức đạt"), number(sheet.pass_mark)),
            (_("Kết quả"), result),
        ]
        note = _(
            "Mã kiểm tra ở chân mỗi trang được tính từ mọi nội dung của phiếu, trừ giờ lập. "
            "Lập lại phiếu của lượt này mà mã khác đi thì nội dung đã thay đổi."
        )
        return [
            self._section(_("III. TỔNG HỢP")), Table(rows, colWidths=widths, repeatRows=1, style=RULED), Spacer(1, 10),
            KeepTogether([self._pairs(verdict), Spacer(1, 6), _say(note, _style(11, "Tinos-Italic", alignment=TA_JUSTIFY))]),
        ]  # fmt: skip

    def _regradings(self) -> list[Flowable]:
        if not self.sheet.regradings:
            return []
        rows = []
        for one in self.sheet.regradings:
            scores = {"old": number(one.old_score), "new": number(one.new_score)}
            lines = [_("Điểm trước %(old)s, điểm sau %(new)s.") % scores, *one.changes, _("Lý do: %(why)s") % {"why": one.reason}]
            rows.append((moment(one.at), "\n".join(lines)))
        return [self._section(_("IV. CHẤM LẠI")), self._pairs(rows)]

    def _signatures(self) -> Flowable:
        strong, hint = _style(13, "Tinos-Bold", alignment=TA_CENTER), _style(12, "Tinos-Italic", alignment=TA_CENTER)
        cells = [
            [_say(who, strong), _say(_("(Ký, ghi rõ họ tên)"), hint), Spacer(1, 2.2 * cm)]
            for who in (_("NGƯỜI LẬP PHIẾU"), _("NGƯỜI KIỂM TRA"))
        ]
        return KeepTogether([Spacer(1, 14), Table([cells], colWidths=[TEXT_WIDTH * 0.5] * 2, style=BARE)])


def _when(value: dt.datetime) -> str:
    return f"{value.astimezone(CITY):%H:%M:%S}\n{value.astimezone(CITY):%d/%m/%Y}"


def _spoken_date(day: dt.date) -> str:
    """A leading zero for days under 10 and for months 1 and 2 only, as the decree has it."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    told = {"day": f"{day.day:02}", "month": month, "year": day.year}
    return _("Thành phố Hồ Chí Minh, ngày %(day)s tháng %(month)s năm %(year)s") % told

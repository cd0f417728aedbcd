"""The page, the workbook and the document say the same, cell by cell."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from pypdf import PdfReader

from plans import actions, queries, reports_pdf, reports_xlsx, wording
from plans.models import Indicator, Plan
from plans.queries import Cell, Ledger
from tests.plans import make


@pytest.fixture
def ledger(plan: Plan, city: SimpleNamespace, course: SimpleNamespace, dung: Any, now: dt.datetime) -> Ledger:
    begun, done = now - dt.timedelta(days=3), now - dt.timedelta(days=1)
    for place, learner in enumerate(make.learners(1200)):
        make.enrolment(learner, course.page, begun, done_at=done if place < 15 else None, began=place < 30)
    for learner in make.learners(4, "cbccvc_nld", "cb"):
        make.enrolment(learner, course.page, begun, done_at=done, organisation=city.clinic)
    actions.measure(plan=plan, now=now)
    projects = Indicator.objects.get(code="TG-0502")
    period = plan.periods.get(code="2026-Q4")
    actions.enter_measurement(indicator=projects, period=period, value=Decimal("2.5"), evidence="QĐ 12", by=dung, now=now)
    Indicator.objects.filter(code="HA-LUOT").update(name='=HYPERLINK("http://x")')
    found = queries.ledger(plan=plan, viewer=dung, now=now)
    assert found is not None
    return found


def pdf(ledger: Ledger, viewer: Any, now: dt.datetime) -> PdfReader:
    head = queries.report_head(viewer, ledger.plan)
    return PdfReader(io.BytesIO(reports_pdf.draw(ledger, head=head, made_at=now, made_by="Phạm Quốc Dũng")))


def plain(reader: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def workbook(ledger: Ledger, now: dt.datetime) -> Any:
    return openpyxl.load_workbook(io.BytesIO(reports_xlsx.write(ledger, made_at=now, made_by="Phạm Quốc Dũng")))


def test_the_workbook_holds_every_cell_of_the_ledger(ledger: Ledger, now: dt.datetime) -> None:
    book = workbook(ledger, now)
    targets = list(book["Chỉ tiêu"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[2], None if row[4] is None else Decimal(str(row[4]))) for row in targets] == [
        (line.code, line.plan_words, line.value) for line in ledger.lines
    ]
    own = list(book["Số do nền tảng đếm"].iter_rows(min_row=2, values_only=True))
    told = [(line.code, line.in_period.value, line.total.value) for line in ledger.own]
    assert [(row[0], row[3], row[4]) for row in own] == told
    for one in ledger.breakdowns:
        rows = list(book[one.title].iter_rows(min_row=2, values_only=True))
        assert [row[0] for row in rows] == [row.label for row in one.rows]
        assert [list(row[1:]) for row in rows] == [[cell.value for cell in row.cells] for row in one.rows]


def test_numbers_are_numbers_and_nothing_is_a_formula(ledger: Ledger, now: dt.datetime) -> None:
    book = workbook(ledger, now)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == '=HYPERLINK("http://x")' and cell.data_type == "s" for cell in cells)
    assert book["Số do nền tảng đếm"]["D3"].data_type == "n"
    assert not [cell for cell in cells if cell.hyperlink]


def test_the_page_draws_the_same_figures(ledger: Ledger) -> None:
    request = RequestFactory().get("/plans/4738/")
    request.user = AnonymousUser()
    context = {"ledger": ledger, "whole": ledger, "plan": ledger.plan}
    parts = ("plans/_targets.html", "plans/_own.html", "plans/_breakdowns.html")
    page = " ".join(render_to_string(part, context, request) for part in parts)
    drawn = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r'<td class="n">(.*?)</td>', page, re.S)]
    chart = [Cell(value=column.value) for column in ledger.chart]
    told = [cell for line in ledger.own for cell in (line.in_period, line.total)] + chart
    told += [cell for one in ledger.breakdowns for row in one.rows for cell in row.cells]
    assert drawn == ["chưa có" if cell.value is None else wording.number(cell.value) for cell in told]
    for line in ledger.lines:
        assert line.plan_words in page
        assert line.value_words in page


def test_the_document_holds_the_same_figures(ledger: Ledger, dung: Any, now: dt.datetime) -> None:
    reader = pdf(ledger, dung, now)
    said = plain(reader)
    compact = said.replace(" ", "")
    for line in ledger.lines:
        for words in (line.code, line.plan_words, line.value_words, line.mark.word):
            assert words.replace(" ", "") in compact, words
    annex = " ".join(page.extract_text() for page in reader.pages)
    for one in ledger.breakdowns:
        for row in one.rows:
            figures = [reports_pdf.figure(cell) for cell in row.cells]
            assert re.search(r"\s+".join(re.escape(figure) for figure in figures), annex), (row.label, figures)


def test_the_document_is_laid_out_as_the_decree_says_and_leaves_number_signature_and_seal_empty(
    ledger: Ledger, dung: Any, now: dt.datetime
) -> None:
    reader = pdf(ledger, dung, now)
    said = plain(reader)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "SỞ NỘI VỤ", "/BC-SNV", "BÁO CÁO", "quý IV/2026",
        "Thành phố Hồ Chí Minh, ngày 23 tháng 11 năm 2026", "Kính gửi: Ủy ban nhân dân Thành phố", "I. TÌNH HÌNH TRIỂN KHAI",
        "II. KẾT QUẢ SO VỚI CHỈ TIÊU", "III. KHÓ KHĂN, VƯỚNG MẮC", "IV. KIẾN NGHỊ, NHIỆM VỤ KỲ TIẾP THEO", "Nơi nhận:", "./.",
        "Phụ lục I", "tạm tính đến 09:00 ngày 23/11/2026", "Bản nháp do Học AI",
    ):  # fmt: skip
        assert words in said, words
    assert re.search(r"Số:\s+/BC-SNV", said)
    page = reader.pages[0]
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (595, 842)
    assert {font.split("+")[-1] for one in reader.pages for font in fonts(one)} <= {
        "Tinos-Regular", "Tinos", "Tinos-Bold", "Tinos-Italic", "Tinos-BoldItalic",
    }  # fmt: skip
    assert not [image for one in reader.pages for image in one.images]


def fonts(page: Any) -> list[str]:
    return [str(font.get_object()["/BaseFont"]).lstrip("/") for font in page["/Resources"]["/Font"].values()]


def test_pages_are_numbered_at_the_top_from_the_second_and_the_annex_anew(ledger: Ledger, dung: Any, now: dt.datetime) -> None:
    reader = pdf(ledger, dung, now)
    heads = []
    for page in reader.pages:
        found: list[str] = []

        def take(text: str, _cm: Any, matrix: Any, _font: Any, _size: Any, found: list[str] = found) -> None:
            if matrix[5] > 790 and text.strip():
                found.append(text.strip())

        page.extract_text(visitor_text=take)
        heads.append(next((one for one in found if one.isdigit()), ""))
    annex = next(place for place, page in enumerate(reader.pages) if "Phụ lục I" in page.extract_text())
    assert heads[0] == "" and heads[annex] == ""
    assert heads[1:annex] == [str(number) for number in range(2, annex + 1)]
    assert heads[annex + 1 :] == [str(number) for number in range(2, len(heads) - annex + 1)]


def test_numbers_in_the_document_are_vietnamese_whatever_the_reader_reads(ledger: Ledger, dung: Any, now: dt.datetime) -> None:
    with translation.override("en"):
        said = plain(pdf(ledger, dung, now))
    assert "1.204" in said and "1,204" not in said
    assert "2,5" in said


def test_a_kept_back_figure_is_kept_back_everywhere(
    ledger: Ledger, outsider: Any, city: SimpleNamespace, now: dt.datetime
) -> None:
    """An officer of another ward: no row of this ward, and no small count of the city."""
    hers = queries.ledger(plan=ledger.plan, viewer=outsider, now=now)
    assert hers is not None
    said = plain(pdf(hers, outsider, now))
    assert city.ward.name not in said.replace(outsider.get_full_name(), "")
    assert "dưới 10" in said
    book = workbook(hers, now)
    assert city.ward.name not in {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    staff = next(row for row in book["Theo đối tượng"].iter_rows(min_row=2, values_only=True) if "Cán bộ" in row[0])
    assert staff[3] == "dưới 10, không nêu"
    assert Cell(value=Decimal(4)) not in [cell for one in hers.breakdowns for row in one.rows for cell in row.cells]

from __future__ import annotations

import datetime as dt
import hashlib
import io
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
import segno
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from certificates import paper, pdf

NOTICE = (
    "Văn bản này xác nhận việc hoàn thành khóa học trên nền tảng; không phải là chứng chỉ bồi dưỡng theo quy định "
    "của pháp luật về đào tạo, bồi dưỡng cán bộ, công chức, viên chức."
)
LONG_NAME = "Công Tằng Tôn Nữ Nguyễn Phước Hoàng Thị Phương Quỳnh Trường Nghiêm Ngữ Đặng"
LONG_TITLE = "Ứng dụng trí tuệ nhân tạo tạo sinh trong soạn thảo văn bản hành chính, tổng hợp báo cáo và phục vụ người dân " * 2


def make(**changes: Any) -> paper.Facts:
    fields: dict[str, Any] = {
        "full_name": "Nguyễn Thị An", "course_title": "Khóa thử", "tier": "Cơ bản", "minutes": 28, "score": Decimal("8.50"),
        "issued_on": dt.date(2026, 11, 23), "completed_on": dt.date(2026, 11, 22),
        "title": "Xác nhận hoàn thành khóa học trực tuyến", "issuer": "Nền tảng Học AI, Thành phố Hồ Chí Minh",
        "statement": "đã hoàn thành khóa học", "notice": NOTICE, "signatory_name": "", "signatory_title": "",
        "code": "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV", "url": "https://hocai.example.gov.vn/certificates/0123456789ABCDEFGHJKMNPQRSTV/",
    }  # fmt: skip
    return paper.Facts(**{**fields, **changes})


def text_of(content: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def test_the_same_facts_give_the_same_bytes():
    assert hashlib.sha256(pdf.draw(make())).digest() == hashlib.sha256(pdf.draw(make())).digest()


def test_the_paper_reads_as_it_was_written():
    text = text_of(pdf.draw(make(signatory_name="Trần Thị Bưởi", signatory_title="Giám đốc")))
    for words in (
        "XÁC NHẬN HOÀN THÀNH", "KHÓA HỌC TRỰC TUYẾN", "Nguyễn Thị An", "Khóa thử", "bậc Cơ bản, 28 phút", "8,5/10",
        "Thành phố Hồ Chí Minh, ngày 23 tháng 11 năm 2026", "Hoàn thành ngày 22/11/2026", "0123-4567-89AB-CDEF",
        "GHJK-MNPQ-RSTV", "hocai.example.gov.vn/certificates", "Trần Thị Bưởi", "Giám đốc", "không phải là chứng chỉ bồi dưỡng",
    ):  # fmt: skip
        assert words in text


def test_a_decomposed_name_is_drawn_composed():
    decomposed = unicodedata.normalize("NFD", "Nguyễn Đặng Quỳnh Trường")
    assert "Nguyễn Đặng Quỳnh Trường" in text_of(pdf.draw(make(full_name=decomposed)))
    assert pdf.draw(make(full_name=decomposed)) == pdf.draw(make(full_name="Nguyễn Đặng Quỳnh Trường"))


def test_a_reader_in_english_gets_the_same_vietnamese_paper():
    with translation.override("en"):
        english = pdf.draw(make())
    assert english == pdf.draw(make())


def test_the_file_says_what_it_is():
    reader = PdfReader(io.BytesIO(pdf.draw(make())))
    assert reader.metadata is not None
    assert reader.metadata.title == "Xác nhận hoàn thành khóa học trực tuyến – Nguyễn Thị An"
    assert reader.metadata.author == "Nền tảng Học AI, Thành phố Hồ Chí Minh"
    assert reader.trailer["/Root"]["/Lang"] == "vi"
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (842, 595)


def test_only_the_embedded_fonts_are_drawn_with():
    """A name in a built-in font would lose its accents."""
    fonts = PdfReader(io.BytesIO(pdf.draw(make()))).pages[0]["/Resources"]["/Font"]
    drawn = {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    assert any("BeVietnamPro-Bold" in name for name in drawn)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (dt.date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (dt.date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (dt.date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
        (dt.date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_under_ten_and_the_first_two_months_have_a_leading_zero(day, words):
    assert paper.spoken_date(day).endswith(words)


def inside(facts: paper.Facts) -> bool:
    """Every line of text lies within the border, and no two lines overlap."""
    texts = [mark for mark in paper.lay_out(facts) if isinstance(mark, paper.Text)]
    boxes = []
    for text in texts:
        left = text.x - text.width / 2 if text.centred else text.x
        boxes.append((left, text.y - 0.75 * text.size, left + text.width, text.y + 0.2 * text.size))
    fits = all(box[0] >= 54 and box[1] >= 54 and box[2] <= 1069 and box[3] <= 740 for box in boxes)
    apart = all(
        one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
    )
    return fits and apart


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"full_name": LONG_NAME},
        {"full_name": "M" * 120, "course_title": "W" * 255},
        {"full_name": LONG_NAME + " " + LONG_NAME[:40], "course_title": LONG_TITLE, "title": "Xác nhận " * 17},
        {"issuer": "Trung tâm Chuyển đổi số Thành phố Hồ Chí Minh phối hợp với Sở Khoa học và Công nghệ " * 2,
         "signatory_title": "Phó Giám đốc phụ trách khối đào tạo và phổ cập kỹ năng số cho cộng đồng",
         "signatory_name": LONG_NAME},
        {"notice": NOTICE * 2, "statement": "đã tham gia đầy đủ các buổi học và " * 8, "score": None, "minutes": 0},
    ],
)  # fmt: skip
def test_long_texts_shrink_and_wrap_and_never_overflow(changes):
    assert inside(make(**changes))


@settings(max_examples=25, deadline=None)
@given(st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyẵỗựỹ ", min_size=1, max_size=120), st.text("ABCĐWMỆỖ ", min_size=1, max_size=255))
def test_no_name_and_no_course_leaves_the_paper(name, title):
    assert inside(make(full_name=name.strip() or "A", course_title=title.strip() or "B"))


def test_the_qr_code_has_its_quiet_zone_and_says_the_address():
    facts = make()
    marks = paper.lay_out(facts)
    modules = next(mark for mark in marks if isinstance(mark, paper.Modules))
    white = next(
        mark for mark in marks if isinstance(mark, paper.Shape) and mark.fill == paper.WHITE and len(mark.steps) == 4
        and mark.steps[0] == (214, 570)
    )  # fmt: skip
    left, top = white.steps[0]
    assert min(run[0] for run in modules.runs) - left == pytest.approx(4 * modules.side)
    assert min(run[1] for run in modules.runs) - top == pytest.approx(4 * modules.side)
    matrix = segno.make(facts.url, error="m", micro=False).matrix
    dark = sum(round(run[2] / modules.side) for run in modules.runs)
    assert dark == sum(sum(row) for row in matrix)

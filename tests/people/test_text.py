from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.text import fold, nfc, whole_words


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Đạo đức", "dao duc"), ("TRÍ TUỆ", "tri tue"), ("Nguyễn Thị  Ánh", "nguyen thi anh"), ("ưỡn ẹo", "uon eo"), ("", "")],
)
def test_fold_takes_the_marks_off(written, folded):
    assert fold(written) == fold(unicodedata.normalize("NFD", written)) == folded


@given(st.text(max_size=80))
def test_nfc_and_fold_are_stable(text):
    assert nfc(nfc(text)) == nfc(text)
    assert fold(nfc(text)) == fold(text.replace("\x00", ""))
    assert unicodedata.is_normalized("NFC", nfc(text))


def test_words_of_two_syllables_and_the_end_of_a_title_stay_whole():
    assert whole_words("AI quanh ta: hiểu đúng, dùng an toàn") == "AI quanh ta: hiểu\u00a0đúng, dùng an\u00a0toàn"
    assert whole_words("“Vì sao” máy học từ ví dụ") == "“Vì\u00a0sao” máy\u00a0học từ ví\u00a0dụ"
    assert whole_words("Một") == "Một"
    assert whole_words("") == ""

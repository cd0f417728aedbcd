from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.text import fold, nfc


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

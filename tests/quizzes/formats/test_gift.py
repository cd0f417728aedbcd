"""GIFT and Aiken: dirty files of real life, refusals with their line, there and back again, and noise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.formats import aiken, gift
from quizzes.formats.items import Item, Reading, Unreadable
from quizzes.kinds import read_question
from tests.quizzes import plain


def only(text: str) -> dict[str, Any]:
    reading = gift.read(text.encode())
    assert reading.refusals == ()
    return dict(reading.items[0].plain)


def said(form: dict[str, Any]) -> dict[str, Any]:
    """As the bank tells it."""
    return plain.settled({"stem": "Hỏi?", **form})


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Hỏi? {=Đúng#Tốt ~Sai#Chưa ~%50%Gần}", {"kind": "single", "options": [
            {"text": "Đúng", "correct": True, "feedback": "Tốt"}, {"text": "Sai", "feedback": "Chưa"},
            {"text": "Gần", "share": "1/2"}]}),
        ("Hỏi? {~%50%A ~%50%B ~%-50%C}", {"kind": "multiple", "options": [
            {"text": "A", "correct": True}, {"text": "B", "correct": True}, {"text": "C"}]}),
        ("Hỏi? {~%33.33333%A ~%66.66667%B ~%-100%C}", {"kind": "multiple", "rule": "shares", "options": [
            {"text": "A", "correct": True, "share": "1/3"}, {"text": "B", "correct": True, "share": "2/3"},
            {"text": "C", "share": -1}]}),
        ("Hỏi? {T}", {"kind": "true_false", "answer": True}),
        ("Hỏi? {false#Sai rồi.#Giỏi.}", {"kind": "true_false", "answer": False, "feedback_true": "Sai rồi.",
            "feedback_false": "Giỏi."}),
        ("Hỏi? {=thiên kiến =%50%thiên lệch#Gần}", {"kind": "short_text", "accents": "keep", "accept": [
            "thiên kiến", {"text": "thiên lệch", "share": "1/2", "feedback": "Gần"}]}),
        ("Hỏi? {=*kiến* =%0%*#Không}", {"kind": "short_text", "accents": "keep", "wildcards": True, "accept": ["*kiến*"]}),
        ("Hỏi? {#7:0.5}", {"kind": "number", "answer": 7, "tolerance": "0.5"}),
        ("Hỏi? {#1..5}", {"kind": "number", "answer": 3, "tolerance": 2}),
        ("Hỏi? {#=7:0#Đúng =%50%7:1#Gần}", {"kind": "number", "answer": 7, "remark": "Đúng", "also": [
            {"answer": 7, "tolerance": 1, "share": "1/2", "feedback": "Gần"}]}),
        ("Hỏi? {=mèo -> thú =gà -> chim = -> cá}", {"kind": "matching", "extra": ["cá"], "pairs": [
            {"left": "mèo", "right": "thú"}, {"left": "gà", "right": "chim"}]}),
        ("Hỏi? {}", {"kind": "essay"}), ("Hỏi? { ####Chung}", {"kind": "essay", "feedback": "Chung"}),
        ("[html]<p>Hỏi?</p><script>x</script>{T}", {"kind": "true_false", "answer": True}),
        ("[plain]a *b* \\{x\\} {T}", {"kind": "true_false", "answer": True, "stem": "a \\*b\\* {x}"}),
        ("Ai viết \\= và \\~? {T}", {"kind": "true_false", "answer": True, "stem": "Ai viết = và ~?"}),
        ("Hỏi? {\r\n=A\r\n\r\n~B\r\n}", {"kind": "single", "options": [{"text": "A", "correct": True}, {"text": "B"}]}),
        ("Ho\u0309i? {T}", {"kind": "true_false", "answer": True}),
    ],
)  # fmt: skip
def test_each_kind_is_read(text: str, form: dict[str, Any]) -> None:
    assert only(text) == said(form)


def test_names_categories_ids_and_comments() -> None:
    reading = gift.read(
        b"\xef\xbb\xbf// [id:q-7] [tag:an to\xc3\xa0n]\n$CATEGORY: $course$/top/A/B//C\n\n// l\xe1\xbb\x9di b\xc3\xacnh\n"
        b"::T\xc3\xaan::H\xe1\xbb\x8fi? {T}\n\nM\xe1\xbb\x9f {=a ~b} r\xe1\xbb\x93i."
    )
    first, second = reading.items
    assert (first.line, first.name, first.category) == (5, "Tên", ("A", "B/C"))
    assert (first.plain["id"], first.plain["tags"]) == ("q-7", ["an toàn"])
    assert second.plain["stem"].replace("\\", "") == "Mở _____ rồi."


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("Hỏi? {T}\n\nChỉ giới thiệu.", 3, "giới thiệu"), ("Hỏi? { =a ~b", 1, "không đủ cặp"), ("Hỏi? } {", 1, "không đủ cặp"),
        ("{=a ~b}", 1, "lời hỏi"), ("Hỏi? {=a}", 0, ""), ("Hỏi? {=a ~a}", 1, "giống nhau"), ("Hỏi? {~a ~b}", 1, "đúng"),
        ("Hỏi? {#bảy}", 1, "không phải là số"), ("Hỏi? {=a -> =b -> c}", 1, "vế trái"), ("Hỏi? {x ~a =b}", 1, "sau dấu"),
        ("Hỏi? {~%abc%a =b}", 0, ""), ("Hỏi? {=a -> b}", 1, "ít nhất 2"), ("Một {T} hai {F}", 1, "một phần trả lời"),
        ("Hỏi? { =a\n\n::Sau::Hỏi? {T}", 1, "không đủ cặp"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_its_line_and_the_rest_is_read(text: str, line: int, why: str) -> None:
    reading = gift.read(f"{text}\n\n::Cuối::Hỏi? {{T}}".encode())
    assert reading.items[-1].name == "Cuối"
    if line:
        assert [(one.line, why in one.reason) for one in reading.refusals] == [(line, True)]
    else:
        assert reading.refusals == ()


def test_what_is_not_kept_is_said() -> None:
    reading = gift.read("Hỏi? {=đúng =%0%*#Thử lại nhé}".encode())
    assert "mọi câu trả lời khác" in reading.items[0].lost[0]


@given(plain.items())
def test_what_is_written_is_read_the_same_for_every_kind(items: list[Item]) -> None:
    reading = gift.read(gift.write(items, {}))
    assert reading.refusals == ()
    assert [(one.plain, one.name) for one in reading.items] == [(one.plain, one.name) for one in items]


TOKENS = [
    "::",
    "{",
    "}",
    "=",
    "~",
    "#",
    "->",
    "%50%",
    "\\",
    "\n",
    "\n\n",
    "$CATEGORY:",
    "//",
    "[html]",
    "<b>",
    "T",
    "7:1",
    "ừ",
    " ",
]


@given(
    st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(TOKENS), max_size=60).map(lambda parts: "".join(parts).encode()))
)
def test_noise_gives_a_reading_or_is_unreadable(data: bytes) -> None:
    for read in (gift.read, aiken.read):
        try:
            reading = read(data)
        except Unreadable:
            continue
        assert isinstance(reading, Reading)
        for item in reading.items:
            read_question(item.plain)


@pytest.mark.parametrize("part", ["{", "}", "=~", "::", "\\", "{}\n\n", "A. x\n", "[html]<b>", "%1%", "//[id:\\"])
def test_a_megabyte_of_the_same_is_read_to_its_end(part: str) -> None:
    data = (part * (1_000_000 // len(part)))[:1_000_000].encode()
    for read in (gift.read, aiken.read):
        try:
            assert read(data).found >= 0
        except Unreadable as refusal:
            assert "20.000" in str(refusal)


# --- Aiken -----------------------------------------------------------------------------------------------------------

AIKEN = """Thứ nào là *AI*?
Chọn một.
A. Bảng giờ in sẵn
B) Trợ lý trả lời
được nhiều câu
ANSWER: b

Thiếu đáp án?
A. một
B. hai

Chỉ một phương án?
A. một
ANSWER: A
Sai đáp án?
a. một
b. hai
answer: C
ANSWER: A
"""


def test_aiken_is_read_and_each_refusal_has_its_line() -> None:
    reading = aiken.read(b"\xef\xbb\xbf" + AIKEN.replace("\n", "\r\n").encode())
    (item,) = reading.items
    assert item.line == 1 and item.plain["stem"].replace("\\\n", " ").startswith("Thứ nào là \\*AI\\*?")
    assert [one["text"] for one in item.plain["options"]] == ["Bảng giờ in sẵn", "Trợ lý trả lời được nhiều câu"]
    assert [one.get("correct", False) for one in item.plain["options"]] == [False, True]
    assert [(one.line, why in one.reason) for one, why in zip(
        reading.refusals, ["thiếu dòng ANSWER", "ít nhất hai", "không chỉ phương án", "không thuộc về câu"], strict=True
    )] == [(8, True), (12, True), (15, True), (19, True)]  # fmt: skip

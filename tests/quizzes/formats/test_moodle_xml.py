"""Moodle XML: files as Moodle and people write them, refusals with their line, there and back again, and noise."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.formats import moodle_xml
from quizzes.formats.items import Item, Reading, Unreadable
from quizzes.kinds import read_question
from tests.quizzes import plain
from tests.quizzes.formats.test_gift import said
from tests.quizzes.test_kinds_in_use import NAME, PNG

STEM = '<questiontext format="html"><text><![CDATA[<p>Hỏi?</p>]]></text></questiontext>'


def question(kind: str, inner: str, stem: str = STEM) -> str:
    return f'<question type="{kind}"><name><text>Tên</text></name>{stem}{inner}</question>'


def answer(share: Any, text: str, feedback: str = "", more: str = "") -> str:
    told = f'<feedback format="html"><text>{feedback}</text></feedback>'
    return f'<answer fraction="{share}" format="html"><text><![CDATA[{text}]]></text>{told}{more}</answer>'


def quiz(*questions: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n' + "\n".join(questions) + "\n</quiz>").encode()


def only(*questions: str) -> dict[str, Any]:
    reading = moodle_xml.read(quiz(*questions))
    assert reading.refusals == ()
    return dict(reading.items[0].plain)


WORDS = '<![CDATA[<p class="MsoNormal"><span style="mso-x:1">Thủ đô là {1:SHORTANSWER:=Hà Nội#Giỏi~%50%Ha Noi} và&nbsp;'
CLOZE = WORDS + "{2:MCS:=một~hai#Chưa} hay {:NM:=7:0.5}.</p>]]>"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (question("multichoice", "<single>true</single>" + answer(100, "<b>A</b> nhé", "Tốt") + answer(0, "B")),
         {"kind": "single", "options": [{"text": "**A** nhé", "correct": True, "feedback": "Tốt"}, {"text": "B"}]}),
        (question("multichoice", "<single>false</single>" + answer(50, "A") + answer(50, "B") + answer(-50, "C")),
         {"kind": "multiple", "options": [{"text": "A", "correct": True}, {"text": "B", "correct": True}, {"text": "C"}]}),
        (question("multichoice", "<single>false</single>" + answer("33.33333", "A") + answer("66.66667", "B") + answer(0, "C")),
         {"kind": "multiple", "rule": "shares", "options": [
             {"text": "A", "correct": True, "share": "1/3"}, {"text": "B", "correct": True, "share": "2/3"}, {"text": "C"}]}),
        (question("truefalse", answer(0, "true", "Sai rồi.") + answer(100, "false", "Giỏi.")),
         {"kind": "true_false", "answer": False, "feedback_true": "Sai rồi.", "feedback_false": "Giỏi."}),
        (question("shortanswer", "<usecase>1</usecase>" + answer(100, "Hà *") + answer(0, "*", "Không")),
         {"kind": "short_text", "accents": "keep", "case": "keep", "wildcards": True, "accept": ["Hà *"]}),
        (question("numerical", answer(100, "1,5", "Tốt", "<tolerance>0.1</tolerance>") + answer(50, "2")
                  + "<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit>"
                  "<unit><multiplier>0.001</multiplier><unit_name>km</unit_name></unit></units>"),
         {"kind": "number", "answer": "1.5", "tolerance": "0.1", "remark": "Tốt", "unit": "m",
          "units": [{"unit": "km", "factor": 1000}], "also": [{"answer": 2, "share": "1/2"}]}),
        (question("matching", "<subquestion><text>mèo</text><answer><text>thú</text></answer></subquestion>"
                  "<subquestion><text>chó</text><answer><text>thú</text></answer></subquestion>"
                  "<subquestion><text></text><answer><text>cá</text></answer></subquestion>"),
         {"kind": "matching", "extra": ["cá"], "pairs": [{"left": "mèo", "right": "thú"}, {"left": "chó", "right": "thú"}]}),
        (question("ordering", answer(2, "hai") + answer(1, "một")), {"kind": "ordering", "items": ["một", "hai"]}),
        (question("cloze", "", f"<questiontext format=\"html\"><text>{CLOZE}</text></questiontext>"),
         {"kind": "gaps", "stem": "Điền vào chỗ trống.", "text": "Thủ đô là [[1]] và [[2]] hay [[3]].", "gaps": {
             "1": {"kind": "typed", "accents": "keep", "accept": [
                 {"text": "Hà Nội", "feedback": "Giỏi"}, {"text": "Ha Noi", "share": "1/2"}]},
             "2": {"kind": "chosen", "weight": 2, "options": [
                 {"text": "một", "correct": True}, {"text": "hai", "feedback": "Chưa"}]},
             "3": {"kind": "number", "answer": 7, "tolerance": "0.5"}}}),
        (question("gapselect", "<selectoption><text>mèo</text><group>1</group></selectoption>"
                  "<selectoption><text>chó</text><group>1</group></selectoption><selectoption><text>x</text><group>2</group></selectoption>",
                  "<questiontext format=\"html\"><text>Con [[2]] sủa.</text></questiontext>"),
         {"kind": "gaps", "stem": "Điền vào chỗ trống.", "text": "Con [[1]] sủa.", "gaps": {
             "1": {"kind": "chosen", "options": [{"text": "mèo"}, {"text": "chó", "correct": True}]}}}),
        (question("essay", "<responsefieldlines>15</responsefieldlines>"
                  "<graderinfo format=\"html\"><text>Đủ ý.</text></graderinfo>"
                  "<minwordlimit>50</minwordlimit>"), {"kind": "essay", "lines": 15, "words": [50, 0], "for_markers": "Đủ ý."}),
        (question("essay", "<responseformat>noinline</responseformat><attachments>2</attachments>"),
         {"kind": "file", "files": 2}),
    ],
)  # fmt: skip
def test_each_kind_is_read(text: str, form: dict[str, Any]) -> None:
    assert only(text) == said({**form, "name": "Tên"})


def test_categories_tags_marks_and_pictures() -> None:
    picture = base64.b64encode(PNG).decode()
    stem = (
        '<questiontext format="html"><text><![CDATA[<p>Nhìn <img src="@@PLUGINFILE@@/a%20b.png" alt="bàn tay">'
        f'<script>x</script></p>]]></text><file name="a b.png" path="/" encoding="base64">{picture}</file></questiontext>'
    )
    more = "<defaultgrade>2.5000000</defaultgrade><idnumber>q-1</idnumber><tags><tag><text>an toàn</text></tag></tags>"
    truth = answer(100, "true") + answer(0, "false")
    reading = moodle_xml.read(
        quiz(
            question("category", "<category><text>$course$/top/Chương 1/Bài 2</text></category>", ""),
            question("truefalse", more + truth + '<hint format="html"><text>Nghĩ kỹ.</text></hint>', stem),
        )
    )
    (item,) = reading.items
    assert (item.category, item.name, item.line) == (("Chương 1", "Bài 2"), "Tên", 4)
    assert (item.plain["id"], item.plain["tags"], str(item.plain["mark"])) == ("q-1", ["an toàn"], "2.5")
    assert item.plain["stem"] == f"Nhìn ![bàn tay](media:{NAME})"
    assert reading.media == {NAME: PNG} and NAME.startswith(hashlib.sha256(PNG).hexdigest())
    assert any("Gợi ý" in one for one in item.lost)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (question("description", ""), "giới thiệu"), (question("calculated", ""), "calculated"),
        (question("multichoice", answer(100, "A")), "ít nhất 2"),
        (question("multichoice", answer("x", "A") + answer(0, "B")), "phần trăm"),
        (question("truefalse", answer(100, "Đúng") + answer(0, "Sai")), "true và false"),
        (question("numerical", answer(100, "bảy")), "không phải là số"), (question("cloze", ""), "không có chỗ trống"),
        (question("gapselect", "", "<questiontext><text>[[3]]</text></questiontext>"), "[[3]]"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_its_line_and_the_rest_is_read(text: str, why: str) -> None:
    reading = moodle_xml.read(quiz(text, question("truefalse", answer(100, "true") + answer(0, "false"))))
    (refusal,) = reading.refusals
    assert refusal.line == 3 and why in refusal.reason and len(reading.items) == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<quiz><question", "hỏng"), (b"<html/>", "Moodle"),
        (b"<!DOCTYPE q [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><quiz>&c;</quiz>", "ENTITY"), (b"<quiz>" + b"<a>" * 500, "quá sâu"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_questions_is_unreadable(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        moodle_xml.read(data)


@given(plain.items())
def test_what_is_written_is_read_the_same_for_every_kind(items: list[Item]) -> None:
    reading = moodle_xml.read(moodle_xml.write(items, {}))
    assert reading.refusals == ()
    assert [(one.plain, one.name) for one in reading.items] == [(one.plain, one.name) for one in items]


def test_pictures_go_out_with_their_question() -> None:
    form = plain.settled({"kind": "true_false", "stem": f"Nhìn ![bàn tay](media:{NAME})", "answer": True})
    reading = moodle_xml.read(moodle_xml.write([Item(line=1, plain=form)], {NAME: PNG}))
    assert reading.media == {NAME: PNG} and reading.items[0].plain == form


TAGS = ["question", "answer", "text", "feedback", "name", "questiontext", "subquestion", "units", "unit", "category", "file"]
NOISE = st.recursive(
    st.sampled_from(["", "{1:SA:=a}", "[[1]]", "&lt;p&gt;", "ừ", "100", "true", "{:NM:=x}"]),
    lambda inner: st.tuples(
        st.sampled_from(TAGS), st.sampled_from(["", " type='cloze'", " type='numerical'", " type='multichoice'"]),
        st.lists(inner, max_size=4),
    ).map(lambda parts: f"<{parts[0]}{parts[1]}>{''.join(parts[2])}</{parts[0]}>"),
    max_leaves=25,
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), NOISE.map(lambda inner: quiz(inner, question("cloze", inner)))))
def test_noise_gives_a_reading_or_is_unreadable(data: bytes) -> None:
    try:
        reading = moodle_xml.read(data)
    except Unreadable:
        return
    assert isinstance(reading, Reading)
    for item in reading.items:
        read_question(item.plain)

"""Every kind of question: its plain form, what is refused, what it shows, how it is marked."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import marking, rendering, responses
from quizzes.kinds import KINDS, Bad, read_question, tell_question
from quizzes.kinds.by_hand import rubric_share
from quizzes.kinds.reading import fits
from tests.quizzes import plain


@given(plain.plain_forms())
def test_what_is_told_is_read_the_same_and_is_json(form: dict[str, Any]) -> None:
    read = read_question(form)
    told = tell_question(code=read.code, tags=read.tags, fields=read.fields)
    again = read_question(told)
    assert again == read
    assert json.loads(json.dumps(read.fields["body"])) == read.fields["body"]
    assert KINDS[form["kind"]].explain(read.fields["body"])


@given(plain.plain_forms(), st.randoms(use_true_random=False))
def test_nothing_of_the_key_is_in_what_is_shown(form: dict[str, Any], rng: random.Random) -> None:
    """A remark, a share or a right answer that only who marks may know is nowhere in what the page gets."""
    canary = "khóa-bí-mật"

    def salted(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: salted(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [salted(one, name) for one in value]
        return canary if name in {"feedback", "feedback_true", "feedback_false", "remark", "for_markers"} else value

    fields = read_question(salted(form)).fields
    body = fields["body"]
    order = KINDS[fields["kind"]].draw_order(body, True, rng)
    shown = str(responses.show(fields["kind"], body, order, {}))
    assert canary not in shown and "share" not in shown and "correct" not in shown


BASE = {"stem": "Hỏi?"}
ONE, TWO = {"text": "Một", "correct": True}, {"text": "Hai"}
AREA = {"name": "Trái", "shape": "rect", "coords": [0, 0, 9, 9], "correct": True}
SPOT = {"kind": "hotspot", "image": plain.MEDIA, "alt": "Bản đồ", "areas": [AREA, {**AREA, "name": "Phải", "correct": False}]}
WORTHLESS = [{"text": "a", "points": 0}, {"text": "b", "points": 0}]
RUBRIC = [{"criterion": "Rõ", "levels": [{"text": "Chưa", "points": 0}, {"text": "Rõ", "points": 4}]}]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "single", "options": [ONE, {**TWO, "share": "2"}]}, "-1 đến 1"),
        ({"kind": "single", "options": [{**ONE, "share": "1/2"}, TWO]}, "trọn điểm"),
        ({"kind": "single", "options": [ONE, {**TWO, "share": "một nửa"}]}, "không phải là số"),
        ({"kind": "single", "options": [ONE, {**TWO, "share": "1/0"}]}, "không phải là số"),
        ({"kind": "single", "options": [ONE, {**TWO, "share": "1e-999999999"}]}, "không phải là số"),
        ({"kind": "multiple", "rule": "most", "options": [ONE, TWO]}, "phải là một trong"),
        ({"kind": "multiple", "rule": "shares", "options": [{**ONE, "share": "1/2"}, TWO]}, "trọn điểm"),
        ({"kind": "multiple", "least": "1/2", "options": [ONE, TWO]}, "thấp nhất"),
        ({"kind": "short_text", "accept": [{"text": "a", "share": "1/2"}]}, "trọn điểm"),
        ({"kind": "short_text", "accept": ["*"], "wildcards": True}, "không có chữ"),
        ({"kind": "number", "answer": 1, "units": [{"unit": "km", "factor": 0}]}, "bằng 0"),
        ({"kind": "number", "answer": "1e999"}, "phải là số"),
        ({"kind": "gaps", "text": "Không có chỗ nào.", "gaps": {}}, "chỗ trống"),
        ({"kind": "gaps", "text": "[[1]] [[1]]", "gaps": {"1": {"kind": "typed", "accept": ["a"]}}}, "mỗi chỗ một lần"),
        ({"kind": "gaps", "text": "[[1]]", "gaps": {"2": {"kind": "typed", "accept": ["a"]}}}, "mỗi chỗ trống"),
        ({"kind": "gaps", "text": "[[1]]", "gaps": {"1": {"kind": "typed", "accept": ["a"], "weight": 0}}}, "trọng số"),
        ({**SPOT, "image": "https://example.org/a.png"}, "tấm hình"), ({**SPOT, "alt": ""}, "tả tấm hình"),
        ({**SPOT, "areas": [AREA, {**AREA, "name": "b", "coords": [1, 2]}]}, "tọa độ"),
        ({**SPOT, "areas": [AREA, {**AREA, "name": "b", "coords": [9, 9, 1, 1]}]}, "góc"),
        ({**SPOT, "areas": [AREA, {**AREA, "name": "b", "coords": [0, 0, 1001, 9]}]}, "0 đến 1000"),
        ({"kind": "essay", "words": [50, 5]}, "words"), ({"kind": "essay", "lines": 1}, "lines"),
        ({"kind": "file", "types": ["exe"]}, "types"), ({"kind": "file", "files": 9}, "files"),
        ({"kind": "practical", "self_check": ["a"]}, "rubric"), ({"kind": "practical", "rubric": RUBRIC}, "self_check"),
        ({"kind": "essay", "rubric": [{"criterion": "x", "levels": WORTHLESS}]}, "tiêu chí"),
        ({"kind": "likert", "statements": ["a"], "scale": ["có"]}, "scale"),
        ({"kind": "true_false", "answer": True, "mark": 0}, "lớn hơn 0"),
        ({"kind": "true_false", "answer": True, "tags": "a"}, "tags"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_its_reason(form: dict[str, Any], why: str) -> None:
    with pytest.raises(Bad, match=why):
        read_question({**BASE, **form})


def body_of(form: dict[str, Any]) -> dict[str, Any]:
    return read_question({**BASE, **form}).fields["body"]


@pytest.mark.parametrize(
    ("picked", "share"), [("a", 1), ("b", Fraction(1, 3)), ("c", Fraction(-1, 2)), ("d", 0)],
)  # fmt: skip
def test_one_option_earns_its_share(picked: str, share: Any) -> None:
    body = body_of({
        "kind": "single",
        "options": [ONE, {**TWO, "share": "1/3"}, {"text": "Ba", "share": "-1/2"}, {"text": "Không có đáp án nào", "last": True}],
    })  # fmt: skip
    assert marking.mark("single", body, {"choice": picked}) == share
    assert KINDS["single"].least(body) == Fraction(-1, 2)


def test_none_of_the_above_stays_below() -> None:
    body = body_of({"kind": "single", "options": [{**TWO, "last": True}, ONE, {"text": "Ba"}, {"text": "Bốn"}]})
    orders = {tuple(KINDS["single"].draw_order(body, True, random.Random(seed))) for seed in range(20)}
    assert len(orders) > 3 and {order[-1] for order in orders} == {"a"}


FOUR = [ONE, {"text": "Hai", "correct": True}, {"text": "Ba"}, {"text": "Bốn"}]


@pytest.mark.parametrize(
    ("rule", "picked", "share"),
    [
        ({"rule": "all"}, "ab", 1), ({"rule": "all"}, "a", 0), ({"rule": "all"}, "abc", 0), ({}, "a", Fraction(1, 2)),
        ({}, "cd", 0), ({"least": "-1/2"}, "cd", Fraction(-1, 2)), ({"least": "-1"}, "cd", -1),
        ({"least": -1}, "c", Fraction(-1, 2)),
    ],
)  # fmt: skip
def test_several_options_by_each_rule(rule: dict[str, Any], picked: str, share: Any) -> None:
    body = body_of({"kind": "multiple", **rule, "options": FOUR})
    assert marking.mark("multiple", body, {"choices": list(picked)}) == share


def test_three_thirds_of_a_hundred_make_a_whole() -> None:
    thirds = [{"text": str(n), "correct": True, "share": "0.3333333"} for n in range(3)]
    body = body_of({"kind": "multiple", "rule": "shares", "options": [*thirds, {"text": "x", "share": "-1"}]})
    assert marking.mark("multiple", body, {"choices": ["a", "b", "c"]}) == 1
    assert marking.mark("multiple", body, {"choices": ["a", "b", "c", "d"]}) == 0


@pytest.mark.parametrize(
    ("said", "rest", "share"),
    [
        ("ma", {}, 1), ("má", {}, 1), ("MÁ", {}, 1), ("ma", {"accents": "keep"}, 0), ("MÁ", {"accents": "keep"}, 1),
        ("MÁ", {"case": "keep"}, 0), ("mà", {"case": "keep"}, 1), ("gần má", {}, 0),
        ("gan ma lam", {"wildcards": True}, Fraction(1, 2)),
    ],
)  # fmt: skip
def test_words_are_as_strict_as_the_author_says(said: str, rest: dict[str, Any], share: Any) -> None:
    body = body_of({"kind": "short_text", "accept": ["má", {"text": "gần má*", "share": "1/2", "feedback": "Gần đúng."}], **rest})
    assert marking.mark("short_text", body, {"text": said}) == share
    assert responses.remarks("short_text", body, {"text": said}) == (["Gần đúng."] if share == Fraction(1, 2) else [])


def test_a_pattern_of_many_stars_is_no_trap() -> None:
    assert not fits("a*" * 100 + "b", "a" * 200)
    assert fits("*a*b*", "xxaxxb") and fits("*", "") and not fits("a", "ab") and not fits("ab", "a")


@pytest.mark.parametrize(
    ("typed", "share"),
    [("1500", 1), ("1500 m", 1), ("1,5 km", 1), ("1.5km", 1), ("1,5", 0), ("1505", Fraction(1, 2)), ("1,505 km", Fraction(1, 2))],
)
def test_numbers_take_other_units_and_other_answers(typed: str, share: Any) -> None:
    body = body_of({
        "kind": "number", "answer": 1500, "tolerance": 1, "unit": "m", "units": [{"unit": "km", "factor": 1000}],
        "also": [{"answer": 1500, "tolerance": 10, "share": "1/2", "feedback": "Làm tròn ít thôi."}], "remark": "Đúng rồi.",
    })  # fmt: skip
    response = responses.parse("number", body, [], {"answer": [typed]})
    assert marking.mark("number", body, response) == share
    assert responses.remarks("number", body, response) == {1: ["Đúng rồi."], 0: []}.get(share, ["Làm tròn ít thôi."])


def test_right_sides_that_say_the_same_are_offered_once_and_both_count() -> None:
    pairs = [{"left": "mèo", "right": "thú"}, {"left": "chó", "right": "thú"}, {"left": "gà", "right": "chim"}]
    body = body_of({"kind": "matching", "pairs": pairs})
    order = KINDS["matching"].draw_order(body, True, random.Random(1))
    assert sorted(order) == ["a", "c"]
    assert marking.mark("matching", body, {"pairs": {"a": "a", "b": "a", "c": "c"}}) == 1


@pytest.mark.parametrize(("rule", "share"), [("chain", Fraction(2, 3)), ("exact", 0), ("all", 0)])
def test_the_first_step_put_last_costs_what_the_rule_says(rule: str, share: Any) -> None:
    body = body_of({"kind": "ordering", "items": ["1", "2", "3", "4"], "rule": rule})
    assert marking.mark("ordering", body, {"places": {"b": 1, "c": 2, "d": 3, "a": 4}}) == share


def test_gaps_are_marked_one_by_one_and_by_weight() -> None:
    body = body_of({
        "kind": "gaps", "text": "[[1]] và [[2]], [[3]]",
        "gaps": {
            "1": {"kind": "typed", "accept": ["dữ liệu"]}, "2": {"kind": "chosen", "options": [ONE, TWO]},
            "3": {"kind": "number", "answer": 7, "weight": 2},
        },
    })  # fmt: skip
    given = {"1": "du lieu", "2": "b", "3": "7,0"}
    assert marking.mark("gaps", body, {"gaps": given}) == Fraction(3, 4)
    assert responses.progress("gaps", body, {"gaps": given}) == "full"
    assert responses.progress("gaps", body, {"gaps": {"1": "x"}}) == "part"
    assert responses.summarise("gaps", body, {"gaps": given}) == ["(1) du lieu", "(2) Hai", "(3) 7,0"]
    with pytest.raises(responses.ResponseError, match="3"):
        responses.parse("gaps", body, [], {"gap-3": ["bảy"]})


def test_a_wrong_word_in_one_gap_loses_nothing_of_the_others() -> None:
    gaps = {
        "1": {"kind": "typed", "accept": ["a"]}, "2": {"kind": "number", "answer": 7},
        "3": {"kind": "chosen", "options": [ONE, TWO]},
    }  # fmt: skip
    body = body_of({"kind": "gaps", "text": "[[1]] [[2]] [[3]]", "gaps": gaps})
    shown = responses.redraw("gaps", body, ["3:b", "3:a"], {"gap-1": ["dữ liệu"], "gap-2": ["bảy"], "gap-3": ["1"]})
    filled = [piece for piece in shown.pieces if piece.name]
    assert [piece.typed for piece in filled] == ["dữ liệu", "bảy", ""]
    assert [(choice.text, choice.chosen) for choice in filled[2].choices] == [("Hai", True), ("Một", False)]


def test_places_on_a_picture_are_also_names_in_a_list() -> None:
    body = body_of(SPOT)
    shown = responses.show("hotspot", body, [], {"choice": "a"})
    assert [(area.name, area.chosen) for area in shown.areas] == [("Trái", True), ("Phải", False)]
    assert responses.parse("hotspot", body, [], {"answer": ["2"]}) == {"choice": "b"}
    with pytest.raises(responses.ResponseError):
        responses.parse("hotspot", body, [], {"answer": ["3"]})


def test_what_a_person_marks_is_marked_by_nobody_else() -> None:
    for kind in ("essay", "file", "practical"):
        assert marking.mark(kind, {}, {"text": "Bài của em."}) is None
        assert marking.mark(kind, {}, {}) == 0


def test_an_essay_knows_its_length_and_keeps_its_lines() -> None:
    body = body_of({"kind": "essay", "words": [3, 5], "start": "Kính gửi"})
    assert responses.parse("essay", body, [], {"answer": ["Kính gửi"]}) == {}
    response = responses.parse("essay", body, [], {"answer": ["một\r\nhai"]})
    assert response == {"text": "một\nhai"} and responses.progress("essay", body, response) == "part"
    assert responses.progress("essay", body, {"text": "một hai ba"}) == "full"
    with pytest.raises(responses.ResponseError):
        responses.parse("essay", body, [], {"answer": ["x" * 20_001]})


def test_a_rubric_makes_a_share() -> None:
    body = body_of({"kind": "essay", "rubric": [*RUBRIC, {**RUBRIC[0], "criterion": "Đúng"}]})
    assert rubric_share(body["rubric"], [1, 0]) == Fraction(1, 2)
    with pytest.raises(ValueError, match="argument"):
        rubric_share(body["rubric"], [1])


def test_files_are_named_by_their_ids_only() -> None:
    body, one = body_of({"kind": "file"}), "7b0e0c9e-0000-4000-8000-000000000001"
    assert responses.parse("file", body, [], {"files": [one]}) == {"files": [one]}
    for bad in (["../../etc/passwd"], [one, one[:-1] + "2"]):
        with pytest.raises(responses.ResponseError):
            responses.parse("file", body, [], {"files": bad})


def test_an_opinion_counts_nothing() -> None:
    body = body_of({"kind": "likert", "statements": ["AI giúp tôi."], "scale": ["Không", "Có"]})
    assert responses.parse("likert", body, [], {"mark-1": ["2"]}) == {"marks": {"a": 2}}
    assert marking.mark("likert", body, {"marks": {"a": 2}}) == 0
    assert responses.summarise("likert", body, {"marks": {"a": 2}}) == ["AI giúp tôi: Có"]


def test_marks_below_nothing_never_make_a_score_below_nothing() -> None:
    assert marking.total([Decimal(-1), Decimal("0.5")], Decimal(2)) == Decimal("0.00")


# --- the Markdown of questions ---------------------------------------------------------------------------------------


def address(name: str) -> str:
    return f"/m/{name}"


def test_pictures_and_sound_of_the_bank_are_shown_and_others_only_told() -> None:
    name = "0" * 64
    assert f'<img src="/m/{name}.png" alt="Bản &amp; đồ"' in rendering.inline(f"![Bản & đồ](media:{name}.png)", address)
    assert f'<audio controls preload="none" src="/m/{name}.mp3" aria-label="Nghe"' in rendering.phrase(
        f"![Nghe](media:{name}.mp3)", address
    )
    for source in ("https://example.org/x.png", "javascript:alert(1)", "media:../../x.png", "data:image/png;base64,AAAA"):
        drawn = rendering.inline(f"![hình]({source})", address)
        assert "<img" not in drawn and "src=" not in drawn


def test_formulas_stay_and_nothing_else_of_html_does() -> None:
    drawn = rendering.inline("Tính <math><mfrac><mn>1</mn><mi>x</mi></mfrac></math> <script>alert(1)</script>", address)
    assert "<mfrac><mn>1</mn><mi>x</mi></mfrac>" in drawn and "<script" not in drawn
    inside = '<annotation-xml encoding="text/html"><img src=x onerror=alert(1)></annotation-xml>'
    hostile = f'<math href="javascript:alert(1)">{inside}</math>'
    drawn = rendering.phrase(hostile, address)
    assert not any(one in drawn for one in ("href", "<img", "onerror", "annotation-xml"))


def test_a_line_between_gaps_keeps_its_spaces() -> None:
    assert rendering.passage("Máy học từ ", address) == "Máy học từ "
    assert rendering.passage(" rồi **nói**.", address) == " rồi <strong>nói</strong>."
    assert rendering.passage("một\n\nhai ", address) == "một<br>hai "
    assert rendering.passage("", address) == ""


@given(st.text(max_size=200))
def test_no_text_makes_the_renderer_fail_or_let_a_script_through(text: str) -> None:
    drawn = rendering.inline(f"{text}<script>x</script>", address)
    assert "<script" not in drawn

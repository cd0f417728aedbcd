from __future__ import annotations

from typing import Any

import pytest

from quizzes import responses

MATCHING = {
    "pairs": [{"id": "a", "left": "Chợ", "right": "Rau"}, {"id": "b", "left": "Xe", "right": "Xăng"}],
    "extra": [{"id": "x1", "text": "Mây"}],
}
ORDERING = {"items": [{"id": "a", "text": "Một"}, {"id": "b", "text": "Hai"}, {"id": "c", "text": "Ba"}]}
CHOICE = {"options": [{"id": one, "text": one.upper(), "correct": one == "a", "feedback": f"về {one}"} for one in "abc"]}
TRUTH = {"answer": False, "feedback_true": "Chưa.", "feedback_false": "Phải."}
NUMBER = {"answer": "7", "tolerance": "0", "unit": "câu"}


@pytest.mark.parametrize(
    ("kind", "body", "order", "fields", "response"),
    [
        ("single", CHOICE, ["c", "a", "b"], {"answer": ["2"]}, {"choice": "a"}),
        ("single", CHOICE, ["c", "a", "b"], {}, {}),
        ("multiple", CHOICE, ["c", "a", "b"], {"answer": ["1", "3", "1"]}, {"choices": ["b", "c"]}),
        ("true_false", TRUTH, [], {"answer": ["false"]}, {"value": False}),
        ("short_text", {"accept": ["x"]}, [], {"answer": ["  a\u0309o   gia\u0301c "]}, {"text": "ảo giác"}),
        ("short_text", {"accept": ["x"]}, [], {"answer": ["  "]}, {}),
        ("number", NUMBER, [], {"answer": ["7,5"]}, {"number": "7,5"}),
        ("number", NUMBER, [], {"answer": ["7 câu"]}, {"number": "7"}),
        ("matching", MATCHING, ["x1", "b", "a"], {"pair-1": ["3"], "pair-2": [""]}, {"pairs": {"a": "a"}}),
        ("ordering", ORDERING, ["c", "a", "b"], {"place-1": ["3"], "place-2": ["1"]}, {"places": {"c": 3, "a": 1}}),
    ],
)
def test_a_posted_form_becomes_a_response(kind: str, body: Any, order: list[str], fields: Any, response: Any) -> None:
    assert responses.parse(kind, body, order, fields) == response
    responses.check(kind, body, response)


@pytest.mark.parametrize(
    ("kind", "body", "order", "fields"),
    [
        ("single", CHOICE, ["a", "b", "c"], {"answer": ["4"]}),
        ("single", CHOICE, ["a", "b", "c"], {"answer": ["a"]}),
        ("single", CHOICE, ["a", "b", "c"], {"answer": ["0"]}),
        ("single", CHOICE, ["a", "b", "c"], {"answer": ["-1"]}),
        ("single", CHOICE, ["a", "b", "c"], {"answer": ["²"]}),
        ("multiple", CHOICE, ["a", "b", "c"], {"answer": ["1", "9"]}),
        ("true_false", TRUTH, [], {"answer": ["yes"]}),
        ("number", NUMBER, [], {"answer": ["bảy"]}),
        ("number", NUMBER, [], {"answer": ["9" * 41]}),
        ("short_text", {"accept": ["x"]}, [], {"answer": ["x" * 201]}),
        ("matching", MATCHING, ["a", "b", "x1"], {"pair-1": ["7"]}),
        ("ordering", ORDERING, ["a", "b", "c"], {"place-1": ["4"]}),
    ],
)
def test_what_was_not_served_is_refused(kind: str, body: Any, order: list[str], fields: Any) -> None:
    with pytest.raises(responses.ResponseError):
        responses.parse(kind, body, order, fields)
    responses.redraw(kind, body, order, fields)  # and can still be drawn again


@pytest.mark.parametrize(
    ("kind", "body", "response"),
    [
        ("single", CHOICE, {"choice": "z"}),
        ("single", CHOICE, {"value": True}),
        ("single", CHOICE, []),
        ("single", CHOICE, {"choice": ["a"]}),
        ("multiple", CHOICE, {"choices": ["a", "z"]}),
        ("true_false", TRUTH, {"value": 1}),
        ("number", NUMBER, {"number": "bảy"}),
        ("short_text", {"accept": ["x"]}, {"text": "x" * 201}),
        ("matching", MATCHING, {"pairs": {"a": "z"}}),
        ("matching", MATCHING, {"pairs": {"x1": "a"}}),
        ("ordering", ORDERING, {"places": {"a": 0}}),
        ("ordering", ORDERING, {"places": {"a": True}}),
        ("ordering", ORDERING, {"places": {"z": 1}}),
    ],
)
def test_a_response_the_question_cannot_have_is_refused(kind: str, body: Any, response: Any) -> None:
    with pytest.raises(responses.ResponseError):
        responses.check(kind, body, response)


def test_progress_tells_a_half_done_question_from_a_done_one() -> None:
    assert responses.progress("matching", MATCHING, {}) == "none"
    assert responses.progress("matching", MATCHING, {"pairs": {"a": "b"}}) == "part"
    assert responses.progress("matching", MATCHING, {"pairs": {"a": "b", "b": "b"}}) == "full"
    assert responses.progress("ordering", ORDERING, {"places": {"a": 1, "b": 1, "c": 2}}) == "part"
    assert responses.progress("ordering", ORDERING, {"places": {"a": 3, "b": 1, "c": 2}}) == "full"


@pytest.mark.parametrize(
    ("kind", "body", "response", "lines"),
    [
        ("single", CHOICE, {"choice": "b"}, ["B"]),
        ("multiple", CHOICE, {"choices": ["a", "c"]}, ["A", "C"]),
        ("true_false", TRUTH, {"value": True}, ["Đúng"]),
        ("number", NUMBER, {"number": "7"}, ["7 câu"]),
        ("matching", MATCHING, {"pairs": {"b": "x1"}}, ["Xe → Mây"]),
        ("ordering", ORDERING, {"places": {"a": 2, "c": 1}}, ["1. Ba", "2. Một"]),
        ("single", CHOICE, {}, []),
    ],
)
def test_an_answer_is_told_in_words(kind: str, body: Any, response: Any, lines: list[str]) -> None:
    assert responses.summarise(kind, body, response) == lines


def test_remarks_are_only_about_what_was_chosen() -> None:
    assert responses.remarks("single", CHOICE, {"choice": "b"}) == ["về b"]
    assert responses.remarks("true_false", TRUTH, {"value": True}) == ["Chưa."]
    assert responses.remarks("true_false", TRUTH, {}) == []

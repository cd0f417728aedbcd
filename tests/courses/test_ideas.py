from __future__ import annotations

import pytest

from courses.ideas import ANCHOR, Idea, cut, place_of

QUESTION = {"question": {"name": "q1", "prompt": "Việc nên làm đầu tiên?"}}


def text(html: str, kind: str = "text") -> dict[str, str]:
    return {"kind": kind, "html": html}


def headings(ideas: tuple[Idea, ...]) -> list[tuple[str, str]]:
    return [(idea.kind, idea.heading) for idea in ideas]


class TestCutting:
    def test_each_heading_begins_a_screen_and_is_taken_out_of_its_text(self) -> None:
        ideas = cut([text('<p>Mở</p><h2 data-block-key="a">Một &amp; <b>hai</b></h2><p>A</p><h2>Ba</h2><p>B</p>')], keep=True)
        assert headings(ideas) == [("start", ""), ("text", "Một & hai"), ("text", "Ba"), ("keep", ""), ("end", "")]
        assert ideas[0].html.strip() == "<p>Mở</p>" and ideas[1].html == "<p>A</p>"

    def test_a_lesson_without_headings_is_one_screen_and_the_closing_one(self) -> None:
        ideas = cut([text("<p>Chỉ có chữ.</p>"), text("<figure></figure>", "figure")], keep=False)
        assert headings(ideas) == [("start", ""), ("end", "")]
        assert "Chỉ có chữ." in ideas[0].html and "<figure>" in ideas[0].html

    def test_an_empty_lesson_still_begins_and_ends(self) -> None:
        assert headings(cut([], keep=False)) == [("start", ""), ("end", "")]

    def test_a_question_stands_alone_and_the_section_goes_on_after_it(self) -> None:
        ideas = cut([text("<h2>Một</h2><p>A</p>"), QUESTION, text("<p>B</p>"), text("<p>C</p>", "note")], keep=False)
        assert headings(ideas) == [("start", ""), ("text", "Một"), ("question", ""), ("text", "Một"), ("end", "")]
        assert ideas[3].again and "B" in ideas[3].html and "C" in ideas[3].html

    def test_a_box_with_a_heading_is_a_screen_but_no_section(self) -> None:
        ideas = cut(
            [
                text("<h2>Một</h2><p>A</p>"),
                text('<div><h2 class="h3">Nhớ</h2><p>R</p></div>', "remember"),
                QUESTION,
                text("<p>B</p>"),
            ],
            keep=False,
        )
        assert headings(ideas)[1:5] == [("text", "Một"), ("text", "Nhớ"), ("question", ""), ("text", "Một")]
        assert ideas[2].html == "<div><p>R</p></div>"

    def test_a_box_is_never_cut_in_the_middle(self) -> None:
        ideas = cut([text("<details><p>Đoán</p><h2>Trong hộp</h2><p>X</p><h2>Nữa</h2></details>", "reveal")], keep=False)
        assert len(ideas) == 3 and ideas[1].html.startswith("<details>") and ideas[1].html.endswith("</details>")

    def test_the_heading_of_a_lab_keeps_its_id(self) -> None:
        lab = text('<section aria-labelledby="lab-t"><h2 id="lab-t">Thử</h2></section>', "lab")
        ideas = cut([lab, text("<p>Sau</p>")], keep=False)
        assert [(idea.kind, idea.anchor) for idea in ideas] == [
            ("start", ANCHOR), ("lab", "lab-t"), ("text", ANCHOR), ("end", ANCHOR),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("following", "kind"),
        [(QUESTION, "question"), (text('<section><h2 id="t">Thử</h2></section>', "lab"), "lab"), (text("<p>A</p>"), "text")],
    )
    def test_no_screen_holds_a_heading_alone(self, following: dict, kind: str) -> None:
        ideas = cut([text("<h2>Thử sức</h2>"), following], keep=False)
        assert headings(ideas) == [("start", ""), (kind, "Thử sức"), ("end", "")]


class TestPlaces:
    def test_of_a_question(self) -> None:
        assert place_of(cut([text("<h2>Một</h2><p>A</p>"), QUESTION], keep=False), "q1") == 3

    def test_of_a_question_that_is_not_there(self) -> None:
        with pytest.raises(LookupError):
            place_of(cut([QUESTION], keep=False), "q2")

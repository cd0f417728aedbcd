"""The curriculum as files: what content/README.md and the writing guide promise, held by machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from courses.files import read_course
from pages.markdown import COMMON_READERS, ContentError, read_file, stream
from pages.svg import clean_svg
from quizzes.files import read_questions

CONTENT = Path(settings.BASE_DIR) / "content"
COURSES = sorted(path.parent for path in CONTENT.glob("courses/*/course.yaml"))


def words(lesson):
    texts = []
    for block in lesson.body:
        value = block["value"]
        told = {"": value} if isinstance(value, str) else value
        texts += [str(part) for name, part in told.items() if name not in {"svg", "source"}]
    return len(re.findall(r"\w+", re.sub(r"<[^>]+>", " ", " ".join(texts))))


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
class TestCourse:
    def test_has_five_or_six_lessons_of_fair_length(self, folder):
        lessons = read_course(folder).lessons
        assert 5 <= len(lessons) <= 6
        for lesson in lessons:
            assert 600 <= words(lesson) <= 1_700, (lesson.slug, words(lesson))
            assert 8 <= lesson.fields["minutes"] <= 16

    def test_every_lesson_has_a_picture_an_activity_and_an_end(self, folder):
        for lesson in read_course(folder).lessons:
            kinds = [block["type"] for block in lesson.body]
            assert {"figure", "question", "task", "remember"} <= set(kinds), lesson.slug
            names = [block["value"]["name"] for block in lesson.body if block["type"] == "question"]
            assert len(names) == len(set(names)) >= 2
            assert len(lesson.fields["takeaways"].splitlines()) == 3
            assert lesson.fields["try_today"] and lesson.fields["get_help"] and lesson.fields["sources"]

    def test_every_option_of_a_practice_question_teaches(self, folder):
        for lesson in read_course(folder).lessons:
            for block in lesson.body:
                if block["type"] == "question":
                    assert all(option["feedback"] for option in block["value"]["options"]), (lesson.slug, block["value"]["name"])

    def test_the_bank_is_half_as_large_again_as_what_is_asked(self, folder):
        quiz = read_course(folder).quiz
        questions = read_questions(quiz["questions"])
        assert quiz["ask"] >= 10 and len(questions) >= max(15, 1.5 * quiz["ask"])
        assert quiz["pass_mark"] == 70
        assert len({question["kind"] for question in quiz["questions"]}) >= 5

    def test_the_right_option_has_no_tell(self, folder):
        """Not always in one place, and not usually the longest."""
        single = [one for one in read_course(folder).quiz["questions"] if one["kind"] == "single"]
        places = [next(place for place, option in enumerate(one["options"]) if option.get("correct")) for one in single]
        longest = sum(
            max(one["options"], key=lambda option: len(option["text"])) == one["options"][place]
            for one, place in zip(single, places, strict=True)
        )
        assert max(places.count(place) for place in set(places)) <= 0.6 * len(places)
        assert longest <= 0.5 * len(single), f"{longest} of {len(single)}"

    def test_no_question_takes_the_easy_way(self, folder):
        for one in read_course(folder).quiz["questions"]:
            texts = " ".join([one["stem"], *(option["text"] for option in one.get("options", []))]).lower()
            assert "tất cả các đáp án" not in texts and "v.v" not in texts, one["id"]

    def test_questions_point_to_lessons_that_exist(self, folder):
        files = read_course(folder)
        slugs = {lesson.slug for lesson in files.lessons}
        assert {one["lesson"] for one in files.quiz["questions"]} <= slugs


def test_three_audiences_are_served():
    assert {read_course(folder).fields["audience"] for folder in COURSES} == {"cong_dan", "cbccvc_nld", "hs_pt"}


@pytest.mark.parametrize("path", sorted(CONTENT.glob("pages/*.md")), ids=lambda path: path.stem)
def test_pages_read(path):
    head, body = read_file(path)
    assert head["title"] and head["slug"] and stream(body, path, COMMON_READERS)


@pytest.mark.parametrize("path", sorted(CONTENT.glob("courses/*/img/*.svg")), ids=lambda path: path.stem)
def test_drawings_pass_the_cleaner_whole(path):
    raw = path.read_text(encoding="utf-8")
    cleaned = clean_svg(raw)
    for tag in ("text", "path", "rect", "circle"):
        assert cleaned.count(f"<{tag}") == raw.count(f"<{tag}"), tag
    assert len(raw) < 8_000 and 'role="img"' in raw


class TestBadFiles:
    def read(self, tmp_path, text):
        path = tmp_path / "01-x.md"
        path.write_text(text, encoding="utf-8")
        from courses.files import read_lesson

        return read_lesson(path)

    HEAD = "---\ntitle: T\nminutes: 5\nobjective: o\npromise: p\n---\n"

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("no front matter", "no front matter"),
            ("---\ntitle: [\n---\n", "01-x.md"),
            ("---\ntitle: T\n---\n", "missing"),
            (HEAD + "::: nonsense\nx\n:::\n", "unknown block"),
            (HEAD + "::: note\nnever closed\n", "not closed"),
            (HEAD + "::: figure img/none.svg\nalt: x\n:::\n", "figure"),
            (HEAD + "::: question q1\nprompt: x\noptions: [{text: a}, {text: b}]\n:::\n", "exactly one right option"),
        ],
    )
    def test_say_which_file_and_what_is_wrong(self, tmp_path, text, says):
        with pytest.raises(ContentError, match=says):
            self.read(tmp_path, text)

    def test_html_in_markdown_is_shown_as_text(self, tmp_path):
        lesson = self.read(tmp_path, self.HEAD + "<script>alert(1)</script>\n")
        assert "<script>" not in lesson.body[0]["value"]

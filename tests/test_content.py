"""The curriculum as files: what content/README.md and the writing guide promise, held by machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from courses.files import read_course
from pages.markdown import COMMON_READERS, ContentError, read_file, stream
from pages.svg import clean_svg
from quizzes.files import read_questions

CONTENT = Path(settings.BASE_DIR) / "content"
COURSES = sorted(path.parent for path in CONTENT.glob("courses/*/course.yaml"))


LESSONS = [lesson for folder in COURSES for lesson in sorted(folder.glob("[0-9][0-9]-*.md"))]
PAGES = sorted(CONTENT.glob("pages/*.md"))
READ = [*LESSONS, *PAGES, *sorted(CONTENT.glob("courses/*/*.yaml")), *sorted(CONTENT.glob("consents/*.md"))]
LABS = sorted(Path(settings.BASE_DIR, "templates", "blocks").glob("lab_*.html"))

# Laws and decrees whose number, name and day were checked. A new one is checked before it is named in a lesson.
CHECKED_LAWS = {
    "134/2025/QH15": "01/03/2026",
    "142/2026/NĐ-CP": "01/05/2026",
    "91/2025/QH15": "01/01/2026",
    "356/2025/NĐ-CP": "01/01/2026",
    "13/2023/NĐ-CP": None,  # replaced by 356/2025/NĐ-CP; named only to say so
    "171/2025/NĐ-CP": "01/07/2025",
    "224/2026/NĐ-CP": None,
    "02/2025/TT-BGDĐT": None,
    "26/2020/TT-BTTTT": None,
    "2422/QĐ-BGDĐT": None,
    "4738/KH-UBND": None,
}
LAW = re.compile(r"(?<![\d/])\d+/(?:20[0-3]\d/)?(?:QH\d+|NĐ-CP|NQ-\w+|TT-\w+|QĐ-\w+|KH-\w+)")
MAY_CHANGE = re.compile(r"có thể (?:còn )?(?:thay đổi|đổi|được cập nhật)|bản đang có hiệu lực|văn bản mới nhất")
UNREAD = {"url", "id", "slug", "code", "kind", "difficulty", "competency", "lesson", "purpose", "competencies"}
UNREAD |= {"sources", "accept"}
BANNED = ("v.v", "...", "vân vân", "hãy khám phá", "sức mạnh của", "kỷ nguyên số", "click", "tất cả các đáp án")
DOING = {"reveal", "question", "task", "lab"}


def plain(text: str) -> str:
    """What is read of a piece of HTML or Markdown; blocks and cells on lines of their own."""
    text = re.sub(r"</(?:p|li|h\d|td|th)>|<br>|\|", "\n", text)
    text = unescape(re.sub(r"<[^>]+>", "", text))
    return re.sub(r"[*_`#>]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))


def count(text: str) -> int:
    """Words as a reader counts them: a number such as 134/2025/QH15 is one."""
    return len(re.findall(r"\w+(?:[./,:–-]\w+)*", plain(text)))


def sentences(text: str) -> Iterator[str]:
    for line in plain(text).splitlines():
        yield from re.split(r"(?<=[.?!…])[”)]*\s+|(?<=[.?!…][”)])\s+|:\s+(?=“)", re.sub(r"^\s*(?:-|\d+\.)\s+", "", line))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in UNREAD:
                yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def texts(path: Path) -> Iterator[str]:
    """Every text of a content file that somebody reads."""
    if path.suffix == ".yaml":
        yield from strings(yaml.safe_load(path.read_text(encoding="utf-8")))
        return
    head, body = read_file(path)
    yield from strings(head)
    place = 0
    for block in re.finditer(r"^:::[ \t]*(\w+)[^\n]*\n(.*?)^:::[ \t]*$", body, re.M | re.S):
        yield body[place : block.start()]
        place = block.end()
        yield from strings(yaml.safe_load(block[2])) if block[1] in {"figure", "question", "task", "lab"} else [block[2]]
    yield body[place:]


def lab_texts(path: Path) -> Iterator[str]:
    pattern = r"{% translate \"([^\"]*)\" %}|{% blocktranslate trimmed %}(.*?){% endblocktranslate %}"
    for found in re.finditer(pattern, path.read_text(encoding="utf-8"), re.S):
        yield found[1] or found[2]


def reading(block: dict[str, Any]) -> int:
    """The words of a block that stand open on the page: no feedback, no hint, nothing for screen readers only."""
    kind, value = block["type"], block["value"]
    if kind == "text":
        return count(value)
    shown = {
        "question": lambda: [value["prompt"], *(option["text"] for option in value["options"])],
        "task": lambda: [value["title"], value["body"]],
        "figure": lambda: [value["caption"]],
        "table": lambda: [value["rows"]],
        "lab": lambda: [value["title"], value["intro"]],
        "note": lambda: [value["body"]],
    }.get(kind, lambda: [value["title"], value["body"]])()
    return sum(count(text) for text in shown)


def stretches(lesson) -> list[int]:
    """How many words she reads before there is something to do, again and again to the end."""
    lengths = [0]
    for block in lesson.body:
        if block["type"] in DOING:
            lengths.append(0)
        else:
            lengths[-1] += reading(block)
    return lengths


def choices(folder: Path, *, bank: bool) -> list[list[dict[str, Any]]]:
    """The options of each question with one right answer: of the bank, or of the lessons."""
    files = read_course(folder)
    if bank:
        return [one["options"] for one in files.quiz["questions"] if one["kind"] == "single"]
    blocks = [block["value"] for lesson in files.lessons for block in lesson.body if block["type"] == "question"]
    return [one["options"] for one in blocks if one["kind"] == "single"]


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
class TestCourse:
    def test_has_five_or_six_lessons_of_fair_length(self, folder):
        lessons = read_course(folder).lessons
        assert 5 <= len(lessons) <= 6
        for lesson in lessons:
            assert 600 <= sum(map(reading, lesson.body)) <= 1_200, (lesson.slug, sum(map(reading, lesson.body)))
            assert 8 <= lesson.fields["minutes"] <= 16

    def test_there_is_something_to_do_every_two_screens(self, folder):
        for lesson in read_course(folder).lessons:
            assert max(stretches(lesson)) <= 330, (lesson.slug, stretches(lesson))

    def test_every_lesson_has_a_picture_an_activity_and_an_end(self, folder):
        for lesson in read_course(folder).lessons:
            kinds = [block["type"] for block in lesson.body]
            assert {"figure", "question", "task", "remember"} <= set(kinds), lesson.slug
            names = [block["value"]["name"] for block in lesson.body if block["type"] == "question"]
            assert len(names) == len(set(names)) >= 2
            assert len(lesson.fields["takeaways"].splitlines()) == 3
            assert lesson.fields["try_today"] and lesson.fields["get_help"] and lesson.fields["sources"]

    def test_every_lesson_begins_with_a_promise_and_shows_before_it_explains(self, folder):
        for lesson in read_course(folder).lessons:
            promise = lesson.fields["promise"]
            assert promise.startswith("Sau bài này, ") and count(promise) <= 40, lesson.slug
            assert len([one for one in sentences(promise) if one.strip()]) <= 2, lesson.slug
            assert lesson.body[0]["type"] == "text", "a scene of the city comes first"

    def test_headings_are_sentences(self, folder):
        for lesson in read_course(folder).lessons:
            prose = " ".join(block["value"] for block in lesson.body if block["type"] == "text")
            told = re.findall(r"<h2>(.*?)</h2>", prose)
            assert 3 <= len(told) <= 6, (lesson.slug, told)
            assert all(count(heading) >= 5 for heading in told), (lesson.slug, told)

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

    @pytest.mark.parametrize("bank", [True, False], ids=["bank", "lessons"])
    def test_the_right_option_has_no_tell(self, folder, bank):
        """Not always in one place, and neither usually the longest nor usually the shortest."""
        asked = choices(folder, bank=bank)
        places = [next(place for place, option in enumerate(options) if option.get("correct")) for options in asked]
        assert len(set(places)) >= min(4, len(asked) // 2)
        assert max(places.count(place) for place in set(places)) <= (0.4 if bank else 0.45) * len(places), places
        for extreme in (max, min):
            told = sum(extreme(options, key=lambda option: len(option["text"])).get("correct", False) for options in asked)
            assert told <= 0.3 * len(asked), f"{extreme.__name__}: {told} of {len(asked)}"

    def test_difficulty_is_spread(self, folder):
        """About 30 easy, 50 medium, 20 hard in a hundred."""
        levels = [one["difficulty"] for one in read_course(folder).quiz["questions"]]
        for level, share in {"easy": 0.3, "medium": 0.5, "hard": 0.2}.items():
            assert abs(levels.count(level) / len(levels) - share) <= 0.1, (level, levels.count(level), len(levels))

    def test_every_answer_of_the_bank_is_explained(self, folder):
        for one in read_course(folder).quiz["questions"]:
            assert one["feedback"].strip(), one["id"]
            if one["kind"] in {"single", "multiple"}:
                assert 4 <= len(one["options"]) <= 5, one["id"]
                assert all(option["feedback"].strip() for option in one["options"]), one["id"]
            if one["kind"] == "multiple":
                assert 2 <= sum(bool(option.get("correct")) for option in one["options"]) < len(one["options"]), one["id"]
            if one["kind"] == "true_false":
                assert one["feedback_true"].strip() and one["feedback_false"].strip(), one["id"]
            if one["kind"] in {"matching", "ordering"}:
                assert 3 <= len(one.get("pairs") or one["items"]) <= 5, one["id"]

    def test_every_lesson_is_asked_about_and_every_question_names_a_competence_of_the_course(self, folder):
        files = read_course(folder)
        asked = [one["lesson"] for one in files.quiz["questions"]]
        assert all(asked.count(lesson.slug) >= 3 for lesson in files.lessons), asked
        named = {one["competency"] for one in files.quiz["questions"]}
        assert named <= set(files.fields["competencies"].splitlines()), named
        for lesson in files.lessons:
            own = set(lesson.fields["competencies"].splitlines())
            assert own and own <= set(files.fields["competencies"].splitlines()), lesson.slug

    def test_a_negative_is_said_in_bold(self, folder):
        files = read_course(folder)
        stems = [one["stem"] for one in files.quiz["questions"]]
        stems += [block["value"]["prompt"] for lesson in files.lessons for block in lesson.body if block["type"] == "question"]
        for stem in stems:
            for one in sentences(re.sub(r"\*\*.*?\*\*", "", stem)):
                assert not re.search(r"nào[^,.]*\b(?:không|chưa|sai)\b[^,.]*\?$", one), stem

    def test_questions_point_to_lessons_that_exist(self, folder):
        files = read_course(folder)
        slugs = {lesson.slug for lesson in files.lessons}
        assert {one["lesson"] for one in files.quiz["questions"]} <= slugs


def test_three_audiences_are_served():
    assert {read_course(folder).fields["audience"] for folder in COURSES} == {"cong_dan", "cbccvc_nld", "hs_pt"}


@pytest.mark.parametrize("path", [*READ, *LABS], ids=lambda path: f"{path.parent.name}-{path.stem}")
class TestWords:
    def read(self, path):
        return lab_texts(path) if path.suffix == ".html" else texts(path)

    def test_sentences_stay_under_25_words(self, path):
        long = [(count(one), one) for text in self.read(path) for one in sentences(text) if count(one) >= 25]
        assert not long

    def test_nothing_hides_or_cheers(self, path):
        for text in self.read(path):
            assert not [banned for banned in BANNED if banned in text.lower()], text
            ours = re.sub(r"(?m)^\*\*[^*]+:\*\*.*$", "", re.sub(r"“[^”]*”", "", text))  # what nobody in a story says
            assert "!" not in ours, text

    def test_numbers_and_dates_are_written_our_way(self, path):
        """1.000; 0,5; 12/03/2026."""
        told = " ".join(self.read(path)).replace("WCAG 2.2", "")
        assert not re.findall(r"\b\d{4}-\d{2}-\d{2}\b|\b\d+\.\d{1,2}\b|\b\d{4,} (?:đồng|người|lượt)", told)
        whole = told if path.suffix == ".html" else path.read_text(encoding="utf-8")
        assert not re.findall(r"(?<![\d/])(?:\d/\d{1,2}|\d\d/\d)/20\d\d\b", whole)


@pytest.mark.parametrize("path", [*LESSONS, *PAGES], ids=lambda path: f"{path.parent.name}-{path.stem}")
class TestLaw:
    def test_only_checked_laws_are_named(self, path):
        text = path.read_text(encoding="utf-8")
        assert set(LAW.findall(text)) <= set(CHECKED_LAWS)
        for number, day in CHECKED_LAWS.items():
            for told in re.findall(re.escape(number) + r"[^.;]{0,60}?hiệu lực (?:từ )?(\d{2}/\d{2}/\d{4})", text):
                assert told == day, (number, told)

    def test_a_law_is_told_with_a_line_that_it_may_change(self, path):
        text = path.read_text(encoding="utf-8")
        if any(number.endswith(("NĐ-CP", "QH15")) for number in LAW.findall(text)):
            assert MAY_CHANGE.search(text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
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
    # 22 of 640 is about 11 pixels on a phone 360 wide.
    assert re.search(r'viewBox="0 0 640 \d+"', raw)
    assert min(map(float, re.findall(r'font-size="([\d.]+)"', raw))) >= 22


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_who_cannot_see_a_drawing_is_told_its_point(path):
    """Sentences that say what it says, not "a picture of"; and every drawing is used where its words were checked."""
    for block in re.findall(r"^::: figure[^\n]*\n(.*?)^:::", path.read_text(encoding="utf-8"), re.M | re.S):
        alt = yaml.safe_load(block)["alt"]
        assert alt.endswith(".") and count(alt) >= 15, alt
        assert not re.match(r"(?:hình|ảnh|sơ đồ|tranh|biểu đồ)\b", alt.lower()), alt


def test_every_drawing_is_in_a_lesson():
    for folder in COURSES:
        blocks = [block for lesson in read_course(folder).lessons for block in lesson.body]
        shown = {block["value"]["source"] for block in blocks if block["type"] == "figure"}
        assert shown == {f"{folder.name}/img/{path.name}" for path in folder.glob("img/*.svg")}


def test_the_verse_keeps_six_and_eight():
    """But for one couplet of seven and seven, which says so in SOURCE.md."""
    for path in sorted(CONTENT.glob("corpora/*.txt")):
        for piece in path.read_text(encoding="utf-8").strip().split("\n\n"):
            feet = [count(re.sub(r"[,.:]", " ", line)) for line in piece.splitlines()]
            if piece.startswith("Đèn Sài Gòn"):
                assert feet[:2] == [7, 7]
                feet = feet[2:]
            assert feet == [6, 8] * (len(feet) // 2), piece


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

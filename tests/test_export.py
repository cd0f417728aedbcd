"""What editors change in the CMS goes back into content/: the same files, but for the edit, and nothing is lost."""

from __future__ import annotations

import difflib
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.blocks import RichTextBlock, StructBlock
from wagtail.models import Page, Revision

from courses.models import CoursePage, LessonPage
from pages.blocks import RICH_TEXT
from pages.models import ContentPage
from quizzes.actions import load_bank
from quizzes.models import Category, Question, QuestionVersion, QuizPage

CONTENT = Path(settings.BASE_DIR) / "content"


def load(folder):
    out = StringIO()
    call_command("load_content", "--from", str(folder), stdout=out)
    return out.getvalue()


def export(folder, *options):
    out = StringIO()
    call_command("export_content", "--out", str(folder), *options, stdout=out)
    return out.getvalue()


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def changed_lines(before, after):
    """The lines that a reviewer sees, by file: those that went and those that came."""
    told = {}
    for name in sorted({*before, *after}):
        diff = list(difflib.unified_diff(before.get(name, "").split("\n"), after.get(name, "").split("\n"), n=0, lineterm=""))
        lines = [line for line in diff if line[0] in "+-" and line[:3] not in ("+++", "---")]
        if lines:
            told[name] = lines
    return told


@pytest.fixture
def folder(db, tmp_path):
    """Three lessons of a course, its quiz and a page, loaded."""
    shutil.copytree(CONTENT / "courses/CD-1", tmp_path / "content/courses/CD-1")
    for path in (tmp_path / "content/courses/CD-1").glob("0[45]-*.md"):
        path.unlink()
    (tmp_path / "content/pages").mkdir()
    shutil.copy(CONTENT / "pages/tro-giup.md", tmp_path / "content/pages")
    load(tmp_path / "content")
    return tmp_path / "content"


def lesson(slug="ai-la-gi"):
    return LessonPage.objects.get(slug=slug)


def publish(page, editor):
    page.save_revision(user=editor, clean=True).publish()


def nothing_changes(folder):
    """Loading what was exported makes no page anew, and exporting again changes no file."""
    revisions = Revision.objects.count()
    told = load(folder)
    assert Revision.objects.count() == revisions, told
    assert "kept" not in told and "changed" not in told
    assert "0 files" in export(folder)


def blocks(page, kind):
    return [child for child in page.body if child.block_type == kind]


class TestUnchanged:
    def test_the_curriculum_comes_back_byte_for_byte(self, db, tmp_path):
        target = tmp_path / "content"
        for name in ("courses", "pages"):
            shutil.copytree(CONTENT / name, target / name)
        before = files(target)
        load(target)
        assert "0 files" in export(target)
        assert files(target) == before and len(before) > 40

    def test_written_with_no_file_to_follow_it_loads_to_the_same_pages(self, folder, tmp_path):
        (tmp_path / "new/courses").mkdir(parents=True)
        export(tmp_path / "new")
        assert {name for name in files(folder) if not name.endswith(".svg")} <= set(files(tmp_path / "new")) <= set(files(folder))
        nothing_changes(tmp_path / "new")

    def test_what_is_written_by_itself_reads_as_by_hand(self, folder, tmp_path):
        """Apart from quotes round words that need none, and comments."""
        (tmp_path / "new/courses").mkdir(parents=True)
        export(tmp_path / "new")
        before, after = files(folder), files(tmp_path / "new")
        for name, text in before.items():
            if name.endswith(".md"):
                assert text.partition("\n---\n")[2].replace('"', "") == after[name].partition("\n---\n")[2].replace('"', "")

    def test_a_new_folder_starts_as_a_copy(self, folder, tmp_path):
        load(CONTENT)
        export(tmp_path / "copy", "--course", "CD-1")
        assert files(tmp_path / "copy/courses/CD-1") == files(CONTENT / "courses/CD-1")


def through_the_editor(page):
    """All rich text as the CMS hands it back when somebody presses "publish"."""
    editor = ContentstateConverter(features=RICH_TEXT)

    def edited(block, value):
        if isinstance(block, RichTextBlock):
            return editor.to_database_format(editor.from_database_format(value.source))
        if isinstance(block, StructBlock):
            return {name: edited(child, value[name]) for name, child in block.child_blocks.items()}
        return block.get_prep_value(value)

    page.body = [{"type": child.block_type, "value": edited(child.block, child.value)} for child in page.body]


class TestOneEdit:
    def test_saving_without_an_edit_changes_no_file(self, folder, dung):
        for page in [*LessonPage.objects.all(), *ContentPage.objects.all()]:
            before = page.body[0].value.source
            through_the_editor(page)
            publish(page, dung)
            assert page.body[0].value.source != before
        assert "0 files" in export(folder)
        nothing_changes(folder)

    @pytest.mark.parametrize(
        ("kind", "name", "old", "new"),
        [
            ("text", "", "rảnh tay một chút", ""),
            ("reveal", "body", "nhân giá", "tính giá"),
            ("remember", "title", "Ba câu hỏi", "Ba điều cần hỏi"),
            ("remember", "body", "ai bị thiệt", "ai chịu thiệt"),
            ("table", "rows", "Cân nhân giá", "Cân tính giá"),
            ("figure", "alt", "luôn ra một", "bao giờ cũng ra một"),
            ("figure", "caption", "Cái cân", "Cây cân"),
            ("question", "prompt", "Hiểu thế nào", "Nên hiểu thế nào"),
            ("task", "title", "Ba thứ", "Ba vật"),
            ("task", "body", "có vẻ thông minh", "trông thông minh"),
            ("task", "hint", "Nồi cơm điện", "Ấm điện"),
            ("task", "placeholder", "Nồi cơm", "Ấm"),
        ],
    )  # fmt: skip
    def test_of_a_word_is_a_line(self, folder, dung, kind, name, old, new):
        before = files(folder)
        page = lesson()
        raw = list(page.body.get_prep_value())
        place = next(place for place, one in enumerate(raw) if one["type"] == kind)
        value = raw[place]["value"]
        if kind == "text":
            raw[place]["value"] = value.replace("chị Hạnh", "chị Hoa", 1)
        else:
            assert old in value[name]
            value[name] = value[name].replace(old, new, 1)
        page.body = raw
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))
        assert list(told) == ["courses/CD-1/01-ai-la-gi.md"]
        assert [line[0] for line in told["courses/CD-1/01-ai-la-gi.md"]] == ["-", "+"]
        nothing_changes(folder)

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("title", "không phải là gì", "chưa phải là gì"),
            ("takeaways", "AI có thể đoán sai", "AI hay đoán sai"),
            ("competencies", "UNESCO 4.1.1", "UNESCO 4.1.2"),
            ("get_help", "khu phố", "tổ dân phố"),
            ("sources", "UNESCO, AI", "UNESCO: AI"),
            ("sources", "10.54675/JKJB9835", "10.54675/X"),
        ],
    )
    def test_beside_the_text_is_a_line(self, folder, dung, name, old, new):
        before = files(folder)
        page = lesson()
        assert old in getattr(page, name)
        setattr(page, name, getattr(page, name).replace(old, new))
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))
        assert [line[0] for line in told["courses/CD-1/01-ai-la-gi.md"]] == ["-", "+"] and len(told) == 1
        nothing_changes(folder)

    def test_of_a_course_and_of_a_page(self, folder, dung):
        before = files(folder)
        course = CoursePage.objects.get()
        course.outcomes = course.outcomes.replace("Kiểm chứng", "Kiểm lại").replace("\n", "\r\n")
        publish(course, dung)
        page = ContentPage.objects.get(slug="tro-giup")
        page.lead = "Cách bắt đầu:\nđăng nhập, làm bài."
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))
        assert [line[0] for line in told["courses/CD-1/course.yaml"]] == ["-", "+"]
        assert told["pages/tro-giup.md"][1:] == ["+lead: |", "+  Cách bắt đầu:", "+  đăng nhập, làm bài."]
        nothing_changes(folder)

    def test_takes_away_and_puts_in_what_may_be_left_out(self, folder, dung):
        page = lesson()
        page.try_today, page.takeaways = "", ""
        publish(page, dung)
        export(folder)
        told = (folder / "courses/CD-1/01-ai-la-gi.md").read_text()
        assert "try_today" not in told and "takeaways" not in told and "get_help: " in told
        nothing_changes(folder)
        page = lesson()
        page.try_today, page.takeaways = "Hỏi: “máy đoán gì?”", "Một\nHai\n- Ba"
        publish(page, dung)
        export(folder)
        told = (folder / "courses/CD-1/01-ai-la-gi.md").read_text()
        assert 'takeaways:\n  - Một\n  - Hai\n  - "- Ba"\ntry_today: "Hỏi: “máy đoán gì?”"\nget_help: ' in told
        nothing_changes(folder)


class TestLargerEdits:
    def test_lessons_in_another_order_are_other_numbers(self, folder, dung):
        before = (folder / "courses/CD-1/02-may-hoc-tu-vi-du.md").read_text()
        lesson("may-hoc-tu-vi-du").move(lesson("ai-la-gi"), pos="left")
        export(folder)
        names = sorted(path.name for path in (folder / "courses/CD-1").glob("*.md"))
        assert names == ["01-may-hoc-tu-vi-du.md", "02-ai-la-gi.md", "03-lan-dau-tro-chuyen.md"]
        assert (folder / "courses/CD-1/01-may-hoc-tu-vi-du.md").read_text() == before
        nothing_changes(folder)
        assert [page.slug for page in LessonPage.objects.order_by("path")][:2] == ["may-hoc-tu-vi-du", "ai-la-gi"]

    def test_a_new_lesson_is_a_new_file(self, folder, dung):
        course = CoursePage.objects.get()
        page = LessonPage(title="Máy nghe: vùng nào?", slug="may-nghe", minutes=9, objective="o", promise="Sau bài này…")
        page.body = [
            {"type": "text", "value": "<h2>Chợ</h2><p>Máy <b>đoán</b>.</p>"},
            {"type": "text", "value": "<ul><li>a</li></ul>"},
            {"type": "text", "value": "<ul><li>b</li></ul>"},
            {"type": "table", "value": {"caption": "Ai làm", "rows": "Việc | Người|Máy\r\n | có |"}},
            {"type": "note", "value": {"tone": "warn", "body": "<p>Dừng lại.</p>"}},
            {"type": "lab", "value": {"lab": "next-word", "title": "Thử", "intro": ""}},
        ]
        course.add_child(instance=page)
        publish(page, dung)
        page.move(lesson(), pos="right")
        export(folder)
        told = (folder / "courses/CD-1/02-may-nghe.md").read_text()
        assert told == (
            '---\ntitle: "Máy nghe: vùng nào?"\nminutes: 9\nobjective: o\npromise: Sau bài này…\n---\n\n'
            "## Chợ\n\nMáy **đoán**.\n\n- a\n\n* b\n\n::: table Ai làm\n"
            "| Việc | Người | Máy |\n|---|---|---|\n|  | có |  |\n:::\n\n"
            "::: note warn\nDừng lại.\n:::\n\n::: lab next-word\ntitle: Thử\n:::\n"
        )
        nothing_changes(folder)

    def test_a_question_put_in_leaves_the_rest_alone(self, folder, dung):
        before = files(folder)
        page = lesson()
        raw = list(page.body.get_prep_value())
        options = [{"text": "Có", "correct": True, "feedback": "Dòng một.\r\nDòng hai."}, {"text": "yes", "correct": False}]
        raw.insert(3, {"type": "question", "value": {"name": "q9", "prompt": "1. Có?", "kind": "multiple", "options": options}})
        page.body = raw
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))["courses/CD-1/01-ai-la-gi.md"]
        assert all(line[0] == "+" for line in told) and len(told) == 12
        nothing_changes(folder)

    def test_an_option_changed_added_and_taken_away(self, folder, dung):
        before = files(folder)
        page = lesson()
        raw = list(page.body.get_prep_value())
        options = next(one for one in raw if one["type"] == "question")["value"]["options"]
        options[0]["feedback"] = "Chưa: “hẳn” là hỏng."
        del options[3]
        page.body = raw
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))["courses/CD-1/01-ai-la-gi.md"]
        assert [line[0] for line in told] == ["-", "+", "-", "-"]
        nothing_changes(folder)

    def test_a_drawing_changes_in_its_file(self, folder, dung):
        before = files(folder)
        page = lesson()
        figure = blocks(page, "figure")[0]
        drawing = figure.value["svg"]
        word = drawing.partition("</text>")[0].rpartition(">")[2]
        figure.value["svg"] = drawing.replace(word, "Chữ mới", 1)
        publish(page, dung)
        export(folder)
        told = changed_lines(before, files(folder))
        assert list(told) == ["courses/CD-1/img/luat-hay-vi-du.svg"]
        assert len(told["courses/CD-1/img/luat-hay-vi-du.svg"]) == 2
        nothing_changes(folder)

    def test_a_drawing_shown_twice_and_changed_once_gets_a_file_of_its_own(self, folder, dung):
        first = lesson()
        shown = blocks(first, "figure")[0].value
        other = lesson("may-hoc-tu-vi-du")
        other.body.append(("figure", {**shown, "svg": shown["svg"].replace("<text", '<text opacity="0.5"', 1), "alt": "Ý khác"}))
        publish(other, dung)
        export(folder)
        assert (folder / "courses/CD-1/img/y-khac.svg").exists()
        assert files(folder)["courses/CD-1/img/luat-hay-vi-du.svg"] == files(CONTENT)["courses/CD-1/img/luat-hay-vi-du.svg"]
        nothing_changes(folder)

    @pytest.mark.parametrize("source", ["", "../../../etc/x.svg", "CD-1/img/../../x.svg", "/tmp/x.svg", "HS-1/img/ba-ro.svg"])
    def test_a_drawing_of_the_editors_own_gets_a_name_inside_the_folder(self, folder, dung, source):
        page = ContentPage.objects.get(slug="tro-giup")
        value = {"svg": '<svg viewBox="0 0 9 9"><rect width="9" height="9"></rect></svg>', "alt": "Ô vuông đỏ", "source": source}
        page.body.append(("figure", {**value, "caption": "", "ai_made": False}))
        publish(page, dung)
        export(folder)
        assert (folder / "pages/img/o-vuong-do.svg").exists()
        assert "::: figure img/o-vuong-do.svg\nalt: Ô vuông đỏ\nai_made: false\n:::" in (folder / "pages/tro-giup.md").read_text()
        nothing_changes(folder)

    def test_a_drawing_nobody_shows_any_more_goes(self, folder, dung):
        page = lesson()
        page.body = [one for one in page.body.get_prep_value() if one["type"] != "figure"]
        publish(page, dung)
        export(folder)
        assert not (folder / "courses/CD-1/img/luat-hay-vi-du.svg").exists()
        nothing_changes(folder)

    def test_a_link_to_a_page_of_the_site_is_written_by_its_address(self, folder, dung):
        page = ContentPage.objects.get(slug="tro-giup")
        page.body.append(("text", f'<p>Xem <a linktype="page" id="{lesson().pk}">bài một</a>.</p>'))
        publish(page, dung)
        export(folder)
        assert "\n\nXem [bài một](/khoa-hoc/ai-quanh-ta/ai-la-gi/).\n" in (folder / "pages/tro-giup.md").read_text()
        nothing_changes(folder)

    def test_a_lesson_under_a_new_address_keeps_its_text(self, folder, dung):
        page = lesson()
        page.slug = "ai-la-cai-gi"
        publish(page, dung)
        before = (folder / "courses/CD-1/01-ai-la-gi.md").read_text()
        export(folder)
        assert (folder / "courses/CD-1/01-ai-la-cai-gi.md").read_text() == before
        assert not (folder / "courses/CD-1/01-ai-la-gi.md").exists()
        nothing_changes(folder)

    def test_what_is_not_published_is_not_written(self, folder, dung):
        lesson("ai-la-gi").unpublish()
        page = lesson("may-hoc-tu-vi-du")
        page.title = "Nháp"
        page.save_revision(user=dung)
        export(folder)
        names = sorted(path.name for path in (folder / "courses/CD-1").glob("*.md"))
        assert names[0] == "01-may-hoc-tu-vi-du.md" and len(names) == 2
        assert "Nháp" not in "".join(files(folder).values())


class TestLoadingAgain:
    def test_an_edited_page_is_kept_until_it_was_exported_and_may_then_be_changed_in_its_file(self, folder, dung):
        path = folder / "courses/CD-1/01-ai-la-gi.md"
        page = lesson()
        page.title = "Người sửa"
        publish(page, dung)
        path.write_text(path.read_text().replace("minutes: 12", "minutes: 13"))
        assert "'courses/CD-1/ai-la-gi': 'kept'" in load(folder)
        assert lesson().title == "Người sửa"
        export(folder)
        nothing_changes(folder)
        path.write_text(path.read_text().replace("Người sửa", "Tệp sửa"))
        assert "'courses/CD-1/ai-la-gi': 'changed'" in load(folder)
        assert lesson().title == "Tệp sửa"

    def test_a_draft_is_never_loaded_over(self, folder, dung):
        path = folder / "courses/CD-1/01-ai-la-gi.md"
        page = lesson()
        page.title = "Nháp"
        page.save_revision(user=dung)
        export(folder)
        load(folder)
        path.write_text(path.read_text().replace("minutes: 12", "minutes: 13"))
        assert "'courses/CD-1/ai-la-gi': 'kept'" in load(folder)

    def test_a_page_an_editor_made_is_not_loaded_over(self, folder, dung):
        page = LessonPage(title="Của biên tập", slug="moi", minutes=9, objective="o", promise="p")
        page.body = [{"type": "text", "value": "<p>a</p>"}]
        CoursePage.objects.get().add_child(instance=page)
        publish(page, dung)
        (folder / "courses/CD-1/06-moi.md").write_text("---\ntitle: T\nminutes: 1\nobjective: o\npromise: p\n---\n\nb\n")
        assert "'courses/CD-1/moi': 'kept'" in load(folder)
        assert lesson("moi").title == "Của biên tập"


class TestTheBank:
    def test_the_latest_versions_are_written_and_the_retired_left_out(self, folder, now):
        before = files(folder)
        retired = Question.objects.get(code="cd1-02")
        retired.retired_at = now
        retired.save()
        question = Question.objects.get(code="cd1-01")
        last = question.versions.get()
        QuestionVersion.objects.create(
            question=question, number=2, kind=last.kind, difficulty=last.difficulty, competency=last.competency,
            lesson=last.lesson, stem="Bà Ngọc đứng ở bến.", body=last.body, feedback=last.feedback, created_at=now,
        )  # fmt: skip
        export(folder)
        told = changed_lines(before, files(folder))["courses/CD-1/quiz.yaml"]
        assert '+    stem: "Bà Ngọc đứng ở bến."' in told
        assert [line for line in told if line[0] == "+"] == ['+    stem: "Bà Ngọc đứng ở bến."']
        assert "cd1-02" not in (folder / "courses/CD-1/quiz.yaml").read_text()
        nothing_changes(folder)

    @pytest.mark.parametrize("empty", [False, True])
    def test_every_kind_of_question_comes_back(self, folder, now, empty):
        """Into the file as it stands, and into none."""
        kinds = [
            {"kind": "single", "options": [{"text": "no", "correct": True}, {"text": "Không: chưa", "feedback": "Vì\n\nthế"}]},
            {"kind": "multiple", "options": [{"text": "# a", "correct": True}, {"text": "“b”", "correct": True}]},
            {"kind": "true_false", "answer": True, "feedback_true": "Đúng.", "feedback_false": "Chưa, 1 + 1 = 2."},
            {"kind": "short_text", "accept": ["thiên kiến", "null"]},
            {"kind": "number", "answer": "1200.50", "tolerance": "0.05", "unit": "đồng"},
            {"kind": "matching", "pairs": [{"left": "a", "right": "1"}, {"left": "b: c", "right": "2"}], "extra": ["x, y"]},
            {"kind": "ordering", "items": ["Một", "Hai #2", "'Ba'"]},
        ]
        asked = [{"id": f"moi-{place}", "stem": "Dòng một\n\n- dòng **hai**", **one} for place, one in enumerate(kinds)]
        course = CoursePage.objects.get()
        load_bank(code=course.code, name=course.title, questions=asked, now=now)
        quiz = QuizPage.objects.get()
        quiz.ask, quiz.pass_mark, quiz.attempts_allowed, quiz.shuffle, quiz.intro = 3, "7.25", 2, False, "Một\r\n\r\nHai"
        quiz.save_revision().publish()
        if empty:
            (folder / "courses/CD-1/quiz.yaml").unlink()
        export(folder)
        assert "pass_mark: 72.5\n" in (folder / "courses/CD-1/quiz.yaml").read_text()
        versions = QuestionVersion.objects.count()
        nothing_changes(folder)
        assert QuestionVersion.objects.count() == versions

    def test_a_new_question_stands_behind_the_others(self, folder, now):
        before = files(folder)
        question = Question.objects.create(code="cd1-99", category=Category.objects.get())
        QuestionVersion.objects.create(
            question=question, number=1, kind="true_false", stem="Phải không?", created_at=now,
            body={"answer": True, "feedback_true": "", "feedback_false": ""},
        )  # fmt: skip
        export(folder)
        told = changed_lines(before, files(folder))["courses/CD-1/quiz.yaml"]
        assert sorted(told) == [
            "+", "+    answer: true", "+    difficulty: medium", "+    kind: true_false", "+    stem: Phải không?",
            "+  - id: cd1-99",
        ]  # fmt: skip
        nothing_changes(folder)


class TestCheck:
    def test_names_what_differs_and_writes_nothing(self, folder, dung):
        assert "0 files" in export(folder, "--check")
        page = lesson()
        page.title = "Khác"
        publish(page, dung)
        before, out = files(folder), StringIO()
        with pytest.raises(CommandError) as error:
            call_command("export_content", "--out", str(folder), "--check", stdout=out)
        assert error.value.returncode == 1
        assert "courses/CD-1/01-ai-la-gi.md: changed" in out.getvalue() and "pages/" not in out.getvalue()
        assert files(folder) == before

    def test_of_one_course_looks_at_no_other(self, folder, dung):
        page = ContentPage.objects.get(slug="tro-giup")
        page.title = "Khác"
        publish(page, dung)
        assert "0 files" in export(folder, "--check", "--course", "CD-1")
        with pytest.raises(CommandError, match="XX"):
            export(folder, "--course", "XX")


class TestRefusals:
    def refused(self, folder, says):
        before = files(folder)
        with pytest.raises(CommandError, match=says):
            export(folder)
        assert files(folder) == before

    def test_a_document_has_no_place_in_files(self, folder, dung):
        page = lesson()
        page.body.append(("text", '<p><a linktype="document" id="1">đơn</a></p>'))
        publish(page, dung)
        self.refused(folder, r"courses/CD-1/ai-la-gi: block \d+ \(text\).*document")

    def test_what_would_be_read_as_something_else(self, folder, dung):
        page = lesson()
        page.body = [{"type": "table", "value": {"caption": "", "rows": "a | b\n- | -"}}]
        publish(page, dung)
        self.refused(folder, r"courses/CD-1/ai-la-gi: block 1 \(table\)")

    def test_a_quiz_between_lessons(self, folder, dung):
        Page.objects.get(slug="kiem-tra").move(Page.objects.get(slug="ai-la-gi"), pos="right")
        self.refused(folder, "behind the lessons")

    def test_a_quiz_that_asks_from_another_bank(self, folder, dung):
        quiz = QuizPage.objects.get()
        quiz.category = Category.objects.create(code="KHAC", name="Khác")
        publish(quiz, dung)
        self.refused(folder, "KHAC")


def test_nothing_of_a_person_is_written(folder, dung, an):
    page = lesson()
    page.title = "Sửa"
    publish(page, dung)
    export(folder)
    told = "".join(files(folder).values())
    for person in (dung, an):
        assert person.full_name not in told and person.email not in told

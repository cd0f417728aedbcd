"""Rich text becomes Markdown and comes back: what a reader sees is the same, whatever the editor can produce."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

from pages.blocks import RICH_TEXT
from pages.markdown import html, stream
from pages.richtext import CannotWrite, markdown

ADDRESSES = {7: "/khoa-hoc/ai-quanh-ta/"}


def to_markdown(text):
    return markdown(text, ADDRESSES.__getitem__)


class Seen(HTMLParser):
    """An independent reader: every visible letter with where it stands, whether it is stressed and where it leads."""

    VOID = {"br", "hr"}
    PLACES = {"p", "h2", "h3", "ul", "ol", "li", "br", "hr"}

    def __init__(self, text):
        super().__init__()
        self.letters, self.stack = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in self.VOID:
            self.letters.append(tag)
        else:
            self.stack.append((tag, attrs.get("href", "")))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.stack.pop()

    def handle_data(self, data):
        names = [tag for tag, _href in self.stack]
        place = tuple(tag for tag in names if tag in self.PLACES)
        if place[-1:] == ("p",) and len(place) > 1:  # a list whose items are paragraphs reads as one whose items are lines
            place = place[:-1]
        href = next((href for tag, href in self.stack if tag == "a"), "")
        bold = "b" in names or "strong" in names
        self.letters += [(letter, place, bold, href) for letter in data if not letter.isspace()]

    @property
    def words(self):
        """Letters of one place together, so that composing them is no difference."""
        told = []
        for one in self.letters:
            if isinstance(one, tuple) and told and isinstance(told[-1], list) and told[-1][1:] == list(one[1:]):
                told[-1][0] = unicodedata.normalize("NFC", told[-1][0] + one[0])
            else:
                told.append(list(one) if isinstance(one, tuple) else one)
        return told


LETTERS = "aăâbcdđeêôơưỳẽảĐ ẤẬ,.:;!?()[]{}*_`#+-=<>&|~\\/“”‘’…–0123456789\"'$%^@\u00a0\u0300\u0301\u0323"
WORDS = st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from([
    "1. ", "1) a", "# a", "> a", "- a", "+ a", "---", "***", "===", "```", "~~~", "| a | b |", ":::", "::: note", "&amp;",
    "&lt;x", "<b>", "a_b_c", "_a_", "**", "http://a.vn", "[a](b)", "![a](b)", "\\", "trí tuệ nhân tạo", "Kế hoạch:", "AI", " ",
    "!", "a!", "1986. Năm ấy", "<http://a.vn>", "[a]: b", "    a",
])  # fmt: skip
HREFS = st.sampled_from(["/khoa-hoc/", "https://vi.example/a_b?x=1&y=2", "https://e.vn/(a)", "mailto:a@e.vn", "#x", "tel:111"])
RUN = st.tuples(WORDS, st.booleans(), st.none() | HREFS)


def run_html(run):
    text, bold, href = run
    text = escape(text)
    text = f"<b>{text}</b>" if bold else text
    return f'<a href="{escape(href)}">{text}</a>' if href else text


INLINE = st.lists(RUN, min_size=1, max_size=5).map(lambda runs: "".join(map(run_html, runs)))
PARAGRAPH = st.lists(INLINE, min_size=1, max_size=3).map("<br/>".join)


def items(tag, texts):
    return f"<{tag}>{''.join(f'<li>{text}</li>' for text in texts)}</{tag}>"


def lists(inner):
    return st.builds(items, st.sampled_from(["ul", "ol"]), st.lists(inner, min_size=1, max_size=3))


NESTED = st.builds(lambda text, inner: text + inner, INLINE.map(lambda text: "x" + text), lists(PARAGRAPH))
BLOCK = st.one_of(
    PARAGRAPH.map("<p>{}</p>".format),
    INLINE.map("<h2>{}</h2>".format),
    INLINE.map("<h3>{}</h3>".format),
    st.just("<hr/>"),
    lists(PARAGRAPH),
    lists(NESTED | PARAGRAPH),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(BLOCK, min_size=1, max_size=5).map("".join))
@example("<p>chữ<b>“đậm”</b>liền</p>")
@example("<p><b>AI:</b>là gì</p>")
@example("<ul><li>a</li></ul><ul><li>b</li></ul><ol><li>c</li></ol><ol><li>d</li></ol>")
@example("<p>Trí tuệ <b>nhân tạo</b></p>")
def test_whatever_the_editor_writes_comes_back(text):
    told = to_markdown(text)
    assume(told)
    back = html(told)
    assert unicodedata.is_normalized("NFC", told)
    assert to_markdown(back) == told
    assert [block["value"] for block in stream(told, Path("x.md"), {})] == [back]
    assert [one for one in Seen(back).words if one != "br"] == [one for one in Seen(text).words if one != "br"]


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCK, min_size=1, max_size=4).map("".join))
@example('<p>0<a href="/khoa-hoc/">\xa0</a> <b>0</b></p>')
def test_a_round_through_the_editor_changes_nothing(text):
    # Wagtail keeps lists as lines with a depth: which of two neighbouring lists a line belongs to, it does not keep.
    assume(not re.search(r"</[uo]l><[uo]l>", text))
    editor = ContentstateConverter(features=RICH_TEXT)
    once = editor.to_database_format(editor.from_database_format(text))
    again = editor.to_database_format(editor.from_database_format(html(to_markdown(once))))
    assert to_markdown(again) == to_markdown(once)


class TestWhatItIsWrittenAs:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("<p>Trí tuệ <b>nhân tạo</b>.</p>", "Trí tuệ **nhân tạo**."),
            ('<h2 data-block-key="a">Hỏi</h2><p data-block-key="b">Đáp</p>', "## Hỏi\n\nĐáp"),
            ("<ol><li>Một<ul><li>a</li></ul></li><li>Hai</li></ol>", "1. Một\n   - a\n2. Hai"),
            ('<p>Mở <a href="/khoa-hoc/">khóa học</a></p>', "Mở [khóa học](/khoa-hoc/)"),
            ('<p><a id="7" linktype="page">khóa</a></p>', "[khóa](/khoa-hoc/ai-quanh-ta/)"),
            ("<p><b>AI:</b>là</p>", "**AI:**&#108;à"),
            ("<p>một<br/>hai</p><hr/><p></p>", "một\\\nhai\n\n---"),
            ("<p>1. không phải danh sách</p>", "1\\. không phải danh sách"),
            ("<p>tri\u0301 tue\u0323\u0302</p>", "trí tuệ"),
        ],
    )
    def test_looks_as_if_written_by_hand(self, text, told):
        assert to_markdown(text) == told

    @pytest.mark.parametrize(
        "text",
        [
            '<p><a id="7" linktype="document">đơn</a></p>', '<p><a id="8" linktype="page">đã gỡ</a></p>', "<p><i>nghiêng</i></p>",
            '<embed embedtype="image" id="1"/>', "<h2>một<br/>hai</h2>",
        ],
    )  # fmt: skip
    def test_what_has_no_form_is_refused(self, text):
        with pytest.raises(CannotWrite):
            to_markdown(text)

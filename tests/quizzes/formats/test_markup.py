"""Markdown from other systems' HTML and back."""

from __future__ import annotations

import base64
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from quizzes import media
from quizzes.formats import markup
from quizzes.formats.encodings import clean, decode
from quizzes.formats.hypertext import clean_formula
from quizzes.formats.items import Unreadable
from quizzes.formats.markup import Source, read_html, read_line, read_plain, write_html

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x40\x00\x00\x00\xc8\x08\x02\x00\x00\x00"
NAME = media.name_of(PNG)
WORDS = st.text(
    alphabet=st.one_of(st.sampled_from("aăâđêôơưạẩễ *_`[]()<>&$#\\!|~=+-.:1\"'{}/%^\n"), st.characters(codec="utf-8")),
    max_size=60,
)

TAGS = [
    *[
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<p>",
        "</p>",
        "<br>",
        "<ul>",
        "</ul>",
        "<ol>",
        "<li>",
        "</li>",
        "</ol>",
        "<code>",
        "</code>",
    ],
    *["<pre>", "</pre>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<sup>", "</sup>", "<a href='https://x.vn'>", "</a>"],
    *["<math>", "<mi>", "</mi>", "</math>", "<h1>", "</h1>", "<!--", "-->", "<script>", "<span style='font-weight:bold'>"],
    *["</span>"],
]


def address(name: str) -> str:
    return f"@@PLUGINFILE@@/{name}"


def read(html: str, **files: bytes) -> str:
    return read_html(html, Source(files={name.replace("_", "."): data for name, data in files.items()}))


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Trí tuệ <b>nhân tạo</b> là <i>gì</i>?</p>", "Trí tuệ **nhân tạo** là *gì*?"),
        ("<p>một</p><p>hai<br>ba</p>", "một\n\nhai\\\nba"),
        ("<p>một</p>\r\n<p>&nbsp;</p>\r\n<p>hai</p>", "một\n\nhai"),
        ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n  1. c\n  2. d"),
        ("<ol start='3'><li><p>a</p><p>b</p></li><li>c</li></ol>", "3. a\n\n   b\n4. c"),
        ("<pre>x = 1\n  y &lt; 2</pre>", "```\nx = 1\n  y < 2\n```"),
        ("gõ <code>a`b</code> nhé", "gõ ``a`b`` nhé"),
        ('<a href="https://ai.vn/a b?x=1&amp;y=(2)">đây</a>', "[đây](https://ai.vn/ab?x=1&y=%282%29)"),
        ('<a href="javascript:alert(1)">đây</a>', "đây"),
        ("CO<sub>2</sub> và x<sup>2n</sup>, y<sup>Ω</sup>, z<sub>(max)</sub>", "CO₂ và x²ⁿ, y^Ω, z₍ₘₐₓ₎"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "**a** | **b**\\\n1 | 2"),
        ("<table><tr><td><table><tr><td>x</td><td>y</td></tr></table></td></tr></table>", "x | y"),
        ("<table><tr><td>1</td><td><table><tr><td>x</td><td>y</td></tr></table></td></tr></table>", "1 | x y"),
        ("<script>alert('x')</script>a<style>p{}</style><p onclick='x()'>b</p>", "a\n\nb"),
        ("<b>a</b><b>b</b>", "**ab**"),
        ("<b>a <i>b</i></b><i>c</i>", "**a _b_**_c_"),
        ("<b>“x”</b>y", "“x”y"),
        ("<b> x </b>y", "**x** y"),
        ("5 &lt; 6 &amp;amp; a*b*c", "5 < 6 \\&amp; a\\*b\\*c"),
        ("1. không phải danh sách", "1\\. không phải danh sách"),
        ("<h2>Phần <em>một</em></h2>", "**Phần *một***"),
        ('<b style="font-weight:normal"><span style="font-weight:700">a</span> b</b>', "**a** b"),
        ("a <b c", "a \\<b c"),
        ("a <!-- b --> c <![if !x]>d<![endif]>", "a c d"),
        ("<o:p>&nbsp;</o:p><xml><w:x>Normal 0 false</w:x></xml><p class=MsoNormal>Chữ<o:p></o:p></p>", "Chữ"),
    ],
)
def test_reads(html, markdown):
    assert read(html) == markdown


def test_word_clutter_is_left_out():
    html = (
        "<html xmlns:o='urn:x'><head><meta name=Generator content=Word><title>Đề</title><style><!-- p.MsoNormal {} -->"
        "</style><!--[if gte mso 9]><xml><o:x/></xml><![endif]--></head><body lang=VI><div class=WordSection1>"
        "<p class=MsoListParagraph><![if !supportLists]><span style='mso-list:Ignore'>1.</span><![endif]>"
        "Máy\r\nhọc  <span\r\nlang=VI>là gì</span>?<o:p></o:p></p></div></body></html>"
    )
    assert read(html) == "1.Máy học là gì?"


def test_pictures_are_kept_by_what_they_are():
    data = base64.b64encode(PNG).decode()
    origin = Source(files={"hình 1.jpg": PNG, "a.pdf": b"%PDF"})
    html = f'<img src="data:image/jpeg;base64,{data}" alt="Biểu [đồ]"><img src="@@PLUGINFILE@@/h%C3%ACnh%201.jpg" alt="">'
    assert read_html(html, origin) == f"![Biểu \\[đồ\\]](media:{NAME})![](media:{NAME})"
    assert origin.media == {NAME: PNG} and origin.lost == []
    assert read_html('<a href="@@PLUGINFILE@@/a.pdf">tệp</a><img src="@@PLUGINFILE@@/b.png" alt="b">', origin) == "tệpb"
    assert len(origin.lost) == 2
    assert read_html('<img src="https://x.vn/a.png" alt="ảnh">', origin) == "[ảnh](https://x.vn/a.png)"
    assert "x.vn" in origin.lost[-1]


def test_sounds_come_back():
    wav = b"RIFF\x24\x00\x00\x00WAVEfmt "
    written = write_html(f'Nghe: ![tiếng "chuông"](media:{media.name_of(wav)})', address)
    assert "<audio" in written
    origin = Source(files={media.name_of(wav): wav})
    assert read_html(written, origin) == f'Nghe: ![tiếng "chuông"](media:{media.name_of(wav)})'
    assert read_html(
        '<audio src="@@PLUGINFILE@@/x.wav" title="t">Trình duyệt cũ</audio>sau', Source(files={"x.wav": wav})
    ).endswith("sau")


def test_formulas_stay():
    source = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mn>1</mn><mi>x</mi></mfrac><mo>&lt;</mo></math>'
    assert read(f"<p>Tính {source} nhé</p>") == f"Tính {source} nhé"
    assert (
        write_html(f"Tính {source} và `<math>a</math>`", address)
        == f"<p>Tính {source} và <code>&lt;math&gt;a&lt;/math&gt;</code></p>"
    )
    assert read("<m:math onclick='x'><m:mi href='javascript:x'>a</m:mi><script>b</script></m:math>") == "<math><mi>a</mi></math>"
    assert clean_formula("<b>x</b>") == ""
    assert read("<math><mi>x<p>sau</p>") == "<math><mi>x</mi></math>\n\nsau"
    assert markup.escape("<math>x</math>") == "\\<math>x\\</math>"


def test_tex_is_said_to_stay_text():
    origin = Source()
    assert read_html(r"\(x^2\)", origin) == r"\\(x^2\\)" or origin.lost
    assert origin.lost


def test_lines_and_words_alone():
    html = "<p>một <b>hai</b></p><ul><li>ba*</li></ul>bốn<br>năm"
    assert read_line(html, Source()) == "một **hai** ba\\* bốn năm"
    assert read_plain(html, Source()) == "một hai ba* bốn năm"


@pytest.mark.parametrize("form", ["plain_text", "moodle_auto_format"])
def test_line_ends_are_breaks_in_plain_texts(form):
    assert markup.read_formatted("a\nb\n\nc", form, Source()) == "a\\\nb\n\nc"


def test_markdown_is_brought_into_our_form():
    assert markup.read_formatted("* a\n* __b__\n\n<i>c</i>", "markdown", Source()) == "- a\n- **b**\n\n*c*"


@given(WORDS)
def test_plain_text_shows_itself(text):
    text = clean(text)
    shown = MarkdownIt("commonmark", {"html": False}).render(markup.escape(text))
    said = read_plain(shown, Source())
    assert said == " ".join(text.split())
    assert "<ul" not in shown and "<h" not in shown and "<em" not in shown and "<a" not in shown and "<strong" not in shown


@settings(max_examples=400)
@given(
    st.lists(
        st.one_of(
            WORDS.map(lambda text: text.replace("<", "&lt;")), WORDS,
            st.sampled_from(TAGS),
        ),
        max_size=20,
    ).map("".join)
)  # fmt: skip
def test_what_was_read_is_read_again_from_what_was_written(html):
    once = read_html(html, Source())
    assert read_html(write_html(once, address), Source()) == once
    line = read_line(html, Source())
    assert "\n" not in line and read_line(markup.write_line(line, address), Source()) == line


@pytest.mark.parametrize(
    "hostile",
    ["<b>" * 350_000, "<ul><li>" * 125_000, "<a " * 350_000, '<a "' * 250_000, "<table><tr><td>" * 65_000, "<!--" * 250_000,
     "<math><mrow>" * 80_000, "*_" * 500_000, "[" * 1_000_000, "<b>*a</b><i>" * 80_000, "<script>" * 125_000, "&amp" * 250_000,
     "<p>" + "a\u0323\u0301" * 300_000, "\u0301\u0323" * 500_000, "<sup>" * 200_000, "<pre>`" * 150_000, "</b>" * 250_000],
    ids=range(17),
)  # fmt: skip
def test_a_hostile_megabyte_is_read(hostile):
    assert isinstance(read_html(hostile, Source()), str)


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("Trí tuệ\r\nnhân tạo\rx".encode(), "Trí tuệ\nnhân tạo\nx", "utf-8"),
        (b"\xef\xbb\xbf" + "ă".encode(), "ă", "utf-8"),
        (unicodedata.normalize("NFD", "Trí tuệ nhân tạo").encode(), "Trí tuệ nhân tạo", "utf-8"),
        ("Trí tuệ".encode("utf-16"), "Trí tuệ", "utf-16"),
        (
            "Tri\u0301 tuê\u0323 nhân ta\u0323o, Đà Nẵng".replace("Nẵng", "Nă\u0303ng").encode("cp1258"),
            "Trí tuệ nhân tạo, Đà Nẵng",
            "cp1258",
        ),
        ("Où était-il ? Così è però più.".encode("cp1252"), "Où était-il ? Così è però più.", "cp1252"),
        ("São tomé: informação, ação, não, Þing".encode("cp1252"), "São tomé: informação, ação, não, Þing", "cp1252"),
    ],
)
def test_encodings(data, text, encoding):
    assert decode(data) == (text, encoding)


@pytest.mark.parametrize("data", [b"", b" \r\n ", b"PK\x03\x04abc", bytes(range(256)) * 20, PNG])
def test_what_is_no_text_is_unreadable(data):
    with pytest.raises(Unreadable):
        decode(data)


def test_damaged_utf8_names_the_line():
    with pytest.raises(Unreadable, match="Dòng 2"):
        decode("Câu một: trí tuệ nhân tạo\nCâu hai".encode() + b"\xe1\xbb" + "\nCâu ba đó nữa, đấy nhé".encode())


def test_media_by_their_bytes():
    assert media.size_of(PNG) == (320, 200)
    assert media.size_of(b"GIF89a\x40\x01\xc8\x00") == (320, 200)
    jpg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\xc8\x01\x40\x03"
    assert media.size_of(jpg) == (320, 200) and media.suffix_of(jpg) == "jpg"
    svg = b"<?xml version='1.0'?>\n<!-- a - b --><svg viewBox='0 0 320 200'>"
    assert media.suffix_of(svg) == "svg" and media.size_of(svg) == (320, 200)
    assert media.suffix_of(b"ID3\x04") == "mp3" and media.suffix_of(b"<html><svg>") == ""
    assert media.size_of(b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x3f\x01\x00\xc7\x00\x00") == (320, 200)
    assert media.name_of(b"x") == ""

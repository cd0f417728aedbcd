from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.formats import qti
from quizzes.formats.items import Item, Reading, Refusal, Unreadable
from quizzes.formats.qti import companion, package
from quizzes.kinds import Bad, read_question
from tests.quizzes.formats.samples import EVERY, MATH, NAME, PICTURE, UNSAID

V21 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
V22 = "http://www.imsglobal.org/xsd/imsqti_v2p2"
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"


def xml(body: str, *, declared: str = "", rule: str = "match_correct", after: str = "", space: str = V21, **about: str) -> bytes:
    """An item of 2.x. `rule` is the name of a template or a rule written out."""
    processing = ""
    if rule:
        whole = rule.startswith("<")
        processing = f"<responseProcessing>{rule}</responseProcessing>" if whole else (
            f'<responseProcessing template="{TEMPLATES}{rule}"/>')  # fmt: skip
    names = {"identifier": "i1", "title": "", "adaptive": "false", "timeDependent": "false", **about}
    said = " ".join(f'{name}="{value}"' for name, value in names.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="{space}" xmlns:m="http://www.w3.org/1998/Math/MathML" {said}>
{declared}
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
<itemBody>{body}</itemBody>
{processing}
{after}
</assessmentItem>""".encode()


def newer(data: bytes) -> bytes:
    """An item of 2.x as 3.0 writes it."""
    text = data.decode().replace(V21, "http://www.imsglobal.org/xsd/imsqtiasi_v3p0")
    kept = "p|b|div|img|object|strong|em|ul|li|ol|table|tr|td|m:[a-z]+|span|br|i"

    def rename(match: re.Match[str]) -> str:
        name = match[2] if re.fullmatch(kept, match[2]) else "qti-" + kebab(match[2])
        attributes = re.sub(r'(\w+)="', lambda one: f'{one[1] if one[1] == "xmlns" else kebab(one[1])}="', match[3])
        return f"<{match[1]}{name}{match[3] if name == match[2] or 'xmlns' in match[3] and ':' in match[2] else attributes}>"

    return re.sub(r"<(/?)([A-Za-z][\w:]*)((?:[^<>])*)>", rename, text).encode()


def kebab(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "-" + match[1].lower(), name)


def response(
    *correct: str, cardinality: str = "single", base: str = "identifier", mapping: str = "", name: str = "RESPONSE"
) -> str:
    values = "".join(f"<value>{one}</value>" for one in correct)
    right = f"<correctResponse>{values}</correctResponse>" if correct else ""
    about = f'identifier="{name}" cardinality="{cardinality}" baseType="{base}"'
    return f"<responseDeclaration {about}>{right}{mapping}</responseDeclaration>"


def mapping(entries: Mapping[str, str], **bounds: str) -> str:
    said = " ".join(f'{name}="{value}"' for name, value in {"defaultValue": "0", **bounds}.items())
    return f"<mapping {said}>" + "".join(f'<mapEntry mapKey="{k}" mappedValue="{v}"/>' for k, v in entries.items()) + "</mapping>"


def choice(most: int = 1, choices: str = "", prompt: str = "Nào?", shuffle: str = "true") -> str:
    choices = choices or "".join(f'<simpleChoice identifier="{one}">Phương án {one}</simpleChoice>' for one in "ABC")
    return (
        f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="{shuffle}" maxChoices="{most}">'
        f"<prompt>{prompt}</prompt>{choices}</choiceInteraction>"
    )


def one(data: bytes) -> Item:
    reading = qti.read(data)
    assert reading.refusals == ()
    (item,) = reading.items
    read_question({"id": "x", **item.plain})
    return item


def refused(data: bytes) -> Refusal:
    reading = qti.read(data)
    assert reading.items == ()
    (refusal,) = reading.refusals
    return refusal


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return stream.getvalue()


def manifest(*hrefs: str, metadata: str = "") -> bytes:
    resources = "".join(
        f'<resource identifier="r{place}" type="imsqti_item_xmlv2p1" href="{href}">{metadata}<file href="{href}"/></resource>'
        for place, href in enumerate(hrefs)
    )
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>{resources}</resources></manifest>'.encode()


# --- choices ---------------------------------------------------------------------------------------------------------

SINGLE = xml(f"<p>Đọc <b>kỹ</b>.</p>{choice()}", declared=response("B"))


@pytest.mark.parametrize(
    "data",
    [
        SINGLE,
        SINGLE.replace(V21.encode(), V22.encode()),
        newer(SINGLE),
        SINGLE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_one_choice_in_every_version(data: bytes) -> None:
    item = one(data)
    assert item.plain == {
        "kind": "single", "stem": "Đọc **kỹ**.\n\nNào?",
        "options": [{"text": "Phương án A"}, {"text": "Phương án B", "correct": True}, {"text": "Phương án C"}],
    }  # fmt: skip
    assert (item.line, item.lost) == (2, ())


def test_decomposed_letters_are_composed() -> None:
    item = one(xml(choice(prompt="Tie\u0302\u0301ng"), declared=response("A")))
    assert item.plain["stem"] == "Tiếng"


def test_a_mapping_gives_shares_and_the_mark() -> None:
    declared = response("A", mapping=mapping({"A": "3", "B": "1", "C": "-1.5"}))
    item = one(xml(choice(), declared=declared, rule="map_response"))
    assert item.plain["mark"] == 3
    assert [option.get("share") for option in item.plain["options"]] == [None, "1/3", "-1/2"]


def test_true_and_false_become_a_statement() -> None:
    choices = '<simpleChoice identifier="T">Đúng</simpleChoice><simpleChoice identifier="F">Sai</simpleChoice>'
    assert one(xml(choice(choices=choices, prompt="Phẳng?"), declared=response("F"))).plain == {
        "kind": "true_false", "answer": False, "stem": "Phẳng?",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "rule", "expected"),
    [
        (response("A", "B", cardinality="multiple"), "match_correct", {"rule": "all"}),
        (
            response("A", "B", cardinality="multiple", mapping=mapping({"A": "0.5", "B": "0.5", "C": "-0.5"}, lowerBound="0")),
            "map_response", {},
        ),
        (
            response("A", "B", cardinality="multiple", mapping=mapping({"A": "0.5", "B": "0.5", "C": "-0.5"}, lowerBound="-0.5")),
            "map_response", {"least": "-1/2"},
        ),
        (
            response("A", "B", cardinality="multiple", mapping=mapping({"A": "0.25", "B": "0.75", "C": "-1"}, lowerBound="0")),
            "map_response", {"rule": "shares"},
        ),
    ],
)  # fmt: skip
def test_several_choices_and_their_rule(declared: str, rule: str, expected: dict[str, Any]) -> None:
    plain = one(xml(choice(0), declared=declared, rule=rule)).plain
    assert plain["kind"] == "multiple"
    assert {name: plain[name] for name in ("rule", "least") if name in plain} == expected
    assert [option.get("correct", False) for option in plain["options"]] == [True, True, False]


def test_a_rule_written_out_by_hand_is_run() -> None:
    rule = """<responseCondition><responseIf><isNull><variable identifier="RESPONSE"/></isNull>
      <setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue></responseIf>
      <responseElseIf><match><variable identifier="RESPONSE"/><baseValue baseType="identifier">C</baseValue></match>
      <setOutcomeValue identifier="SCORE"><sum><baseValue baseType="float">1</baseValue>
      <baseValue baseType="float">1</baseValue></sum>
      </setOutcomeValue></responseElseIf>
      <responseElseIf><match><variable identifier="RESPONSE"/><baseValue baseType="identifier">A</baseValue></match>
      <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseElseIf>
      <responseElse><setOutcomeValue identifier="SCORE"><baseValue baseType="float">0</baseValue></setOutcomeValue></responseElse>
      </responseCondition>"""
    item = one(xml(choice(), declared=response("B"), rule=rule))
    assert [option.get("correct", option.get("share")) for option in item.plain["options"]] == ["1/2", None, True]
    assert (item.plain["mark"], item.lost) == (2, ())


def test_a_rule_that_is_not_understood_leaves_the_correct_response_and_says_so() -> None:
    rule = '<setOutcomeValue identifier="SCORE"><customOperator class="x"/></setOutcomeValue>'
    item = one(xml(choice(), declared=response("B"), rule=rule))
    assert item.plain["options"][1]["correct"] is True
    assert "đáp án đúng ghi trong tệp" in item.lost[0]


def test_options_at_the_end_stay_there() -> None:
    choices = (
        '<simpleChoice identifier="A">Một</simpleChoice><simpleChoice identifier="B" fixed="true">Không câu nào</simpleChoice>'
    )
    item = one(xml(choice(choices=choices), declared=response("A")))
    assert item.plain["options"][1] == {"text": "Không câu nào", "last": True}


def test_two_options_may_each_earn_the_whole_mark() -> None:
    declared = response("A", mapping=mapping({"A": "1", "B": "1"}))
    item = one(xml(choice(), declared=declared, rule="map_response"))
    assert [option.get("correct", option.get("share")) for option in item.plain["options"]] == [True, 1, None]


# --- remarks ---------------------------------------------------------------------------------------------------------

FEEDBACK = """<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>"""
SET = '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>'
MATCH = """<responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
  <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>
  </responseCondition>"""


def remarked(after: str, choices: str = "", extra: str = "") -> Item:
    return one(xml(choice(choices=choices), declared=response("B") + FEEDBACK, rule=MATCH + SET + extra, after=after))


def modal(identifier: str, text: str, outcome: str = "FEEDBACK", show: str = "show") -> str:
    return (
        f'<modalFeedback outcomeIdentifier="{outcome}" identifier="{identifier}" showHide="{show}"><p>{text}</p></modalFeedback>'
    )


def test_remarks_go_to_the_choice_that_shows_them() -> None:
    item = remarked(modal("A", "Sai vì thế.") + modal("B", "Giỏi."))
    assert [option.get("feedback") for option in item.plain["options"]] == ["Sai vì thế.", "Giỏi.", None]


def test_remarks_inside_choices() -> None:
    choices = "".join(
        f'<simpleChoice identifier="{one}">{one}<feedbackInline outcomeIdentifier="FEEDBACK" identifier="{one}" '
        f'showHide="show"> Lời {one}</feedbackInline></simpleChoice>'
        for one in "AB"
    )
    item = remarked("", choices)
    assert item.plain["options"] == [{"text": "A", "feedback": "Lời A"}, {"text": "B", "correct": True, "feedback": "Lời B"}]


def test_a_remark_that_everybody_sees_is_the_general_one() -> None:
    item = remarked(modal("NEVER", "Đọc lại bài.", show="hide"))
    assert item.plain["feedback"] == "Đọc lại bài."


def test_right_and_wrong_remarks_go_to_all_right_and_all_wrong_choices() -> None:
    rule = """<responseCondition><responseIf><match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
      <setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">yes</baseValue></setOutcomeValue></responseIf>
      <responseElse><setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">no</baseValue></setOutcomeValue>
      </responseElse></responseCondition>"""
    item = remarked(modal("yes", "Phải.") + modal("no", "Chưa."), extra=rule)
    assert [option["feedback"] for option in item.plain["options"]] == ["Chưa.", "Phải.", "Chưa."]


# --- typed -----------------------------------------------------------------------------------------------------------


def entry(name: str = "RESPONSE") -> str:
    return f'<textEntryInteraction responseIdentifier="{name}" expectedLength="10"/>'


def test_a_field_that_stands_alone_is_a_short_text() -> None:
    declared = response("Hà Nội", base="string", mapping=mapping({"Hà Nội": "1", "Thăng Long": "0.5"}))
    item = one(xml(f"<p>Thủ đô?</p><p>{entry()}</p>", declared=declared, rule="map_response"))
    assert item.plain == {
        "kind": "short_text", "stem": "Thủ đô?", "accept": ["Hà Nội", {"text": "Thăng Long", "share": "1/2"}],
        "accents": "keep", "case": "keep",
    }  # fmt: skip


def test_capital_letters_are_ignored_where_the_file_says_so() -> None:
    said = '<mapping defaultValue="0"><mapEntry mapKey="york" mappedValue="1" caseSensitive="false"/></mapping>'
    item = one(
        xml(
            f"<div><p>Vua Richard ở đâu: {entry()}</p></div>",
            declared=response("york", base="string", mapping=said),
            rule="map_response",
        )
    )
    assert (item.plain["stem"], item.plain["accept"], item.plain.get("case")) == ("Vua Richard ở đâu:", ["york"], None)


@pytest.mark.parametrize("data", [
    xml(f"<p>Bao nhiêu?</p><p>{entry()} km</p>", declared=response("7.25", base="float"), rule="""<responseCondition><responseIf>
      <equal toleranceMode="absolute" tolerance="0.5 0.5"><variable identifier="RESPONSE"/>
      <correct identifier="RESPONSE"/></equal>
      <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf>
  </responseCondition>"""),
    xml(f"<p>Bao nhiêu?</p><p>{entry()} km</p>", declared=response("7.25", base="float"), rule="""<responseCondition><responseIf>
      <and><not><isNull><variable identifier="RESPONSE"/></isNull></not>
      <gte><variable identifier="RESPONSE"/><baseValue baseType="float">6.75</baseValue></gte>
      <lte><variable identifier="RESPONSE"/><baseValue baseType="float">7.75</baseValue></lte></and>
      <setOutcomeValue identifier="SCORE"><baseValue baseType="integer">1</baseValue></setOutcomeValue></responseIf>
  </responseCondition>"""),
])  # fmt: skip
@pytest.mark.parametrize("version", [lambda data: data, newer])
def test_a_number_with_its_tolerance_however_it_is_written(data: bytes, version: Any) -> None:
    item = one(version(data))
    assert item.plain == {"kind": "number", "stem": "Bao nhiêu?", "answer": "7.25", "tolerance": "0.5", "unit": "km"}
    assert item.lost == ()


def test_fields_in_a_text_are_gaps() -> None:
    body = f"<p>Điền đi.</p><p>Máy {entry('R1')} từ {entry('R2')} con số.</p><p>Hết.</p>"
    declared = response("học", base="string", name="R1") + response("7", base="integer", name="R2")
    rule = "".join(
        f'<responseCondition><responseIf><match><variable identifier="{name}"/><correct identifier="{name}"/></match>'
        f'<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/>'
        f'<baseValue baseType="float">{worth}</baseValue></sum>'
        "</setOutcomeValue></responseIf></responseCondition>"
        for name, worth in (("R1", 1), ("R2", 3))
    )
    item = one(xml(body, declared=declared, rule=rule))
    assert item.plain == {
        "kind": "gaps", "stem": "Điền đi.", "text": "Máy [[1]] từ [[2]] con số.\n\nHết.", "mark": 4,
        "gaps": {
            "1": {"kind": "typed", "accept": ["học"], "accents": "keep", "case": "keep"},
            "2": {"kind": "number", "answer": 7, "weight": 3},
        },
    }  # fmt: skip
    assert item.lost == ()


@pytest.mark.parametrize("version", [lambda data: data, newer])
def test_lists_in_a_sentence_are_gaps(version: Any) -> None:
    inline = "".join(f'<inlineChoice identifier="{key}">{text}</inlineChoice>' for key, text in (("x", "dữ liệu"), ("y", "mưa")))
    body = f'<p>Máy học từ <inlineChoiceInteraction responseIdentifier="RESPONSE">{inline}</inlineChoiceInteraction>.</p>'
    item = one(version(xml(body, declared=response("x"))))
    assert item.plain["text"] == "Máy học từ [[1]]."
    assert item.plain["gaps"]["1"] == {"kind": "chosen", "options": [{"text": "dữ liệu", "correct": True}, {"text": "mưa"}]}


def test_a_text_that_only_looks_like_a_gap_stays_text() -> None:
    item = one(xml(f"<p>Mảng [[1]] có {entry()} ô.</p>", declared=response("2", base="integer")))
    assert item.plain["text"] == r"Mảng \[\[1\]\] có [[1]] ô."


# --- pairs, orders, words to drag ------------------------------------------------------------------------------------


def associable(*words: str, letter: str, most: int = 1) -> str:
    return "<simpleMatchSet>" + "".join(
        f'<simpleAssociableChoice identifier="{letter}{place}" matchMax="{most}">{word}</simpleAssociableChoice>'
        for place, word in enumerate(words, 1)
    ) + "</simpleMatchSet>"  # fmt: skip


def match(lefts: str, rights: str) -> str:
    about = 'responseIdentifier="RESPONSE" shuffle="true" maxAssociations="4"'
    return f"<matchInteraction {about}><prompt>Nối.</prompt>{lefts}{rights}</matchInteraction>"


@pytest.mark.parametrize("version", [lambda data: data, newer])
def test_two_columns_are_pairs(version: Any) -> None:
    body = match(associable("mèo", "gà", "chó", letter="L"), associable("thú", "chim", "cá", letter="R", most=3))
    pairs = response("L1 R1", "L2 R2", "L3 R1", cardinality="multiple", base="directedPair")
    item = one(version(xml(body, declared=pairs)))
    assert item.plain == {
        "kind": "matching", "stem": "Nối.", "extra": ["cá"],
        "pairs": [{"left": "mèo", "right": "thú"}, {"left": "gà", "right": "chim"}, {"left": "chó", "right": "thú"}],
    }  # fmt: skip
    assert "mọi chỗ" in item.lost[0]


def test_columns_may_stand_the_other_way_round() -> None:
    body = match(associable("thú", "chim", letter="L", most=3), associable("mèo", "gà", "chó", letter="R"))
    item = one(xml(body, declared=response("L1 R1", "L2 R2", "L1 R3", cardinality="multiple", base="directedPair")))
    assert [pair["left"] for pair in item.plain["pairs"]] == ["mèo", "gà", "chó"]


def test_a_left_side_with_two_partners_on_both_sides_is_refused() -> None:
    body = match(associable("a", "b", letter="L", most=2), associable("c", "d", letter="R", most=2))
    pairs = response("L1 R1", "L1 R2", "L2 R1", cardinality="multiple", base="directedPair")
    assert "đúng một mục" in refused(xml(body, declared=pairs)).reason


def test_free_pairs_are_pairs() -> None:
    words = "".join(f'<simpleAssociableChoice identifier="{key}" matchMax="1">{text}</simpleAssociableChoice>' for key, text in
                    (("a", "Hà Nội"), ("b", "Huế"), ("c", "Bắc"), ("d", "Trung"), ("e", "Nam")))  # fmt: skip
    body = f'<associateInteraction responseIdentifier="RESPONSE" maxAssociations="2">{words}</associateInteraction>'
    item = one(xml("<p>Ghép.</p>" + body, declared=response("c a", "b d", cardinality="multiple", base="pair")))
    assert item.plain["pairs"] == [{"left": "Hà Nội", "right": "Bắc"}, {"left": "Huế", "right": "Trung"}]
    assert item.plain["extra"] == ["Nam"]


@pytest.mark.parametrize("version", [lambda data: data, newer])
def test_an_order(version: Any) -> None:
    choices = "".join(
        f'<simpleChoice identifier="{key}">{text}</simpleChoice>' for key, text in (("x", "ba"), ("y", "một"), ("z", "hai"))
    )
    body = f'<orderInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Xếp.</prompt>{choices}</orderInteraction>'
    item = one(version(xml(body, declared=response("y", "z", "x", cardinality="ordered"))))
    assert item.plain == {"kind": "ordering", "stem": "Xếp.", "items": ["một", "hai", "ba"], "rule": "all"}


@pytest.mark.parametrize("version", [lambda data: data, newer])
def test_words_to_drag_are_gaps_with_the_same_pool(version: Any) -> None:
    words = "".join(
        f'<gapText identifier="W{place}" matchMax="1">{text}</gapText>' for place, text in enumerate(("máy", "người", "cá"), 1)
    )
    body = (
        f'<gapMatchInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Kéo.</prompt>{words}'
        '<p>Có <gap identifier="G1"/> và <gap identifier="G2"/>.</p></gapMatchInteraction>'
    )
    item = one(version(xml(body, declared=response("W2 G1", "W1 G2", cardinality="multiple", base="directedPair"))))
    assert (item.plain["stem"], item.plain["text"]) == ("Kéo.", "Có [[1]] và [[2]].")
    pool = [{"text": "máy"}, {"text": "người", "correct": True}, {"text": "cá"}]
    assert item.plain["gaps"]["1"]["options"] == pool


# --- places, texts, files --------------------------------------------------------------------------------------------

SPOTS = """<hotspotChoice identifier="A" shape="rect" coords="0,0,100,50" hotspotLabel="Góc"/>
<hotspotChoice identifier="B" shape="circle" coords="200,100,40"/>
<hotspotChoice identifier="C" shape="poly" coords="0,0,40,0,40,20"/>
<hotspotChoice identifier="D" shape="ellipse" coords="200,100,40,20"/>"""


def hotspot(size: str = 'width="400" height="200"') -> bytes:
    body = (
        '<hotspotInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>Chỉ.</prompt>'
        f'<object type="image/png" data="img/b%E1%BA%A3n.png" {size}>Bản đồ</object>{SPOTS}</hotspotInteraction>'
    )
    return xml(body, declared=response("B"))


@pytest.mark.parametrize("data", [hotspot(), hotspot(""), newer(hotspot())])
def test_places_on_a_picture_in_thousandths(data: bytes) -> None:
    reading = qti.read(zipped({"imsmanifest.xml": manifest("i/1.xml"), "i/1.xml": data, "i/img/bản.png": PICTURE}))
    (item,) = reading.items
    read_question({"id": "x", **item.plain})
    assert reading.media == {NAME: PICTURE}
    areas = item.plain["areas"]
    assert (item.plain["image"], item.plain["alt"]) == (f"media:{NAME}", "Bản đồ")
    assert areas[0] == {"name": "Góc", "shape": "rect", "coords": [0, 0, 250, 250]}
    assert areas[1] == {"name": "Vùng 2", "shape": "circle", "coords": [500, 500, 100], "correct": True}
    assert areas[2]["coords"] == [0, 0, 100, 0, 100, 100]
    assert areas[3]["shape"] == "poly"


def test_places_without_the_picture_are_refused() -> None:
    assert "gói ZIP" in refused(hotspot()).reason


def test_a_long_text_with_notes_for_who_marks() -> None:
    body = (
        '<rubricBlock view="scorer"><p>Có <b>ví dụ</b>.</p></rubricBlock><p>Kể.</p>'
        '<extendedTextInteraction responseIdentifier="RESPONSE" expectedLines="15"><prompt>Viết.</prompt>'
        "</extendedTextInteraction>"
    )
    declared = (
        response(base="string")
        + '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
        + "<defaultValue><value>5</value></defaultValue></outcomeDeclaration>"
    )
    for data in (xml(body, declared=declared, rule=""), newer(xml(body, declared=declared, rule=""))):
        assert one(data).plain == {
            "kind": "essay", "stem": "Kể.\n\nViết.", "lines": 15, "for_markers": "Có **ví dụ**.", "mark": 5,
        }  # fmt: skip


def test_a_file_to_hand_in() -> None:
    body = '<p>Nộp.</p><uploadInteraction responseIdentifier="RESPONSE" type="application/pdf"/>'
    for data in (xml(body, declared=response(base="file"), rule=""), newer(xml(body, declared=response(base="file"), rule=""))):
        assert one(data).plain == {"kind": "file", "stem": "Nộp.", "types": ["pdf"]}


# --- texts -----------------------------------------------------------------------------------------------------------


def test_formulas_tables_lists_and_entities() -> None:
    body = """<div class="x"><p>Cho&nbsp;<m:math><m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup></m:math> &lt; 3*2.</p>
      <ul><li>một</li><li><p>hai</p></li></ul><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2 | 3</td></tr></table>
      <script>alert(1)</script><p onclick="x()">H<sub>2</sub>O<br/>dòng</p></div>"""
    item = one(xml(body + choice(), declared=response("A")))
    assert item.plain["stem"] == (
        f"Cho {MATH} < 3\\*2.\n\n- một\n- hai\n\n| A | B |\n| --- | --- |\n| 1 | 2 \\| 3 |\n\nH₂O\\\ndòng\n\nNào?"
    )


def test_pictures_and_sound_of_a_package() -> None:
    sound = b"ID3\x04" + bytes(60)
    body = (
        '<p>Xem <img src="../m/a.gif?x=1" alt="Cây"/> nghe <audio src="../m/b.bin" title="Tiếng"/></p>'
        '<p><img src="https://x.vn/c.png" alt="Xa"/></p>'
    )
    files = {"q/1.xml": xml(body + choice(), declared=response("A")), "m/A.gif": PICTURE, "m/b.bin": sound}
    reading = qti.read(zipped(files))
    (item,) = reading.items
    named = sorted(reading.media, key=lambda name: name.endswith("mp3"))
    # A PNG that calls itself a GIF is a PNG.
    assert item.plain["stem"] == f"Xem ![Cây](media:{NAME}) nghe ![Tiếng](media:{named[1]})\n\nXa\n\nNào?"
    assert named[1].endswith(".mp3")
    assert any("x.vn" in lost for lost in item.lost)


def test_a_picture_inside_the_text_itself() -> None:
    import base64

    source = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    reading = qti.read(xml(f'<p><img src="{source}" alt="x"/></p>' + choice(), declared=response("A")))
    assert list(reading.media) == [NAME]


# --- packages --------------------------------------------------------------------------------------------------------


def test_a_package_with_sections_metadata_and_items_that_the_manifest_forgot() -> None:
    test = (
        f'<assessmentTest xmlns="{V21}" identifier="t" title="Đề"><testPart identifier="p"><assessmentSection identifier="s" '
        'title="Chương 1" visible="true"><assessmentItemRef identifier="i" href="items/b.xml"/>'
        "</assessmentSection></testPart></assessmentTest>"
    ).encode()
    lom = (
        '<metadata><imsmd:lom xmlns:imsmd="http://www.imsglobal.org/xsd/imsmd_v1p2"><imsmd:general>'
        "<imsmd:keyword><imsmd:langstring>an toàn"
        "</imsmd:langstring></imsmd:keyword></imsmd:general><imsmd:educational><imsmd:difficulty><imsmd:value><imsmd:langstring>difficult"
        "</imsmd:langstring></imsmd:value></imsmd:difficulty></imsmd:educational></imsmd:lom></metadata>"
    )
    files = {
        "imsmanifest.xml": manifest("items/b.xml", "items/gone.xml", metadata=lom), "test.xml": test, "items/b.xml": SINGLE,
        "items/a.xml": SINGLE, "__MACOSX/items/._a.xml": b"\x00\x05", "readme.txt": b"x",
    }  # fmt: skip
    reading = qti.read(zipped(files))
    assert [item.category for item in reading.items] == [("Chương 1",), ()]
    assert (reading.items[0].plain["tags"], reading.items[0].plain["difficulty"]) == (["an toàn"], "hard")
    assert [refusal.name for refusal in reading.refusals] == ["items/gone.xml"]


def test_a_broken_item_leaves_the_others() -> None:
    reading = qti.read(zipped({"a.xml": SINGLE, "b.xml": SINGLE[:-20] + b"<x", "c.xml": SINGLE}))
    assert len(reading.items) == 2
    assert (reading.refusals[0].name, reading.refusals[0].line > 5) == ("b.xml", True)


def test_a_shared_text_stands_before_the_question() -> None:
    stimulus = (
        '<qti-assessment-stimulus identifier="s" title="x"><qti-stimulus-body><p>Đoạn.</p></qti-stimulus-body>'
        "</qti-assessment-stimulus>"
    ).encode()
    data = newer(xml(choice(), declared=response("A"))).replace(
        b"<qti-item-body>", b'<qti-assessment-stimulus-ref identifier="s" href="s.xml"/><qti-item-body>'
    )
    (item,) = qti.read(zipped({"1.xml": data, "s.xml": stimulus})).items
    assert item.plain["stem"] == "Đoạn.\n\nNào?"


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (xml(choice(), declared=response()), "đáp án đúng"), (xml("<p>Chỉ đọc.</p>"), "không có gì để trả lời"),
        (xml('<p>x</p>\n<sliderInteraction responseIdentifier="RESPONSE"/>', declared=response("1")), "thanh trượt"),
        (
            xml('<hottextInteraction responseIdentifier="RESPONSE"><p>x</p></hottextInteraction>', declared=response("1")),
            "chọn chữ",
        ),
        (xml(choice() + choice(), declared=response("A")), "tách mỗi phần"),
        (xml(choice(), declared=response("A"), adaptive="true"), "adaptive"),
        (xml(choice(), declared='<templateDeclaration identifier="x" cardinality="single"/>' + response("A")), "template"),
        (xml(choice(choices='<simpleChoice identifier="A">x</simpleChoice>' * 2), declared=response("A")), "giống nhau"),
        (xml(choice(choices='<simpleChoice identifier="A">x</simpleChoice>'), declared=response("A")), "từ 2 đến 26"),
        (xml(choice()), "không khai báo"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_question_says_why(data: bytes, said: str) -> None:
    assert said in refused(data).reason


def test_a_refusal_has_the_line_and_the_name() -> None:
    data = xml('<p>x</p>\n\n<sliderInteraction responseIdentifier="RESPONSE"/>', declared=response("1"), title="Kéo thanh")
    refusal = refused(data)
    assert (refusal.line, refusal.name) == (data[: data.index(b"<slider")].count(b"\n") + 1, "Kéo thanh")


# --- writing ---------------------------------------------------------------------------------------------------------


def written(*plains: Mapping[str, Any]) -> bytes:
    return qti.write(
        [Item(line=1, plain=plain, name=plain.get("name", ""), category=("Dữ liệu", "Có/không")) for plain in plains],
        {NAME: PICTURE},
    )


def without_companion(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return zipped({name: source.read(name) for name in source.namelist() if name != companion.NAME})


def test_every_kind_comes_back_as_it_went() -> None:
    reading = qti.read(written(*EVERY))
    assert reading.refusals == ()
    assert [item.plain for item in reading.items] == EVERY
    assert {item.category for item in reading.items} == {("Dữ liệu", "Có/không")}
    assert reading.media == {NAME: PICTURE}


def test_other_systems_get_the_same_questions() -> None:
    """Without our own file: what QTI can say is the same, and marks the same."""
    items = qti.read(without_companion(written(*EVERY))).items
    assert len(items) == len(EVERY)
    for plain, item in zip(EVERY, items, strict=True):
        assert item.lost == (), plain
        assert item.category == ("Dữ liệu", "Có/không")
        if plain["kind"] in {"practical", "essay"}:
            assert item.plain["stem"].startswith(plain["stem"])
            assert plain.get("for_markers", "") in item.plain.get("for_markers", "")
            continue
        expected = {name: value for name, value in plain.items() if name not in UNSAID or name in item.plain}
        expected["stem"] = expected["stem"].replace("![Cái *cây*]", "![Cái cây]")
        assert read_question(item.plain) == read_question(expected)


def test_the_same_questions_give_the_same_bytes() -> None:
    assert written(*EVERY) == written(*EVERY)


def test_items_changed_elsewhere_are_read_anew_and_keep_what_qti_cannot_say() -> None:
    plain = {
        "id": "q1",
        "kind": "single",
        "lesson": "bai-1",
        "stem": "Cũ?",
        "options": [{"text": "A", "correct": True}, {"text": "B"}],
    }
    with zipfile.ZipFile(io.BytesIO(written(plain))) as source:
        changed = zipped(
            {
                name: source.read(name).replace("Cũ?".encode(), "Mới?".encode())
                if name.startswith("items/")
                else source.read(name)
                for name in source.namelist()
            }
        )
    (item,) = qti.read(changed).items
    assert (item.plain["stem"], item.plain["lesson"], item.plain["id"]) == ("Mới?", "bai-1", "q1")


@pytest.mark.parametrize(
    "said",
    [
        b"{",
        b"[]",
        b'{"form":"hoc-ai-questions-1","items":[1]}',
        b"[" * 100_000,
        json.dumps(
            {"form": "hoc-ai-questions-1", "items": {"items/q0001.xml": {"digest": 1, "plain": 7, "category": {"a": 1}}}}
        ).encode(),
    ],
)
def test_a_forged_companion_changes_nothing(said: bytes) -> None:
    plain = {"kind": "single", "stem": "Nào?", "options": [{"text": "A", "correct": True}, {"text": "B"}]}
    with zipfile.ZipFile(io.BytesIO(written(plain))) as source:
        files = {name: source.read(name) for name in source.namelist()}
    (item,) = qti.read(zipped({**files, companion.NAME: said})).items
    assert item.plain == plain


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=25).filter(
    lambda text: any(character.isalnum() for character in text)
) | st.sampled_from(
    ["=1", "a & b", "<b>x</b>", "ế", "Việt Nam", "]]>", "*x*", "[[1]]", "1. x", "# x", "a\u0323\u0302", "\\", "&amp;", "`x`"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.lists(words, min_size=2, max_size=8, unique=True), words)
def test_any_text_comes_back(options: list[str], stem: str) -> None:
    plains: list[dict[str, Any]] = [
        {
            "kind": "multiple", "stem": stem, "feedback": stem,
            "options": [{"text": text, "correct": True, "feedback": stem} for text in options],
        },
        {"kind": "short_text", "stem": stem, "accept": options}, {"kind": "ordering", "stem": stem, "items": options},
        {"kind": "matching", "stem": stem, "pairs": [{"left": text, "right": stem} for text in options]},
        {"kind": "likert", "stem": stem, "statements": options, "scale": ["Có", "Không"]},
        {"kind": "gaps", "stem": stem, "text": f"{stem} [[g]]", "gaps": {"g": {"kind": "typed", "accept": options}}},
    ]  # fmt: skip
    data = written(*plains)
    assert [item.plain for item in qti.read(data).items] == [companion._composed(plain) for plain in plains]
    reading = qti.read(without_companion(data))
    assert reading.found == len(plains)
    for item in reading.items:
        if item.plain["kind"] in {"ordering", "matching"}:
            read_question(item.plain)


@settings(max_examples=150, deadline=None)
@given(st.lists(words, min_size=1, max_size=4))
def test_plain_words_are_the_same_words_after_markdown(texts: list[str]) -> None:
    """Words of a file, escaped for Markdown, are drawn as the same words when they are written again."""
    from xml.etree.ElementTree import Element, SubElement

    from people.text import nfc
    from quizzes.formats.qti_text import Markdown, fill, plain

    body = Element("div")
    for text in texts:
        SubElement(body, "p").text = text
    again = Element("div")
    fill(again, Markdown().blocks(body), lambda name: name)
    assert plain(again) == nfc(" ".join(texts).replace("\u00a0", " "))


# --- safety ----------------------------------------------------------------------------------------------------------

XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><assessmentItem><itemBody>&e;</itemBody></assessmentItem>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><assessmentItem>&b;</assessmentItem>'


@pytest.mark.parametrize("data", [XXE, LAUGHS])
def test_entities_are_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="ENTITY"):
        qti.read(data)
    assert "ENTITY" in qti.read(zipped({"a.xml": data, "b.xml": SINGLE})).refusals[0].reason


def test_a_deep_tree_is_refused_and_does_not_crash() -> None:
    deep = xml("<div>" * 50_000 + "</div>" * 50_000 + choice(), declared=response("A"))
    with pytest.raises(Unreadable, match="quá sâu"):
        qti.read(deep)


@pytest.mark.parametrize("name", ["../a.xml", "/a.xml", "C:\\a.xml", "x/../../a.xml"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="không an toàn"):
        qti.read(zipped({name: SINGLE}))


def test_pictures_outside_the_package_are_not_there() -> None:
    body = '<p><img src="../../../etc/passwd" alt="x"/><img src="file:///etc/passwd" alt="y"/></p>'
    reading = qti.read(zipped({"a.xml": xml(body + choice(), declared=response("A"))}))
    assert reading.media == {}
    assert len(reading.items[0].lost) == 2


def test_bombs_are_refused() -> None:
    with pytest.raises(Unreadable, match="quá lớn"):
        qti.read(zipped({"a.xml": SINGLE, "b.xml": bytes(20_000_000)}))
    with pytest.raises(Unreadable, match="quá lớn"):
        qti.read(zipped({f"{place}.txt": b"" for place in range(package.MOST_ENTRIES + 1)}))


def test_an_entry_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(zipped({"a.xml": SINGLE + b" " * 100_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (50).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        qti.read(bytes(data))


def test_encrypted_entries_are_refused() -> None:
    data = bytearray(zipped({"a.xml": SINGLE}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(Unreadable, match="mật khẩu"):
        qti.read(bytes(data))


@pytest.mark.parametrize(
    "data",
    [b"", b"  ", b"PK\x03\x04", b"{}", b"\x89PNG\r\n\x1a\n\x00\x00", b"<a/>", b"<questestinterop/>", zipped({"a.txt": b"x"})],
)
def test_other_files_are_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        qti.read(data)


def test_a_rule_without_end_is_given_up() -> None:
    big = "<sum>" + '<baseValue baseType="float">1</baseValue>' * 20_000 + "</sum>"
    item = one(xml(choice(), declared=response("B"), rule=f'<setOutcomeValue identifier="SCORE">{big}</setOutcomeValue>'))
    assert item.lost


FUZZED = [SINGLE, newer(SINGLE), hotspot(), written(*EVERY), without_companion(written(*EVERY))]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FUZZED) - 1), st.binary(max_size=60), st.integers(0, 10**6), st.integers(0, 40))
def test_broken_files_give_a_reading_or_unreadable(which: int, noise: bytes, at: int, length: int) -> None:
    good = FUZZED[which]
    place = at % len(good)
    tried(good[:place] + noise + good[place + length :])


TOKENS = (
    "A", "B", "RESPONSE", "0", "", "-1", "1e99", "multiple", "ordered", "float", "pair", "choiceInteraction", "mapping", "value",
    "orderInteraction", "gapMatchInteraction", "matchInteraction", "hotspotInteraction", "sum", "not", "index", "delete", "equal",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(EVERY) - 1), st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(TOKENS)), min_size=1, max_size=3)
)
def test_items_with_wrong_words_give_a_question_or_a_refusal(which: int, changes: list[tuple[int, str]]) -> None:
    """Well-formed files that say nonsense: a name or a value exchanged for another."""
    data = ITEMS[which]
    for at, token in changes:
        spots = list(re.finditer(r'(?<==")[^"]*(?=")|(?<=<qti-value>)[^<]*', data))
        spot = spots[at % len(spots)]
        data = data[: spot.start()] + token + data[spot.end() :]
    tried(data.encode())


def tried(data: bytes) -> None:
    try:
        reading = qti.read(data)
    except Unreadable as error:
        assert str(error)
        return
    assert isinstance(reading, Reading)
    for item in reading.items:
        try:
            read_question(item.plain)
        except Bad as bad:
            raise AssertionError(item.plain) from bad


def _items() -> list[str]:
    with zipfile.ZipFile(io.BytesIO(written(*EVERY))) as source:
        return [source.read(name).decode() for name in source.namelist() if name.startswith("items/")]


ITEMS = _items()

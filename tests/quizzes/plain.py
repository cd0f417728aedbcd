"""Questions in their plain form, answers to them and what a page sends back, drawn by Hypothesis for every kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from people.text import nfc
from quizzes.formats.items import Item
from quizzes.kinds import KINDS, read_question, tell_question
from quizzes.kinds.base import Shown
from quizzes.kinds.reading import words

# Enough of what people type, combining marks and odd digits too; all of Unicode takes two seconds to draw from.
TYPED = "aAđĐeếkniê \u0301\u0302\u032301237,.-+−٣²½…“”?xyz"
# What is special in Markdown, HTML and in the files of other systems.
LETTERS = "aăâbcđeêghiouưyÂĐỗởữ 0127=~%{}#:\\<>&\"'*_[]$/|;,.!?-→"
MEDIA = "media:" + "0" * 64 + ".png"

short = st.text(LETTERS, min_size=1, max_size=14).map(lambda text: " ".join(text.split())).filter(bool)
said = st.text(LETTERS + "\n", max_size=40).map(str.strip)


def several(size: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[list[str]]:
    return st.lists(short, min_size=2, max_size=6, unique=True)


@st.composite
def options(draw: Any, *, one: bool = True, last: bool = True) -> list[dict[str, Any]]:
    texts = draw(several())
    right = {draw(st.integers(0, len(texts) - 1))} if one else draw(st.sets(st.integers(0, len(texts) - 1), min_size=1))
    found = []
    for place, text in enumerate(texts):
        option: dict[str, Any] = {"text": text}
        if place in right:
            option["correct"] = True
        elif one and draw(st.booleans()):
            option["share"] = draw(st.sampled_from(["1/2", "-1/3", "-1", "1/4"]))
        feedback = draw(said)
        if feedback:
            option["feedback"] = feedback
        found.append(option)
    if last and draw(st.booleans()):
        found[-1]["last"] = True
    return found


@st.composite
def shares(draw: Any) -> list[dict[str, Any]]:
    """Options whose right ones make a whole together."""
    found = draw(options(one=False, last=False))
    right = sum("correct" in one for one in found)
    for one in found:
        if "correct" in one:
            if right > 1:
                one["share"] = f"1/{right}"
        else:
            worth = draw(st.sampled_from(["", "-1/2", "-1"]))
            if worth:
                one["share"] = worth
    return found


typable = st.text("aăâbcđeêghiouưy ÂĐỗở0127", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(words)


@st.composite
def accepted(draw: Any) -> dict[str, Any]:
    texts = draw(st.lists(typable, min_size=1, max_size=3, unique=True))
    answers: list[Any] = [texts[0]]
    for text in texts[1:]:
        feedback = draw(said)
        share = draw(st.sampled_from(["", "1/2", "0"]))
        more = {**({"share": share} if share else {}), **({"feedback": feedback} if feedback else {})}
        answers.append({"text": text, **more} if more else text)
    rest = {name: "keep" for name in ("accents", "case") if draw(st.booleans())}
    return {"accept": answers, **rest, **({"wildcards": True} if draw(st.booleans()) else {})}


@st.composite
def numbers(draw: Any) -> dict[str, Any]:
    answer, tolerance = draw(st.decimals(-(10**6), 10**6, places=2)), draw(st.decimals(0, 5, places=1))
    also = [{"answer": draw(st.integers(-99, 99)), "tolerance": 1, "share": "1/2"}] if draw(st.booleans()) else []
    remark = draw(said)
    return {
        "answer": str(answer), "tolerance": str(tolerance), **({"also": also} if also else {}),
        **({"remark": remark} if remark else {}),
    }  # fmt: skip


@st.composite
def _gaps(draw: Any) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from("123ab"), min_size=1, max_size=4, unique=True))
    made = {
        "typed": accepted(), "number": numbers(), "chosen": options(last=False).map(lambda found: {"options": found}),
    }  # fmt: skip
    gaps = {}
    for name in names:
        kind = draw(st.sampled_from(sorted(made)))
        gaps[name] = {"kind": kind, **draw(made[kind])}
        if draw(st.booleans()):
            gaps[name]["weight"] = 2
    return {"text": "Đoạn **văn** " + " rồi ".join(f"[[{name}]]" for name in names) + ".", "gaps": gaps}


@st.composite
def _areas(draw: Any) -> dict[str, Any]:
    pick = draw(st.sampled_from(["one", "several"]))
    areas = draw(options(last=False, one=pick == "one"))
    for area in areas:
        area["name"] = area.pop("text")
        shape = draw(st.sampled_from(["rect", "circle", "poly"]))
        area |= {
            "shape": shape,
            "coords": {"rect": [0, 5, 300, 200], "circle": [500, 500, 80], "poly": [0, 0, 9, 9, 20, 0]}[shape],
        }
    return {"image": MEDIA, "alt": "Bản đồ", **({"pick": pick} if pick == "several" else {}), "areas": areas}


@st.composite
def _rubric(draw: Any) -> list[dict[str, Any]]:
    names = draw(st.lists(short, min_size=1, max_size=3, unique=True))
    levels = [{"text": "Chưa", "points": 0}, {"text": "Được", "points": "1.5"}, {"text": "Tốt", "points": 4}]
    return [{"criterion": name, "levels": levels} for name in names]


@st.composite
def _multiple(draw: Any) -> dict[str, Any]:
    rule = draw(st.sampled_from(["balance", "all", "shares"]))
    least = draw(st.sampled_from([{}, {"least": "-1/2"}]))
    found = draw(shares() if rule == "shares" else options(one=False))
    return {**({"rule": rule} if rule != "balance" else {}), **least, "options": found}


@st.composite
def _with_units(draw: Any) -> dict[str, Any]:
    units = draw(st.sampled_from([{}, {"unit": "m"}, {"unit": "m", "units": [{"unit": "km", "factor": 1000}]}]))
    return {**draw(numbers()), **units}


@st.composite
def _matching(draw: Any) -> dict[str, Any]:
    lefts, sides = draw(several()), draw(several())
    pairs = [{"left": left, "right": draw(st.sampled_from(sides))} for left in lefts]
    spare = [side for side in sides if side not in {pair["right"] for pair in pairs}]
    return {"pairs": pairs, **({"extra": spare} if spare else {})}


_NOTES = st.fixed_dictionaries({"for_markers": said, "rubric": st.one_of(st.just([]), _rubric())})
_BODIES: dict[str, st.SearchStrategy[Any]] = {
    "single": st.fixed_dictionaries({"options": options()}),
    "multiple": _multiple(),
    "true_false": st.fixed_dictionaries({"answer": st.booleans(), "feedback_true": said, "feedback_false": said}),
    "short_text": accepted(),
    "number": _with_units(),
    "matching": _matching(),
    "ordering": st.fixed_dictionaries({"items": several(), "rule": st.sampled_from(["chain", "exact", "all"])}),
    "gaps": _gaps(),
    "hotspot": _areas(),
    "essay": st.tuples(
        st.fixed_dictionaries({
            "lines": st.integers(2, 40), "words": st.sampled_from([[0, 0], [5, 0], [5, 50]]), "start": said,
        }), _NOTES,
    ).map(lambda pair: {**pair[0], **pair[1]}),
    "file": st.tuples(
        st.fixed_dictionaries({"files": st.integers(1, 5), "types": st.sampled_from([["pdf"], ["docx", "png"]])}), _NOTES
    ).map(lambda pair: {**pair[0], **pair[1]}),
    "practical": st.fixed_dictionaries({
        "evidence": st.sampled_from(["both", "text", "file"]), "self_check": several(), "for_markers": said, "rubric": _rubric(),
    }),
    "likert": st.fixed_dictionaries({"statements": several(), "scale": st.just(["Không", "Hơi", "Có"])}),
}  # fmt: skip


@st.composite
def plain_forms(draw: Any, kinds: list[str] | None = None) -> dict[str, Any]:
    """A whole plain form of one of `kinds`, of all when None."""
    kind = draw(st.sampled_from(kinds or sorted(KINDS)))
    return {
        "kind": kind, "name": draw(st.one_of(st.just(""), short)),
        "difficulty": draw(st.sampled_from(["easy", "medium", "hard"])),
        "tags": draw(st.lists(short, max_size=2, unique=True)), "mark": draw(st.sampled_from([1, 2, "0.5"])),
        "stem": draw(short), "feedback": draw(said), **draw(_BODIES[kind]),
    }  # fmt: skip


@st.composite
def answers(draw: Any, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the served question can be answered with, of kinds that a machine marks."""
    parts = body.get("options") or body.get("areas")
    if parts:
        ids = [one["id"] for one in parts]
        if kind == "multiple" or "pick" in body:
            return {"choices": draw(st.lists(st.sampled_from(ids), min_size=1, unique=True).map(sorted))}
        return {"choice": draw(st.sampled_from(ids))}
    if kind == "true_false":
        return {"value": draw(st.booleans())}
    if kind == "short_text":
        return {"text": draw(_typed())}
    if kind == "number":
        return {"number": draw(_number())}
    if kind == "matching":
        lefts = [pair["id"] for pair in body["pairs"]]
        order = KINDS[kind].draw_order(body, False, draw(st.randoms(use_true_random=False)))
        return {"pairs": draw(st.dictionaries(st.sampled_from(lefts), st.sampled_from(order), min_size=1))}
    if kind == "ordering":
        ids = [item["id"] for item in body["items"]]
        return {"places": draw(st.dictionaries(st.sampled_from(ids), st.integers(1, len(ids)), min_size=1))}
    said_to = {}
    for name, gap in body["gaps"].items():
        if gap["kind"] == "chosen":
            said_to[name] = draw(st.sampled_from([option["id"] for option in gap["options"]]))
        else:
            said_to[name] = draw(_number() if gap["kind"] == "number" else _typed())
    return {"gaps": said_to}


paths = st.lists(st.text(LETTERS, min_size=1, max_size=8).map(lambda one: " ".join(one.split())).filter(bool), max_size=2)


def settled(form: dict[str, Any]) -> dict[str, Any]:
    """As the bank tells it."""
    read = read_question(form)
    return tell_question(code=read.code, tags=read.tags, fields=read.fields)


@st.composite
def items(draw: Any) -> list[Item]:
    """A few questions of any kind with ids, in categories, as they stand in the bank."""
    found = []
    for place, (form, path) in enumerate(draw(st.lists(st.tuples(plain_forms(), paths), min_size=1, max_size=3))):
        told = settled({**form, "id": f"q-{place}"})
        found.append(Item(line=place, plain=told, name=told.get("name", ""), category=tuple(path)))
    return found


def _typed() -> st.SearchStrategy[str]:
    return st.text(TYPED, min_size=1, max_size=30).map(nfc).filter(bool)


def _number() -> st.SearchStrategy[str]:
    return st.decimals(-(10**6), 10**6, places=1).map(str)


def sent_back(shown: Shown) -> dict[str, list[str]]:
    """The fields that a page with `shown` in it posts."""
    fields = {row.name: [choice.value for choice in row.choices if choice.chosen] for row in shown.rows}
    for piece in shown.pieces:
        if piece.name:
            fields[piece.name] = [choice.value for choice in piece.choices if choice.chosen] or [piece.typed]
    picked = [choice.value for choice in shown.choices if choice.chosen] + [area.value for area in shown.areas if area.chosen]
    fields["answer"] = picked or [shown.text]
    return fields

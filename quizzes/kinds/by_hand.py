"""What a person marks: a longer text, files, something done with one's own work. And opinions, which nobody marks."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds import base
from quizzes.kinds.base import Bad, Body, Choice, Criterion, Fields, Kind, Level, Plain, Response, ResponseError, Row, Shown

ESSAY_LIMIT = 20_000
FILE_TYPES = ("pdf", "docx", "xlsx", "pptx", "png", "jpg")
MOST_FILES = 5


def read_rubric(plain: Plain) -> list[dict[str, Any]]:
    """[{"criterion", "levels": [{"text", "points": "4"}]}], levels from the least to the most. Raises Bad."""
    rubric = []
    for value in base.list_of({"rubric": plain.get("rubric") or []}, "rubric", 0):
        part = base.part_of(value, "rubric")
        criterion = base.text_of(part.get("criterion"))
        levels = []
        for level in base.list_of(part, "levels", 2, 10):
            told = base.part_of(level, "levels")
            points = base.number_of(told.get("points"), "points")
            if not 0 <= points <= 100:
                raise Bad(_("điểm của một mức phải từ 0 đến 100."))
            levels.append({"text": base.text_of(told.get("text")), "points": f"{points:f}"})
        base.distinct([level["text"] for level in levels], "levels")
        if not criterion or max(Fraction(level["points"]) for level in levels) == 0:
            raise Bad(_("mỗi tiêu chí phải có tên và một mức được điểm."))
        rubric.append({"criterion": criterion, "levels": levels})
    return rubric


def tell_rubric(rubric: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "criterion": one["criterion"],
            "levels": [{"text": level["text"], "points": base.digits(level["points"])} for level in one["levels"]],
        }
        for one in rubric
    ]


def rubric_share(rubric: Sequence[Any], levels: Sequence[int]) -> Fraction:
    """The share for the level reached in each criterion (places from 0). Raises IndexError, ValueError."""
    points = [Fraction(one["levels"][level]["points"]) for one, level in zip(rubric, levels, strict=True)]
    return sum(points, Fraction(0)) / sum(
        (max(Fraction(level["points"]) for level in one["levels"]) for one in rubric), Fraction(0)
    )


def show_rubric(rubric: Sequence[Any]) -> tuple[Criterion, ...]:
    """As learners and markers read it; what stands beside it for markers alone is not in it."""
    return tuple(
        Criterion(
            name=one["criterion"],
            levels=tuple(Level(text=level["text"], points=Decimal(level["points"])) for level in one["levels"]),
        )
        for one in rubric
    )


def reached(rubric: Sequence[Any], levels: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Each criterion with the level that was reached, in words."""
    return tuple((one["criterion"], one["levels"][at]["text"]) for one, at in zip(rubric, levels, strict=False))


def file_types(kind: str, body: Body) -> tuple[str, ...]:
    """What may be sent to a question; nothing where it takes no files."""
    if kind == File.name:
        return tuple(body.get("types", FILE_TYPES))
    return FILE_TYPES if kind == Practical.name and body.get("evidence", "both") != "text" else ()


def _long_text(fields: Fields, name: str) -> str:
    """NFC; the lines stay lines."""
    values = fields.get(name) or [""]
    text = unicodedata.normalize("NFC", str(values[-1]).replace("\x00", "").replace("\r\n", "\n")).strip()
    if len(text) > ESSAY_LIMIT:
        raise ResponseError(_("Bài viết dài quá 20.000 chữ cái. Bạn rút gọn rồi lưu lại."))
    return text


def _is_file_id(value: Any) -> bool:
    try:
        return str(uuid.UUID(str(value))) == value
    except ValueError:
        return False


def _file_ids(fields: Fields, most: int) -> list[str]:
    ids = list(dict.fromkeys(str(value) for value in fields.get("files", []) if value))
    if not all(_is_file_id(one) for one in ids):
        raise ResponseError(_("Tệp này chưa gửi xong. Bạn gửi lại tệp."))
    if len(ids) > most:
        raise ResponseError(_("Câu này nhận nhiều nhất %(most)s tệp.") % {"most": most})
    return ids


class _ByHand(Kind):
    by_hand = True

    def mark(self, body: Body, response: Response) -> Fraction:
        raise NotImplementedError("a person marks this kind")

    def right(self, body: Body) -> Response:
        return {}

    def explain(self, body: Body) -> str:
        if body.get("rubric"):
            return _("Người chấm chọn mức đạt được ở từng tiêu chí. Điểm là tổng các tiêu chí.")
        return _("Người chấm đọc bài và cho điểm kèm nhận xét.")

    def _notes(self, plain: Plain, *, rubric: bool = False) -> dict[str, Any]:
        read = read_rubric(plain)
        if rubric and not read:
            raise Bad(_("bài thực hành cần ít nhất một tiêu chí chấm (rubric)."))
        return base.given({"for_markers": base.paragraphs_of(plain.get("for_markers")), "rubric": read})

    def _tell_notes(self, body: Body) -> dict[str, Any]:
        return base.given({"for_markers": body.get("for_markers"), "rubric": tell_rubric(body.get("rubric", []))})


class Essay(_ByHand):
    """body: {"lines"?, "words"?: [least, most], "start"?, "for_markers"?, "rubric"?}; response: {"text"}"""

    name = "essay"
    label = gettext_lazy("Viết bài")
    interaction = "long-fill-in"

    def read(self, plain: Plain) -> dict[str, Any]:
        lines, words = plain.get("lines", 10), plain.get("words") or [0, 0]
        if type(lines) is not int or not 2 <= lines <= 40:
            raise Bad(_("“lines” là số dòng của ô viết, từ 2 đến 40."))
        if not isinstance(words, list) or [type(one) for one in words] != [int, int] or min(words) < 0 or 0 < words[1] < words[0]:
            raise Bad(_("“words” gồm hai số: ít nhất và nhiều nhất bao nhiêu chữ, 0 là không hạn chế."))
        start = base.paragraphs_of(plain.get("start"))
        told = {"lines": lines if lines != 10 else None, "words": words if any(words) else None, "start": start}
        return {**base.given(told), **self._notes(plain)}

    def tell(self, body: Body) -> dict[str, Any]:
        return {**base.given({name: body.get(name) for name in ("lines", "words", "start")}), **self._tell_notes(body)}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        least, most = body.get("words", [0, 0])
        text = str(response.get("text", body.get("start", "")))
        return Shown(kind=self.name, text=text, lines=body.get("lines", 10), least_words=least, most_words=most,
                     rubric=show_rubric(body.get("rubric", [])))  # fmt: skip

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        text = _long_text(fields, "answer")
        return {"text": text} if text and text != body.get("start", "") else {}

    def fits(self, body: Body, response: Response) -> bool:
        return isinstance(response["text"], str) and len(response["text"]) <= ESSAY_LIMIT

    def progress(self, body: Body, response: Response) -> str:
        least, most = body.get("words", [0, 0])
        count = len(response.get("text", "").split())
        return "none" if not response else "part" if count < least or 0 < most < count else "full"

    def summarise(self, body: Body, response: Response) -> list[str]:
        return str(response["text"]).splitlines()


class File(_ByHand):
    """body: {"files"?, "types"?, "for_markers"?, "rubric"?}; response: {"files": [id of an AnswerFile]}"""

    name = "file"
    label = gettext_lazy("Nộp tệp")
    interaction = "other"

    def read(self, plain: Plain) -> dict[str, Any]:
        files, types = plain.get("files", 1), plain.get("types", list(FILE_TYPES))
        if type(files) is not int or not 1 <= files <= MOST_FILES:
            raise Bad(_("“files” là số tệp nhiều nhất, từ 1 đến 5."))
        if not isinstance(types, list) or not types or not set(types) <= set(FILE_TYPES):
            raise Bad(_("“types” phải là một trong: %(allowed)s.") % {"allowed": ", ".join(FILE_TYPES)})
        kept = [one for one in FILE_TYPES if one in types]
        told = {"files": files if files != 1 else None, "types": kept if len(kept) < len(FILE_TYPES) else None}
        return {**base.given(told), **self._notes(plain)}

    def tell(self, body: Body) -> dict[str, Any]:
        return {**base.given({name: body.get(name) for name in ("files", "types")}), **self._tell_notes(body)}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        files = tuple(response.get("files", []))
        types, rubric = file_types(self.name, body), show_rubric(body.get("rubric", []))
        return Shown(kind=self.name, files=files, most_files=body.get("files", 1), types=types, rubric=rubric)

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        ids = _file_ids(fields, body.get("files", 1))
        return {"files": ids} if ids else {}

    def fits(self, body: Body, response: Response) -> bool:
        return len(response["files"]) <= body.get("files", 1) and all(_is_file_id(one) for one in response["files"])

    def summarise(self, body: Body, response: Response) -> list[str]:
        return [_("%(count)s tệp") % {"count": len(response["files"])}]


class Practical(_ByHand):
    """body: {"evidence"?: "text" | "file" | "both", "self_check": [{"id", "text"}], "for_markers"?, "rubric"};
    response: {"text"?, "files"?: [id], "checks"?: [id of what was ticked]}"""

    name = "practical"
    label = gettext_lazy("Bài thực hành")
    interaction = "performance"

    def read(self, plain: Plain) -> dict[str, Any]:
        evidence = base.one_of(plain, "evidence", ("both", "text", "file"))
        checks = base.distinct([base.text_of(one) for one in base.list_of(plain, "self_check", 1, 10)], "self_check")
        read = [{"id": letter, "text": text} for letter, text in zip(ascii_lowercase, checks, strict=False)]
        return {**({"evidence": evidence} if evidence != "both" else {}), "self_check": read, **self._notes(plain, rubric=True)}

    def tell(self, body: Body) -> dict[str, Any]:
        checks = [one["text"] for one in body["self_check"]]
        return {**base.given({"evidence": body.get("evidence")}), "self_check": checks, **self._tell_notes(body)}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        evidence = body.get("evidence", "both")
        ticked = set(response.get("checks", []))
        checks = tuple(
            Choice(value=str(place), text=one["text"], chosen=one["id"] in ticked)
            for place, one in enumerate(body["self_check"], 1)
        )
        return Shown(
            kind=self.name, choices=checks, text=response.get("text", ""), lines=8 if evidence != "file" else 0,
            files=tuple(response.get("files", [])), most_files=MOST_FILES if evidence != "text" else 0,
            types=file_types(self.name, body),
            rubric=show_rubric(body["rubric"]),
        )  # fmt: skip

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        evidence, ids = body.get("evidence", "both"), [one["id"] for one in body["self_check"]]
        checks = sorted({base.served(ids, str(token)) for token in fields.get("check", []) if token})
        text = _long_text(fields, "answer") if evidence != "file" else ""
        files = _file_ids(fields, MOST_FILES) if evidence != "text" else []
        return base.given({"text": text, "files": files, "checks": checks})

    def fits(self, body: Body, response: Response) -> bool:
        text, files, checks = response.get("text", ""), response.get("files", []), response.get("checks", [])
        evidence = body.get("evidence", "both")
        if (evidence == "text" and files) or (evidence == "file" and text) or len(files) > MOST_FILES or len(text) > ESSAY_LIMIT:
            return False
        return set(checks) <= {one["id"] for one in body["self_check"]} and all(_is_file_id(one) for one in files)

    def progress(self, body: Body, response: Response) -> str:
        if not response:
            return "none"
        shown = bool(response.get("text") or response.get("files"))
        return "full" if shown and len(response.get("checks", [])) == len(body["self_check"]) else "part"

    def summarise(self, body: Body, response: Response) -> list[str]:
        ticked = set(response.get("checks", []))
        told = [f"✓ {one['text']}" for one in body["self_check"] if one["id"] in ticked]
        files = response.get("files", [])
        more = [_("%(count)s tệp") % {"count": len(files)}] if files else []
        return [*str(response.get("text", "")).splitlines(), *more, *told]


class Likert(Kind):
    """body: {"statements": [{"id", "text"}], "scale": [str]}; response: {"marks": {"a": 3}}, places on the scale from 1"""

    name = "likert"
    label = gettext_lazy("Thang ý kiến")
    interaction = "likert"
    scored = False

    def read(self, plain: Plain) -> dict[str, Any]:
        statements = base.distinct([base.text_of(one) for one in base.list_of(plain, "statements", 1, 20)], "statements")
        scale = base.distinct([base.text_of(one) for one in base.list_of(plain, "scale", 2, 7)], "scale")
        read = [{"id": letter, "text": text} for letter, text in zip(ascii_lowercase, statements, strict=False)]
        return {"statements": read, "scale": scale}

    def tell(self, body: Body) -> dict[str, Any]:
        return {"statements": [one["text"] for one in body["statements"]], "scale": list(body["scale"])}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        given = response.get("marks", {})
        rows = tuple(
            Row(
                name=f"mark-{place}", text=one["text"],
                choices=tuple(
                    Choice(value=str(level), text=text, chosen=given.get(one["id"]) == level)
                    for level, text in enumerate(body["scale"], 1)
                ),
            )
            for place, one in enumerate(body["statements"], 1)
        )  # fmt: skip
        return Shown(kind=self.name, rows=rows)

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        given = {}
        for place, one in enumerate(body["statements"], 1):
            token = base.one(fields, f"mark-{place}")
            if token:
                base.served(body["scale"], token)
                given[one["id"]] = int(token)
        return {"marks": given} if given else {}

    def fits(self, body: Body, response: Response) -> bool:
        given, scale = response["marks"], range(1, len(body["scale"]) + 1)
        known = set(given) <= {one["id"] for one in body["statements"]}
        return known and all(type(mark) is int and mark in scale for mark in given.values())

    def progress(self, body: Body, response: Response) -> str:
        return "none" if not response else "full" if len(response["marks"]) == len(body["statements"]) else "part"

    def mark(self, body: Body, response: Response) -> Fraction:
        return Fraction(0)

    def summarise(self, body: Body, response: Response) -> list[str]:
        given = response["marks"]
        said = [(one["text"].rstrip(" ."), given[one["id"]]) for one in body["statements"] if one["id"] in given]
        return [f"{text}: {body['scale'][level - 1]}" for text, level in said]

    def right(self, body: Body) -> Response:
        return {}

    def explain(self, body: Body) -> str:
        return _("Hỏi ý kiến, không tính điểm.")

    def components(self, body: Body) -> dict[str, Any]:
        return {"scale": [base.component(f"s{level}", text) for level, text in enumerate(body["scale"], 1)]}

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        """One statement: as the specification words it. Several have no form there."""
        return f"s{response['marks']['a']}" if len(body["statements"]) == 1 else None

"""What a format has no words for, noted beside a question, so that our own files bring it back; and the last look at a question.

A note holds, for each field, a digest of what the format itself says there. Who edits the file afterwards is not overruled:
where the digest no longer fits, what the file says counts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from quizzes.formats.encodings import clean
from quizzes.formats.items import Item, Reading, Refusal, Unreadable
from quizzes.kinds import Bad, read_question, tell_question

MOST_QUESTIONS = 20_000
LONGEST_QUESTION = 50_000
_LONGEST = 200_000
# A comment of XML may hold no "--"; the others are for HTML and for texts that are cleaned when they are read.
_UNSAFE = re.compile("(?<=-)-|[<>&\x7f-\x9f\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\u0300-\u036f]")


@dataclass
class Found:
    """A question as the format itself says it, not yet checked. `refused` is why it cannot be taken, if it cannot."""

    line: int
    plain: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    category: tuple[str, ...] = ()
    lost: list[str] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    note: str = ""
    refused: str = ""

    def lose(self, sentence: str) -> None:
        if sentence not in self.lost:
            self.lost.append(sentence)


def collect(questions: Iterable[Found], encoding: str = "utf-8") -> Reading:
    """All questions of a file, each checked: an item or a refusal. Raises Unreadable when they are too many."""
    items: list[Item] = []
    refusals: list[Refusal] = []
    media: dict[str, bytes] = {}
    for place, found in enumerate(questions):
        if place == MOST_QUESTIONS:
            raise Unreadable(_("Tệp có hơn 20.000 câu. Hãy chia thành nhiều tệp."))
        one = settle(found)
        if isinstance(one, Item):
            items.append(one)
            media |= found.media
        else:
            refusals.append(one)
    return Reading(items=tuple(items), refusals=tuple(refusals), media=media, encoding=encoding)


def settle(found: Found) -> Item | Refusal:
    """The question checked, with what its note brings back; its plain form is the one that the bank tells."""
    if found.refused:
        return Refusal(line=found.line, reason=found.refused, name=found.name)
    plain = _restore(found) if found.note else found.plain
    try:
        settled = _told(plain)
    except Bad as reason:
        return Refusal(line=found.line, reason=str(reason), name=found.name)
    name = settled.get("name", "") if found.note else found.name
    return Item(line=found.line, plain=settled, name=name, category=found.category, lost=tuple(found.lost))


def write(plain: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """What `base`, read back from a file, does not say of `plain`; "" if it says everything."""
    meant, said = settled(plain), settled(base)
    noted = {
        name: [_digest(said.get(name)), meant.get(name)]
        for name in sorted({*meant, *said})
        if _json(said.get(name)) != _json(meant.get(name))
    }
    return _UNSAFE.sub(_escaped, _json(noted)) if noted else ""


def settled(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The plain form as the bank tells it; as it is where the bank would not take it."""
    try:
        return _told(plain)
    except Bad:
        return dict(plain)


def _told(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Bad."""
    content = read_question(plain)
    return tell_question(code=content.code, tags=content.tags, fields=content.fields)


def _restore(found: Found) -> dict[str, Any]:
    try:
        noted = json.loads(found.note[:_LONGEST], parse_float=Decimal)
        parts = {str(name): (str(digest), _cleaned(value)) for name, (digest, value) in noted.items()}
    except (ValueError, TypeError, AttributeError, RecursionError, ArithmeticError):
        found.lose(_("Phần ghi chú của Học AI trong tệp bị hỏng nên được bỏ qua."))
        return found.plain
    plain = settled(found.plain)
    for name, (digest, value) in parts.items():
        if _digest(plain.get(name)) != digest:
            found.lose(_("Mục “%(name)s” đã được sửa trong tệp, phần ghi chú cũ của Học AI được bỏ qua.") % {"name": name[:40]})
        elif value is None:
            plain.pop(name, None)
        else:
            plain[name] = value
    return plain


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(one) for name, one in value.items()}
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _json(value: Any) -> str:
    return json.dumps(value, default=_number, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _number(value: Any) -> int | float | str:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


# --- shares and paths that Moodle's formats have in common -------------------------------------------------------------

_PERCENT = re.compile(r"\s*([+-]?(?:\d{1,6}(?:[.,]\d{0,12})?|[.,]\d{1,12}))\s*")


def share_of(percent: str) -> Fraction | None:
    """33.33333 is one third: files write shares in percent with five places. None when it is no number."""
    number = _PERCENT.fullmatch(percent)
    if number is None:
        return None
    exact = Fraction(number[1].replace(",", ".")) / 100
    simple = exact.limit_denominator(20)
    return simple if abs(simple - exact) <= Fraction(1, 100_000) else exact


def percent_of(share: Fraction) -> str:
    return f"{float(share * 100):.5f}".rstrip("0").rstrip(".")


def number_of(said: str) -> Decimal | None:
    """A number with a decimal point or comma; None when it is none, or one that nobody means."""
    try:
        number = Decimal(said.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 30 else None


def path_of(text: str) -> tuple[str, ...]:
    """A category as Moodle writes it: $course$/top/Chương 1/Bài 2, with "//" for a stroke inside a name."""
    parts = [" ".join(clean(part).replace("//", "/").split())[:200].strip() for part in re.split(r"(?<!/)/(?!/)", text.strip())]
    while parts and (parts[0] in ("", "top") or re.fullmatch(r"\$[a-z]+\d*\$", parts[0])):
        del parts[0]
    return tuple(filter(None, parts))


def text_of_path(path: tuple[str, ...]) -> str:
    # Spaces around what begins or ends with a stroke, so that it is not taken for a part of the separator.
    names = [name.replace("/", "//") for name in path]
    names = [f" {name} " if name.startswith("/") or name.endswith("/") else name for name in names]
    return "/".join(["$course$", "top", *names])


def balance(options: Sequence[dict[str, Any]]) -> dict[str, str]:
    """{} where the shares of several options say just what the rule `balance` does (they are then taken out); else the
    rule `shares`."""
    shares = [Fraction(one["share"]) for one in options]
    right = [share for share in shares if share > 0]
    even = bool(right) and all(share == Fraction(1, len(right)) for share in right)
    if even and all(share == -right[0] for share in shares if share <= 0):
        for option in options:
            del option["share"]
        return {}
    return {"rule": "shares"}


def numbers(read: Sequence[tuple[Fraction, dict[str, str], str]]) -> dict[str, Any] | None:
    """A number of several answers, each (share, {"answer", "tolerance"}, remark); None where none earns the whole mark."""
    best = next((one for one in read if one[0] == 1), None)
    if best is None:
        return None
    also = [{**number, "share": str(share), "feedback": said} for share, number, said in read if number is not best[1]]
    return {"kind": "number", **best[1], "remark": best[2], "also": also}

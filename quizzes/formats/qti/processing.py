"""What a QTI item gives for an answer: its response processing, run.

Systems write the same rule in a hundred ways. Instead of knowing the ways, the rule is run for one answer after the other,
and what it gives says which share an option is worth and which remark it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from xml.etree.ElementTree import Element

from people.text import nfc
from quizzes.formats.qti.tree import is_true, text_of, within

# A value of QTI: nothing, one thing, or a container of things.
Scalar = str | bool | Fraction
Value = None | Scalar | list[Scalar]
Answer = Mapping[str, Value]
_MOST_STEPS = 3_000
_MOST_BITS = 2_000


class NotUnderstood(Exception):
    """The rule uses what is not known here."""


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """What an answer that is this text is worth."""

    key: str
    worth: Fraction
    exact: bool  # small and capital letters differ


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """An answer that an item asks for, or a result that it gives."""

    identifier: str
    cardinality: str
    base: str
    default: Value = None
    correct: Value = None
    mapping: tuple[Mapped, ...] = ()
    mapped_default: Fraction = Fraction(0)
    lower: Fraction | None = None
    upper: Fraction | None = None
    most: Fraction | None = None  # normalMaximum

    @property
    def corrects(self) -> list[Scalar]:
        return items_of(self.correct)

    def mapped(self, value: Value) -> Fraction:
        """What `value` is worth by the mapping."""
        total = sum((self._worth(one) for one in dict.fromkeys(items_of(value))), Fraction(0))
        total = total if self.lower is None else max(self.lower, total)
        return total if self.upper is None else min(self.upper, total)

    def _worth(self, value: Scalar) -> Fraction:
        said = spoken(value)
        for entry in self.mapping:
            if same(said, entry.key, self.base, exact=entry.exact):
                return entry.worth
        return self.mapped_default


def same(one: str, other: str, base: str, *, exact: bool = True) -> bool:
    if base == "pair":
        return sorted(one.split()) == sorted(other.split())
    if base in {"integer", "float"}:
        return number(one) is not None and number(one) == number(other)
    return one == other if exact else one.casefold() == other.casefold()


def items_of(value: Value) -> list[Scalar]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def spoken(value: Scalar) -> str:
    """A value as files write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else repr(float(value))
    return value


def number(text: str) -> Fraction | None:
    bare = nfc(text).replace(" ", "").replace(",", ".") if text else ""
    # 1e999999 would be a number of a million digits.
    exponent = bare.lower().partition("e")[2].lstrip("+-")
    if len(bare) > 40 or len(exponent) > 2:
        return None
    try:
        return Fraction(bare)
    except (ValueError, ZeroDivisionError):
        return None


def value_of(text: str, base: str) -> Scalar:
    """Raises NotUnderstood."""
    if base in {"integer", "float", "duration"}:
        found = number(text)
        if found is None:
            raise NotUnderstood
        return found
    if base == "boolean":
        return text.strip().lower() in {"true", "1"}
    if base in {"pair", "directedPair"}:
        return " ".join(sorted(text.split()) if base == "pair" else text.split())
    return nfc(text)


def declarations(item: Element) -> dict[str, Declaration]:
    """Of answers and results, by their identifiers. Unreadable values are left out."""
    found = {}
    for element in [one for one in item if one.tag in {"responseDeclaration", "outcomeDeclaration"}]:
        declared = _declaration(element)
        found[declared.identifier] = declared
    return found


def _declaration(element: Element) -> Declaration:
    base, cardinality = element.get("baseType", "identifier"), element.get("cardinality", "single")
    mapping = element.find("mapping")
    about = {} if mapping is None else mapping.attrib
    return Declaration(
        identifier=element.get("identifier", ""), cardinality=cardinality, base=base,
        default=_values(element.find("defaultValue"), base, cardinality),
        correct=_values(element.find("correctResponse"), base, cardinality),
        mapping=tuple(_mapped(one) for one in ([] if mapping is None else mapping.findall("mapEntry"))),
        mapped_default=number(about.get("defaultValue", "")) or Fraction(0),
        lower=number(about.get("lowerBound", "")), upper=number(about.get("upperBound", "")),
        most=number(element.get("normalMaximum", "")),
    )  # fmt: skip


def _mapped(entry: Element) -> Mapped:
    worth = number(entry.get("mappedValue", "")) or Fraction(0)
    return Mapped(key=nfc(entry.get("mapKey", "")), worth=worth, exact=entry.get("caseSensitive", "true").lower() != "false")


def _values(element: Element | None, base: str, cardinality: str) -> Value:
    found: list[Scalar] = []
    for one in element.findall("value") if element is not None else []:
        try:
            found.append(value_of(text_of(one), base))
        except NotUnderstood:
            continue
    if not found:
        return None
    # Several "correct" values of an answer of one: each of them is accepted.
    return found[0] if cardinality == "single" and len(found) == 1 else found


@dataclass(kw_only=True)
class Run:
    """One answer given, and what came of it."""

    declared: Mapping[str, Declaration]
    answer: Answer
    outcomes: dict[str, Value] = field(default_factory=dict)
    steps: int = 0

    def score(self) -> Fraction | None:
        """The points; None when the rule set none."""
        for name in ("SCORE", *(one for one in self.outcomes if one.upper() in {"MAXSCORE", "SCORE"})):
            value = self.outcomes.get(name)
            if isinstance(value, Fraction) and not isinstance(value, bool) and name.upper() != "MAXSCORE":
                return value
        return None

    def evaluate(self, element: Element) -> Value:
        self.steps += 1
        known = _EXPRESSIONS.get(str(element.tag))
        if known is None or self.steps > _MOST_STEPS:
            raise NotUnderstood(str(element.tag))
        return known(self, element)

    def all_of(self, element: Element) -> list[Value]:
        return [self.evaluate(child) for child in element]

    def look_up(self, name: str) -> Value:
        if name in self.outcomes:
            return self.outcomes[name]
        return self.answer.get(name)


def run(item: Element, declared: Mapping[str, Declaration], answer: Answer) -> Run:
    """The item marked with `answer`. Raises NotUnderstood."""
    started = Run(declared=declared, answer=answer)
    for element in item.findall("outcomeDeclaration"):
        one = declared[element.get("identifier", "")]
        zero: Value = Fraction(0) if one.base in {"integer", "float"} and one.cardinality == "single" else None
        started.outcomes[one.identifier] = one.default if one.default is not None else zero
    processing = item.find("responseProcessing")
    if processing is None:
        raise NotUnderstood
    template = processing.get("template", "") or processing.get("templateLocation", "")
    if template and len(processing) == 0:
        _run_template(started, template)
        return started
    try:
        _run_rules(started, list(processing))
    except _Exit:
        pass
    except (RecursionError, OverflowError, ArithmeticError, IndexError, TypeError, ValueError, KeyError) as error:
        raise NotUnderstood from error
    return started


class _Exit(Exception):
    """exitResponse: the rule ends here."""


def _run_template(started: Run, template: str) -> None:
    name = template.rstrip("/").rpartition("/")[2].lower().removesuffix(".xml").replace("-", "_")
    total = Fraction(0)
    answers = [one for one in started.declared.values() if one.identifier in started.answer]
    # The templates speak of RESPONSE; several systems name it otherwise and mean the only one there is.
    meant = started.declared.get("RESPONSE") if "RESPONSE" in started.answer else (answers[0] if answers else None)
    if meant is None or name not in {"match_correct", "map_response"}:
        raise NotUnderstood(template)
    if name == "match_correct":
        total = Fraction(_matches(started.answer.get(meant.identifier), meant.correct, meant))
    else:
        total = meant.mapped(started.answer.get(meant.identifier))
    started.outcomes["SCORE"] = total


def _matches(one: Value, other: Value, declared: Declaration | None = None) -> bool:
    if one is None or other is None:
        return False
    ordered = declared is not None and declared.cardinality == "ordered"
    left, right = [spoken(value) for value in items_of(one)], [spoken(value) for value in items_of(other)]
    if declared is not None and declared.cardinality == "single" and len(right) > 1:
        return len(left) == 1 and left[0] in right
    if declared is not None and declared.base == "pair":
        left, right = [" ".join(sorted(value.split())) for value in left], [" ".join(sorted(value.split())) for value in right]
    return left == right if ordered else sorted(left) == sorted(right)


# --- rules -----------------------------------------------------------------------------------------------------------


def _run_rules(started: Run, rules: Sequence[Element]) -> None:
    for rule in rules:
        known = _RULES.get(str(rule.tag))
        if known is None:
            raise NotUnderstood(str(rule.tag))
        known(started, rule)


def _run_condition(started: Run, element: Element) -> None:
    for branch in element:
        if branch.tag == "responseElse":
            _run_rules(started, list(branch))
            return
        if branch.tag not in {"responseIf", "responseElseIf"} or not len(branch):
            raise NotUnderstood(str(branch.tag))
        if started.evaluate(branch[0]) is True:
            _run_rules(started, list(branch)[1:])
            return


def _set_outcome(started: Run, element: Element) -> None:
    name = element.get("identifier", "")
    value = started.evaluate(element[0]) if len(element) else None
    declared = started.declared.get(name)
    if declared is not None and declared.cardinality != "single" and value is not None:
        value = items_of(value)
    started.outcomes[name] = value


def _leave(started: Run, element: Element) -> None:
    raise _Exit


_RULES: dict[str, Callable[[Run, Element], None]] = {
    "responseCondition": _run_condition,
    "setOutcomeValue": _set_outcome,
    "exitResponse": _leave,
    "responseProcessingFragment": lambda started, element: _run_rules(started, list(element)),
}


# --- expressions -----------------------------------------------------------------------------------------------------


def _declared(started: Run, element: Element) -> Declaration:
    found = started.declared.get(element.get("identifier", ""))
    if found is None:
        raise NotUnderstood(element.get("identifier", ""))
    return found


def _base_value(started: Run, element: Element) -> Value:
    return value_of("".join(element.itertext()), element.get("baseType", "string"))


def _match(started: Run, element: Element) -> Value:
    left, right = started.all_of(element)
    named = [one.get("identifier", "") for one in element if one.tag in {"variable", "correct"}]
    return None if left is None or right is None else _matches(left, right, started.declared.get(named[0]) if named else None)


def _numbers(values: Sequence[Value]) -> list[Fraction] | None:
    """Every number among `values`, containers opened; None when one is missing (QTI: NULL spreads)."""
    found: list[Fraction] = []
    for value in values:
        if value is None:
            return None
        for one in items_of(value):
            if not isinstance(one, Fraction) or one.numerator.bit_length() + one.denominator.bit_length() > _MOST_BITS:
                raise NotUnderstood
            found.append(one)
    return found


def _sum(started: Run, element: Element) -> Value:
    found = _numbers(started.all_of(element))
    return None if found is None else sum(found, Fraction(0))


def _product(started: Run, element: Element) -> Value:
    found = _numbers(started.all_of(element))
    return None if found is None else reduce(lambda one, other: one * other, found, Fraction(1))


def _two(calculate: Callable[[Fraction, Fraction], Value]) -> Callable[[Run, Element], Value]:
    def evaluate(started: Run, element: Element) -> Value:
        found = _numbers(started.all_of(element))
        if found is None:
            return None
        if len(found) != 2:
            raise NotUnderstood
        return calculate(*found)

    return evaluate


def _divide(one: Fraction, other: Fraction) -> Value:
    return one / other if other else None


def _extreme(choose: Callable[[list[Fraction]], Fraction]) -> Callable[[Run, Element], Value]:
    def evaluate(started: Run, element: Element) -> Value:
        found = _numbers(started.all_of(element))
        return None if not found else choose(found)

    return evaluate


def _and(started: Run, element: Element) -> Value:
    values = started.all_of(element)
    return False if any(value is False for value in values) else (None if None in values else True)


def _or(started: Run, element: Element) -> Value:
    values = started.all_of(element)
    return True if any(value is True for value in values) else (None if None in values else False)


def _not(started: Run, element: Element) -> Value:
    value = started.evaluate(element[0])
    return None if value is None else value is not True


def _is_null(started: Run, element: Element) -> Value:
    return started.evaluate(element[0]) in (None, "", [])


def _member(started: Run, element: Element) -> Value:
    one, container = started.all_of(element)
    if one is None or container is None:
        return None
    return all(spoken(value) in [spoken(other) for other in items_of(container)] for value in items_of(one))


def _contains(started: Run, element: Element) -> Value:
    container, part = started.all_of(element)
    if part is None or container is None:
        return None
    return all(spoken(value) in [spoken(other) for other in items_of(container)] for value in items_of(part))


def _container(started: Run, element: Element) -> Value:
    found = [one for value in started.all_of(element) for one in items_of(value)]
    return found or None


def _equal(started: Run, element: Element) -> Value:
    found = _numbers(started.all_of(element))
    if found is None:
        return None
    given, answer = found
    below, above = tolerances(element, answer)
    return answer - below <= given <= answer + above


def tolerances(element: Element, answer: Fraction) -> tuple[Fraction, Fraction]:
    """How far below and above `answer` an `equal` reaches. Raises NotUnderstood."""
    mode = element.get("toleranceMode", "exact")
    if mode == "exact":
        return Fraction(0), Fraction(0)
    said = [number(part) for part in element.get("tolerance", "0").split()]
    if not said or None in said:
        raise NotUnderstood("tolerance")
    sizes = [abs(one) * (abs(answer) / 100 if mode == "relative" else 1) for one in said if one is not None]
    return sizes[0], sizes[-1]


def _equal_rounded(started: Run, element: Element) -> Value:
    found = _numbers(started.all_of(element))
    if found is None:
        return None
    figures = int(element.get("figures", "0"))
    if element.get("roundingMode", "") != "decimalPlaces" or not 0 <= figures <= 20:
        raise NotUnderstood("equalRounded")
    return round(found[0], figures) == round(found[1], figures)


def _string_match(started: Run, element: Element) -> Value:
    one, other = started.all_of(element)
    if one is None or other is None:
        return None
    left, right = nfc(spoken(items_of(one)[0])), nfc(spoken(items_of(other)[0]))
    if element.get("caseSensitive", "true").lower() == "false":
        left, right = left.casefold(), right.casefold()
    return right in left if is_true(element, "substring") else left == right


def _substring(started: Run, element: Element) -> Value:
    part, whole = started.all_of(element)
    if part is None or whole is None:
        return None
    left, right = nfc(spoken(items_of(part)[0])), nfc(spoken(items_of(whole)[0]))
    exact = element.get("caseSensitive", "true").lower() != "false"
    return left in right if exact else left.casefold() in right.casefold()


def _map_response(started: Run, element: Element) -> Value:
    declared = _declared(started, element)
    return declared.mapped(started.answer.get(declared.identifier))


def _ordinal(started: Run, element: Element) -> Value:
    container = items_of(started.evaluate(element[0]))
    place = int(element.get("n", "1"))
    return container[place - 1] if 1 <= place <= len(container) else None


def _delete(started: Run, element: Element) -> Value:
    one, container = started.all_of(element)
    gone = {spoken(value) for value in items_of(one)}
    return [value for value in items_of(container) if spoken(value) not in gone] or None


def _size(started: Run, element: Element) -> Value:
    return Fraction(len(items_of(started.evaluate(element[0]))))


def _any(started: Run, element: Element) -> Value:
    held = sum(value is True for value in started.all_of(element))
    return int(element.get("min", "0")) <= held <= int(element.get("max", "0"))


_EXPRESSIONS: dict[str, Callable[[Run, Element], Value]] = {
    "variable": lambda started, element: started.look_up(element.get("identifier", "")),
    "correct": lambda started, element: _declared(started, element).correct,
    "default": lambda started, element: _declared(started, element).default,
    "baseValue": _base_value,
    "null": lambda started, element: None,
    "match": _match,
    "equal": _equal,
    "equalRounded": _equal_rounded,
    "stringMatch": _string_match,
    "substring": _substring,
    "mapResponse": _map_response,
    "sum": _sum,
    "product": _product,
    "subtract": _two(lambda one, other: one - other),
    "divide": _two(_divide),
    "gt": _two(lambda one, other: one > other),
    "gte": _two(lambda one, other: one >= other),
    "lt": _two(lambda one, other: one < other),
    "lte": _two(lambda one, other: one <= other),
    "min": _extreme(min),
    "max": _extreme(max),
    "round": _extreme(lambda found: Fraction(round(found[0]))),
    "truncate": _extreme(lambda found: Fraction(int(found[0]))),
    "integerToFloat": lambda started, element: started.evaluate(element[0]),
    "and": _and,
    "or": _or,
    "anyN": _any,
    "not": _not,
    "isNull": _is_null,
    "member": _member,
    "contains": _contains,
    "multiple": _container,
    "ordered": _container,
    "index": _ordinal,
    "delete": _delete,
    "containerSize": _size,
}


def words_in(item: Element, identifier: str) -> list[str]:
    """Texts that the rule compares an answer with: what the item may accept besides its correct response."""
    found = []
    processing = item.find("responseProcessing")
    for element in [] if processing is None else processing.iter():
        named = {one.get("identifier") for one in within(element, "variable")}
        if element.tag in {"match", "equal", "stringMatch", "member", "substring", "equalRounded"} and identifier in named:
            found += [text_of(one) for one in within(element, "baseValue")]
    return found


def ranges_in(item: Element, identifier: str) -> list[tuple[Fraction, Fraction]]:
    """Stretches of numbers, from and to, that the rule compares an answer with."""
    found = []
    processing = item.find("responseProcessing")
    for element in [] if processing is None else processing.iter("and"):
        low = high = None
        for part in element:
            bound = _bound(part, identifier)
            if bound is None:
                continue
            if bound[0] == ">":
                low = bound[1]
            else:
                high = bound[1]
        if low is not None and high is not None and low <= high:
            found.append((low, high))
    return found


def _bound(element: Element, identifier: str) -> tuple[str, Fraction] | None:
    """Whether the answer must be above (">") or below ("<") a number, and which."""
    if element.tag not in {"gte", "gt", "lte", "lt"} or len(element) != 2:
        return None
    sign = ">" if str(element.tag).startswith("g") else "<"
    first, second = element
    if first.tag == "baseValue":
        first, second, sign = second, first, "<" if sign == ">" else ">"
    limit = number(text_of(second)) if second.tag == "baseValue" else None
    return (sign, limit) if first.get("identifier") == identifier and limit is not None else None

"""What a file of organisations would change in the tree: the dry run, row by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from classes.exports import Cell
from classes.models import StaffRequirement, TrainingClass
from classes.queries.organisations import held_paths
from classes.queries.reorganisation import Plan
from people.models import Membership, OperationKind, Organisation, Role, User
from people.organisation_file import COLUMNS, KINDS, Problem, Row, parse
from people.reorganising import NewUnit, TreePlan

DIRECT = ("name", "short_name", "kind", "valid_from", "valid_to", "staff_declared", "note")
STEP = Organisation.steplen
TOO_DEEP = 60  # a path holds 63 steps


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One field of one organisation, as it is and as the file has it."""

    line: int
    code: str
    name: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    plan: Plan
    made: tuple[tuple[int, NewUnit], ...]
    differences: tuple[Difference, ...]
    same: int
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]

    @property
    def changed(self) -> int:
        return len({one.code for one in self.differences})

    @property
    def wrong(self) -> int:
        return len({one.line for one in self.problems})

    @property
    def does_something(self) -> bool:
        return bool(self.made or self.differences)


def import_plan(table: list[list[str]], *, today: dt.date, by: User | None) -> ImportPlan:
    """A blank cell leaves what is there. Wrong rows, and those that need them, are left out.

    The tree is read once, whatever the number of rows. `by` None is the command line, which may also make roots.
    """
    sheet = parse(table)
    reader = _Reader(sheet.rows, today, None if by is None else held_paths(by))
    reader.read()
    wrong_lines = {one.line for one in reader.problems}
    tree = TreePlan(
        kind=OperationKind.IMPORT, on=today, make=tuple(unit for _line, unit in reader.made),
        fields=tuple(reader.fields), places=tuple(reader.places),
    )  # fmt: skip
    changed = {code for code, _field, _value in tree.fields} | {code for code, _parent in tree.places}
    touched = changed | {parent for _code, parent in tree.places} | {unit.parent for unit in tree.make if unit.parent}
    known = [reader.known[code] for code in sorted(touched) if code in reader.known]
    plan = Plan(
        tree=tree, touched=tuple(unit.code for unit in known),
        state=tuple((unit.code, unit.pk, unit.path, unit.name, unit.valid_to) for unit in known),
        counts={"made": len(tree.make), "units": len(changed), "wrong": len(wrong_lines | {one.line for one in sheet.problems})},
    )  # fmt: skip
    problems = sorted([*sheet.problems, *reader.problems], key=lambda one: one.line)
    return ImportPlan(
        plan=plan, made=tuple(reader.made), differences=tuple(reader.differences), same=reader.same, problems=tuple(problems),
        ignored=sheet.ignored,
    )  # fmt: skip


class _Reader:
    """Rows beside the tree as it is."""

    def __init__(self, rows: Sequence[Row], today: dt.date, held: tuple[str, ...] | None) -> None:
        self.today, self.held = today, held
        # The whole tree, once: parents by path are needed for the look at circles.
        tree = list(Organisation.objects.all().select_related(None))
        self.known = {unit.code: unit for unit in tree}
        self.by_path = {unit.path: unit for unit in tree}
        self.by_id = {unit.pk: unit for unit in tree}
        self.rows = {row.code: row for row in self._spelt_alike(rows)}
        self.made: list[tuple[int, NewUnit]] = []
        self.fields: list[tuple[str, str, Any]] = []
        self.places: list[tuple[str, str]] = []
        self.differences: list[Difference] = []
        self.problems: list[Problem] = []
        self.same = 0

    def _spelt_alike(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Codes as the tree, or the line that makes them, writes them: p-bc is P-BC."""
        spelt = {row.code.lower(): row.code for row in rows} | {code.lower(): code for code in self.known}
        for row in rows:
            codes = {name: row.values[name] for name in ("code", "parent", "successor") if name in row.values}
            yield replace(row, values=row.values | {name: spelt.get(code.lower(), code) for name, code in codes.items()})

    def read(self) -> None:
        self._leave_out_wrong()
        for row in self._parents_first():
            if row.code in self.known:
                self._compare(row, self.known[row.code])
            else:
                self.made.append((row.line, self._new(row)))

    # --- what fits the tree ---------------------------------------------------------------------------------------------

    def _leave_out_wrong(self) -> None:
        """Until no row is left that is wrong or needs one that is."""
        busy = self._busy()
        for row in list(self.rows.values()):
            self._check(row, busy)
        while True:
            missing = [
                (row, name) for row in self.rows.values() for name in ("parent", "successor")
                if row.values.get(name) and not self._exists(row.values[name])
            ]  # fmt: skip
            for row, name in missing:
                self._wrong(row, name, _("Không có đơn vị nào mã này, trong cây lẫn trong các dòng đúng của tệp."))
            circles = [] if missing else self._circles()
            for row in circles:
                self._wrong(row, "parent", _("Đi lên từ đây sẽ quay lại chính nó, hoặc cây sẽ sâu quá 60 cấp."))
            if not missing and not circles:
                return

    def _exists(self, code: str) -> bool:
        return code in self.known or code in self.rows

    def _check(self, row: Row, busy: set[int]) -> None:
        unit, parent = self.known.get(row.code), row.values.get("parent")
        if unit is None:
            for name in ("name", "kind"):
                if not row.values.get(name):
                    return self._wrong(row, name, _("Đơn vị mới phải có cột này."))
        if not self._mine(unit) or (parent and not self._mine(self.known.get(parent))) or self._is_strange_root(row):
            return self._wrong(row, "parent", _("Ngoài phạm vi của bạn, hoặc thiếu cấp trên."))
        ended = parent in self.known and self.known[parent].valid_to
        if ended and "valid_to" not in row.values and self._moves(row):
            return self._wrong(row, "parent", _("Cấp trên này đã hết hoạt động."))
        return self._check_end(row, unit, busy)

    def _check_end(self, row: Row, unit: Organisation | None, busy: set[int]) -> None:
        start = row.values.get("valid_from", unit.valid_from if unit else None)
        end = row.values.get("valid_to", unit.valid_to if unit else None)
        if start and end and end <= start:
            self._wrong(row, "valid_to", _("Ngày hết phải sau ngày có."))
        elif unit and "valid_to" in row.values and row.values["valid_to"] != unit.valid_to and unit.pk in busy:
            why = _("Đơn vị đang có người, lớp, vai trò hoặc đơn vị trực thuộc. Hãy dùng Sáp nhập hoặc Giải thể.")
            self._wrong(row, "valid_to", why)

    def _mine(self, unit: Organisation | None) -> bool:
        return unit is None or self.held is None or unit.path.startswith(self.held)

    def _is_strange_root(self, row: Row) -> bool:
        return self.held is not None and row.code not in self.known and not row.values.get("parent")

    def _wrong(self, row: Row, name: str, why: str) -> None:
        self.rows.pop(row.code, None)
        value = str(row.values.get(name, ""))
        self.problems.append(Problem(line=row.line, column=str(COLUMNS[name]), value=value, why=why))

    def _busy(self) -> set[int]:
        """Organisations with something that an end would leave hanging."""
        ending = [self.known[code].pk for code, row in self.rows.items() if code in self.known and "valid_to" in row.values]
        found: set[int] = {pk for pk in ending if self.by_id[pk].numchild}
        for place in range(0, len(ending), 500):
            some = ending[place : place + 500]
            hanging: list[QuerySet[Any]] = [Membership.objects.current(), Role.objects.current(), TrainingClass.objects.open()]
            for rows in [*hanging, StaffRequirement.objects.current()]:
                found |= set(rows.filter(organisation__in=some).values_list("organisation_id", flat=True))
        return found

    def _parent_code(self, code: str) -> str:
        """Of the tree as it would be."""
        row = self.rows.get(code)
        if row and row.values.get("parent"):
            return str(row.values["parent"])
        unit = self.known.get(code)
        above = self.by_path.get(unit.path[:-STEP]) if unit else None
        return above.code if above else ""

    def _circles(self) -> list[Row]:
        """Rows that lie on a circle, lead into one or lie too deep; each code is walked once."""
        depths: dict[str, int] = {"": 0}
        for start in self.rows:
            way: list[str] = []
            code = start
            while code not in depths and code not in way:
                way.append(code)
                code = self._parent_code(code)
            depth = depths.get(code, TOO_DEEP)
            for below in reversed(way):
                depth = depths[below] = depth + 1
        return [row for code, row in self.rows.items() if depths[code] > TOO_DEEP and self._moves(row)]

    def _moves(self, row: Row) -> bool:
        unit, parent = self.known.get(row.code), row.values.get("parent")
        if unit is None or not parent:
            return unit is None
        above = self.by_path.get(unit.path[:-STEP])
        return above is None or above.code != parent

    def _parents_first(self) -> Iterator[Row]:
        given: set[str] = set()
        for code in self.rows:
            way = []
            while code in self.rows and code not in given:
                way.append(self.rows[code])
                given.add(code)
                code = self._parent_code(code)
            yield from reversed(way)

    # --- what is different ----------------------------------------------------------------------------------------------

    def _new(self, row: Row) -> NewUnit:
        return NewUnit(**{name: value for name, value in row.values.items() if name in NewUnit.__dataclass_fields__})

    def _compare(self, row: Row, unit: Organisation) -> None:
        before = len(self.differences)
        for name in DIRECT:
            if name in row.values and row.values[name] != getattr(unit, name):
                self.fields.append((unit.code, name, row.values[name]))
                self._differs(row, unit, name, getattr(unit, name), row.values[name])
        successor = self.by_id[unit.successor_id].code if unit.successor_id else ""
        if row.values.get("successor", successor) != successor:
            self.fields.append((unit.code, "successor", row.values["successor"]))
            self._differs(row, unit, "successor", successor, row.values["successor"])
        if row.values.get("parent") and self._moves(row):
            above = self.by_path.get(unit.path[:-STEP])
            self.places.append((unit.code, row.values["parent"]))
            self._differs(row, unit, "parent", above.code if above else "", row.values["parent"])
        self.same += len(self.differences) == before

    def _differs(self, row: Row, unit: Organisation, name: str, before: Any, after: Any) -> None:
        self.differences.append(
            Difference(
                line=row.line, code=unit.code, name=unit.label, column=str(COLUMNS[name]), before=_shown(name, before),
                after=_shown(name, after),
            )  # fmt: skip
        )


def _shown(name: str, value: Any) -> str:
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if name == "kind":
        return str(KINDS.get(value, value))
    return "" if value is None else str(value)


def import_errors(table: list[list[str]], *, today: dt.date, by: User) -> tuple[list[str], list[list[Cell]]]:
    """The lines that are wrong as they were sent, and why: to be mended and sent again. The last column is not read back."""
    why: dict[int, list[str]] = {}
    for one in import_plan(table, today=today, by=by).problems:
        why.setdefault(one.line, []).append(f"{one.column}: {one.why}")
    wide = len(table[0])
    rows: list[list[Cell]] = []
    for line, told in why.items():
        cells = table[line - 1] if line > 1 else []
        rows.append([*cells[:wide], *[""] * (wide - len(cells)), " ".join(told)])
    return [*table[0], _("Vì sao lỗi")], rows


def import_template() -> tuple[list[str], list[list[Cell]]]:
    """The head of the file with two lines to show how it is filled in."""
    header = [str(label) for label in COLUMNS.values()]
    ward, commune = str(KINDS["ward"]), str(KINDS["clinic"])
    rows: list[Mapping[str, Cell]] = [
        {"code": "P-VIDU", "name": _("Ủy ban nhân dân phường Ví Dụ"), "short_name": _("Phường Ví Dụ"), "kind": ward,
         "parent": "UBND-TP", "valid_from": dt.date(2025, 7, 1), "staff_declared": 60},
        {"code": "P-VIDU-YT", "name": _("Trạm y tế phường Ví Dụ"), "short_name": "", "kind": commune, "parent": "P-VIDU",
         "valid_from": dt.date(2025, 7, 1)},
    ]  # fmt: skip
    return header, [[row.get(name) for name in COLUMNS] for row in rows]

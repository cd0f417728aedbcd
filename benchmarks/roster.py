"""How long a list of 100,000 people takes, and how much memory: checked and applied, with 3 % of bad rows.

    python benchmarks/roster.py [--rows 100000] [--undo] [--database postgres://…/server]

The list is made by one process and worked off by another, whose peak memory is the figure. The database is one of its
own: a SQLite file in a temporary folder, or a database on the server named, dropped at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
UNITS = 200
FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"]
MIDDLE = ["Thị", "Văn", "Ngọc", "Minh", "Thanh", "Hữu", "Đức", "Kim", "Gia", "Bảo", "Quốc", "Thùy", "Hoài", "Anh", "Xuân", "Thu"]
GIVEN = ["An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hải", "Hân", "Hoa", "Hùng", "Khôi", "Lan", "Linh", "Long", "Mai", "Nam"]
BAD = [
    ("full_name", ""), ("full_name", "=cmd|'/c calc'!A1"), ("birth", "năm mèo"), ("email", "lan.tran@"), ("code", "!!"),
    ("unit", "PHONG-CU"), ("category", "CBCC"), ("full_name", "x" * 30_000), ("email", "nv1@example.vn"),
]  # fmt: skip


def make_file(path: Path, rows: int) -> int:
    """A spreadsheet of staff in 200 units; names are decomposed in every seventh row. Returns how many rows are bad."""
    import unicodedata

    import xlsxwriter

    rng = random.Random(4738)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Danh sách")
    sheet.write_row(0, 0, ["STT", "Mã cán bộ", "Họ và tên", "Ngày sinh", "Thư điện tử", "Mã đơn vị", "Nhóm", "Ghi chú"])
    bad = 0
    for number in range(1, rows + 1):
        name = f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"
        row = {
            "code": f"NV{number:07}", "full_name": unicodedata.normalize("NFD", name) if number % 7 == 0 else name,
            "birth": f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1965, 2003)}",
            "email": f"nv{number}@example.vn" if number % 2 else "", "unit": f"DV-{rng.randrange(UNITS):03}",
            "category": rng.choice(["công chức", "viên chức", "NLĐ"]),
        }  # fmt: skip
        if number > 1 and rng.random() < 0.03:
            field, value = rng.choice(BAD)
            row[field] = value
            bad += 1
        sheet.write_row(number, 0, [number, *row.values(), "x"])
    book.close()
    return bad


def work(path: Path, undo: bool) -> dict[str, float]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    settings.PASSWORD_HASHERS = ["people.hashers.Argon2id"]
    call_command("migrate", verbosity=0)
    from people.actions import rosters
    from people.models import Organisation, User

    top = Organisation.add_root(code="TP", name="Thành phố", kind="committee")
    for number in range(UNITS):
        Organisation.objects.get(pk=top.pk).add_child(code=f"DV-{number:03}", name=f"Đơn vị {number}", kind="department")
    figures: dict[str, float] = {"memory before": memory()}

    def timed(what: str) -> None:
        begun, spent = time.perf_counter(), time.process_time()
        done = rosters.work(roster_id=roster.pk, now=timezone.now(), more=lambda: True)
        took, cpu = time.perf_counter() - begun, time.process_time() - spent
        figures.update({f"{what} s": took, f"{what} CPU s": cpu, f"{what} MB": memory()})
        print(f"{what}: {took:.1f} s, CPU {cpu:.1f} s, peak {memory():.0f} MB; {done.state} {done.counts}", flush=True)

    with path.open("rb") as file:
        roster = rosters.receive(
            organisation=Organisation.objects.get(code="TP"), kind="staff", file=file, name=path.name, by=None,
            now=timezone.now(), by_shell=True,
        )  # fmt: skip
    timed("checked")
    rosters.apply(roster=roster, by=None, now=timezone.now())
    timed("applied")
    figures["people"] = User.objects.count()
    if undo:
        rosters.undo(roster=roster, by=None, now=timezone.now())
        timed("undone")
        figures["people after undoing"] = User.objects.count()
    return figures


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--undo", action="store_true", help="undo it as well")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        print(json.dumps(work(asked.work, asked.undo)))
        return
    with tempfile.TemporaryDirectory(prefix="roster-") as folder:
        path = Path(folder) / "danh-sach.xlsx"
        bad = make_file(path, asked.rows)
        print(f"{asked.rows} rows, {bad} of them bad, {path.stat().st_size / 1e6:.1f} MB", flush=True)
        environment = {**os.environ, "VAR_DIR": folder, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "lms.settings.test"}
        environment.pop("DATABASE_URL", None)
        name = f"hocai_roster_{os.getpid()}"
        if asked.database:
            environment["DATABASE_URL"] = urlunsplit(urlsplit(asked.database)._replace(path=f"/{name}"))
            _sql(asked.database, f"CREATE DATABASE {name}")
        try:
            command = [sys.executable, __file__, "--work", str(path), *(["--undo"] if asked.undo else [])]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        finally:
            if asked.database:
                _sql(asked.database, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sql(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


if __name__ == "__main__":
    main()

"""CPU time, requests a second and waiting time of the main pages, beside a bare Django view of the same server.

Makes its own city in its own database, starts its own server, and takes both away again. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
CODE = "DEMO-P001"  # the agency that is looked at


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page and, where somebody is signed in, the cookie that says who. `queries` is how many it asks when warm."""

    name: str
    path: str
    cookie: str = ""
    queries: int = 0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One page read by so many clients at once. CPU in milliseconds a request, of web server and database together."""

    page: str
    clients: int
    requests: int
    failed: int
    cpu: float
    database_cpu: float
    times_bare: float
    per_second: float
    p50: float
    p95: float
    queries: int


# --- what is measured -----------------------------------------------------------------------------------------------


def environment(var: Path, database_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "CELERY_BROKER_URL"}}
    return {
        **kept, "VAR_DIR": str(var), "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "PYTHONPATH": str(ROOT), "LOG_LEVEL": "ERROR",
    }  # fmt: skip


def make_city(env: dict[str, str], learners: int) -> float:
    """Returns the seconds it took to make the demo city."""
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=env, check=True)
    begun = time.monotonic()
    subprocess.run([*manage, "setup_demo", "--learners", str(learners)], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def pages() -> list[Page]:
    """The measured pages with the addresses and people of this city. Django must be set up."""
    from classes.models import TrainingClass
    from courses.queries import outlines
    from people.models import User

    course = next(one for one in outlines().values() if one.code == "CD-1")
    lesson = course.parts[1]
    klass = TrainingClass.objects.get(name="10A1", teachers__teacher__username="binh")
    pupil = klass.members.order_by("number")[3].learner
    an, binh, chi, dung = (cookie(User.objects.get(username=name)) for name in ("an", "binh", "chi", "dung"))
    found = [
        Page(name="bare view", path="/bare/"),
        Page(name="catalogue, not signed in", path="/khoa-hoc/"),
        Page(name="catalogue, filtered, not signed in", path="/khoa-hoc/?bac=co_ban&doi-tuong=cong_dan"),
        Page(name="lesson, not signed in", path=lesson.url),
        Page(name="catalogue", path="/khoa-hoc/", cookie=an),
        Page(name="course", path=course.url, cookie=an),
        Page(name="lesson", path=lesson.url, cookie=an),
        Page(name="/learn/", path="/learn/", cookie=an),
        Page(name="/learn/ of a pupil with tasks", path="/learn/", cookie=cookie(pupil)),
        Page(name="class of 45, teacher", path=f"/classes/{klass.pk}/", cookie=binh),
        Page(name="agencies, officer of the city", path="/agencies/", cookie=chi),
        Page(name="one agency, officer", path=f"/agencies/{CODE}/", cookie=chi),
        Page(name="plan, not signed in", path="/plans/4738/"),
        Page(name="plan, owner", path="/plans/4738/", cookie=dung),
    ]
    return [Page(name=one.name, path=one.path, cookie=one.cookie, queries=queries_of(one)) for one in found]


def cookie(user: Any) -> str:
    """A session as signing in would leave it; passwords and second factors are not what is measured."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    session["sign_in"] = [session.session_key, int(time.time())]  # noted; the next time in an hour
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def queries_of(page: Page) -> int:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    def ask() -> None:
        status = Client(HTTP_HOST="127.0.0.1", HTTP_COOKIE=page.cookie).get(page.path).status_code
        if status != 200:
            raise SystemExit(f"{page.name}: {page.path} answers {status}")

    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


# --- server and database ---------------------------------------------------------------------------------------------


@contextmanager
def temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hocai-bench-"))
    (folder / "static").mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(where: str, var: Path, there: str = "") -> Iterator[tuple[str, Callable[[], dict[int, float]]]]:
    """The address of a fresh database, and a function that reads the CPU seconds of its server processes by pid.

    `there` names a database (or its file) that is there already and stays: large cities take long to make.
    """
    if where == "sqlite":
        yield f"sqlite:///{Path(there).resolve() if there else var / 'bench.sqlite3'}", dict
        return
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    given = conninfo_to_dict(where)
    name = there or f"hocai_bench_{os.getpid()}"
    with psycopg.connect(make_conninfo(where, dbname="postgres"), autocommit=True) as watcher:
        if not there:
            watcher.execute(f'CREATE DATABASE "{name}"')

        def used() -> dict[int, float]:
            rows = watcher.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
            return {pid: cpu_of(pid) for (pid,) in rows}

        try:
            password = f":{given['password']}" if given.get("password") else ""
            address = f"{given.get('host', '127.0.0.1')}:{given.get('port', 5432)}"
            yield f"postgres://{given.get('user', 'postgres')}{password}@{address}/{name}", used
        finally:
            if not there:
                watcher.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def server(env: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Port and process id of the one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    master = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "lms.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
            "--workers", "1", "--threads", "4", "--keep-alive", "30", "--timeout", "120", "--log-level", "error",
            "--no-control-socket",
        ],
        cwd=ROOT, env=env, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(port, master)
        [worker] = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
        yield port, int(worker)
    finally:
        master.terminate()
        try:
            master.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(master.pid, signal.SIGKILL)
            master.wait()


def wait_for(port: int, master: subprocess.Popen[bytes]) -> None:
    import urllib.request

    for _try in range(300):
        if master.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/bare/", timeout=5).read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server does not answer")


def cpu_of(pid: int) -> float:
    """Seconds of CPU a process has used, all threads together; 0 when it is gone or not on this machine."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after_name[11]) + int(after_name[12])) / TICK


# --- measuring ------------------------------------------------------------------------------------------------------


def load(port: int, page: Page, clients: int, seconds: float) -> dict[str, Any]:
    order = {"port": port, "path": page.path, "cookie": page.cookie, "clients": clients, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "load.py")],
        input=json.dumps(order), capture_output=True, text=True, check=True, timeout=seconds + 600,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def measure(
    port: int, worker: int, page: Page, clients: int, seconds: float, used: Callable[[], dict[int, float]], bare: float
) -> Figure:
    load(port, page, clients, min(0.3, seconds))  # caches and connections are warm afterwards
    web, backends = cpu_of(worker), used()
    found = load(port, page, clients, seconds)
    web = cpu_of(worker) - web
    # A backend that came meanwhile counts whole, its start included.
    behind = sum(spent - backends.get(pid, 0.0) for pid, spent in used().items())
    cpu = (web + behind) * 1000 / found["requests"]
    times = found["times"]
    return Figure(
        page=page.name, clients=clients, requests=found["requests"], failed=found["failed"], cpu=round(cpu, 2),
        database_cpu=round(behind * 1000 / found["requests"], 2), times_bare=round(cpu / (bare or cpu), 1),
        per_second=round(found["requests"] / found["seconds"], 1), p50=round(times[len(times) // 2], 1),
        p95=round(times[min(len(times) - 1, int(len(times) * 0.95))], 1), queries=page.queries,
    )  # fmt: skip


def table(figures: list[Figure]) -> str:
    """One line a page: CPU at one client, and requests a second and p95 at each number of clients."""
    counts = sorted({one.clients for one in figures})
    head = ["page", "queries", "CPU ms (of it database)", "× bare", *(f"req/s · p95 ms at {count}" for count in counts)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name in dict.fromkeys(one.page for one in figures):
        own = {one.clients: one for one in figures if one.page == name}
        first = own[counts[0]]
        cells = [name, str(first.queries), f"{first.cpu} ({first.database_cpu})", str(first.times_bare)]
        cells += [f"{own[count].per_second} · {own[count].p95}" for count in counts]
        lines.append(f"| {' | '.join(cells)} |")
    failed = sum(one.failed for one in figures)
    return "\n".join([*lines, *([f"\n{failed} requests were not answered with 200."] if failed else [])])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, or postgres://user@host:port: a database of our own is made there"
    )
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument(
        "--there", default="", help="a city (a database or file) made beforehand by simulate; it stays"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="for each page at each number of clients")
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    # Told to stop, it still takes its server and its database away.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with ExitStack() as stack:
        var = stack.enter_context(temporary_folder())
        address, used = stack.enter_context(database(given.database, var, given.there))
        env = environment(var, address)
        seconds = 0.0 if given.there else make_city(env, given.learners)
        print(f"{given.learners} learners made in {seconds:.0f} s", file=sys.stderr)
        os.environ.update(env)
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.db import connection

        measured = [one for one in pages() if one.path == "/bare/" or given.only in one.name]
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]
        port, worker = stack.enter_context(server(env))
        figures: list[Figure] = []
        for clients in (int(count) for count in given.clients.split(",")):
            bare = 0.0
            for page in measured:
                figures.append(measure(port, worker, page, clients, given.seconds, used, bare))
                bare = bare or figures[-1].cpu
                print(figures[-1], file=sys.stderr)
        about = {
            "database": given.database.partition(":")[0], "learners": given.learners, "city_seconds": round(seconds, 1),
            "cores": os.cpu_count(), "python": platform.python_version(), "django": django.get_version(),
        }  # fmt: skip
        print(f"{about['database']}, {given.learners} learners, {about['cores']} cores\n\n{table(figures)}")
        if given.out:
            given.out.write_text(json.dumps({**about, "figures": [asdict(one) for one in figures]}, indent=1) + "\n")
    return 1 if any(one.failed for one in figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())

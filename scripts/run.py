"""`make run`: database, curriculum, plan, demo city, then web server and worker together; one Ctrl-C ends all."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR", ROOT / "var"))
BIN = Path(sys.executable).parent
PORT = os.environ.get("PORT", "8000")
ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "lms.settings.local")}


def digest() -> str:
    """Of all that a set-up depends on: when it is as last time, there is nothing to set up."""
    state = hashlib.sha256(os.environ.get("DATABASE_URL", "").encode())
    patterns = ("*/migrations/*.py", "content/**/*", "requirements.txt", "lms/management/commands/*.py")
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()):
        state.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return state.hexdigest()


def manage(*words: str) -> None:
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=ENVIRONMENT, check=True)


def set_up() -> None:
    stamp = VAR / "set-up"
    wanted = digest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Setting up the site; the first time takes a minute or two …", flush=True)
    manage("migrate", "-v", "0")
    manage("setup_demo")
    VAR.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def main() -> int:
    set_up()
    manage("demo_logins", "--address", f"http://127.0.0.1:{PORT}")
    web = [
        str(BIN / "gunicorn"), "lms.wsgi", "--bind", f"127.0.0.1:{PORT}", "--worker-class", "gthread", "--workers", "1",
        "--threads", "8", "--timeout", "60", "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip
    worker = [
        str(BIN / "celery"), "-A", "lms", "worker", "-P", "threads", "-c", "2", "-B", "-s", str(VAR / "beat"),
        "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    # Each in its own session: Ctrl-C reaches only this process, which ends the two in order.
    running = [subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, start_new_session=True) for command in (web, worker)]
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    while not stopping and all(process.poll() is None for process in running):
        time.sleep(0.3)
    failed = [process.args[0] for process in running if process.poll() not in (None, 0)]
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
    if failed and not stopping:
        print(f"{failed[0]} stopped by itself; the lines above say why.", file=sys.stderr)
        return 1
    print("\nStopped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Make .venv with exactly the locked packages, from a bare checkout. Standard library only.

uv does the install in seconds; where it cannot be had, pip reads the same hashed files. A stamp of the lock file
makes the second run instant.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.9"


def say(text: str) -> None:
    print(text, flush=True)


def make_venv() -> None:
    if PYTHON.exists():
        return
    say("Making .venv …")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise SystemExit(
        f"Python cannot make a virtual environment here:\n{done.stderr.strip() or done.stdout.strip()}\n"
        f"On Debian or Ubuntu: sudo apt-get install python{version}-venv, then run this again."
    )


def install(lock: Path) -> None:
    stamp = VENV / ".locked"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing the packages of {lock.name} …")
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        subprocess.run([str(PYTHON), "-m", "pip", "install", "-q", UV], env=quiet, check=False)
    if uv.exists():
        command = [str(uv), "pip", "sync", "-q", "--require-hashes", "--python", str(PYTHON), str(lock)]
    else:
        say("uv could not be installed; pip does it, which takes a minute or two.")
        command = [str(PYTHON), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)]
    subprocess.run(command, env=quiet, check=True)
    stamp.write_text(wanted)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  whoever starts this may have an older Python
        raise SystemExit("Python 3.11 or newer is needed; this is " + sys.version.split()[0])
    make_venv()
    # The development set contains the runtime set, so one environment serves `make run` and `make test`.
    have_dev = (VENV / ".dev").exists() or "dev" in sys.argv[1:]
    install(ROOT / ("requirements-dev.txt" if have_dev else "requirements.txt"))
    if have_dev:
        (VENV / ".dev").touch()


if __name__ == "__main__":
    main()

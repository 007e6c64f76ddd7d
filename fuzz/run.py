"""Fuzz every room that reads what strangers send, and count: coverage-guided, by atheris.

    python fuzz/run.py [--runs 100000] [--target jws ...] [--keep FOLDER]

Each target runs in a process of its own, one after another, with as many executions as its share of ``--runs`` says. An
exception that the room does not document stops it, and so does an input that takes too long; what did it is written to
the folder that ``--keep`` names, where also the corpus stays that was found. Without it everything is temporary.

The limit for one input is more than the 50 ms that are promised: what is traced takes many times as long, and machines
are busy. How long it takes untraced tells ``benchmarks/any_input.py``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONGEST = 1.0
"""Seconds of processor time that one input may take, at its second try."""
SHARES = {
    "jwk": 0.03,
    "token_request_of": 0.03,
    "live_socket": 0.005,
    "judge": 0.02,
    "jws": 0.3,
    "numeric_date": 0.66,
    "http_message": 0.5,
    "form_body": 1.0,
}
"""Of ``--runs``, by what an execution costs: with four million there are ten million in all."""


class TooSlow(Exception):
    """An input took longer than any may."""


def timed(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """*target*, failing where it takes too long twice: the first time other things may have been in its way."""

    def run(data: bytes) -> None:
        started = time.thread_time()
        target(data)
        if time.thread_time() - started > LONGEST:
            again = time.thread_time()
            target(data)
            if (took := time.thread_time() - again) > LONGEST:
                raise TooSlow(f"{took:.2f} s for {len(data)} octets")

    return run


def fuzz(name: str, folder: Path, runs: int) -> None:
    """Run one target in this process, and end it."""
    import atheris

    sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
    with atheris.instrument_imports(include=["pytest_jwtauth"]):
        from seeds import lay_out
        from targets import TARGETS

    target = TARGETS[name]
    dictionary = lay_out(target.reads, folder / name)
    options = [
        f"-runs={runs}",
        f"-max_len={target.longest}",
        f"-dict={dictionary}",
        f"-artifact_prefix={folder}/{name}-",
    ]
    quiet = ["-print_final_stats=1", "-timeout=60", "-rss_limit_mb=4096", "-reload=0", "-reduce_inputs=0"]
    atheris.Setup([sys.argv[0], *options, *quiet, str(folder / name)], timed(target.make()))
    atheris.Fuzz()


def report(name: str, folder: Path, runs: int) -> tuple[str, bool]:
    """Run one target in a process of its own: its row of the table, and whether nothing went wrong."""
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        words = [sys.executable, __file__, "--child", name, "--keep", str(folder), "--runs", str(runs)]
        ended = subprocess.run(words, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    said = log.read_text("utf-8", "replace")
    stats = dict(re.findall(r"^stat::(\w+):\s+(\d+)", said, re.MULTILINE))
    executions = int(stats.get("number_of_executed_units", 0))
    sound = ended.returncode == 0 and executions >= runs
    covered = re.findall(r" cov: (\d+) ", said)
    outcome = "sound" if sound else f"FAILED, exit status {ended.returncode}"
    if not sound:
        print(said[max(said.rfind(" === Uncaught"), len(said) - 6000) :], file=sys.stderr)
    rate = int(stats.get("average_exec_per_sec", 0))
    return f"| {name} | {executions:,} | {rate:,} | {covered[-1] if covered else '?'} | {outcome} |", sound


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    runs = int(os.environ.get("JWTAUTH_FUZZ_RUNS", "100000"))
    parser.add_argument("--runs", type=int, default=runs, help="executions of a target with a whole share")
    parser.add_argument("--target", nargs="*", choices=SHARES, default=SHARES, help="only these")
    parser.add_argument("--keep", type=Path, help="a folder for the corpus and for what failed")
    parser.add_argument("--child", choices=SHARES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        fuzz(asked.child, asked.keep, asked.runs)
    with tempfile.TemporaryDirectory(prefix="jwtauth-fuzz-") as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print("| target | executions | per second | coverage | outcome |\n| --- | ---: | ---: | ---: | --- |")
        sound = True
        for name in asked.target:
            row, fine = report(name, folder, max(1, int(asked.runs * SHARES[name])))
            print(row, flush=True)
            sound = sound and fine
        return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())

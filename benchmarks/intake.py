"""Taking in a 2 GiB file, beside what a careful person types: ``sha256sum F && sha512sum F && cp F G``.

Run as ``python benchmarks/intake.py``; it needs some 7 GB free below ``benchmarks/work/`` and removes its files.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PLAIN = "sha256sum F && sha512sum F && cp F G"
LIMIT_RATIO, LIMIT_MB = 1.3, 200.0
TAKE_IN = """
import sys
from pathlib import Path
from witnessmark.custody.intake import take_in
from witnessmark.stores.objects import open_objects
taken = take_in(Path(sys.argv[1]), open_objects(sys.argv[2]))
peak = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(taken.sha256.hex(), taken.sha512.hex(), peak[0].split()[1])
"""


def write_noise(path: Path, size_bytes: int) -> None:
    """A seeded file that nothing can compress."""
    noise = np.random.Generator(np.random.Philox(20260101))
    with path.open("wb") as file:
        left = size_bytes
        while left:
            left -= file.write(noise.bytes(min(left, 32 << 20)))
        file.flush()
        os.fsync(file.fileno())


def settle(*leftovers: Path) -> None:
    """Remove what the run before wrote and wait for the disk, so that nobody pays for another."""
    for path in leftovers:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    os.sync()


def run_plain(source: Path, copy: Path) -> tuple[float, list[str]]:
    """Seconds of the three programs, and the two hashes they print."""
    settle(copy)
    start = time.perf_counter()
    hashes = [
        subprocess.run([program, source], check=True, capture_output=True, text=True).stdout.split()[0]
        for program in ("sha256sum", "sha512sum")
    ]
    subprocess.run(["cp", source, copy], check=True)
    return time.perf_counter() - start, hashes


def run_take_in(source: Path, folder: Path) -> tuple[float, list[str], float]:
    """Seconds of a whole Python process that takes the file in, its hashes, and its peak resident memory in MB."""
    settle(folder)
    start = time.perf_counter()
    command = [sys.executable, "-c", TAKE_IN, str(source), str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return time.perf_counter() - start, printed[:2], float(printed[2]) * 1024 / 1e6


def table(size_bytes: int, plain_s: list[float], taken_s: list[float], peak_mb: float) -> str:
    """The measurements as markdown."""
    ratio = statistics.median(taken_s) / statistics.median(plain_s)
    rows = [
        "| What | Runs (s) | Median (s) | MB/s |",
        "|---|---|---|---|",
        *(
            f"| {name} | {', '.join(f'{each:.2f}' for each in seconds)} | {statistics.median(seconds):.2f} "
            f"| {size_bytes / 1e6 / statistics.median(seconds):.0f} |"
            for name, seconds in ((f"`{PLAIN}`", plain_s), ("`take_in`, its process whole, synced to disk", taken_s))
        ),
        "",
        "| Promise | Limit | Measured | Kept |",
        "|---|---|---|---|",
        f"| wall time, ratio of medians | {LIMIT_RATIO} | {ratio:.2f} | {'yes' if ratio <= LIMIT_RATIO else 'NO'} |",
        f"| peak memory (MB) | {LIMIT_MB:.0f} | {peak_mb:.0f} | {'yes' if peak_mb < LIMIT_MB else 'NO'} |",
    ]
    return "\n".join(rows)


def main() -> int:
    """Measure in alternation, print and write the table; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=2048, help="size of the file in MiB")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    work = HERE / "work" / "intake"
    settle(work)
    work.mkdir(parents=True)
    source, copy, folder = work / "F", work / "G", work / "objects"
    try:
        write_noise(source, options.mib << 20)
        plain_s: list[float] = []
        taken_s: list[float] = []
        peaks_mb: list[float] = []
        for _ in range(options.runs):
            seconds, hashes = run_plain(source, copy)
            plain_s.append(seconds)
            settle(copy)
            seconds, own_hashes, peak_mb = run_take_in(source, folder)
            taken_s.append(seconds)
            peaks_mb.append(peak_mb)
            settle(folder)
            if own_hashes != hashes:
                raise SystemExit("The hashes differ from those of sha256sum and sha512sum.")
        measured = table(options.mib << 20, plain_s, taken_s, max(peaks_mb))
    finally:
        settle(work)
    text = (
        f"# Intake of a file of {options.mib} MiB\n\n{measured}\n\n"
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load average "
        f"{os.getloadavg()[1]:.1f} (5 min, at the end). In alternation, a sync before each run, no cache emptied. "
        "Both hashes equal those of the programs.\n"
    )
    print(text)
    if options.mib == 2048:
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "intake.md").write_text(text)
    return 0 if "| NO |" not in measured else 1


if __name__ == "__main__":
    sys.exit(main())

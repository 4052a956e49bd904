"""How speed and memory grow with the work, measured on the networks of `sinusoid`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from forger.parameters import read
from forger.report import style
from jobs.benchmark.contestants import forger
from jobs.benchmark.problem import ROLES, Problem
from jobs.benchmark.race import calibrate, rate
from jobs.benchmark.worker import Worker

style.apply()

FOLDER = Path("reports/benchmark")
TITLES = {
    "batch": "examples in a batch",
    "width": "width of the hidden layers",
    "rows": "training examples",
    "threads": "threads",
}
Point = dict[str, Any]


def measure_scaling() -> list[Point]:
    """Measure along each axis, one process per point; draw scaling.png, and return the points."""
    points: list[Point] = []
    with TemporaryDirectory() as folder:
        base = Problem.of(read(), "sinusoid", Path(folder))
        for axis, value, problem in variants(base, Path(folder)):
            points.append({"axis": axis, "value": value, **measure(problem)})
            line = "{axis:<8}{value:>10}: {updates_per_second:>8} updates/s, {memory} MiB"
            print(line.format(**points[-1]), flush=True)
    draw(points, FOLDER / "scaling.png")
    return points


def variants(base: Problem, folder: Path) -> Iterator[tuple[str, int, Problem]]:
    """Yield axis, value and problem: the recipe `sinusoid` with one thing changed at a time.

    Along the axis of rows, latents are drawn afresh instead of from a pool.
    """
    for batch in (16, 64, 256, 1024, 4096):
        yield "batch", batch, replace(base, train=base.train.model_copy(update={"batch": batch}))
    for width in (16, 64, 256, 1024, 2048):
        wide = {
            role: base.networks[role].model_copy(update={"hidden": (width, width)})
            for role in ROLES
        }
        yield "width", width, replace(base, networks={**base.networks, **wide})
    latent = base.method.latent.model_copy(update={"pool": None})
    fresh = replace(base, method=base.method.model_copy(update={"latent": latent}))
    for rows in (10**3, 10**4, 10**5, 10**6, 10**8):  # the last: 26 GB, read through a memory map
        yield "rows", rows, replace(fresh, file=zeros(folder, rows, base.real.shape[1:]))
    for threads in sorted({1, 2, os.cpu_count() or 1}):
        compute = base.compute.model_copy(update={"threads": threads})
        yield "threads", threads, replace(base, compute=compute)


def zeros(folder: Path, rows: int, shape: tuple[int, ...]) -> Path:
    """Write a sparse file, which takes no space on disk; speed does not depend on the values."""
    path = folder / f"{rows}.npy"
    np.lib.format.open_memmap(path, "w+", np.float32, (rows, *shape)).flush()
    return path


def measure(problem: Problem) -> Point:
    """Return the median updates per second of five turns, and the memory held after them."""
    worker = Worker(forger(problem.compute.backend), problem)
    try:
        updates = calibrate(worker)
        rates = [rate(worker, updates) for _ in range(5)]
        return {
            "updates_per_second": float(f"{np.median(rates):.4g}"),
            "memory": round(worker.memory()),
        }
    finally:
        worker.close()


def draw(points: list[Point], path: Path) -> None:
    """Draw a column per axis, with speed above and memory below."""
    figure, table = plt.subplots(2, len(TITLES), figsize=(13, 5), sharex="col", sharey="row")
    for (speed, memory), (axis, title) in zip(table.T, TITLES.items(), strict=True):
        own = [point for point in points if point["axis"] == axis]
        values = [point["value"] for point in own]
        speed.plot(values, [point["updates_per_second"] for point in own], "o-")
        memory.plot(values, [point["memory"] for point in own], "o-", color="C1")
        memory.set(xscale="log", xlabel=title, ylim=(0, 1.1 * max(p["memory"] for p in points)))
        speed.set(yscale="log")
        for axes in (speed, memory):
            axes.grid(alpha=0.3)
    table[0, 0].set_ylabel("updates per second")
    table[1, 0].set_ylabel("memory, MiB")
    figure.savefig(path, dpi=130)
    plt.close(figure)

"""What training shows on a terminal, and elsewhere."""

import io
import os
import re
import select
import sys
import termios
from contextlib import contextmanager

import pytest

from forger.core.progress import Progress


@contextmanager
def terminal(columns):
    """A pseudo-terminal so wide: its own end, and what has been written to it."""
    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, columns))

    def written():
        stream.flush()
        content = b""
        while select.select([near], [], [], 0.5)[0]:
            content += os.read(near, 2**16)
        return content.decode()

    with os.fdopen(far, "w", encoding="utf-8") as stream:
        yield stream, written
    os.close(near)


def train(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    with Progress("ring (tensorflow on cpu, with XLA)") as progress:
        progress.start(2, 10, ("d_loss", "g_loss"))
        for epoch in (1, 2):
            progress.updates(10)
            progress.epoch({"epoch": epoch, "step": 10, "d_loss": 0.5, "g_loss": 0.25}, 123.4)


@pytest.mark.parametrize("columns", [40, 60, 80, 110, 160])
def test_a_terminal_gets_a_bar_and_whole_values(monkeypatch, columns):
    with terminal(columns) as (stream, written):
        train(monkeypatch, stream)
        title, *frames = [frame for frame in re.split("[\r\n]+", written()) if frame.strip()]
    *frames, last = frames
    assert title == "ring (tensorflow on cpu, with XLA): 2 epochs of 10 updates"
    assert all(len(frame) <= columns for frame in frames)
    of_the_end = frames[-1]
    assert re.match(r"100%\|█{6,}\| epoch 2/2, 00:00 left", of_the_end)
    told = of_the_end.split("left")[1].split(", ")[1:]
    everything = ["d_loss 0.500", "g_loss 0.250", "123 updates/s"]
    assert told == everything[: len(told)]
    assert len(told) == {40: 0, 60: 1, 80: 2}.get(columns, 3)
    # One line remains, with what matters.
    assert last.startswith("20 updates in 00:00, d_loss 0.500")


def test_a_training_that_is_cut_off_leaves_no_summary(monkeypatch):
    with terminal(80) as (stream, written):
        monkeypatch.setattr(sys, "stdout", stream)
        with Progress("ring") as progress:
            progress.start(2, 10, ("d_loss",))
            progress.updates(10)
        text = written()
    assert "epoch 1/2" in text
    assert "updates in" not in text


def test_elsewhere_a_plain_line_an_epoch(monkeypatch):
    stream = io.StringIO()
    train(monkeypatch, stream)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "ring (tensorflow on cpu, with XLA): 2 epochs of 10 updates"
    assert lines[1].split() == ["epoch", "d_loss", "g_loss", "updates/s"]
    assert [line.split() for line in lines[2:]] == [
        [str(epoch), "0.5000", "0.2500", "123"] for epoch in (1, 2)
    ]

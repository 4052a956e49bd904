"""What training shows on a terminal, and elsewhere."""

import io
import sys

from stages.gan.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    with Progress("ring (tensorflow on cpu, with XLA)") as progress:
        progress.start(2, 10, ("d_loss", "g_loss"))
        for epoch in (1, 2):
            progress.updates(10)
            progress.epoch({"epoch": epoch, "step": 10, "d_loss": 0.5, "g_loss": 0.25}, 123.4)
    return stream.getvalue()


def test_a_terminal_gets_a_bar_with_the_time_left(monkeypatch):
    text = shown(monkeypatch, Terminal())
    assert "20/20" in text
    assert "epoch=2, d_loss=0.500" in text
    assert "<00:00" in text  # tqdm's [elapsed<left, rate]


def test_elsewhere_a_plain_line_an_epoch(monkeypatch):
    lines = shown(monkeypatch, io.StringIO()).splitlines()
    assert lines[0] == "ring (tensorflow on cpu, with XLA): 2 epochs of 10 updates"
    assert lines[1].split() == ["epoch", "d_loss", "g_loss", "updates/s"]
    assert [line.split() for line in lines[2:]] == [
        [str(epoch), "0.5000", "0.2500", "123"] for epoch in (1, 2)
    ]

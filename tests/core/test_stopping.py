"""A stage ends in time: when it is asked to, and when its DVC is gone."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from forger.core import stopping
from tests.project import ROOT

STAGE = """
import time
from forger.core.stage import run
from forger.core.stopping import STOP

def main():
    {body}

run(main)
"""
SAYS = "print('started', flush=True)"
SLEEPS = f"{SAYS}; time.sleep(60)"
NEVER_LOOKS = f"with STOP.defer():\n        {SAYS}; time.sleep(60); time.sleep(60)"
IN_A_CALLBACK = f"""import gc
    asked = []
    gc.callbacks.append(lambda *_: asked or asked.append(0) or ({SAYS}, time.sleep(60)))
    gc.collect()
    print("went on")"""
BREAKS_OFF_A_TASK = f"""import asyncio

    async def works():
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError  # kept in the task, which nobody asks for it

    async def sleeps():
        {SAYS}; time.sleep(60)

    loop = asyncio.new_event_loop()
    task = loop.create_task(works())
    try:
        loop.run_until_complete(sleeps())
    finally:
        task.cancel()
        loop.run_until_complete(asyncio.sleep(0.1))"""
SAVES = f"""with STOP.defer():
        {SAYS}
        while not STOP.asked:
            time.sleep(0.01)
        print("saved", flush=True)
        raise SystemExit(STOP.asked)"""
# Starts a stage and waits for it, as DVC does; `dvc` because of its file's name.
DVC = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def start(*command, cwd=ROOT):
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    ("body", "said"),
    [(SLEEPS, ""), (IN_A_CALLBACK, ""), (BREAKS_OFF_A_TASK, ""), (SAVES, "saved\n")],
)
def test_a_signal_ends_it(number, body, said):
    process = start("-c", STAGE.format(body=body))
    process.send_signal(number)
    assert process.wait(5) == 128 + number
    assert process.stdout.read() == said
    assert process.stderr.read() == ""


def test_ctrl_c_ends_it_while_it_imports(tmp_path):
    (tmp_path / "pydantic.py").write_text(f"import time; {SLEEPS}")
    for name in ("forger", "stages"):
        (tmp_path / name).symlink_to(ROOT / name)
    process = start("-m", "stages.check", cwd=tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == -signal.SIGINT
    assert process.stderr.read() == ""


def test_it_ends_however_busy_it_is():
    process = start("-c", STAGE.format(body=NEVER_LOOKS))
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert process.wait(10) == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("body", [SLEEPS, SAVES])
def test_it_ends_when_dvc_is_gone(tmp_path, body):
    (tmp_path / "dvc").write_text(DVC)
    dvc = start(str(tmp_path / "dvc"), STAGE.format(body=body))
    (stage,) = psutil.Process(dvc.pid).children()
    dvc.kill()  # not waited for yet: a zombie is gone too
    assert psutil.wait_procs([stage], timeout=5) == ([stage], [])
    dvc.wait()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param('"$0" "$1" & echo $!', id="its shell does not wait for it"),
        pytest.param("""sh -c '"$0" "$1" & echo $!; wait' "$0" "$1" &""", id="its shell waits"),
    ],
)
def test_it_ends_when_dvc_was_gone_before_it_could_look(tmp_path, command):
    """An orphan from the start."""
    (tmp_path / "stage.py").write_text(STAGE.format(body=SLEEPS))
    shell = subprocess.Popen(
        ["sh", "-c", command, sys.executable, str(tmp_path / "stage.py")],
        cwd=ROOT,
        env={**os.environ, "DVC_STAGE": "train@x", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stage = psutil.Process(int(shell.stdout.readline()))
    shell.wait(5)
    assert psutil.wait_procs([stage], timeout=10) == ([stage], [])


def test_it_goes_on_under_a_program_that_calls_dvc(monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "train@x")
    stage = start(
        "-c", STAGE.format(body=f"{SAYS}; time.sleep({2 * stopping.LOOK}); print('done')")
    )
    assert stage.wait(10) == 0
    assert stage.stdout.read() == "done\n"


def test_a_parent_that_ends_while_the_stage_starts_was_perhaps_dvc(monkeypatch):
    def ended(process):
        raise psutil.ZombieProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "cmdline", ended)
    link = stopping._link_to_dvc()
    assert [process.pid for process in link] == [os.getpid(), os.getppid()]
    assert stopping.dvc() == psutil.Process(os.getppid())


def test_nohup_means_what_it_says():
    process = subprocess.Popen(
        [sys.executable, "-c", STAGE.format(body=f"{SAYS}; time.sleep(1); print('done')")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGHUP)
    assert process.wait(5) == 0
    assert process.stdout.read() == "done\n"


def test_what_comes_back_is_said(tmp_path):
    (tmp_path / "dvc.lock").write_text("stages:\n  train@x:\n    cmd: …\n")
    for stage, said in (("train@x", True), ("train@y", False), ("check", False)):
        body = "from forger.core.errors import UserError; raise UserError('no')"
        done = subprocess.run(
            [sys.executable, "-c", STAGE.format(body=body)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DVC_STAGE": stage},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        told = done.stderr.splitlines()
        assert told[0] == "error: no"
        assert (len(told) == 2 and "dvc checkout" in told[1]) == said

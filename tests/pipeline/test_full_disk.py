"""File systems that are full or read-only, real ones: a line is told, and nothing is lost."""

import subprocess

import pytest

from tests.pipeline.clone import Clone

# What is mounted in here, nobody else sees, and it ends with the command.
PRIVATE = ("unshare", "--map-root-user", "--mount", "bash", "-euo", "pipefail", "-c")
ABLE = subprocess.run([*PRIVATE, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ABLE.returncode != 0, reason="no file system can be mounted here"),
]

SCENE = """
mkdir -p ../small
mount -t tmpfs -o size=128m tmpfs ../small
git clone -q . ../small/forger
cd ../small/forger
dvc config --local cache.dir "$OLDPWD/.dvc/cache"
dvc checkout --quiet
# Without the links, which each checkout makes.
results() {{ find dvc.lock data models reports -path data/raw-outside -prune -o -type f -print |
    sort | xargs sha256sum; }}
results > "$OUT/before"
export PYTHONDONTWRITEBYTECODE=1
{trouble}
python -c "$CHANGE"
if dvc repro > "$OUT/told" 2>&1; then cat "$OUT/told"; exit 9; fi
{mended}
git checkout -q .
dvc checkout --quiet --force
results > "$OUT/after"
python -c "$CHANGE"
dvc repro > "$OUT/again" 2>&1 || {{ cat "$OUT/again"; df -h .; exit 8; }}
"""
CHANGE = """
from pathlib import Path
from ruamel.yaml import YAML
path = Path("recipes/sinusoid.yaml")
content = YAML().load(path)
content[{section!r}][{key!r}] = {value}
YAML().dump(content, path)
"""
FULL = ("fallocate -l $(($(df --output=avail -B1 . | tail -1) - 300000)) filler", "rm filler")
FULL_LINE = "No space left on device; free some space, then run again"
READ_ONLY = ("mount --bind models models; mount -o remount,ro,bind models", "umount models")


@pytest.mark.parametrize(
    ("trouble", "change", "told"),
    [
        (FULL, ("dataset", "train", 60_000), FULL_LINE),
        (FULL, ("train", "snapshot_samples", 10_000), FULL_LINE),
        (READ_ONLY, ("train", "epochs", 6), "Read-only file system"),
    ],
)
def test_nothing_is_lost(done: Clone, tmp_path, trouble, change, told):
    section, key, value = change
    scene = SCENE.format(trouble=trouble[0], mended=trouble[1])
    change = CHANGE.format(section=section, key=key, value=value)
    done.run(*PRIVATE, scene, OUT=str(tmp_path), CHANGE=change)
    output = (tmp_path / "told").read_text()
    assert told in output
    assert "Traceback" not in output
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()

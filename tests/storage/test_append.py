from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.config import ROOT
from bot.storage.append import append_lines, read_lines

WRITER = """
import sys
from pathlib import Path
from bot.storage.append import append_lines

for number in range(50):
    append_lines(Path(sys.argv[1]), [f"{sys.argv[2]}-{number}-" + "x" * 200])
"""


def test_lines_of_several_processes_stay_whole(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "down" / "lines.txt"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(one)], cwd=ROOT) for one in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    wanted = {f"{one}-{number}-" + "x" * 200 for one in range(4) for number in range(50)}
    assert set(read_lines(file)) == wanted
    assert len(read_lines(file)) == 200


def test_a_line_that_somebody_died_in_does_not_swallow_the_next(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("whole\nha")
    append_lines(file, ["next"])
    assert read_lines(file) == ["whole", "ha", "next"]


def test_only_its_owner_reads_it_and_no_file_is_no_line(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    assert read_lines(file) == []
    append_lines(file, [])
    assert file.stat().st_mode & 0o077 == 0
    assert read_lines(file) == []

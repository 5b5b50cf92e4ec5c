"""Put the boards that there are into README.md and docs/boards.md, between their markers."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.players.table import PLAYED_ISA, PLAYERS  # noqa: E402 - after the checkout is found
from tinydeploy.boards import Board, all_boards  # noqa: E402

BEGIN = "<!-- boards begin -->\n"
END = "<!-- boards end -->\n"


def pages() -> dict[Path, str]:
    """What stands between the markers of each page."""
    boards = all_boards()
    emulated = [board for board in boards if board.tier == "emulated"]
    return {
        ROOT / "README.md": f"{table(emulated, with_tier=False)}\n{counts(boards)}\n",
        ROOT / "docs/boards.md": f"{counts(boards)}\n\n{table(boards)}",
    }


def table(boards: Sequence[Board], *, with_tier: bool = True) -> str:
    """A row for each board, those of a family together."""
    tier = ["tier", "played by", "flashed by"] if with_tier else []
    heads = ["id", "board", "is", "kernels", "counts", *tier, "flash", "RAM"]
    rows = [heads, ["---"] * (len(heads) - 2) + ["---:"] * 2]
    order = sorted(boards, key=lambda board: (board.id != "host", board.family, board.id))
    for board in order:
        shown = [board.tier, played_by(board), _flashed_by(board)] if with_tier else []
        rows.append(_row(board, shown))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _flashed_by(board: Board) -> str:
    if board.framework:
        return f"PlatformIO ({board.framework.name})"
    return board.upload.protocol if board.upload else "–"


def _row(board: Board, tier: list[str]) -> list[str]:
    host = board.build.toolchain == "host"
    kinds = [board.memory.flashes, board.memory.rams]
    sizes = [" + ".join(f"{region.length >> 10:,}" for region in kind) for kind in kinds]
    memory = ["–"] * 2 if host else [f"{size} KiB" for size in sizes]
    known = [f"`{board.id}`", board.name, board.description, board.isa, board.counter.kind]
    return [*known, *tier, *memory]


def played_by(board: Board) -> str:
    """The programs in which tests run the board's firmware."""
    if board.emulator is not None:
        return "QEMU" if board.emulator.program.startswith("qemu-") else "itself"
    programs = [player.program for player in PLAYERS if player.board_id == board.id]
    kernels = " (generic kernels)" if board.isa != PLAYED_ISA else ""
    return ", ".join(programs) + kernels if programs else "–"


def counts(boards: Sequence[Board]) -> str:
    """How many boards there are, by tier and by family."""
    tiers = Counter(board.tier for board in boards)
    families = Counter(board.family for board in boards)
    by_tier = ", ".join(f"{tiers[tier]} {tier}" for tier in sorted(tiers, reverse=True))
    by_family = ", ".join(f"{family} {count}" for family, count in sorted(families.items()))
    return f"{len(boards)} boards ({by_tier}) of {len(families)} families: {by_family}."


def renewed(text: str, block: str) -> str:
    """`text` with `block` between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"no {BEGIN.strip()} … {END.strip()}")
    return f"{before}{BEGIN}{block}{END}{after}"


def main() -> None:
    """Write the pages."""
    for page, block in pages().items():
        page.write_text(renewed(page.read_text(encoding="utf-8"), block), encoding="utf-8")


if __name__ == "__main__":
    main()

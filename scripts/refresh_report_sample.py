"""Put the report of `make demo` into README.md, between its two markers."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- report sample begins -->\n"
END = "<!-- report sample ends -->\n"


def main() -> None:
    """Run the demo, write README.md."""
    program = Path(sys.executable).with_name("tinydeploy")
    demo = subprocess.run(
        [program, "run"], cwd=ROOT / "examples/digits", check=True, capture_output=True, text=True
    )
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(line.rstrip() for line in demo.stdout.splitlines())
    sample = f"```\n{lines}\n```\n"
    README.write_text(f"{before}{BEGIN}{sample}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

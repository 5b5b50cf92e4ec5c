"""How PlatformIO compiles, links and flashes this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from SCons.Script import AlwaysBuild, Builder, Default, DefaultEnvironment

env = DefaultEnvironment()
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(env.PioPlatform().get_dir()) / "builder"))
from upload import is_uploadable, upload_command  # noqa: E402 - found only now

board = env.BoardConfig()
project_dir = env.subst("$PROJECT_DIR")


def find_compiler():
    """Return the first of the board's compilers that is on PATH (a package's bin/ is, too)."""
    path = env["ENV"]["PATH"]
    return next((c for c in board.get("build.compilers") if shutil.which(c, path=path)), "gcc")


def libc_flags(compiler):
    """Return the spec file of the C library: the first one that the compiler knows."""
    for specs in board.get("build.libc_specs"):
        command = [compiler, f"-print-file-name={specs}"]
        answer = subprocess.run(
            command, capture_output=True, text=True, check=True, env=dict(env["ENV"])
        )
        if Path(answer.stdout.strip()).is_absolute():
            return [f"--specs={specs}"]
    return []


compiler = find_compiler()
prefix = board.get("build.prefix")
machine = [*board.get("build.cpu_flags"), *libc_flags(compiler)]
# Nothing of this machine's paths or of the time of day may get into the firmware.
reproducible = [f"-ffile-prefix-map={project_dir}=."]
# firmware.bin is an image of the main flash; firmware.elf holds what is elsewhere, too.
elsewhere = " ".join(f"--remove-section={name}" for name in board.get("build.sections_elsewhere"))
env.Replace(
    CC=compiler,
    AR=prefix + "ar",
    RANLIB=prefix + "ranlib",
    OBJCOPY=prefix + "objcopy",
    SIZETOOL=prefix + "size",
    ARFLAGS=["rcD"],
    RANLIBFLAGS=["-D"],
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    SIZEPRINTCMD="$SIZETOOL $SOURCES",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    SIZEPROGREGEXP=r"^\.(?:vectors|model_weights|model_code|text|rodata|data)\s+(\d+).*",
    SIZEDATAREGEXP=r"^\.(?:stack|arena|data|bss)\s+(\d+).*",
)
env.Append(
    CCFLAGS=[*machine, *reproducible, *board.get("build.compile_flags")],
    # Assembler sources (.S) must know the machine, too.
    ASPPFLAGS=[*machine, *reproducible],
    LINKFLAGS=[
        *machine,
        *board.get("build.link_flags"),
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        # Not -Wl,-T: picolibc's specs look for -T before they add a script of their own.
        *("-T", str(Path(project_dir) / "link.ld")),
    ],
    BUILDERS={
        "ElfToBin": Builder(
            action=env.VerboseAction(
                f"$OBJCOPY -O binary {elsewhere} $SOURCE $TARGET".replace("  ", " "),
                "Building $TARGET",
            ),
            suffix=".bin",
        )
    },
)

elf = env.BuildProgram()
binary = env.ElfToBin("$BUILD_DIR/${PROGNAME}", elf)
env.AddPlatformTarget(
    "size", elf, env.VerboseAction("$SIZEPRINTCMD", "Calculating size $SOURCE"), "Program Size"
)


def upload_firmware(target, source, env):
    """Run the program that puts the firmware on the board; its exit code is ours."""
    command = upload_command(
        board.get("upload"),
        env.subst("$BUILD_DIR"),
        env["ENV"]["PATH"],
        port=env.subst("$UPLOAD_PORT"),
        probe=os.environ.get("TINYDEPLOY_UPLOAD_PROBE", ""),
    )
    print(" ".join(command), flush=True)
    return subprocess.run(
        command, cwd=env.subst("$BUILD_DIR"), env=dict(env["ENV"]), check=False
    ).returncode


if is_uploadable(board.get("upload")):
    action = env.VerboseAction(upload_firmware, "Uploading firmware")
    env.AddPlatformTarget("upload", [elf, binary], [action], "Upload")

AlwaysBuild(env.Alias("buildprog", [elf, binary]))
Default([env.Alias("buildprog")])

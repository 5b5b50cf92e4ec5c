"""How PlatformIO compiles, links and flashes this project."""

import os
import shutil
import subprocess
from pathlib import Path

from SCons.Script import AlwaysBuild, Builder, Default, DefaultEnvironment

env = DefaultEnvironment()
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

if board.get("upload.protocol", "") == "openocd":
    interface = board.get("upload.openocd_interface")
    target = board.get("upload.openocd_target")
    # The other probes choose it themselves.
    transport = '-c "transport select swd" ' if interface == "jlink" else ""
    # The serial number of the debug probe, where several are connected.
    probe = os.environ.get("TINYDEPLOY_PROBE", "")
    chosen = f'-c "adapter serial {probe}" ' if probe else ""
    env.Replace(
        UPLOADCMD=f"openocd -f interface/{interface}.cfg {transport}{chosen}"
        f'-f target/{target}.cfg -c "program {{$SOURCE}} verify reset exit"'
    )
    env.AddPlatformTarget(
        "upload", elf, [env.VerboseAction("$UPLOADCMD", "Uploading $SOURCE")], "Upload"
    )

AlwaysBuild(env.Alias("buildprog", [elf, binary]))
Default([env.Alias("buildprog")])

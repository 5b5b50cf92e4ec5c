"""Compiles what PlatformIO hands over, by the options in platformio.ini, and links it."""

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
env.Replace(
    CC="arm-none-eabi-gcc",
    CXX="arm-none-eabi-g++",
    AS="arm-none-eabi-gcc",
    AR="arm-none-eabi-ar",
    RANLIB="arm-none-eabi-ranlib",
    LINK="arm-none-eabi-gcc",
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
)
cpu = ["-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"]
env.Append(
    ASFLAGS=["-x", "assembler-with-cpp", *cpu],
    CCFLAGS=[*cpu, "-Os", "-Wall", "-Werror"],
    CFLAGS=["-std=gnu17"],
    CXXFLAGS=["-std=gnu++17"],
    LINKFLAGS=[*cpu, "-nostartfiles", "--specs=nosys.specs", "-Wl,--unresolved-symbols=ignore-all"],
)
program = env.BuildProgram()
AlwaysBuild(env.Alias("build", program))
Default(program)
assert "upload" not in COMMAND_LINE_TARGETS

#!/usr/bin/env bash
# Prepare a checkout: system packages (only those that are missing), .venv, the package with its
# development tools. Run by `make setup`; running it again is quick and changes nothing.
#
# PYTHON=python3.12 chooses another interpreter than the first suitable one on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# --- which Python --------------------------------------------------------------------------

python_version_at_least_3_10() {
  has "$1" && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# TensorFlow has no release for a Python as new as this: prefer an older one where there is one.
python_is_too_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 14))' 2>/dev/null; }

choose_python() {
  local candidate newest=""
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
    python_version_at_least_3_10 "$candidate" || continue
    if ! python_is_too_new "$candidate"; then
      say "$candidate"
      return
    fi
    newest=${newest:-$candidate}
  done
  say "$newest"
}

# --- which system packages are missing -----------------------------------------------------
# Asked of the tools themselves, so that a compiler from another source than apt counts as well.

host_cc_works() { printf '#include <stdint.h>\n' | gcc -E - >/dev/null 2>&1; }
arm_libc_works() { printf '#include <string.h>\n' | arm-none-eabi-gcc -E - >/dev/null 2>&1; }
riscv_libc_works() {
  printf '#include <string.h>\n' |
    riscv64-unknown-elf-gcc --specs=picolibc.specs -E - >/dev/null 2>&1
}
venv_works() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

venv_package() {
  case $("$python" -c 'import sys; print(sys.executable)') in
    /usr/bin/*) "$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])' ;;
    *) say python3-venv ;;
  esac
}

# Newer releases carry the RISC-V machines in a package of their own.
riscv_qemu_package() {
  if apt-cache show qemu-system-riscv >/dev/null 2>&1; then
    say qemu-system-riscv
  else
    say qemu-system-misc
  fi
}

missing_packages() {
  host_cc_works || say gcc libc6-dev
  has arm-none-eabi-gcc || say gcc-arm-none-eabi
  arm_libc_works || say libnewlib-arm-none-eabi
  has riscv64-unknown-elf-gcc || say gcc-riscv64-unknown-elf
  riscv_libc_works || say picolibc-riscv64-unknown-elf
  has qemu-system-arm || say qemu-system-arm
  has qemu-system-riscv32 || riscv_qemu_package
  [ -x .venv/bin/python ] || venv_works || venv_package
}

# --- installing them -----------------------------------------------------------------------

ask_the_administrator() {
  cat >&2 <<END
setup: these system packages are missing and this account may not install them:
  $*
Ask the administrator of this machine to run this one line, then run make again:
  apt-get update && apt-get install -y --no-install-recommends $*
END
  exit 1
}

# True where sudo works without a password, or where there is somebody to type it.
sudo_usable() { has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }

install_packages() {
  local as_root=()
  has apt-get || fail "this is not Debian or Ubuntu. Install what these packages hold, then run make again: $*"
  if [ "$(id -u)" -ne 0 ]; then
    sudo_usable || ask_the_administrator "$@"
    as_root=(sudo)
  fi
  say "setup: installing system packages: $*"
  "${as_root[@]}" apt-get update -q </dev/null || ask_the_administrator "$@"
  # The lists may be new: the package of the RISC-V emulator is chosen by what apt knows now.
  mapfile -t packages < <(missing_packages | tr ' ' '\n')
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${packages[@]}" </dev/null ||
    ask_the_administrator "${packages[@]}"
}

# --- the virtual environment ---------------------------------------------------------------

make_venv() {
  if .venv/bin/python -m pip --version >/dev/null 2>&1; then return; fi
  say "setup: creating .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
}

install_package() {
  say "setup: installing tinydeploy and its dependencies into .venv (TensorFlow is large)"
  .venv/bin/python -m pip install --disable-pip-version-check --quiet --editable '.[dev]' ||
    fail "pip could not install the dependencies (see above). Python here is $(.venv/bin/python --version); TensorFlow decides which versions are possible."
}

# Tests that need it are skipped without it.
install_player() {
  has npm || return 0
  npm install --prefix tests/players --no-audit --no-fund --loglevel=error </dev/null ||
    say "setup: npm could not install rp2040js: its tests will be skipped"
}

python=$(choose_python)
[ -n "$python" ] || fail "needs Python 3.10 or newer. Install it (apt-get install python3) or name one: make setup PYTHON=/path/to/python3"

mapfile -t packages < <(missing_packages | tr ' ' '\n')
if [ "${#packages[@]}" -gt 0 ]; then
  install_packages "${packages[@]}"
  mapfile -t packages < <(missing_packages | tr ' ' '\n')
  [ "${#packages[@]}" -eq 0 ] || fail "still missing after the installation: ${packages[*]}"
fi
make_venv
install_package
install_player
say "setup: done"

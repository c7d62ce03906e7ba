# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Functions shared by the scripts: packages, the build, and the environment of MPI.
# Sourced, with the repository's root as the working directory.

# Packages for building and running, and further packages for the tests. The names are the same in Debian 12, Debian 13 and
# Ubuntu 24.04. Environment variables choose another MPI, another HDF5 or another compiler.
compiler_packages=(gcc)
if [[ ${CC-} == clang ]]; then compiler_packages=(clang libomp-dev); fi
mpi_packages=(libopenmpi-dev openmpi-bin) hdf5_packages=(libhdf5-dev)
if [[ ${SHARDPROP_MPI-} == mpich ]]; then mpi_packages=(libmpich-dev mpich); fi
if [[ ${SHARDPROP_HDF5-} == parallel ]]; then hdf5_packages=("libhdf5-${SHARDPROP_MPI:-openmpi}-dev"); fi
# shellcheck disable=SC2034 # used by the scripts that source this one
program_packages=("${compiler_packages[@]}" libc6-dev cmake ninja-build pkg-config "${mpi_packages[@]}" libhwloc-dev
  "${hdf5_packages[@]}" libyaml-dev libdnnl-dev libxxhash-dev libmd-dev libcsv-dev zlib1g-dev)
# shellcheck disable=SC2034
test_packages=(clang-format dataset-fashion-mnist g++ gnuplot-nox hdf5-tools iproute2 libcmocka-dev locales munge procps slurm-wlm strace util-linux)

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Run a command, and show its output only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

# Print those of the given Debian packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# Install the given packages that are missing. Does nothing if that is impossible: the libraries may come from modules, Spack
# or a build by hand, and `configure` reports what is missing.
install_packages() {
  wanted_packages=("$@")
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && as_root true 2>/dev/null || return 0
  local missing apt
  read -ra missing <<<"$(missing_packages "$@")"
  ((${#missing[@]} > 0)) || return 0
  say "Installing ${missing[*]}"
  apt=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -y -qq -o DPkg::Lock::Timeout=300)
  quietly as_root "${apt[@]}" update || say "apt-get update failed; using the existing package lists"
  quietly as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" || fail "apt-get install failed (see above)"
}

# Fail with one line that says what to install.
fail_for_packages() {
  local missing
  if command -v apt-get >/dev/null; then
    missing=$(missing_packages "${wanted_packages[@]}")
    [[ -n $missing ]] || fail "all packages are installed, but CMake failed (see above)"
    fail "packages are missing, and they cannot be installed without sudo and a password; start again after:" \
      "sudo apt-get install -y --no-install-recommends $missing"
  fi
  fail "packages are missing; start again after: dnf install gcc gcc-c++ cmake ninja-build pkgconf openmpi-devel" \
    "hwloc-devel hdf5 hdf5-devel libyaml-devel xxhash-devel libmd-devel libcsv-devel zlib-devel libcmocka-devel gnuplot" \
    "(with EPEL and CRB, and module load mpi), or: spack install cmake ninja pkgconf openmpi hwloc hdf5 libyaml" \
    "xxhash libmd libcsv zlib cmocka gnuplot (and spack load them); with onednn-devel or onednn, also for bfloat16"
}

# configure DIRECTORY OPTION…: configure the directory, unless that has been done with the same options.
configure() {
  local directory=$1 generator=()
  shift
  if [[ -f $directory/build.ninja || -f $directory/Makefile ]] &&
    [[ $(cat "$directory/configured-with" 2>/dev/null) == "$*" ]]; then
    return 0
  fi
  if [[ ! -f $directory/CMakeCache.txt ]] && command -v ninja >/dev/null; then generator=(-G Ninja); fi
  if ! command -v cmake >/dev/null; then fail_for_packages; fi
  if ! quietly cmake -S . -B "$directory" "${generator[@]}" "$@"; then
    rm -rf "$directory/CMakeCache.txt" "$directory/CMakeFiles" # they would keep failed searches
    fail_for_packages
  fi
  printf '%s\n' "$*" >"$directory/configured-with"
}

# Print the number of processors this job may use: cores, not hardware threads, within the limit of a container.
count_cores() {
  local cores allowed quota period
  allowed=$(nproc)
  cores=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l || true)
  if ((cores < 1 || cores > allowed)); then cores=$allowed; fi
  if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [[ $quota != max ]]; then
    quota=$((quota / period))
    if ((quota >= 1 && quota < cores)); then cores=$quota; fi
  fi
  printf '%d\n' "$cores"
}

# Set the environment so that `mpirun -n RANKS` starts as root in a container, and with more ranks than cores.
prepare_mpi() {
  local ranks=$1
  if ((EUID == 0)); then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
  if ! mpirun -n "$ranks" true >/dev/null 2>&1; then
    export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=slot:oversubscribe
    quietly mpirun -n "$ranks" true || fail "mpirun cannot start $ranks ranks on this machine (see above)"
  fi
}

# mpirun_command RANKS: print an mpirun command with the options that it needs on this machine, which a user can copy into a
# shell without the variables that prepare_mpi sets.
mpirun_command() {
  local options clean=(env -u OMPI_ALLOW_RUN_AS_ROOT -u OMPI_ALLOW_RUN_AS_ROOT_CONFIRM -u OMPI_MCA_rmaps_base_oversubscribe
    -u PRTE_MCA_rmaps_default_mapping_policy)
  for options in '' ' --allow-run-as-root' ' --oversubscribe' ' --allow-run-as-root --oversubscribe'; do
    # shellcheck disable=SC2086 # several options
    if "${clean[@]}" mpirun$options -n "$1" true >/dev/null 2>&1; then break; fi
  done
  printf 'mpirun%s -n %d\n' "$options" "$1"
}

# build_targets TARGET…: build targets in build/.
build_targets() {
  configure build -DCMAKE_BUILD_TYPE=Release
  [[ -x build/shardprop ]] || say "Building the program in build/"
  quietly cmake --build build --target "$@" --parallel "$(nproc)" || fail "the build failed (see above)"
}

# Print the directory with the four files of Fashion-MNIST.
find_images() {
  local directory
  for directory in /usr/share/datasets/fashion-mnist data/fashion-mnist; do
    if [[ -f $directory/train-images-idx3-ubyte.gz ]]; then
      printf '%s\n' "$directory"
      return 0
    fi
  done
  fail "Fashion-MNIST not found: copy the four .gz files of https://github.com/zalandoresearch/fashion-mnist to" \
    "data/fashion-mnist/ (on Debian and Ubuntu: apt-get install dataset-fashion-mnist)"
}

# import_images FILE: import Fashion-MNIST into an HDF5 file.
import_images() {
  local data=$1 images
  images=$(find_images)
  say "Importing Fashion-MNIST into $data"
  mkdir -p "${data%/*}"
  build/shardprop import idx \
    --train-images "$images/train-images-idx3-ubyte.gz" --train-labels "$images/train-labels-idx1-ubyte.gz" \
    --test-images "$images/t10k-images-idx3-ubyte.gz" --test-labels "$images/t10k-labels-idx1-ubyte.gz" -o "$data"
}

# Print the record of a run that ends a complete training; empty if there is none.
last_done() { tail -n 1 "$1/metrics.jsonl" 2>/dev/null | grep -E '"event": *"(done|early)"' || true; }

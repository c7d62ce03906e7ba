#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is installed can be used: the program runs, each header compiles alone as C17 and C++17, and a program builds and
# runs through pkg-config and through the CMake package, in C and C++; the library shows the names in its headers only.
# usage: install.sh PROGRAM SOURCE_ROOT
set -euo pipefail
build=$(dirname "$1")
source_root=$2

# A program that is not built with the sanitizers cannot load a library that is.
if grep -q '^SHARDPROP_SANITIZE:BOOL=ON' "$build/CMakeCache.txt"; then exit 77; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/shardprop-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix" # an installation can be moved
prefix=$work/prefix

"$prefix/bin/shardprop" --version | grep -Eq '[0-9]+\.[0-9]+\.[0-9]+' || { echo "no --version"; exit 1; }

page=$(find "$prefix" -name shardprop.1)
for command in $("$prefix/bin/shardprop" --help | sed -n 's/^  shardprop \([a-z][a-z-]*\) .*/\1/p'); do
  grep -qx ".SH \"SHARDPROP ${command^^}\"" "$page" || { echo "the manual page has no section on $command"; exit 1; }
done
if command -v mandoc >/dev/null; then mandoc -T lint -W error "$page"; fi

libraries=$(dirname "$(find "$prefix" -name libshardprop.so -o -name libshardprop.a | head -n 1)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries
read -ra compile < <(pkg-config --cflags shardprop)
static=()
[[ -e $libraries/libshardprop.so ]] || static=(--static)
read -ra link < <(pkg-config "${static[@]}" --libs shardprop)

headers=0
while read -r header; do
  printf '#include "%s"\n#include "%s"\nint alone;\n' "${header#"$prefix/include/"}" "${header#"$prefix/include/"}" >"$work/alone.c"
  gcc -std=c17 -Wall -Wextra -Werror -pedantic -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX -fsyntax-only "${compile[@]}" "$work/alone.c"
  if command -v g++ >/dev/null; then
    g++ -x c++ -std=c++17 -Wall -Wextra -Werror -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX -fsyntax-only "${compile[@]}" "$work/alone.c"
  fi
  headers=$((headers + 1))
done < <(find "$prefix/include/shardprop" -name '*.h' | sort)
((headers == $(find "$source_root/include" -name '*.h' | wc -l)))

# The library shows what its headers declare, all of it, and nothing else.
declared=$(sed -n 's/^SP_API .*[ *]\(sp_[a-z0-9_]*\)(.*/\1/p' "$prefix"/include/shardprop/*.h | sort)
if [[ -e $libraries/libshardprop.so ]]; then
  exported=$(nm -D --defined-only "$libraries/libshardprop.so" | awk '{print $3}' | sort)
  [[ $exported == "$declared" ]] || { diff <(echo "$declared") <(echo "$exported"); echo "exported is not what is declared"; exit 1; }
fi

mkdir "$work/user"
cat >"$work/user/main.c" <<'END'
#include <shardprop/trainer.h>
#include <stdio.h>

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  sp_training_options options = {0};
  sp_training *training = NULL;
  sp_status status = sp_training_open(MPI_COMM_SELF, &options, &training);  // neither a file nor a text
  printf("%d %d %d\n", sp_exit_code(SP_STOPPED), status == SP_ERR_USAGE, training == NULL);
  sp_training_close(training);
  MPI_Finalize();
  return 0;
}
END
sed 's/ = {0}/ = {}/' "$work/user/main.c" >"$work/user/main.cc"
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES C CXX)
find_package(shardprop 0.2 REQUIRED)
add_executable(user_c main.c)
add_executable(user_cc main.cc)
target_link_libraries(user_c PRIVATE shardprop::shardprop)
target_link_libraries(user_cc PRIVATE shardprop::shardprop)
END
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# says_so PROGRAM: what the small program has to say.
says_so() { [[ $("$1") == '75 1 1' ]] || { echo "$1 says something else"; exit 1; }; }

no_cxx=(-DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX)
gcc -std=c17 "${compile[@]}" "$work/user/main.c" -o "$work/with-pkg-config" "${link[@]}"
says_so "$work/with-pkg-config"
if command -v g++ >/dev/null; then
  g++ -std=c++17 "${no_cxx[@]}" "${compile[@]}" "$work/user/main.cc" -o "$work/with-pkg-config-cc" "${link[@]}"
  says_so "$work/with-pkg-config-cc"
else
  sed -i -e 's/ CXX//' -e '/user_cc/d' "$work/user/CMakeLists.txt"
fi

generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
if ! cmake -G "$generator" -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_FLAGS="${no_cxx[*]}" >"$work/log" 2>&1 || ! cmake --build "$work/user/build" >>"$work/log" 2>&1; then
  cat "$work/log"
  exit 1
fi
says_so "$work/user/build/user_c"
if command -v g++ >/dev/null; then says_so "$work/user/build/user_cc"; fi
echo "installed, and used through pkg-config and CMake, in C and C++; $headers headers compile alone"

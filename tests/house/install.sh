#!/usr/bin/env bash
# What is installed can be used: the program runs, each header compiles alone as C17 and C++17, and a program builds and
# runs through pkg-config and through the CMake package.
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

libraries=$(dirname "$(find "$prefix" -name libshardprop.so -o -name libshardprop.a | head -n 1)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries
read -ra compile < <(pkg-config --cflags shardprop)
read -ra link < <(pkg-config --libs shardprop)

headers=0
while read -r header; do
  printf '#include "%s"\n#include "%s"\n' "${header#"$prefix/include/"}" "${header#"$prefix/include/"}" >"$work/alone.c"
  gcc -std=c17 -Wall -Wextra -Werror -pedantic -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX -fsyntax-only "${compile[@]}" "$work/alone.c"
  if command -v g++ >/dev/null; then
    g++ -x c++ -std=c++17 -Wall -Wextra -Werror -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX -fsyntax-only "${compile[@]}" "$work/alone.c"
  fi
  headers=$((headers + 1))
done < <(find "$prefix/include/shardprop" -name '*.h' | sort)
((headers == $(find "$source_root/include" -name '*.h' | wc -l)))

mkdir "$work/user"
cat >"$work/user/main.c" <<'END'
#include <shardprop/status.h>
#include <stdio.h>

int main(void) {
  printf("%d\n", sp_exit_code(SP_STOPPED));
  return 0;
}
END
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES C)
find_package(shardprop 0.1 REQUIRED)
add_executable(user main.c)
target_link_libraries(user PRIVATE shardprop::shardprop)
END

gcc -std=c17 "${compile[@]}" "$work/user/main.c" -o "$work/with-pkg-config" "${link[@]}"
[[ $("$work/with-pkg-config") == 75 ]]

generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
if ! cmake -G "$generator" -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 ||
  ! cmake --build "$work/user/build" >>"$work/log" 2>&1; then
  cat "$work/log"
  exit 1
fi
[[ $("$work/user/build/user") == 75 ]]
echo "installed, and used through pkg-config and CMake; $headers headers compile alone"

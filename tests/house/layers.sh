#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The rules of the source tree: includes point down only and make no circle, a header is implemented by the file of its
# name, every name exists once, the mathematics knows no MPI, oneDNN and HDF5 stay in their layers, files are short and open with a
# comment, nothing is left unfinished and nothing names a place on somebody's machine.
# usage: layers.sh PROGRAM SOURCE_ROOT
set -euo pipefail
cd "$2"

layers="base comm config compute hdf5 import data model exchange optim checkpoint supervise train perf report run api cli examples"
without_mpi="base config compute hdf5 import data model optim"
longest=500

mapfile -t sources < <(find src include -name '*.[ch]' | sort)
((${#sources[@]} > 0)) || { echo "no sources in $2"; exit 1; }

# One line for each broken rule of the includes; the files an MPI-free layer reaches are followed to the end.
check_includes() {
  awk -v layers="$layers" -v without_mpi="$without_mpi" '
    function layer_of(path) {  # src/data/x.h and data/x.h -> data; headers of include/ -> public
      if (path ~ /^(include\/)?shardprop\//) return "public"
      sub(/^src\//, "", path)
      return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : ""
    }
    function file_of(name) { return (name ~ /^shardprop\// ? "include/" : "src/") name }
    function reaches_mpi(file, seen,    i, targets, count) {
      if (file in uses_mpi) return 1
      if (file in seen) return 0
      seen[file] = 1
      count = split(included[file], targets, " ")
      for (i = 1; i <= count; i++) if (reaches_mpi(file_of(targets[i]), seen)) return 1
      return 0
    }
    BEGIN {
      count = split(layers, names, " ")
      for (i = 1; i <= count; i++) height[names[i]] = i
      count = split(without_mpi, names, " ")
      for (i = 1; i <= count; i++) no_mpi[names[i]] = 1
    }
    FNR == 1 { files[++file_count] = FILENAME }
    !/^[ \t]*#[ \t]*include/ { next }
    /<mpi\.h>/ { uses_mpi[FILENAME] = 1 }
    /[<"](oneapi\/)?dnnl/ && FILENAME !~ /^src\/compute\// { print FILENAME ":" FNR ": oneDNN outside src/compute" }
    /<hdf5[.]h>/ && FILENAME !~ /^src\/(hdf5|checkpoint)\// { print FILENAME ":" FNR ": HDF5 outside src/hdf5" }
    /"/ {
      split($0, part, "\"")
      mine = layer_of(FILENAME); other = layer_of(part[2])
      included[FILENAME] = included[FILENAME] " " part[2]
      if (other == "public") next
      if (!(mine == "public" || mine in height)) next
      if (mine == "public") print FILENAME ":" FNR ": a public header includes " part[2]
      else if (!(other in height)) print FILENAME ":" FNR ": includes \"" part[2] "\", not \"layer/file.h\""
      else if (height[other] > height[mine]) print FILENAME ":" FNR ": " mine " includes upwards: " part[2]
    }
    END {
      for (i = 1; i <= file_count; i++) {
        split("", seen)
        if (layer_of(files[i]) != "public" && !(layer_of(files[i]) in height)) print files[i] ": in none of the layers"
        if ((layer_of(files[i]) in no_mpi) && reaches_mpi(files[i], seen)) print files[i] ": reaches mpi.h"
      }
    }' "${sources[@]}"
}

check_files() {
  local file lines licence first
  for file in "${sources[@]}"; do
    lines=$(wc -l <"$file")
    if ((lines > longest)); then echo "$file: $lines lines, more than $longest"; fi
    { read -r licence && read -r first; } <"$file"
    if [[ $licence != '// SPDX-License-Identifier: Apache-2.0' ]]; then echo "$file: does not name its licence"; fi
    case $first in //* | /\**) ;; *) echo "$file: does not say what it is in its second line" ;; esac
  done
}

# A file name exists once below src and include, and so does a type.
check_names() {
  local name
  for name in $(printf '%s\n' "${sources[@]##*/}" | sort | uniq -d); do
    printf '%s: several files have this name: %s\n' "$name" "$(printf '%s\n' "${sources[@]}" | grep "/$name\$" | tr '\n' ' ')"
  done
  for name in $(sed -nE 's/^(typedef )?(struct|enum|union) (sp_[a-z0-9_]+) \{.*/\3/p' "${sources[@]}" | sort | uniq -d); do
    printf '%s: several types have this name: %s\n' "$name" "$(grep -lE "^(typedef )?(struct|enum|union) $name \{" "${sources[@]}" | tr '\n' ' ')"
  done
}

# A unit is what belongs to one stem: x.h and x.c. What x.h declares is defined in x.c, so that the includes show all of a
# unit's dependencies; and no unit depends on itself by way of others: units that depend on nothing that remains are taken
# away until none is left.
check_circles() {
  awk '
    function unit_of(path) { sub(/^(src|include)\//, "", path); sub(/\.[ch]$/, "", path); return path }
    function base_of(unit) { sub(/.*\//, "", unit); return unit }
    FNR == 1 { unit = unit_of(FILENAME); units[unit] = 1 }
    /^[ \t]*#[ \t]*include "/ {
      split($0, part, "\"")
      other = unit_of(part[2])
      if (other != unit) edge[unit SUBSEP other] = 1
    }
    /^[a-z]/ && !/^(static|typedef|extern|return)/ && match($0, /sp_[a-z0-9_]+\(/) {
      name = substr($0, RSTART, RLENGTH - 1)
      if (FILENAME ~ /\.h$/) declared[name] = unit; else defined[name] = unit
    }
    END {
      for (name in declared) {
        if (name in defined && base_of(declared[name]) != base_of(defined[name]))
          print name ": declared in " declared[name] ".h, defined in " defined[name] ".c"
      }
      do {
        removed = 0
        split("", needs)
        split("", needed)
        for (pair in edge) {
          split(pair, ends, SUBSEP)
          if (ends[1] in units && ends[2] in units) { needs[ends[1]] = 1; needed[ends[2]] = 1 }
        }
        for (unit in units) if (!(unit in needs) || !(unit in needed)) { delete units[unit]; removed++ }
      } while (removed)
      for (unit in units) print unit ": is in a circle of includes, or between two"
    }' "${sources[@]}" | sort
}

# The words are put together here so that this file does not match itself.
check_words() {
  local places=() place
  for place in src include tests scripts configs cmake docs .ci .github CMakeLists.txt CMakePresets.json README.md; do
    if [[ -e $place ]]; then places+=("$place"); fi
  done
  grep -rnIE "\b(TO""DO|FIX""ME|XX""X)\b" "${places[@]}" || true
  grep -rnIE "(^|[^A-Za-z0-9_.}])/(ho""me|ro""ot|Us""ers|wo""rk)/[A-Za-z]" "${places[@]}" || true
}

broken=$(check_includes && check_names && check_circles && check_files && check_words)
if [[ -n $broken ]]; then
  printf '%s\n' "$broken"
  exit 1
fi
echo "${#sources[@]} files keep the rules"

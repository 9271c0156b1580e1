#!/usr/bin/env bash
# Installs the build folder $1 under a fresh prefix and builds a stranger's project against it: the program that the README of
# the repository $2 shows, run where the README says, at the repository's top.
set -euo pipefail
build=$1
root=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" > "$work/install.log"
"$work/prefix/bin/rivulet" --version
# TensorFlow's tools by their names: every tool is a link, and no link is left without a tool.
tools=$("$work/prefix/bin/rivulet-tf" --help | sed -n 's/^  \([a-z0-9_]*\) .*/\1/p')
[[ "$tools" == "$(cd "$work/prefix/bin" && find . -type l | sed 's,^\./,,' | LC_ALL=C sort)" ]]
for tool in $tools; do "$work/prefix/bin/$tool" --help | grep -q "^usage: $tool"; done
mkdir "$work/stranger"
cp "$here/CMakeLists.txt" "$work/stranger"
sed -n '/^```c++$/,/^```$/p' "$root/README.md" | sed '/^```/d' > "$work/stranger/main.cc"
grep -q 'int main' "$work/stranger/main.cc"
cmake -S "$work/stranger" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release > "$work/configure.log" ||
  { cat "$work/configure.log"; exit 1; }
cmake --build "$work/build" > "$work/build.log" || { cat "$work/build.log"; exit 1; }
answer=$(cd "$root" && "$work/build/stranger")
echo "the README's program says $answer"
[[ "$answer" =~ ^[01]\.[0-9]+$ ]]

// Legal uses of the operators that read files, which the recordings have none of, and the files that they read.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_FILE_CASES_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_FILE_CASES_H_

#include <vector>

#include "tests/golden/golden.h"
#include "tests/hostile/operators/start.h"

namespace rivulet::hostile {

inline constexpr char kFilesPrefix[] = "files: ";  // of the cases' names

// They have no results: nothing but the graph, and what to fetch. Their files are in kModelFolder (start.h).
std::vector<golden::GoldenCase> FileCases();
// By their paths in the model's folder: lists of words, records of all kinds, checkpoints of both versions.
ModelFolder FilesOfCases();

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_FILE_CASES_H_

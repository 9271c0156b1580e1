// inputs.cc makes the very bytes that inputs.py makes: inputs_checksums.txt is what `python inputs.py` printed.
#include "tests/golden/inputs.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/golden/golden.h"

namespace rivulet::golden {
namespace {

DType DTypeFromName(const std::string& name) {
  for (int number = 1; number < 64; ++number) {
    if (IsKnown(static_cast<DType>(number)) && Name(static_cast<DType>(number)) == name)
      return static_cast<DType>(number);
  }
  return DType::kInvalid;
}

TEST(GoldenInputs, SameBytesAsPython) {
  std::ifstream file(DataDir() + "/../inputs_checksums.txt");
  ASSERT_TRUE(file.good());
  std::string line;
  int count = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string dtype, dims, kind, checksum;
    Recipe recipe;
    words >> dtype >> dims >> kind >> recipe.seed >> recipe.lo >> recipe.hi >> recipe.shift >> checksum;
    recipe.dtype = DTypeFromName(dtype);
    std::istringstream sizes(dims == "-" ? "" : dims);
    for (std::string size; std::getline(sizes, size, ',');) recipe.shape.push_back(std::stoll(size));
    recipe.kind = kind == "grid"      ? Kind::kGrid
                  : kind == "edge"    ? Kind::kEdge
                  : kind == "strings" ? Kind::kStrings
                                      : Kind::kPermutation;
    const auto tensor = MakeTensor(recipe);
    ASSERT_TRUE(tensor.ok()) << line << ": " << tensor.status().ToString();
    char text[17];
    std::snprintf(text, sizeof(text), "%016" PRIx64, Checksum(*tensor));
    EXPECT_EQ(text, checksum) << line;
    ++count;
  }
  EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace rivulet::golden

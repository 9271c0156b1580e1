#include "engine/base/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/base/errors.h"
#include "rivulet/dtype.h"
#include "rivulet/shape.h"

namespace rivulet {
namespace {

TEST(Text, IsMadeOfPiecesOfEveryKind) {
  const std::string text = "t";
  const std::string_view view = std::string_view("view and more").substr(0, 4);
  const char* pointer = "s";
  EXPECT_EQ(Cat("literal ", pointer, ' ', text, " ", view), "literal s t view");
  EXPECT_EQ(Cat(true, ",", false), "true,false");
  EXPECT_EQ(Cat(Shape{2, Shape::kUnknownDim}, DType::kHalf), "[2,?]float16");
  EXPECT_EQ(Cat(0.1f < 0.5, 0.5, ",", 1.5f), "true0.5,1.5");
}

TEST(Text, HoldsTheLastIntegersOfEachType) {
  EXPECT_EQ(Cat(std::numeric_limits<int64_t>::min(), " ", std::numeric_limits<uint64_t>::max()),
            "-9223372036854775808 18446744073709551615");
  EXPECT_EQ(Cat(int8_t{-128}, " ", uint8_t{255}, " ", int16_t{-1}, " ", uint32_t{4294967295u}),
            "-128 255 -1 4294967295");
}

TEST(Text, OfNothingIsEmpty) { EXPECT_EQ(Cat(), ""); }

TEST(Text, OfManyPiecesKeepsTheirOrder) {
  // More words than go through registers, doubles among them.
  EXPECT_EQ(Cat(1, " ", 2.5, " ", 3u, " ", "four", " ", 5.5, " ", 6, " ", 7.5, " ", 8, " ", 9.5, " ", 10, " ", 11.5),
            "1 2.5 3 four 5.5 6 7.5 8 9.5 10 11.5");
}

TEST(Text, OfAnErrorIsThatOfItsPieces) {
  const Status status = OutOfRange("want less than ", 4, ", got ", int64_t{5});
  EXPECT_EQ(status.code(), Code::kOutOfRange);
  EXPECT_EQ(status.message(), "want less than 4, got 5");
}

TEST(Status, CanBeMovedToItselfAndAssignedTwice) {
  Status status = Internal("first");
  Status& same = status;
  status = std::move(same);
  EXPECT_EQ(status.message(), "first");
  status = Internal("second");
  EXPECT_EQ(status.message(), "second");
  status = Status();
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace rivulet

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/base/errors.h"
#include "rivulet/status.h"

namespace rivulet {
namespace {

// Counts those that live, so that a value destroyed twice or never is seen.
struct Counted {
  static inline int live = 0;

  explicit Counted(int number) : number(number) { ++live; }
  Counted(const Counted& other) : number(other.number) { ++live; }
  Counted(Counted&& other) noexcept : number(std::exchange(other.number, 0)) { ++live; }
  Counted& operator=(const Counted& other) = default;
  ~Counted() { --live; }

  int number;
};

Result<Counted> Make(int number) {
  if (number < 0) return OutOfRange("got ", number);
  if (number == 0) return Status();
  return Counted(number);
}

Result<int> NumberOf(int number) {
  RIVULET_ASSIGN_OR_RETURN(const Counted counted, Make(number));
  return counted.number;
}

Status Assign(int number, Counted* to) {
  RIVULET_ASSIGN_OR_RETURN(*to, Make(number));
  return Status();
}

TEST(Result, HasAValueOrAnError) {
  EXPECT_EQ(*NumberOf(7), 7);
  EXPECT_EQ(NumberOf(-1).status().ToString(), "OUT_OF_RANGE: got -1");
  EXPECT_EQ(NumberOf(0).status().code(), Code::kInternal) << "made from an ok status";
  Counted counted(1);
  EXPECT_TRUE(Assign(3, &counted).ok());
  EXPECT_EQ(counted.number, 3);
  EXPECT_FALSE(Assign(-1, &counted).ok());
  EXPECT_EQ(counted.number, 3);
}

TEST(Result, IsCopiedMovedAndAssigned) {
  for (const int number : {7, -1}) {
    Result<Counted> first = Make(number);
    Result<Counted> copy = first;
    EXPECT_EQ(copy.ok(), number > 0);
    EXPECT_EQ(copy.status().message(), first.status().message());
    Result<Counted> other = Make(-number);
    other = std::move(copy);
    EXPECT_EQ(other.ok(), number > 0);
    other = Make(-number);
    EXPECT_EQ(other.ok(), number < 0);
    other = first;
    EXPECT_EQ(other.ok(), number > 0);
    if (number > 0) {
      EXPECT_EQ(std::move(other).value().number, 7);
    }
  }
  EXPECT_EQ(Counted::live, 0);
}

TEST(Result, WhoseErrorWasHandedOnIsStillNotOk) {
  Result<Counted> result = Make(-5);
  const Status status = std::move(result).status();
  EXPECT_EQ(status.message(), "got -5");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().message(), "");
  EXPECT_TRUE(Make(5).status().ok());
  EXPECT_EQ(Counted::live, 0);
}

TEST(Result, WhoseErrorWasHandedOnCanStillBeCopied) {
  Result<Counted> first = Make(-1);
  EXPECT_EQ(std::move(first).status().code(), Code::kOutOfRange);
  const Result<Counted> copy = first;  // NOLINT: what was moved from is the point
  const Status status = copy.status();
  EXPECT_FALSE(copy.ok());
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.message(), "");
}

}  // namespace
}  // namespace rivulet

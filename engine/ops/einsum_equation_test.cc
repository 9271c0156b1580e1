#include "engine/ops/einsum_equation.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

std::string ShapeFor(const std::string& equation, const std::vector<Shape>& inputs) {
  const auto parsed = ParseEinsum(equation, static_cast<int>(inputs.size()));
  if (!parsed.ok()) return "error";
  const auto bound = BindEinsum(*parsed, inputs);
  return bound.ok() ? bound->OutputShape().ToString() : "error";
}

TEST(EinsumEquation, Shapes) {
  EXPECT_EQ(ShapeFor("ij,jk->ki", {{2, 3}, {3, 4}}), "[4,2]");
  EXPECT_EQ(ShapeFor("...ij,...jk->...ik", {{5, 1, 2, 3}, {7, 3, 4}}), "[5,7,2,4]");
  EXPECT_EQ(ShapeFor("i...->...i", {{2, 3, 4}}), "[3,4,2]");
  EXPECT_EQ(ShapeFor("i->ii", {{3}}), "[3,3]");
  EXPECT_EQ(ShapeFor("->", {{}}), "[]");
  EXPECT_EQ(ShapeFor("a b->b a", {{2, 3, 4}}), "[4,3,2]");
}

TEST(EinsumEquation, UnknownDims) {
  EXPECT_EQ(ShapeFor("ij,jk->ijk", {{-1, 3}, {-1, -1}}), "[?,3,?]");
  EXPECT_EQ(ShapeFor("ij,ij->ij", {{-1, 3}, {5, -1}}), "[5,3]");
  EXPECT_EQ(ShapeFor("...,...->...", {{-1}, {1}}), "[?]");
  EXPECT_EQ(ShapeFor("...,...->...", {{1}, {-1}}), "[?]");
  EXPECT_EQ(ShapeFor("...,...->...", {{-1}, {4}}), "[4]");
  EXPECT_EQ(ShapeFor("...,...->...", {{4}, {-1}}), "[4]");
  EXPECT_EQ(ShapeFor("...,...->...", {{1, 0}, {3, 1}}), "[3,0]");
}

TEST(EinsumEquation, WhatDoesNotParse) {
  for (const char* bad :
       {"", "i", "i->i->i", "i,j->i", "i->i,", "i->j", "..->..", "....->...", "...i...->i", ".->.", "->->", ","}) {
    EXPECT_FALSE(ParseEinsum(bad, 1).ok()) << bad;
  }
  EXPECT_FALSE(ParseEinsum("i->i", 2).ok());
  EXPECT_FALSE(ParseEinsum("i,j,k->i", 3).ok());
  EXPECT_FALSE(ParseEinsum("->", 0).ok());
  EXPECT_FALSE(ParseEinsum(Cat(std::string(1000000, 'a'), "->a"), 1).ok());
  EXPECT_FALSE(ParseEinsum(Cat("a->", std::string(1000000, 'a')), 1).ok());
}

TEST(EinsumEquation, WhatDoesNotFit) {
  EXPECT_EQ(ShapeFor("ij->i", {{2}}), "error");
  EXPECT_EQ(ShapeFor("ij->i", {{2, 3, 4}}), "error");
  EXPECT_EQ(ShapeFor("ii->i", {{2, 3}}), "error");
  EXPECT_EQ(ShapeFor("ij,jk->ik", {{2, 1}, {3, 4}}), "error");
  EXPECT_EQ(ShapeFor("...i->i", {{2, 3}}), "error");
  EXPECT_EQ(ShapeFor("...i->i", {{3}}), "[3]");
  EXPECT_EQ(ShapeFor("...,...->...", {{2}, {3}}), "error");
  EXPECT_EQ(ShapeFor("...i->...i" + std::string(253, 'i'), {{2, 2, 2}}), "error");
}

}  // namespace
}  // namespace rivulet

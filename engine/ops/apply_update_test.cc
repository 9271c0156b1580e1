#include <thread>

#include "engine/ops/op_test_kit.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

using VariableRef = std::shared_ptr<Variable>;

VariableRef Holding(Tensor value) {
  auto variable = std::make_shared<Variable>(value.dtype(), value.shape());
  EXPECT_TRUE(variable->Assign(std::move(value)).ok());
  return variable;
}

Tensor Handle(const VariableRef& variable) { return ScalarOf(DType::kResource, variable); }

Tensor ValueOf(const VariableRef& variable) {
  Result<Tensor> value = variable->Read();
  EXPECT_TRUE(value.ok());
  return value.ok() ? *value : Tensor();
}

Result<std::vector<Tensor>> Sparse(const VariableRef& var, const VariableRef& accum, const Tensor& grad,
                                   const Tensor& indices) {
  return OpTester("SparseApplyMomentum")
      .Input(Handle(var))
      .Input(Handle(accum))
      .Input(F32({}, {1}))
      .Input(grad)
      .Input(indices)
      .Input(F32({}, {0.5f}))
      .Attr("T", DType::kFloat)
      .Run();
}

TEST(ApplyUpdate, RowsAreUpdatedInTheOrderOfTheIndices) {
  const VariableRef var = Holding(F32({2, 1}, {10, 20})), accum = Holding(F32({2, 1}, {0, 2}));
  ASSERT_TRUE(Sparse(var, accum, F32({2, 1}, {4, 8}), I32({2}, {1, 1})).ok());
  EXPECT_TRUE(Same(ValueOf(accum), F32({2, 1}, {0, 10.5f})));
  EXPECT_TRUE(Same(ValueOf(var), F32({2, 1}, {10, 4.5f})));
}

TEST(ApplyUpdate, ABadIndexChangesNothing) {
  const VariableRef var = Holding(F32({2, 1}, {10, 20})), accum = Holding(F32({2, 1}, {0, 2}));
  for (const int32_t bad : {2, -1}) {
    EXPECT_TRUE(Fails(Sparse(var, accum, F32({2, 1}, {4, 8}), I32({2}, {1, bad})),
                      Cat("indices[1] = ", bad, " is not in [0, 2)")));
  }
  EXPECT_TRUE(Same(ValueOf(var), F32({2, 1}, {10, 20})));
  EXPECT_TRUE(Same(ValueOf(accum), F32({2, 1}, {0, 2})));
}

TEST(ApplyUpdate, SaysWhatIsWrong) {
  const VariableRef var = Holding(F32({2}, {1, 2}));
  EXPECT_TRUE(Fails(Sparse(var, var, F32({1}, {4}), I32({1}, {0})), "got one of them twice"));
  EXPECT_TRUE(Fails(Sparse(var, Holding(F32({3}, {1, 2, 3})), F32({1}, {4}), I32({1}, {0})),
                    "accum has shape [3], want that of var, [2]"));
  EXPECT_TRUE(Fails(Sparse(var, Holding(F64({2}, {1, 2})), F32({1}, {4}), I32({1}, {0})), "accum is float64"));
  EXPECT_TRUE(Fails(Sparse(var, Holding(F32({2}, {1, 2})), F32({1, 1}, {4}), I32({1}, {0})), "grad has shape [1,1]"));
  EXPECT_TRUE(Fails(Sparse(var, Holding(F32({2}, {1, 2})), F32({1}, {4}), I32({2}, {0, 1})), "each of 2 indices"));
  EXPECT_TRUE(Fails(Sparse(var, std::make_shared<Variable>(DType::kFloat, Shape({2})), F32({1}, {4}), I32({1}, {0})),
                    "before it had a value"));
  EXPECT_TRUE(Fails(OpTester("ApplyGradientDescent")
                        .Input(Handle(var))
                        .Input(F32({1}, {1}))
                        .Input(F32({2}, {1, 2}))
                        .Attr("T", DType::kFloat)
                        .Run(),
                    "alpha: want a scalar, got shape [1]"));
}

TEST(ApplyUpdate, WhoReadBeforeKeepsTheOldValue) {
  const VariableRef var = Holding(F32({2}, {1, 2})), accum = Holding(F32({2}, {0, 0}));
  const Tensor before = ValueOf(var);
  ASSERT_TRUE(Sparse(var, accum, F32({1}, {1}), I32({1}, {0})).ok());
  EXPECT_TRUE(Same(before, F32({2}, {1, 2})));
  EXPECT_TRUE(Same(ValueOf(var), F32({2}, {0, 2})));
}

TEST(ApplyUpdate, UpdatesInOppositeOrderDoNotWaitForEachOther) {
  const VariableRef one = Holding(F32({1}, {0})), two = Holding(F32({1}, {0}));
  const auto work = [](const VariableRef& var, const VariableRef& accum) {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(Sparse(var, accum, F32({1}, {1}), I32({1}, {0})).ok());
  };
  std::thread other(work, one, two);
  work(two, one);
  other.join();
}

}  // namespace
}  // namespace rivulet

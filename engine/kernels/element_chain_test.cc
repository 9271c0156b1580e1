#include "engine/kernels/element_chain.h"

#include <algorithm>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;

constexpr Spread kSpreads[] = {Spread::kFull, Spread::kRow, Spread::kColumn, Spread::kScalar};
constexpr UnaryKind kUnaries[] = {UnaryKind::kAbs, UnaryKind::kNeg, UnaryKind::kRelu6, UnaryKind::kSigmoid};
constexpr BinaryKind kBinaries[] = {BinaryKind::kAdd, BinaryKind::kSub, BinaryKind::kMul, BinaryKind::kMax};

int64_t SizeOf(Spread spread, int64_t rows, int64_t columns) {
  return (spread == Spread::kFull || spread == Spread::kColumn ? rows : 1) *
         (spread == Spread::kFull || spread == Spread::kRow ? columns : 1);
}

// Every value of an operand, one after the other.
std::vector<float> Written(const std::vector<float>& values, Spread spread, int64_t rows, int64_t columns) {
  std::vector<float> out;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const int64_t at =
          (spread == Spread::kFull || spread == Spread::kColumn ? row : 0) * (spread == Spread::kFull ? columns : 1) +
          (spread == Spread::kFull || spread == Spread::kRow ? column : 0);
      out.push_back(values[static_cast<size_t>(at)]);
    }
  }
  return out;
}

// The rows with other values between them.
std::vector<float> Apart(const std::vector<float>& values, int64_t columns, int64_t row_step) {
  std::vector<float> out;
  for (size_t at = 0; at < values.size(); at += static_cast<size_t>(columns)) {
    const auto row = values.begin() + static_cast<std::ptrdiff_t>(at);
    out.insert(out.end(), row, row + columns);
    out.resize(out.size() + static_cast<size_t>(row_step - columns), -77.0f);
  }
  return out;
}

struct RandomChain {
  std::vector<ElementStep> steps;
  std::vector<Spread> spreads;
  std::vector<std::vector<float>> inputs;
  int64_t rows;
  int64_t columns;

  RandomChain(uint64_t seed, int64_t row_count, int64_t column_count) : rows(row_count), columns(column_count) {
    Random random(seed);
    const int64_t num_inputs = 1 + random.Below(5);
    for (int64_t i = 0; i < num_inputs; ++i) {
      spreads.push_back(kSpreads[random.Below(4)]);
      inputs.push_back(Reals(SizeOf(spreads.back(), rows, columns), seed * 8 + static_cast<uint64_t>(i)));
    }
    const int64_t num_steps = 1 + random.Below(10);
    for (int64_t i = 0; i < num_steps; ++i) {
      const auto operand = [&]() -> ElementOperand {
        // Mostly what came just before, as in networks; sometimes from far back.
        if (i > 0 && random.Below(3) > 0)
          return {true, static_cast<int32_t>(i - 1 - random.Below(std::min<int64_t>(i, 3)))};
        return {false, static_cast<int32_t>(random.Below(num_inputs))};
      };
      ElementStep step;
      step.kind = static_cast<ElementStep::Kind>(random.Below(3));
      step.unary = kUnaries[random.Below(4)];
      step.binary = kBinaries[random.Below(4)];
      step.activation = {.kind = ActivationKind::kLeakyRelu, .alpha = 0.25f};
      step.a = operand();
      step.b = operand();
      steps.push_back(step);
    }
  }

  // Step by step over whole tensors.
  std::vector<float> OneAfterTheOther() const {
    ThreadPool pool(1);
    std::vector<std::vector<float>> results;
    for (const ElementStep& step : steps) {
      const auto values = [&](const ElementOperand& operand) {
        const auto index = static_cast<size_t>(operand.index);
        return operand.is_step ? results[index] : Written(inputs[index], spreads[index], rows, columns);
      };
      const std::vector<float> a = values(step.a);
      std::vector<float> out(a.size());
      const auto n = static_cast<int64_t>(a.size());
      switch (step.kind) {
        case ElementStep::Kind::kUnary: MapUnary(step.unary, a.data(), n, out.data(), pool, StopToken()); break;
        case ElementStep::Kind::kActivation:
          MapActivation(step.activation, a.data(), n, out.data(), pool, StopToken());
          break;
        case ElementStep::Kind::kBinary:
          MapBinary(step.binary, a.data(), Spread::kFull, values(step.b).data(), Spread::kFull, 1, n, out.data(), pool,
                    StopToken());
      }
      results.push_back(std::move(out));
    }
    return results.back();
  }
};

TEST(ElementChain, TheSameBitsAsOneStepAfterTheOther) {
  constexpr int64_t kSizes[][2] = {{1, 1}, {1, 5000}, {700, 3}, {37, 64}, {5, 1024}, {3, 2500}, {2000, 1}};
  OnEveryTarget([&] {
    uint64_t seed = 1;
    for (int round = 0; round < 30; ++round) {
      for (const auto& [rows, columns] : kSizes) {
        const RandomChain random(++seed, rows, columns);
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << rows << " x " << columns);
        ElementChain chain;
        ASSERT_TRUE(ElementChain::Make(random.steps, &chain));
        std::vector<ElementChain::Input> inputs;
        std::vector<std::vector<float>> apart(random.inputs.size());
        for (size_t i = 0; i < random.inputs.size(); ++i) {
          inputs.push_back({random.inputs[i].data(), random.spreads[i]});
          if (random.spreads[i] != Spread::kFull || round % 2 == 0) continue;
          apart[i] = Apart(random.inputs[i], columns, columns + 3);
          inputs.back() = {apart[i].data(), Spread::kFull, columns + 3};
        }
        const auto got = SameForAnyThreads<float>(rows * columns, [&](float* out, ThreadPool& pool) {
          chain.Run(inputs, rows, columns, out, pool, StopToken());
        });
        const std::vector<float> want = random.OneAfterTheOther();
        for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], want[i]) << "at " << i;
      }
    }
  });
}

// Has a kernel of its own.
TEST(ElementChain, ScaledRows) {
  OnEveryTarget([&] {
    for (const int64_t columns : {1, 3, 16, 31, 64, 70, 300}) {
      for (const int variant : {0, 1, 2, 3}) {
        SCOPED_TRACE(testing::Message() << columns << " columns, variant " << variant);
        const bool relu = variant % 2 == 1, scale_first = variant >= 2;
        constexpr int64_t kRows = 90;
        RandomChain scaled(1, kRows, columns);
        scaled.spreads = {Spread::kFull, Spread::kRow, Spread::kRow};
        scaled.inputs = {Reals(kRows * columns, 2), Reals(columns, 3), Reals(columns, 4)};
        scaled.steps = {
            {.kind = ElementStep::Kind::kBinary, .binary = BinaryKind::kMul, .a = {false, 0}, .b = {false, 1}},
            {.kind = ElementStep::Kind::kBinary, .binary = BinaryKind::kAdd, .a = {true, 0}, .b = {false, 2}}};
        if (scale_first) {
          std::swap(scaled.steps[0].a, scaled.steps[0].b);
          std::swap(scaled.steps[1].a, scaled.steps[1].b);
        }
        if (relu) scaled.steps.push_back({.unary = UnaryKind::kRelu, .a = {true, 1}});
        ElementChain chain;
        ASSERT_TRUE(ElementChain::Make(scaled.steps, &chain));
        const std::vector<float> apart = Apart(scaled.inputs[0], columns, columns + 5);
        const ElementChain::Input inputs[] = {{apart.data(), Spread::kFull, columns + 5},
                                              {scaled.inputs[1].data(), Spread::kRow},
                                              {scaled.inputs[2].data(), Spread::kRow}};
        const auto got = SameForAnyThreads<float>(kRows * columns, [&](float* out, ThreadPool& pool) {
          chain.Run(inputs, kRows, columns, out, pool, StopToken());
        });
        const std::vector<float> want = scaled.OneAfterTheOther();
        for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], want[i]) << "at " << i;
      }
    }
  });
}

TEST(ElementChain, AnInputMayBeTheOutput) {
  std::vector<float> x = Reals(3000, 1);
  const std::vector<float> before = x;
  ElementStep twice{.kind = ElementStep::Kind::kBinary, .binary = BinaryKind::kAdd, .a = {false, 0}, .b = {false, 0}};
  ElementStep sum{.kind = ElementStep::Kind::kBinary, .binary = BinaryKind::kSub, .a = {true, 0}, .b = {false, 0}};
  ElementChain chain;
  ASSERT_TRUE(ElementChain::Make({twice, sum}, &chain));
  ThreadPool pool(2);
  const ElementChain::Input input{x.data(), Spread::kFull};
  chain.Run({&input, 1}, 1, 3000, x.data(), pool, StopToken());
  EXPECT_EQ(x, before);
}

TEST(ElementChain, TooManyResultsInUseAreRefused) {
  std::vector<ElementStep> steps;
  const auto add = [&](ElementOperand a, ElementOperand b) {
    steps.push_back({.kind = ElementStep::Kind::kBinary, .binary = BinaryKind::kAdd, .a = a, .b = b});
  };
  for (int i = 0; i <= ElementChain::kMaxRegisters; ++i) add({false, 0}, {false, 0});
  ElementChain chain;
  for (int32_t i = 0; i <= ElementChain::kMaxRegisters; ++i) {
    add({true, i}, {true, static_cast<int32_t>(steps.size()) - 1});
  }
  EXPECT_FALSE(ElementChain::Make(steps, &chain));
}

TEST(ElementChain, NothingIsDoneForNothing) {
  ElementChain chain;
  ASSERT_TRUE(ElementChain::Make({{.a = {false, 0}}}, &chain));
  ThreadPool pool(1);
  const ElementChain::Input input{nullptr, Spread::kFull};
  chain.Run({&input, 1}, 0, 5, nullptr, pool, StopToken());
  chain.Run({&input, 1}, 5, 0, nullptr, pool, StopToken());
}

}  // namespace
}  // namespace rivulet

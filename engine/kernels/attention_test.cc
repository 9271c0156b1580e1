#include "engine/kernels/attention.h"

#include <limits>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;

enum class Mask { kNone, kAdded, kAddedToRows, kChosen, kChosenNot, kChosenRows, kBoth };

struct Case {
  int64_t batch, heads, rows, keys, depth, width;
  Mask mask = Mask::kNone;
  bool between = true;         // heads lie between rows and columns
  bool keys_turned = false;    // keys lie [depth, keys]
  bool values_turned = false;  // values lie [width, keys]
  float scale = 0.3f;
};

AttentionLayout LayoutOf(const Case& c, int64_t rows, int64_t columns, bool turned) {
  AttentionLayout layout;
  layout.batch[0] = c.heads * rows * columns;
  layout.batch[1] = c.between ? columns : rows * columns;
  layout.row = c.between ? c.heads * columns : columns;
  if (turned) {
    layout.batch[1] = rows * columns;
    layout.row = 1;
    layout.column = rows;
  }
  return layout;
}

int64_t At(const AttentionLayout& layout, int64_t b, int64_t h, int64_t row, int64_t column) {
  return b * layout.batch[0] + h * layout.batch[1] + row * layout.row + column * layout.column;
}

// One row of the specification.
std::vector<double> RowOf(const AttentionTask& task, int64_t b, int64_t h, int64_t row) {
  std::vector<double> scores;
  double most = -std::numeric_limits<double>::infinity();
  for (int64_t s = 0; s < task.keys; ++s) {
    double score = 0;
    for (int64_t d = 0; d < task.depth; ++d) {
      score += static_cast<double>(task.q[At(task.q_layout, b, h, row, d)]) *
               static_cast<double>(task.k[At(task.k_layout, b, h, s, d)]);
    }
    score *= static_cast<double>(task.scale);
    for (const AttentionMask& mask : task.masks) {
      const int64_t at = At(mask.layout, b, h, row, s);
      if (mask.added != nullptr) score += static_cast<double>(mask.added[at]);
      if (mask.chosen != nullptr && (mask.chosen[at] != 0) != mask.keeps) score = static_cast<double>(mask.otherwise);
    }
    scores.push_back(score);
    most = std::max(most, score);
  }
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - most);
  std::vector<double> out(static_cast<size_t>(task.width), 0.0);
  for (int64_t e = 0; e < task.width; ++e) {
    for (int64_t s = 0; s < task.keys; ++s) {
      out[static_cast<size_t>(e)] +=
          scores[static_cast<size_t>(s)] / sum * static_cast<double>(task.v[At(task.v_layout, b, h, s, e)]);
    }
  }
  return out;
}

void Expect(const Case& c) {
  SCOPED_TRACE(testing::Message() << c.rows << " rows, " << c.keys << " keys, " << c.depth << " deep, " << c.width
                                  << " wide, mask " << static_cast<int>(c.mask));
  const int64_t all = c.batch * c.heads;
  const std::vector<float> q = Reals(all * c.rows * c.depth, 1, -2, 2);
  const std::vector<float> k = Reals(all * c.keys * c.depth, 2, -2, 2);
  const std::vector<float> v = Reals(all * c.keys * c.width, 3, -2, 2);
  std::vector<float> added = Reals(c.batch * c.rows * c.keys, 4, -3, 3);
  // Not where it is added to a whole row, whose scores would be lost in it.
  for (size_t i = 0; i < added.size() && c.mask == Mask::kAdded; i += 3) added[i] = -1e9f;
  std::vector<uint8_t> chosen(added.size());
  for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = i % 3 == 1;
  AttentionTask task;
  task.batch[0] = c.batch;
  task.batch[1] = c.heads;
  task.rows = c.rows;
  task.keys = c.keys;
  task.depth = c.depth;
  task.width = c.width;
  task.scale = c.scale;
  task.q = q.data();
  task.q_layout = LayoutOf(c, c.rows, c.depth, false);
  task.k = k.data();
  task.k_layout = LayoutOf(c, c.keys, c.depth, c.keys_turned);
  task.v = v.data();
  task.v_layout = LayoutOf(c, c.keys, c.width, c.values_turned);
  task.out_layout = LayoutOf(c, c.rows, c.width, false);
  AttentionMask& mask = task.masks[0];
  if (c.mask != Mask::kNone) {
    mask.layout.batch[0] = c.rows * c.keys;
    mask.layout.row = c.keys;
  }
  const bool adds = c.mask == Mask::kAdded || c.mask == Mask::kAddedToRows || c.mask == Mask::kBoth;
  if (adds) mask.added = added.data();
  if (!adds && c.mask != Mask::kNone) mask.chosen = chosen.data();
  if (c.mask == Mask::kAddedToRows || c.mask == Mask::kChosenRows) mask.layout.column = 0;
  mask.keeps = c.mask == Mask::kChosen;
  mask.otherwise = -5.0f;
  if (c.mask == Mask::kBoth) {
    task.masks[1] = mask;
    task.masks[1].added = nullptr;
    task.masks[1].chosen = chosen.data();
  }
  const auto got = SameForAnyThreads<float>(all * c.rows * c.width, [&](float* out, ThreadPool& pool) {
    AttentionTask run = task;
    run.out = out;
    const int64_t bytes = AttentionScratchBytes(task, pool.num_threads()).value();
    std::vector<float> scratch(static_cast<size_t>(bytes) / sizeof(float), std::nanf(""));
    Attention(run, scratch.data(), pool, StopToken());
  });
  for (int64_t b = 0; b < c.batch; ++b) {
    for (int64_t h = 0; h < c.heads; ++h) {
      for (int64_t row = 0; row < c.rows; ++row) {
        const std::vector<double> want = RowOf(task, b, h, row);
        for (int64_t e = 0; e < c.width; ++e) {
          const auto at = static_cast<size_t>(At(task.out_layout, b, h, row, e));
          ASSERT_NEAR(static_cast<double>(got[at]), want[static_cast<size_t>(e)], 4e-6) << b << h << row << ", " << e;
        }
      }
    }
  }
}

TEST(Attention, EverySizeAroundTheTiles) {
  OnEveryTarget([] {
    for (const int64_t rows : {1, 5, 14, 15, 29}) {
      for (const int64_t keys : {1, 3, 8, 15, 16, 17, 33}) Expect({2, 3, rows, keys, 1 + keys % 9, 1 + rows % 20});
    }
    for (const int64_t width : {1, 4, 8, 16, 17, 24, 32, 33, 64, 96}) Expect({1, 2, 7, 20, width, width});
  });
}

TEST(Attention, SeveralBlocks) {
  OnEveryTarget([] {
    Expect({1, 1, 150, 200, 32, 20});
    Expect({1, 2, 61, 1100, 16, 48});
    Expect({1, 1, 150, 200, 32, 20, Mask::kAdded});
  });
}

TEST(Attention, Masks) {
  OnEveryTarget([] {
    for (const Mask mask :
         {Mask::kAdded, Mask::kAddedToRows, Mask::kChosen, Mask::kChosenNot, Mask::kChosenRows, Mask::kBoth}) {
      for (const int64_t keys : {1, 7, 16, 50}) Expect({2, 2, 9, keys, 5, 6, mask});
    }
  });
}

TEST(Attention, AnyLayout) {
  OnEveryTarget([] {
    for (const bool turned : {false, true}) {
      for (const bool between : {false, true}) {
        Expect({2, 3, 18, 21, 10, 12, Mask::kNone, between, turned, !turned});
        Expect({2, 3, 18, 21, 10, 12, Mask::kAdded, between, turned, turned});
        Expect({2, 3, 4, 6, 1, 1, Mask::kNone, between, turned, turned});
      }
    }
  });
}

// A scale that turns the order round.
TEST(Attention, NegativeScale) {
  OnEveryTarget([] { Expect({1, 1, 3, 40, 8, 8, Mask::kNone, true, false, false, -0.5f}); });
}

// Scores so low that a zero beside them would be all of the sum.
TEST(Attention, LowScores) {
  OnEveryTarget([] {
    const std::vector<float> q = {1.0f}, k(5, -300.0f), v = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f};
    float out = 0.0f;
    AttentionTask task;
    task.rows = task.depth = task.width = 1;
    task.keys = 5;
    task.q = q.data();
    task.k = k.data();
    task.v = v.data();
    task.out = &out;
    task.q_layout.row = task.k_layout.row = task.v_layout.row = task.out_layout.row = 1;
    ThreadPool pool(1);
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchBytes(task, 1).value()) / sizeof(float));
    Attention(task, scratch.data(), pool, StopToken());
    EXPECT_NEAR(out, 3.0f, 1e-6f);
  });
}

TEST(Attention, NaNAndInfinitiesStayInTheirRows) {
  OnEveryTarget([] {
    constexpr int64_t kRows = 20, kKeys = 5;
    std::vector<float> q(kRows, 1.0f), k(kKeys, 1.0f), out(kRows);
    const std::vector<float> v(kKeys, 3.0f);
    q[4] = std::nanf("");
    q[7] = std::numeric_limits<float>::infinity();
    AttentionTask task;
    task.rows = kRows;
    task.keys = kKeys;
    task.depth = task.width = 1;
    task.q = q.data();
    task.k = k.data();
    task.v = v.data();
    task.out = out.data();
    task.q_layout.row = task.k_layout.row = task.v_layout.row = task.out_layout.row = 1;
    ThreadPool pool(1);
    std::vector<float> scratch(static_cast<size_t>(AttentionScratchBytes(task, 1).value()) / sizeof(float));
    Attention(task, scratch.data(), pool, StopToken());
    for (size_t i = 0; i < out.size(); ++i) {
      if (i == 4 || i == 7) {
        EXPECT_TRUE(std::isnan(out[i])) << i;
      } else {
        EXPECT_NEAR(out[i], 3.0f, 1e-6f) << i;
      }
    }
  });
}

}  // namespace
}  // namespace rivulet

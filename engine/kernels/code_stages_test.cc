#include "engine/kernels/code_stages.h"

#include <cmath>
#include <limits>

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using kernel_testing::Guarded;
using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;

std::vector<int32_t> Codes(size_t count, int32_t most) {
  std::vector<int32_t> codes(count);
  uint32_t state = 1;
  for (int32_t& code : codes) {
    state = state * 1664525u + 1013904223u;
    code = static_cast<int32_t>(static_cast<int64_t>(state) * most * 2 / 4294967296LL - most);
  }
  return codes;
}

// A row of constants with what lies behind it.
template <typename T>
std::vector<T> Row(int64_t columns, T first, T step) {
  std::vector<T> row(static_cast<size_t>(StagedElements(columns)), T{0});
  for (size_t j = 0; j < static_cast<size_t>(columns); ++j) row[j] = static_cast<T>(first + static_cast<T>(j) * step);
  return row;
}

TEST(CodeStages, NarrowAsFixedPointDoes) {
  OnEveryTarget([] {
    ThreadPool pool(2);
    for (const int64_t columns : {1, 7, 48, 600}) {
      const std::vector<int32_t> codes = Codes(5000, 1 << 20);
      // The last steps put every place on a whole number, or a 65536th beside it; and far out of range.
      for (const auto& [scale, offset] : {std::pair<int64_t, int64_t>{int64_t{33} << 30, 40000},
                                          {int64_t{1} << 48, 100 << 16},
                                          {int64_t{1} << 47, (100 << 16) - 1},
                                          {int64_t{1} << 52, -5},
                                          {0, 77 << 16}}) {
        CodeStage stage{.kind = StageKind::kNarrow, .scale = scale, .offset = static_cast<uint64_t>(offset)};
        std::vector<float> rows(static_cast<size_t>(3 * StagedElements(columns)));
        FindMultipliers(columns, columns, {}, rows.data(), &stage);
        Guarded<uint8_t> got(5000);
        std::vector<uint8_t> want(5000);
        RunStages({&stage, 1, columns}, {StageType::kCodes, codes.data(), {}}, 5000, StageType::kBytes, got.data(),
                  pool, StopToken());
        RequantizeCodes(codes.data(), 5000, scale, static_cast<uint64_t>(offset), want.data());
        EXPECT_TRUE(got.Intact());
        for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], want[i]) << codes[i] << " by " << scale;
      }
    }
  });
}

// Sums of bytes and a row, narrowed and clamped: each as the loops of the operators give it.
// `below`: by so much less, in 65536ths, places are than whole numbers; `more`: of the second scale.
void SeveralStages(uint64_t below, int64_t more) {
  OnEveryTarget([below, more] {
    ThreadPool pool(2);
    const int64_t columns = 24, count = 24 * 101;
    const std::vector<uint8_t> bytes = Bytes<uint8_t>(count, 5);
    const std::vector<int32_t> start = Row<int32_t>(columns, -4000, 301), step = Row<int32_t>(columns, 517, 0),
                               bias = Row<int32_t>(columns, 70, -9);
    std::vector<float> rows(static_cast<size_t>(6 * StagedElements(columns)));
    CodeStage stages[4];
    stages[0] = {.kind = StageKind::kNarrow,
                 .start = start.data(),
                 .step = step.data(),
                 .scale = int64_t{1} << 39,
                 .offset = (9 << 16) - below};
    FindMultipliers(columns, columns, {.reaches = true}, rows.data(), &stages[0]);
    stages[1] = {.kind = StageKind::kBias, .wide = {.step = 0.5f, .add = -3, .scale = 9, .offset = 2}};
    stages[1].bias = bias.data();
    stages[2] = {.kind = StageKind::kNarrow, .scale = (int64_t{1} << 46) + more, .offset = (100 << 16) - below};
    FindMultipliers(columns, columns, {}, rows.data() + 3 * StagedElements(columns), &stages[2]);
    stages[3] = {.kind = StageKind::kClamp, .low = 30, .high = 200};
    Guarded<uint8_t> got(count);
    RunStages({stages, 4, columns}, {StageType::kBytes, bytes.data(), {}}, count, StageType::kBytes, got.data(), pool,
              StopToken());
    EXPECT_TRUE(got.Intact());
    for (int64_t i = 0; i < count; ++i) {
      const auto j = static_cast<size_t>(i % columns);
      const int32_t sum = start[j] + step[j] * bytes[static_cast<size_t>(i)];
      uint8_t code = 0;
      RequantizeCodes(&sum, 1, stages[0].scale, stages[0].offset, &code);
      int32_t wide = 0;
      AddBiasCodes(&code, &bias[j], 1, stages[1].wide, &wide);
      RequantizeCodes(&wide, 1, stages[2].scale, stages[2].offset, &code);
      ASSERT_EQ(got[static_cast<size_t>(i)], std::clamp<int>(code, 30, 200)) << i;
    }
  });
}

TEST(CodeStages, SeveralFollowOneAnother) {
  SeveralStages(0, 0);
  // Of so many places some lie closer to a whole number than a float can tell.
  for (int64_t i = 0; i < 30; ++i) SeveralStages(1, i * 37'777'777'777);
}

// What the loops of the operators make of a sum: a bias, and twice narrowed.
uint8_t BiasedCode(int32_t sum, const CodeStage* stages, int64_t j) {
  uint8_t code = 0;
  RequantizeCodes(&sum, 1, stages[0].scale, stages[0].offset, &code);
  int32_t wide = 0;
  AddBiasCodes(&code, &stages[1].bias[j], 1, stages[1].wide, &wide);
  RequantizeCodes(&wide, 1, stages[2].scale, stages[2].offset, &code);
  return code;
}

void ExpectSumsWithABias(int64_t columns) {
  SCOPED_TRACE(columns);
  OnEveryTarget([&] {
    ThreadPool pool(2);
    const int64_t count = columns * 61 + 13;
    const std::vector<int32_t> codes = Codes(count, 1 << 17), bias = Row<int32_t>(columns, 900, -90);
    std::vector<float> rows(static_cast<size_t>(6 * StagedElements(columns)));
    int lines = 0;
    // The last one's halves go away from 0, as no line's do; there a code is a code in the end.
    for (const float step : {0.031f, 0.0173f, 0.25f}) {
      const bool halves = step == 0.25f;
      CodeStage stages[3];
      stages[0] = {.kind = StageKind::kNarrow, .scale = int64_t{1} << 39, .offset = 100 << 16};
      FindMultipliers(columns, columns, {.most = 1 << 17}, rows.data(), &stages[0]);
      EXPECT_GT(stages[0].lead, 0);
      stages[1] = {.kind = StageKind::kBias,
                   .wide = {.step = step, .add = -3, .scale = halves ? 2.0f : 1999, .offset = 2}};
      stages[1].bias = bias.data();
      const double most = FindLine(columns, &stages[1]);
      EXPECT_LT(most, 255 * 0.25 * 2000 + 3000);
      lines += stages[1].has_line ? 1 : 0;
      stages[2] = {.kind = StageKind::kNarrow, .scale = int64_t{33} << 37, .offset = 30 << 16};
      if (halves) stages[2] = {.kind = StageKind::kNarrow, .scale = int64_t{1} << 48, .offset = 1 << 15};
      FindMultipliers(columns, columns, {.most = most, .bias = &stages[1]}, rows.data() + 3 * StagedElements(columns),
                      &stages[2]);
      EXPECT_EQ(stages[2].add_behind != nullptr, stages[1].has_line);
      Guarded<uint8_t> got(count);
      RunStages({stages, 3, columns}, {StageType::kCodes, codes.data(), {}}, count, StageType::kBytes, got.data(), pool,
                StopToken());
      EXPECT_TRUE(got.Intact());
      for (int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<size_t>(i);
        ASSERT_EQ(got[at], BiasedCode(codes[at], stages, i % columns)) << i << " by " << step;
      }
    }
    EXPECT_GT(lines, 0);
  });
}

// Lines shorter than a group of vectors, with a part of one, and of whole ones.
TEST(CodeStages, SumsWithABiasThatHasALine) {
  for (const int64_t columns : {24, 200, 192}) ExpectSumsWithABias(columns);
}

TEST(CodeStages, NoSumSoFarThatItComesBackIsTakenForClose) {
  std::vector<float> rows(3 * StagedElements(1));
  CodeStage stage{.kind = StageKind::kNarrow, .scale = int64_t{1} << 46, .offset = 0};
  FindMultipliers(1, 1, {.most = 65536.0}, rows.data(), &stage);
  EXPECT_EQ(stage.lead, 0);
  EXPECT_TRUE(stage.checks_far);
  FindMultipliers(1, 1, {.most = 65535.0}, rows.data(), &stage);
  EXPECT_GT(stage.lead, 0);
}

TEST(CodeStages, SumsOfTwoArraysAndFloatsWithin) {
  OnEveryTarget([] {
    ThreadPool pool(2);
    const int64_t columns = 512, count = 512 * 9 + 77;
    const std::vector<uint8_t> a = Bytes<uint8_t>(count, 2), b = Bytes<uint8_t>(count, 3);
    std::vector<float> rows(static_cast<size_t>(3 * StagedElements(columns)));
    for (const int32_t step : {71, 64000}) {  // codes that single precision holds, and others
      CodeStage stage{
          .kind = StageKind::kNarrow, .scale = (int64_t{1} << 40) * 71 / step, .offset = 20 << 16, .low = 9};
      FindMultipliers(columns, 1, {.reaches = true}, rows.data(), &stage);
      Guarded<uint8_t> got(count);
      RunStages({&stage, 1, columns}, {StageType::kBytes, a.data(), {b.data(), false, -900, step, step / 3}}, count,
                StageType::kBytes, got.data(), pool, StopToken());
      EXPECT_TRUE(got.Intact());
      for (size_t i = 0; i < a.size(); ++i) {
        const int32_t sum = -900 + step * a[i] + step / 3 * b[i];
        uint8_t want = 0;
        RequantizeCodes(&sum, 1, stage.scale, stage.offset, &want);
        ASSERT_EQ(got[i], std::max<uint8_t>(want, 9)) << i << " by " << step;
      }
    }
    const std::vector<float> floats = Reals(count, 4, -3, 5);
    CodeStage encode{.kind = StageKind::kEncode, .is_within = true};
    encode.encoding = {.scale = 30, .offset = -95};
    Guarded<uint8_t> got(count);
    RunStages({&encode, 1, columns}, {StageType::kFloats, floats.data(), {}}, count, StageType::kBytes, got.data(),
              pool, StopToken());
    for (size_t i = 0; i < floats.size(); ++i) {
      uint8_t want = 0;
      EncodeBytes(&floats[i], 1, encode.encoding, &want);
      ASSERT_EQ(got[i], want) << i;
    }
  });
}

TEST(CodeStages, FloatsAreDecodedShiftedAndEncoded) {
  OnEveryTarget([] {
    ThreadPool pool(1);
    const int64_t columns = 5, count = 995;
    const std::vector<uint8_t> bytes = Bytes<uint8_t>(count, 9);
    const std::vector<float> add = Row<float>(columns, -1, 0.4f), multiply = Row<float>(columns, 2, -0.7f);
    CodeStage stages[4];
    stages[0] = {.kind = StageKind::kDecode, .factor = 0.03f, .term = -2.5f};
    stages[1] = {.kind = StageKind::kAdd, .row = add.data()};
    stages[2] = {.kind = StageKind::kMultiply, .row = multiply.data()};
    stages[3] = {.kind = StageKind::kEncode};
    stages[3].encoding = {.scale = 9, .offset = -60};
    Guarded<uint8_t> got(count);
    RunStages({stages, 4, columns}, {StageType::kBytes, bytes.data(), {}}, count, StageType::kBytes, got.data(), pool,
              StopToken());
    EXPECT_TRUE(got.Intact());
    for (int64_t i = 0; i < count; ++i) {
      const auto j = static_cast<size_t>(i % columns);
      const float product = static_cast<float>(bytes[static_cast<size_t>(i)]) * 0.03f;
      const float x = (product + -2.5f + add[j]) * multiply[j];
      uint8_t want = 0;
      EncodeBytes(&x, 1, stages[3].encoding, &want);
      ASSERT_EQ(got[static_cast<size_t>(i)], want) << i;
    }
  });
}

TEST(ColumnExtremes, EndsOfARow) {
  OnEveryTarget([] {
    for (size_t count = 1; count < 40; ++count) {
      const std::vector<int32_t> values = Codes(count, 1 << 30), step = Row<int32_t>(40, 3, 11);
      std::vector<int32_t> codes;
      for (size_t i = 0; i < count; ++i) {
        codes.push_back(static_cast<int32_t>(77u + static_cast<uint32_t>(values[i]) * static_cast<uint32_t>(step[i])));
      }
      int32_t ends[] = {INT32_MAX, INT32_MIN}, plain[] = {INT32_MAX, INT32_MIN};
      WidenByCodes(values.data(), Row<int32_t>(40, 77, 0).data(), step.data(), static_cast<int64_t>(count), ends);
      WidenByCodes(codes.data(), nullptr, nullptr, static_cast<int64_t>(count), plain);
      for (const int32_t* got : {ends, plain}) {
        EXPECT_EQ(got[0], *std::min_element(codes.begin(), codes.end())) << count;
        EXPECT_EQ(got[1], *std::max_element(codes.begin(), codes.end())) << count;
      }
      std::vector<float> floats = Reals(static_cast<int64_t>(count), 4, -3, 5);
      float found[] = {-2.5f, 1.0f};
      WidenByFloats(floats.data(), static_cast<int64_t>(count), found);
      EXPECT_EQ(found[0], std::min(-2.5f, *std::min_element(floats.begin(), floats.end())));
      EXPECT_EQ(found[1], std::max(1.0f, *std::max_element(floats.begin(), floats.end())));
      floats[count / 2] = std::nanf("");
      WidenByFloats(floats.data(), static_cast<int64_t>(count), found);
      WidenByFloats(floats.data(), 0, found);
      EXPECT_TRUE(std::isnan(found[0]) && std::isnan(found[1])) << count;
    }
  });
}

TEST(ColumnExtremes, OfCodesPairsAndFloats) {
  OnEveryTarget([] {
    ThreadPool pool(3);
    const int64_t columns = 37, count = 37 * 2000 + 11;
    const std::vector<uint8_t> a = Bytes<uint8_t>(count, 2), b = Bytes<uint8_t>(count, 3);
    const CodePair pair{b.data(), true, 0, 100, 130};
    std::vector<int32_t> memory(static_cast<size_t>(ExtremesElements(columns, 3)));
    ColumnExtremes({StageType::kBytes, a.data(), pair}, count, columns, memory.data(), pool, StopToken());
    for (int64_t j = 0; j < columns; ++j) {
      int32_t low = INT32_MAX, high = INT32_MIN;
      for (auto i = static_cast<size_t>(j); i < a.size(); i += static_cast<size_t>(columns)) {
        low = std::min(low, (a[i] - 100) * (b[i] - 130));
        high = std::max(high, (a[i] - 100) * (b[i] - 130));
      }
      ASSERT_EQ(memory[static_cast<size_t>(j)], low);
      ASSERT_EQ(memory[static_cast<size_t>(j + StagedElements(columns))], high);
    }
    std::vector<float> floats = Reals(count, 4, -3, 5);
    floats[40] = std::nanf("");
    std::vector<float> found(memory.size());
    ColumnExtremes({StageType::kFloats, floats.data(), {}}, count, columns, found.data(), pool, StopToken());
    EXPECT_TRUE(std::isnan(found[3]));
    EXPECT_FALSE(std::isnan(found[4]));
  });
}

}  // namespace
}  // namespace rivulet

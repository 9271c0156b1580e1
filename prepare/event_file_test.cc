#include "prepare/event_file.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace rivulet::prepare {
namespace {

// Bytes are what TensorFlow 2.21 wrote for the same messages: Event.SerializeToString() and TFRecordWriter.
constexpr char kVersion[] = "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9";
constexpr double kTime = 1700000000.25;

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

TEST(EventFile, BeginsWithItsVersion) { EXPECT_EQ(Hex(EventLog(kTime).bytes()), kVersion); }

TEST(EventFile, Scalars) {
  EventLog log(kTime);
  log.AddScalar("loss/train", 300, 0.375f);
  EXPECT_EQ(Hex(log.bytes()), std::string(kVersion) +
                                  "2100000000000000017becf60900001040fc54d94110ac022a130a110a0a6c6f73732f747261696e1500"
                                  "00c03eaa75fc70");
}

constexpr char kHistogram[] =
    "8500000000000000e98acc590900001040fc54d94110022a780a760a01772a7109000000000000f0bf1100000000000008401900000000"
    "0000104021000000000000044029000000000080244032200000000000000000000000000000f03f000000000000004000000000000008"
    "403a20000000000000f03f00000000000000400000000000000000000000000000f03f2ecacbb2";

TEST(EventFile, Histograms) {
  EventLog log(kTime);
  log.AddHistogram("w", 2, std::array{-1.0f, 0.0f, 0.5f, 3.0f});
  EXPECT_EQ(Hex(log.bytes()), std::string(kVersion) + kHistogram);
}

TEST(EventFile, WhatIsNotFiniteIsInNoHistogram) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  EventLog log(kTime);
  log.AddHistogram("w", 2, std::array{kNan, -1.0f, kInfinity, 0.0f, 0.5f, -kInfinity, 3.0f});
  EXPECT_EQ(Hex(log.bytes()), std::string(kVersion) + kHistogram);
  EventLog none(kTime);
  none.AddHistogram("w", 2, std::array{kNan, kInfinity});
  none.AddHistogram("w", 2, {});
  EXPECT_EQ(Hex(none.bytes()), kVersion);
}

TEST(EventFile, Images) {
  EventLog log(kTime);
  log.AddImage("cat", 7, {.height = 2, .width = 3, .channels = 3, .encoded = "PNG?"});
  EXPECT_EQ(Hex(log.bytes()),
            std::string(kVersion) +
                "220000000000000078113dfd0900001040fc54d94110072a150a130a03636174220c0802100318032204504e473fb01969a4");
}

}  // namespace
}  // namespace rivulet::prepare

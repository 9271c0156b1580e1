// Functions of single values: in the first cache, and in memory that no near cache holds.
#include <utility>

#include "bench/micro/micro.h"
#include "engine/kernels/map.h"

namespace rivulet::bench {
namespace {

constexpr std::pair<const char*, UnaryKind> kFunctions[] = {
    {"relu", UnaryKind::kRelu},   {"sqrt", UnaryKind::kSqrt},
    {"exp", UnaryKind::kExp},     {"log", UnaryKind::kLog},
    {"tanh", UnaryKind::kTanh},   {"sigmoid", UnaryKind::kSigmoid},
    {"erf", UnaryKind::kErf},     {"gelu", UnaryKind::kGelu},
    {"swish", UnaryKind::kSwish}, {"hard_swish", UnaryKind::kHardSwish}};

void AddUnary(const char* name, UnaryKind kind, const char* place, int64_t count) {
  AddBenchmark(std::string("activation/") + name + "/" + place, {0, 4 * count, 4 * count}, [=] {
    return [=, x = Floats(count), y = Floats(count)] { MapUnary(kind, x.get(), count, y.get(), Pool(), NoStop()); };
  });
}

void AddBinary(const char* name, BinaryKind kind, Spread spread, int64_t rows, int64_t columns) {
  const int64_t others = spread == Spread::kFull ? rows * columns : columns;
  AddBenchmark(std::string("binary/") + name, {0, 4 * (rows * columns + others), 4 * rows * columns}, [=] {
    return [=, a = Floats(rows * columns), b = Floats(others), y = Floats(rows * columns)] {
      MapBinary(kind, a.get(), Spread::kFull, b.get(), spread, rows, columns, y.get(), Pool(), NoStop());
    };
  });
}

}  // namespace

void AddElementwise() {
  for (const auto& [name, kind] : kFunctions) {
    AddUnary(name, kind, "2k", 2048);
    AddUnary(name, kind, "4M", int64_t{1} << 22);
  }
  AddBinary("add/3136x64", BinaryKind::kAdd, Spread::kFull, 3136, 64);
  AddBinary("add/3136x64/row", BinaryKind::kAdd, Spread::kRow, 3136, 64);
  AddBinary("mul/196x480", BinaryKind::kMul, Spread::kFull, 196, 480);
}

}  // namespace rivulet::bench

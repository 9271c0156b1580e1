// load_and_plan FILE...: loads each graph with an input 'x' and an output 'y', and plans it. PartEnds is called before
// and after each of the two, which is where growth_test.py has the instructions counted so far written down.
#include <cstdio>
#include <string>

#include "rivulet/session.h"

extern "C" [[gnu::noinline]] void PartEnds() { asm volatile(""); }

namespace rivulet {
namespace {

Status LoadAndPlan(const std::string& path) {
  PartEnds();
  const auto model = Model::Load(path);
  PartEnds();
  if (!model.ok()) return model.status();
  const auto session = Session::Create(*model);
  if (!session.ok()) return session.status();
  const auto info = (*model)->Describe("x");
  if (!info.ok()) return info.status();
  const auto x = Tensor::Allocate(info->dtype, info->shape, *(*session)->allocator());
  if (!x.ok()) return x.status();
  PartEnds();
  const auto plan = (*session)->Prepare({{"x", *x}}, {"y"});
  PartEnds();
  return plan.status();
}

}  // namespace
}  // namespace rivulet

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const rivulet::Status status = rivulet::LoadAndPlan(argv[i]);
    if (!status.ok()) {
      std::fprintf(stderr, "%s: %s\n", argv[i], status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}

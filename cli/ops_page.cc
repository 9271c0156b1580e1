// docs/operators.md: every operator, its types and how it is proved, as a page.
#include <algorithm>
#include <vector>

#include "cli/op_facts.h"
#include "engine/base/errors.h"
#include "engine/ops/not_run.h"
#include "engine/ops/signature.h"

namespace rivulet::cli {
namespace {

constexpr char kPreface[] =
    R"(# Operators

Made by `rivulet ops --page`; a test compares the page with the command. `rivulet ops --json` says the same to programs.

* **types**: the types of each attribute that chooses one. Without an attribute an operator has the types of its signature
  (`rivulet ops NAME`).
* **exactness**: how near results come to those that TensorFlow 2.21 gave. *exact*: there are no floats. *rule*: floats within
  1e-4 relative + 1e-5, float16 2e-3 and bfloat16 1.6e-2 of both, quantised results within one level, all else equal.
  The recordings of many operators are compared more strictly: tests/golden/cases.
* **cases**: recorded results of TensorFlow that contain the operator, in the type attribute that has most.
* **gradient**: SymbolicGradient can go through it.

)";

std::string TypesOf(const OpDef& def) {
  std::string out;
  for (const AttrSpec& attr : SignatureOf(def).attrs) {
    if (attr.types.empty()) continue;
    out += Cat(out.empty() ? "" : "; ", attr.name, ":");
    for (const DType dtype : attr.types) out += Cat(" ", Name(dtype));
  }
  return out.empty() ? "–" : out;
}

std::string Row(const OpDef& def) {
  return Cat("| `", def.name, "` | ", TypesOf(def), " | ", Exactness(def), " | ", NumCases(CountsOf(def)), " | ",
             HasGradient(def) ? "yes" : "", " |\n");
}

}  // namespace

std::string OpTotals() {
  size_t pairs = 0, refused = 0;
  bool proved = true;
  for (const OpDef* def : AllOps()) {
    pairs += NumTypes(*def);
    proved = proved && IsProved(*def);
  }
  for (const Refusal& refusal : Refusals()) {
    for ([[maybe_unused]] const char* op : refusal.ops) ++refused;
  }
  return Cat(AllOps().size(), " operators · ", pairs, " op × dtype pairs",
             proved ? ", each with a recorded TensorFlow value" : "", " · ", refused,
             " refused by name · input pipelines are dead weight");
}

std::string OpsPage() {
  std::vector<const OpDef*> defs = AllOps();
  std::sort(defs.begin(), defs.end(),
            [](const OpDef* a, const OpDef* b) { return std::string_view(a->name) < b->name; });
  std::string page =
      Cat(kPreface, OpTotals(), "\n\n| operator | types | exactness | cases | gradient |\n|---|---|---|---|---|\n");
  for (const OpDef* def : defs) page += Row(*def);
  page +=
      "\n## Refused by name\n\nA model that has them loads; a run that needs one says why not.\n\n| operators | "
      "because |\n|---|---|\n";
  for (const Refusal& refusal : Refusals()) {
    std::string ops;
    for (const char* op : refusal.ops) ops += Cat(ops.empty() ? "`" : ", `", op, "`");
    page += Cat("| ", ops, " | ", refusal.reason, " |\n");
  }
  page +=
      "\nSo are all whose names begin with `Xla` or `_Mkl` or have `TPU` or `SparseCore` in them: of accelerators, or "
      "put in by TensorFlow for one run.\n"
      "\n## Dead weight\n\nOperators of `tf.data` and iterators, known by their names (`…Dataset…`, `…Iterator…`, "
      "`…StatsAggregator…`, `…MemoryCache`, `…SeedGenerator` and some more): "
      "the input pipeline of training,\nwhich stands in front of many exported networks. They load, and do not matter "
      "where a "
      "feed cuts them off.\n";
  return page;
}

}  // namespace rivulet::cli

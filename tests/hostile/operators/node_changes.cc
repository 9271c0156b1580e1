#include <algorithm>

#include "engine/base/errors.h"
#include "engine/ops/signature.h"
#include "tests/hostile/operators/changes.h"

namespace rivulet::hostile {
namespace {

constexpr size_t kMostInputs = 12;

void DropInputs(EditNode& node, size_t first, size_t count) {
  const auto begin = node.inputs.begin() + static_cast<int64_t>(first);
  node.inputs.erase(begin, begin + static_cast<int64_t>(count));
}

void AddArity(const EditNode& node, std::vector<Change>* changes) {
  for (size_t i = 0; i < std::min(node.inputs.size(), kMostInputs); ++i) {
    changes->push_back(
        {Cat("input ", i, " is missing"), [=](Attempt&, EditNode& changed) { DropInputs(changed, i, 1); }});
    changes->push_back({Cat("input ", i, " twice"), [=](Attempt&, EditNode& changed) {
                          const std::string again = changed.inputs[i];
                          changed.inputs.insert(changed.inputs.begin() + static_cast<int64_t>(i), again);
                        }});
    changes->push_back({Cat("all inputs are input ", i), [=](Attempt&, EditNode& changed) {
                          const std::string all = changed.inputs[i];
                          for (size_t k = 0; k < changed.inputs.size(); ++k) {
                            if (!changed.IsControl(k)) changed.inputs[k] = all;
                          }
                        }});
  }
  changes->push_back({"no inputs", [](Attempt&, EditNode& changed) { changed.inputs.clear(); }});
  changes->push_back({"a thousand inputs", [](Attempt&, EditNode& changed) {
                        if (changed.inputs.empty()) return;
                        const std::string again = changed.inputs[0];
                        changed.inputs.insert(changed.inputs.begin(), 1000, again);
                      }});
}

// N = 0 and lists of no types, without the inputs that they stand for.
void AddEmptyLists(const Start& start, const EditNode& node, std::vector<Change>* changes) {
  const Signature& signature = SignatureOf(*start.def);
  size_t data = 0;
  while (data < node.inputs.size() && !node.IsControl(data)) ++data;
  size_t before = 0;
  for (const ArgSpec& arg : signature.inputs) {
    if (arg.number_attr.empty() && arg.list_attr.empty()) {
      ++before;
      continue;
    }
    const size_t others = signature.inputs.size() - 1;
    if (data < others || before > data) return;
    const size_t count = std::min(data - others, data - before);  // right where it is the only list
    const std::string number = arg.number_attr, list = arg.list_attr;
    for (const size_t kept : {size_t{0}, size_t{1}}) {
      if (kept > count) continue;
      changes->push_back({Cat("list ", arg.name, " of ", kept), [=](Attempt&, EditNode& changed) {
                            DropInputs(changed, before + kept, count - kept);
                            if (!number.empty()) changed.SetAttr(number, IntValue(static_cast<int64_t>(kept)));
                            if (!list.empty()) {
                              const std::string* types = changed.FindAttr(list);
                              std::vector<std::string> elements =
                                  types != nullptr ? ElementsOf(*types) : std::vector<std::string>();
                              elements.resize(std::min(kept, elements.size()));
                              changed.SetAttr(list, ListOf(elements));
                            }
                          }});
    }
    return;
  }
}

void AddState(std::vector<Change>* changes) {
  // What other nodes were to do before is not done: variables have no values, tables no entries.
  changes->push_back({"nothing runs before", [](Attempt& attempt, EditNode& changed) {
                        const auto is_control = [](const std::string& input) { return input.starts_with("^"); };
                        std::erase_if(changed.inputs, is_control);
                        for (EditNode& node : attempt.graph.nodes) std::erase_if(node.inputs, is_control);
                      }});
  changes->push_back({"no targets", [](Attempt& attempt, EditNode&) { attempt.targets.clear(); }});
  changes->push_back({"nothing is fed", [](Attempt& attempt, EditNode&) { attempt.feeds.clear(); }});
  changes->push_back({"every output is fetched", [](Attempt& attempt, EditNode& node) {
                        for (int slot = 0; slot < 6; ++slot) attempt.fetches.push_back(Cat(node.name, ":", slot));
                      }});
  for (const bool passes : {true, false}) {
    for (const size_t bytes : {0, 1, 64, 256, 1024, 4096, 16384}) {
      changes->push_back({Cat("a budget of ", bytes, " bytes"), [=](Attempt& attempt, EditNode&) {
                            attempt.budget = bytes;
                            attempt.passes = passes;
                          }});
    }
    changes->push_back({"unchanged, from several threads", [=](Attempt& attempt, EditNode&) {
                          attempt.passes = passes;
                          attempt.at_once = true;
                        }});
  }
}

}  // namespace

void AddNodeChanges(const Start& start, std::vector<Change>* changes) {
  EditGraph graph = start.graph;
  const EditNode& node = *graph.Find(start.node);
  AddArity(node, changes);
  AddEmptyLists(start, node, changes);
  AddState(changes);
}

}  // namespace rivulet::hostile

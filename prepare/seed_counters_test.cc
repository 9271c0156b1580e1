#include "prepare/seed_counters.h"

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

const std::string kCounter = Node("seed", "VarHandleOp", {}) + Node("read", "ReadVariableOp", {"seed"}) +
                             Ints("two", "", "2") + Node("more", "AddV2", {"read", "two"}) +
                             Node("step", "AssignVariableOp", {"seed", "more", "^check"}) +
                             Node("check", "Assert", {}) + Node("key", "StatelessRandomGetKeyCounter", {"read"}) +
                             Node("draw", "StatelessRandomUniformV2", {"two", "key", "key:1"});

std::string Stopped(const std::string& text, std::vector<std::string>* notes = nullptr) {
  GraphDef graph = GraphOf(text);
  Result<std::vector<std::string>> said = StopSeedCounters({"y"}, graph);
  EXPECT_TRUE(said.ok());
  if (notes != nullptr) *notes = *said;
  return Lines(graph);
}

TEST(SeedCounters, AreNoLongerSteppedOn) {
  std::vector<std::string> notes;
  const std::string after = Stopped(kCounter + Node("y", "Neg", {"draw", "^step"}), &notes);
  EXPECT_EQ(after.find("step"), std::string::npos) << after;
  EXPECT_NE(after.find("y = Neg(draw, ^check)\n"), std::string::npos) << after;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("node 'draw' draws random numbers"), std::string::npos) << notes[0];
  EXPECT_NE(notes[0].find("variable 'seed'"), std::string::npos) << notes[0];
}

// A count of calls, an average of what was seen: their next value would be another.
TEST(SeedCounters, VariablesWhoseValueIsSeenStay) {
  const std::string count = kCounter + Node("y", "AddV2", {"draw", "more", "^step"});
  EXPECT_EQ(Stopped(count), Lines(GraphOf(count)));
  const std::string fetched = kCounter + Node("y", "ReadVariableOp", {"seed", "^step"});
  EXPECT_EQ(Stopped(fetched), Lines(GraphOf(fetched)));
  const std::string printed =
      kCounter + Node("print", "PrintV2", {"more"}) + Node("y", "Neg", {"draw", "^step", "^print"});
  EXPECT_EQ(Stopped(printed), Lines(GraphOf(printed)));
  const std::string gathered =
      kCounter + Node("at", "ResourceGather", {"seed", "two"}) + Node("y", "Neg", {"draw", "^step", "^at"});
  EXPECT_EQ(Stopped(gathered), Lines(GraphOf(gathered)));
}

TEST(SeedCounters, VariablesThatNothingDrawsByStay) {
  const std::string unused = Node("v", "VarHandleOp", {}) + Node("read", "ReadVariableOp", {"v"}) +
                             Node("more", "Neg", {"read"}) + Node("step", "AssignVariableOp", {"v", "more"}) +
                             Input("x", "2") + Node("y", "Neg", {"x", "^step"});
  EXPECT_EQ(Stopped(unused), Lines(GraphOf(unused)));
}

}  // namespace
}  // namespace rivulet::prepare

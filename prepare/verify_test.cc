#include "prepare/verify.h"

#include <gtest/gtest.h>

#include <cmath>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

Result<Tensor> Ones(DType dtype, const Shape& shape) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *Allocator::Create()));
  if (dtype != DType::kFloat) return Status(Code::kUnimplemented, "no such values");
  std::fill_n(tensor.data<float>(), tensor.num_elements(), 1.0f);
  return tensor;
}

std::string report;
void Report(std::string_view line) { report += std::string(line) + "\n"; }

// Doubles a constant that is 3, wherever it is.
Status Double(GraphDef& graph, const TransformContext& context) {
  for (NodeDef& node : graph.nodes) {
    if (node.op != "Const" || ValueOf(node)->data<float>()[0] != 3 || !context.MayRewrite(node.name)) continue;
    node.attrs["value"] = Attr::OfTensor(Tensor::Scalar(6.0f));
  }
  return Status();
}

// What Double does to `fine` and `last` is multiplied by 0; what it does to `wrong` is seen.
const std::string kTwo = Input("x", "2") + Const("fine", "", "3") + Const("wrong", "", "3") + Const("last", "", "3") +
                         Const("zero", "", "0") + Node("a", "Mul", {"fine", "zero"}) +
                         Node("b", "Mul", {"last", "zero"}) + Node("unheard", "Add", {"a", "b"}) +
                         Node("m", "Mul", {"x", "wrong"}) + Node("y", "Add", {"m", "unheard"});

std::string Verified(std::string_view text, Promise promise,
                     Status (*apply)(GraphDef&, const TransformContext&) = Double,
                     const TransformOptions& given = {.inputs = {"x"}, .outputs = {"y"}}) {
  report.clear();
  const Transform transform = {"broken", "", apply, promise};
  VerifyOptions check{.inputs = given.inputs, .outputs = given.outputs, .make_up = Ones, .report = Report};
  TransformOptions options = given;
  options.verify = [&](const TransformCall& call, const GraphDef& before, const GraphDef& after) {
    return VerifyTransform(call, before, after, check);
  };
  GraphDef graph = GraphOf(text);
  const std::string before = Serialize(graph);
  TransformCall call;
  call.transform = &transform;
  const Status status = ApplyTransforms({call}, options, graph);
  EXPECT_EQ(status.ok(), Serialize(graph) != before) << "the old graph stays exactly when it is refused";
  return status.ok() ? "" : status.ToString();
}

bool Has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Verify, ABrokenPromiseNamesTheTransformAndTheFirstNode) {
  for (const Promise promise : {Promise::kExact, Promise::kRounding}) {
    const std::string said = Verified(kTwo, promise);
    EXPECT_TRUE(Has(said, "transform 'broken': output 'y' is not the same")) << said;
    EXPECT_TRUE(Has(said, "the first node that differs is 'm' (Mul)")) << said;
  }
  EXPECT_EQ(Verified(kTwo, Promise::kCallers), "");
}

TEST(Verify, ALossyOneTellsWhatItLost) {
  EXPECT_EQ(Verified(kTwo, Promise::kLossy), "");
  EXPECT_TRUE(Has(report, "Output 'y': largest difference 3 of 3, 2 of 2 elements differ")) << report;
  report.clear();
  const auto lose = [](GraphDef& graph, const TransformContext&) {
    graph.nodes[2].attrs["value"] = Attr::OfTensor(Tensor::Scalar(NAN));
    return Status();
  };
  EXPECT_EQ(Verified(kTwo, Promise::kLossy, lose), "");
  EXPECT_TRUE(Has(report, "Output 'y': results that are no longer finite, 2 of 2 elements differ")) << report;
}

TEST(Verify, BisectingFindsThePlace) {
  const std::string said = Verified(kTwo, Promise::kExact, Double, {.inputs = {"x"}, .outputs = {"y"}, .bisect = true});
  EXPECT_TRUE(Has(said, "place 2 of 3 is at fault: 'wrong'")) << said;
  const auto always = [](GraphDef& graph, const TransformContext&) { return Double(graph, {}); };
  EXPECT_TRUE(Has(Verified(kTwo, Promise::kExact, always, {.inputs = {"x"}, .outputs = {"y"}, .bisect = true}),
                  "it cannot be bisected"));
}

// Of a transform that asks before each place, no place changed is the graph as it was, and all of them what it makes
// without a count: that is what bisecting goes by.
TEST(Verify, PlacesAreCounted) {
  const std::string graph = Input("x", "2441") + Const("w", "1112", "1, 2") + Const("s", "2", "0.5, 4") +
                            Node("c", "Conv2D", {"x", "w"},
                                 "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } "
                                 "attr { key: 'padding' value { s: 'SAME' } }") +
                            Node("m", "Mul", {"c", "s"}) + Node("i", "Identity", {"m"}) +
                            Node("j", "Identity", {"i", "^v"}) + Const("t", "22", "1, 2, 3, 4") +
                            Const("u", "22", "1, 2, 3, 4") + Node("v", "Add", {"t", "u"}) + Node("p", "Relu", {"v"}) +
                            Node("y", "Relu", {"j"});
  for (const std::string text : {"add_default_attributes", "fold_batch_norms", "fold_constants", "insert_logging",
                                 "merge_duplicate_nodes", "quantize_nodes", "quantize_weights(minimum_size=2)",
                                 "remove_control_dependencies", "remove_nodes(op=Identity)"}) {
    const std::vector<TransformCall> calls = *ParseTransforms(text);
    const TransformCall& call = calls.front();
    const auto changed = [&](int64_t places, RewriteBudget* budget) {
      GraphDef now = GraphOf(graph);
      *budget = {.left = places};
      const Status status = call.transform->apply(now, {{"x"}, {"p", "y"}, call.arguments, /*report=*/nullptr, budget});
      EXPECT_TRUE(status.ok()) << text << ": " << status.ToString();
      return Serialize(now);
    };
    RewriteBudget budget;
    const std::string all = changed(1000, &budget);
    const int64_t places = budget.taken;
    EXPECT_GT(places, 0) << text;
    EXPECT_TRUE(changed(0, &budget) == Serialize(GraphOf(graph))) << text;
    EXPECT_TRUE(changed(1, &budget) != Serialize(GraphOf(graph)) || places > 1) << text;
    EXPECT_EQ(budget.taken, 1) << text;
    EXPECT_FALSE(budget.last.empty()) << text;
    EXPECT_TRUE(changed(places, &budget) == all) << text;
    EXPECT_FALSE(all == Serialize(GraphOf(graph))) << text;
  }
}

TEST(Verify, TypesShapesAndOutputsAreKept) {
  const auto retype = [](GraphDef& graph, const TransformContext&) {
    graph.nodes[0].attrs["dtype"] = Attr::OfType(DType::kInt32);
    return Status();
  };
  EXPECT_TRUE(Has(Verified(kTwo, Promise::kExact, retype), "transform 'broken': node 'm' (Mul)"));
  const auto reshape = [](GraphDef& graph, const TransformContext&) {
    graph.nodes[0].attrs["shape"] = Attr::OfShape({3});
    return Status();
  };
  EXPECT_TRUE(Has(Verified(kTwo, Promise::kLossy, reshape), "output 'y' had shape [2] and has [3]"));
  const auto rename = [](GraphDef& graph, const TransformContext&) {
    graph.nodes.back().name = "z";
    return Status();
  };
  EXPECT_TRUE(Has(Verified(kTwo, Promise::kExact, rename), "output 'y' is gone"));
}

TEST(Verify, WhatCannotBeRunIsSaid) {
  const std::string open = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }";
  EXPECT_EQ(Verified(open + kTwo.substr(Input("x", "2").size()), Promise::kExact), "");
  EXPECT_TRUE(Has(report, "Not compared: the shape of input 'x' is not in the file; give it with --check-input x="))
      << report;
  EXPECT_EQ(Verified(kTwo + Node("u", "Unheard", {"y"}), Promise::kExact, Double, {.outputs = {"u"}}), "");
  EXPECT_TRUE(Has(report, "Not compared:")) << report;
}

TEST(Verify, AModelThatIsNeverTheSameProvesNothing) {
  const std::string random =
      kTwo + Ints("size", "1", "2") +
      "node { name: 'r' op: 'RandomUniform' input: 'size' attr { key: 'T' value { type: DT_INT32 } } "
      "attr { key: 'dtype' value { type: DT_FLOAT } } }" +
      Node("z", "Add", {"y", "r"});
  EXPECT_EQ(Verified(random, Promise::kExact, Double, {.outputs = {"z"}}), "");
  EXPECT_TRUE(Has(report, "differs from run to run")) << report;
}

TEST(Verify, EveryTransformKeepsItsPromiseHere) {
  const std::string graph = Input("x", "1441") + Const("w", "3312", "1, 2, 3, -4, 5") + Const("s", "2", "0.5, 4") +
                            Node("c", "Conv2D", {"x", "w"},
                                 "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } "
                                 "attr { key: 'padding' value { s: 'SAME' } }") +
                            Node("m", "Mul", {"c", "s"}) + Node("i", "Identity", {"m"}) + Node("y", "Relu", {"i"});
  for (const std::string transform :
       {"fold_batch_norms", "fold_constants", "remove_nodes(op=Identity)", "quantize_nodes", "insert_logging",
        "add_default_attributes", "merge_duplicate_nodes", "strip_unused_nodes", "sort_by_execution_order"}) {
    report.clear();
    VerifyOptions check{.inputs = {"x"}, .outputs = {"y"}, .make_up = Ones, .report = Report};
    TransformOptions options{.inputs = {"x"}, .outputs = {"y"}};
    options.verify = [&](const TransformCall& call, const GraphDef& before, const GraphDef& after) {
      return VerifyTransform(call, before, after, check);
    };
    GraphDef changed = GraphOf(graph);
    const Status status = ApplyTransforms(*ParseTransforms(transform), options, changed);
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_FALSE(Has(report, "Not compared")) << transform << ": " << report;
  }
  // Removing what computes something is what the caller asked for.
  EXPECT_EQ(ParseTransforms("remove_nodes(op=Relu)")->front().promise(), Promise::kCallers);
}

}  // namespace
}  // namespace rivulet::prepare

#include "engine/ops/einsum_plan.h"

#include <algorithm>
#include <limits>

#include "engine/graph/shape_math.h"

namespace rivulet {
namespace {

// Distinct labels of a dense or strided array, outermost first.
struct View {
  std::vector<int> labels;
  std::vector<int64_t> dims;
  std::vector<int64_t> strides;

  int Find(int label) const {
    const auto it = std::find(labels.begin(), labels.end(), label);
    return it == labels.end() ? -1 : static_cast<int>(it - labels.begin());
  }
  bool Has(int label) const { return Find(label) >= 0; }
};

// a * b where neither matters if it does not fit: strides of a tensor without elements.
int64_t WrappingProduct(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// A tensor's labels, each once: a label twice walks the diagonal. An ellipsis axis of 1 beside a longer one is left
// out.
View ViewOf(const BoundEinsum& bound, size_t input, const Shape& shape) {
  View view;
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const int label = bound.inputs[input][static_cast<size_t>(axis)];
    const int at = view.Find(label);
    if (at >= 0) {
      view.strides[static_cast<size_t>(at)] += stride;
    } else if (shape[axis] != 1 || bound.extents[static_cast<size_t>(label)] == 1) {
      view.labels.insert(view.labels.begin(), label);
      view.dims.insert(view.dims.begin(), shape[axis]);
      view.strides.insert(view.strides.begin(), stride);
    }
    stride = WrappingProduct(stride, shape[axis]);
  }
  return view;
}

// The elements of an array with these labels; the largest number when they cannot be counted, which no scratch memory
// has.
int64_t Product(const BoundEinsum& bound, const std::vector<int>& labels) {
  CheckedSize product = 1;
  bool empty = false;
  for (const int label : labels) {
    const int64_t extent = bound.extents[static_cast<size_t>(label)];
    empty |= extent == 0;
    product *= extent;
  }
  if (empty) return 0;
  return product.valid() ? product.value() : std::numeric_limits<int64_t>::max();
}

// The view's axes in the order of `labels`, to a dense array.
StridedLoop LoopTo(const View& view, const std::vector<int>& labels) {
  StridedLoop loop;
  for (const int label : labels) {
    const auto at = static_cast<size_t>(view.Find(label));
    loop.dims.push_back(view.dims[at]);
    loop.from.push_back(view.strides[at]);
  }
  loop.to.assign(labels.size(), 1);
  for (size_t i = labels.size(); i-- > 1;) loop.to[i - 1] = WrappingProduct(loop.to[i], loop.dims[i]);
  return loop;
}

bool IsPlainCopy(const StridedLoop& loop) {
  if (std::find(loop.dims.begin(), loop.dims.end(), 0) != loop.dims.end()) return true;
  const StridedLoop simple = Simplify(loop);
  return simple.dims.empty() || (simple.dims.size() == 1 && simple.from[0] == 1);
}

std::vector<int> Concat(std::initializer_list<std::vector<int>> lists) {
  std::vector<int> out;
  for (const auto& list : lists) out.insert(out.end(), list.begin(), list.end());
  return out;
}

// `order` are the labels wanted, `summed` those to be summed before; together all of the view's.
EinsumOperand OperandOf(int input, const View& view, const std::vector<int>& order, const std::vector<int>& summed,
                        const BoundEinsum& bound) {
  const StridedLoop loop = LoopTo(view, Concat({order, summed}));
  EinsumOperand operand;
  operand.input = input;
  operand.copies = !IsPlainCopy(loop);
  if (operand.copies) operand.copy = PrepareCopy(loop);
  operand.sums = !summed.empty();
  operand.rows = Product(bound, order);
  operand.length = Product(bound, summed);
  return operand;
}

// From a dense array in the order of `labels` into the output.
void PlanBack(const BoundEinsum& bound, const std::vector<int>& labels, const Shape& output, EinsumPlan* plan) {
  StridedLoop loop;
  const std::vector<int64_t> strides = RowMajorStrides(output);
  loop.from.assign(labels.size(), 1);
  for (const int label : labels) loop.dims.push_back(bound.extents[static_cast<size_t>(label)]);
  for (size_t i = labels.size(); i-- > 1;) loop.from[i - 1] = loop.from[i] * loop.dims[i];
  for (const int label : labels) {
    int64_t stride = 0;
    for (size_t axis = 0; axis < bound.output.size(); ++axis) {
      if (bound.output[axis] == label) stride += strides[axis];
    }
    loop.to.push_back(stride);
  }
  plan->computed = Product(bound, labels);
  plan->diagonal = plan->computed != output.num_elements();
  StridedLoop back = loop;
  std::swap(back.from, back.to);
  plan->copies_back = plan->diagonal || !IsPlainCopy(back);
  if (plan->copies_back) plan->back = PrepareCopy(loop);
}

// The output's labels, each once.
std::vector<int> Distinct(const std::vector<int>& labels) {
  std::vector<int> out;
  for (const int label : labels) {
    if (std::find(out.begin(), out.end(), label) == out.end()) out.push_back(label);
  }
  return out;
}

EinsumPlan PlanOne(const BoundEinsum& bound, const Shape& input, const Shape& output) {
  const View view = ViewOf(bound, 0, input);
  const std::vector<int> order = Distinct(bound.output);
  std::vector<int> summed;
  for (const int label : view.labels) {
    if (std::find(order.begin(), order.end(), label) == order.end()) summed.push_back(label);
  }
  EinsumPlan plan;
  plan.left = OperandOf(0, view, order, summed, bound);
  PlanBack(bound, order, output, &plan);
  return plan;
}

EinsumPlan PlanTwo(const BoundEinsum& bound, std::span<const Shape> inputs, const Shape& output) {
  const std::vector<int> order = Distinct(bound.output);
  const auto in_output = [&](int label) { return std::find(order.begin(), order.end(), label) != order.end(); };
  View view[2] = {ViewOf(bound, 0, inputs[0]), ViewOf(bound, 1, inputs[1])};
  int first = 0;  // the input that is the left operand
  // The one whose free label comes first in the output is the left one.
  for (const int label : order) {
    if (view[0].Has(label) != view[1].Has(label)) {
      first = view[0].Has(label) ? 0 : 1;
      break;
    }
  }
  const View& a = view[first];
  const View& b = view[1 - first];
  std::vector<int> batch, free_a, free_b, inner, only_a, only_b;
  for (const int label : order) {
    if (a.Has(label) && b.Has(label)) {
      batch.push_back(label);
    } else {
      (a.Has(label) ? free_a : free_b).push_back(label);
    }
  }
  for (const int label : a.labels) {
    if (!in_output(label)) (b.Has(label) ? inner : only_a).push_back(label);
  }
  for (const int label : b.labels) {
    if (!in_output(label) && !a.Has(label)) only_b.push_back(label);
  }

  EinsumPlan plan;
  ProductShape& shape = plan.shape;
  shape.batch = Product(bound, batch);
  shape.m = Product(bound, free_a);
  shape.n = Product(bound, free_b);
  shape.k = Product(bound, inner);
  const auto right_as_it_lies = [](const View& view, const std::vector<int>& labels, bool summed) {
    return !summed && IsPlainCopy(LoopTo(view, labels));
  };
  // Either order of the last two groups will do, if one of them needs no copy.
  shape.transpose_a = !right_as_it_lies(a, Concat({batch, free_a, inner}), !only_a.empty()) &&
                      right_as_it_lies(a, Concat({batch, inner, free_a}), !only_a.empty());
  shape.transpose_b = !right_as_it_lies(b, Concat({batch, inner, free_b}), !only_b.empty()) &&
                      right_as_it_lies(b, Concat({batch, free_b, inner}), !only_b.empty());
  plan.left = OperandOf(first, a, shape.transpose_a ? Concat({batch, inner, free_a}) : Concat({batch, free_a, inner}),
                        only_a, bound);
  plan.right = OperandOf(
      1 - first, b, shape.transpose_b ? Concat({batch, free_b, inner}) : Concat({batch, inner, free_b}), only_b, bound);
  PlanBack(bound, Concat({batch, free_a, free_b}), output, &plan);
  return plan;
}

}  // namespace

EinsumPlan PlanEinsum(const BoundEinsum& bound, std::span<const Shape> inputs, const Shape& output) {
  return inputs.size() == 1 ? PlanOne(bound, inputs[0], output) : PlanTwo(bound, inputs, output);
}

}  // namespace rivulet

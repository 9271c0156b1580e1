#include "engine/ops/apply_update.h"

#include <vector>

#include "engine/ops/indices.h"
#include "engine/ops/signature.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

// Which input is what, from the operator's signature.
struct Layout {
  struct Scalar {
    int input;
    std::string name;
  };
  std::vector<std::string> slots;
  std::vector<Scalar> scalars;
  int grad = 0;
  int indices = -1;
};

Layout LayoutOf(const Node& node) {
  Layout layout;
  const std::vector<ArgSpec>& inputs = SignatureOf(*node.def).inputs;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    const ArgSpec& input = inputs[static_cast<size_t>(i)];
    if (IsHandle(inputs, i)) {
      layout.slots.push_back(input.name);
    } else if (input.name == "grad" || input.name == "delta") {
      layout.grad = i;
    } else if (input.name == "indices") {
      layout.indices = i;
    } else {
      layout.scalars.push_back({i, input.name});
    }
  }
  return layout;
}

struct UpdateState : OpState {
  Layout layout;
  DType dtype = DType::kInvalid;
  bool flag = false;
};

Status WantSign(const Tensor& scalar, std::string_view name, char sign) {
  bool fits = true;
  VisitType<float, double, Half, BFloat16>(scalar.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const auto x = Widen(*scalar.data<T>());
    if (sign == '+') fits = x > 0;
    if (sign == 'p') fits = x >= 0;
    if (sign == 'n') fits = x <= 0;
  });
  if (fits) return Status();
  return InvalidArgument(name, ": want a number ",
                         sign == '+'   ? "above 0"
                         : sign == 'p' ? "not below 0"
                                       : "not above 0");
}

Status CheckSlots(const Layout& layout, DType dtype, std::span<Tensor* const> values) {
  for (size_t k = 0; k < values.size(); ++k) {
    if (values[k]->dtype() != dtype) {
      return InvalidArgument(layout.slots[k], " is ", values[k]->dtype(), ", want ", dtype);
    }
    if (!(values[k]->shape() == values[0]->shape())) {
      return InvalidArgument(layout.slots[k], " has shape ", values[k]->shape(), ", want that of var, ",
                             values[0]->shape());
    }
  }
  return Status();
}

Status CheckRows(const Shape& var, const Tensor& grad, const Tensor& indices, bool want_elements) {
  if (var.rank() < 1) return InvalidArgument("var: want rank 1 or more, got a scalar");
  bool fits = grad.rank() == var.rank() && grad.dim(0) == indices.num_elements();
  int64_t row = 1;
  for (int d = 1; fits && d < var.rank(); ++d) {
    fits = grad.dim(d) == var[d];
    row *= var[d];
  }
  if (!fits) {
    return InvalidArgument("grad has shape ", grad.shape(), ", want a row like those of var ", var, " for each of ",
                           indices.num_elements(), " indices");
  }
  if (want_elements && row == 0) return InvalidArgument("var has shape ", var, ": its rows have no elements");
  const Indices index(indices);
  for (int64_t i = 0; i < indices.num_elements(); ++i) {
    if (InRange(index[i], var[0])) continue;
    return InvalidArgument("indices[", i, "] = ", index[i], " is not in [0, ", var[0], ")");
  }
  return Status();
}

SlotPointers PointersAt(std::span<Tensor* const> values, DType dtype, int64_t element) {
  SlotPointers pointers = {};
  for (size_t k = 0; k < values.size(); ++k) {
    pointers[k] = static_cast<char*>(values[k]->raw()) + element * static_cast<int64_t>(ElementBytes(dtype));
  }
  return pointers;
}

const void* ElementOf(const Tensor& tensor, int64_t element) {
  return static_cast<const char*>(tensor.raw()) + element * static_cast<int64_t>(ElementBytes(tensor.dtype()));
}

constexpr int64_t kGrain = 1 << 13;

// A loop over elements of `dtype`, which may be made in a wider type, tile by tile.
struct Updater {
  static constexpr int64_t kTile = 256;
  static constexpr size_t kMostBytes = 16;

  UpdateElements loop;
  DType dtype, wide;
  size_t num_slots;
  std::array<bool, UpdateArgs::kMostScalars> is_number = {};  // what scalars are of that type, too

  void operator()(const UpdateArgs& args, const SlotPointers& slots, const void* grad, int64_t n) const {
    if (!kIsSmall || wide == dtype) return loop(args, slots, grad, n);
    UpdateArgs wide_args = args;
    alignas(16) char scalars[UpdateArgs::kMostScalars][kMostBytes];
    for (size_t k = 0; k < args.scalars.size(); ++k) {
      if (!is_number[k]) continue;
      CastToWide(dtype, wide, args.scalars[k], scalars[k], 1);
      wide_args.scalars[k] = scalars[k];
    }
    alignas(16) char tiles[kMostSlots + 1][kTile * kMostBytes];
    const SlotPointers wide_slots = {tiles[0], tiles[1], tiles[2], tiles[3]};
    const auto bytes = static_cast<int64_t>(ElementBytes(dtype));
    for (int64_t at = 0; at < n; at += kTile) {
      const int64_t count = std::min(kTile, n - at);
      const auto slot = [&](size_t k) { return static_cast<char*>(slots[k]) + at * bytes; };
      for (size_t k = 0; k < num_slots; ++k) CastToWide(dtype, wide, slot(k), tiles[k], count);
      CastToWide(dtype, wide, static_cast<const char*>(grad) + at * bytes, tiles[kMostSlots], count);
      loop(wide_args, wide_slots, tiles[kMostSlots], count);
      for (size_t k = 0; k < num_slots; ++k) CastFromWide(dtype, wide, tiles[k], slot(k), count);
    }
  }
};

Status UpdateRows(RunContext& c, const Updater& update, UpdateArgs args, std::span<Tensor* const> values,
                  const Tensor& grad, const Tensor& indices) {
  const int64_t count = indices.num_elements();
  if (count == 0 || values[0]->num_elements() == 0) return Status();
  const int64_t row = values[0]->num_elements() / values[0]->dim(0);
  args.is_sparse = true;
  args.is_single = row == 1;
  const Indices index(indices);
  // Columns do not depend on each other; rows that are named twice do.
  c.ParallelFor(row, std::max<int64_t>(kGrain / count, 64), [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < count; ++i) {
      if ((i & 0xfff) == 0xfff && c.stop().stopped()) return;
      update(args, PointersAt(values, grad.dtype(), index[i] * row + begin), ElementOf(grad, i * row + begin),
             end - begin);
    }
  });
  return Status();
}

}  // namespace

Status InferUpdate(InferContext& c) {
  if (c.num_outputs() > 0) c.set_output(0, {});
  const Layout layout = LayoutOf(c.node());
  for (const Layout::Scalar& scalar : layout.scalars) {
    const Shape& shape = c.shape(scalar.input);
    if (!shape.has_rank() || shape.rank() == 0) continue;
    return InvalidArgument(scalar.name, ": want a scalar, got shape ", shape);
  }
  if (layout.indices < 0) return Status();
  const Shape& indices = c.shape(layout.indices);
  const Shape& grad = c.shape(layout.grad);
  if (indices.has_rank() && indices.rank() != 1) {
    return InvalidArgument("indices: want a vector, got shape ", indices);
  }
  if (grad.has_rank() && grad.rank() == 0) return InvalidArgument("grad: want a row for each index, got a scalar");
  if (!indices.has_rank() || !grad.has_rank() || indices[0] < 0 || grad[0] < 0 || indices[0] == grad[0]) {
    return Status();
  }
  return InvalidArgument("grad: want a row for each of ", indices[0], " indices, got ", grad[0]);
}

Result<std::unique_ptr<OpState>> PrepareUpdate(PrepareContext& c) {
  auto state = std::make_unique<UpdateState>();
  state->layout = LayoutOf(c.node());
  state->dtype = c.dtype(state->layout.grad);
  for (const char* name : {"use_nesterov", "update_slots", "multiply_linear_by_lr"}) {
    if (SignatureOf(*c.node().def).FindAttr(name) != nullptr) state->flag = c.attrs().Bool(name);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status ApplyUpdate(RunContext& c, FindUpdate find, const UpdateRules& rules) {
  const auto& state = c.state<UpdateState>();
  const Layout& layout = state.layout;
  const DType wide = kIsSmall ? WideType(state.dtype, kWidenUpdates) : state.dtype;
  Updater update{find(wide), state.dtype, wide, layout.slots.size()};
  if (update.loop == nullptr || layout.slots.size() > kMostSlots || layout.scalars.size() > UpdateArgs::kMostScalars) {
    return Internal("an update without a kernel for ", state.dtype);
  }
  UpdateArgs args;
  args.flag = state.flag;
  std::string_view signs = layout.indices < 0 ? rules.dense : rules.sparse;
  for (size_t k = 0; k < layout.scalars.size(); ++k) {
    const Tensor& scalar = c.input(layout.scalars[k].input);
    args.scalars[k] = scalar.raw();
    update.is_number[k] = scalar.dtype() == state.dtype;
    if (k < signs.size()) RIVULET_RETURN_IF_ERROR(WantSign(scalar, layout.scalars[k].name, signs[k]));
  }
  std::vector<std::shared_ptr<Variable>> variables(layout.slots.size());
  for (size_t k = 0; k < variables.size(); ++k) {
    RIVULET_ASSIGN_OR_RETURN(variables[k], ObjectIn<Variable>(c.input(static_cast<int>(k))));
  }
  const Tensor& grad = c.input(layout.grad);
  RIVULET_RETURN_IF_ERROR(Variable::ModifyAll(variables, c.allocator(), [&](std::span<Tensor* const> values) -> Status {
    RIVULET_RETURN_IF_ERROR(CheckSlots(layout, state.dtype, values));
    const Shape& var = values[0]->shape();
    if (layout.indices >= 0) {
      const Tensor& indices = c.input(layout.indices);
      RIVULET_RETURN_IF_ERROR(CheckRows(var, grad, indices, rules.sparse_wants_elements));
      return UpdateRows(c, update, args, values, grad, indices);
    }
    if (!(grad.shape() == var)) {
      return InvalidArgument("the gradient has shape ", grad.shape(), ", want that of var, ", var);
    }
    c.ParallelFor(grad.num_elements(), kGrain, [&](int64_t begin, int64_t end) {
      update(args, PointersAt(values, grad.dtype(), begin), ElementOf(grad, begin), end - begin);
    });
    return Status();
  }));
  if (c.num_outputs() > 0) c.SetOutput(0, c.input(0));
  return Status();
}

}  // namespace rivulet

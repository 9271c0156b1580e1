#include "cli/made_up.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/feeds.h"
#include "cli/idle_inputs.h"
#include "cli/literal.h"
#include "engine/base/errors.h"
#include "prepare/training_leftovers.h"

namespace rivulet::cli {
namespace {

template <typename T, typename Make>
void Fill(Tensor* tensor, const Make& make) {
  uint32_t state = 12345;
  for (int64_t i = 0; i < tensor->num_elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    tensor->data<T>()[i] = static_cast<T>(make(state));
  }
}

float Real(uint32_t state) { return static_cast<float>(state >> 8) * 0x1p-23f - 1.0f; }
int Small(uint32_t state) { return static_cast<int>(state >> 30); }
int Byte(uint32_t state) { return static_cast<int>(state >> 24); }

}  // namespace

Result<Tensor> MakeUpTensor(DType dtype, const Shape& shape) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *Allocator::Create()));
  switch (dtype) {
    case DType::kFloat: Fill<float>(&tensor, Real); break;
    case DType::kDouble: Fill<double>(&tensor, Real); break;
    case DType::kHalf: Fill<Half>(&tensor, Real); break;
    case DType::kBfloat16: Fill<BFloat16>(&tensor, Real); break;
    case DType::kComplex64: Fill<Complex64>(&tensor, Real); break;
    case DType::kComplex128: Fill<Complex128>(&tensor, Real); break;
    case DType::kInt8: Fill<int8_t>(&tensor, Small); break;
    case DType::kInt16: Fill<int16_t>(&tensor, Small); break;
    case DType::kInt32: Fill<int32_t>(&tensor, Small); break;
    case DType::kInt64: Fill<int64_t>(&tensor, Small); break;
    case DType::kUint8: Fill<uint8_t>(&tensor, Byte); break;
    case DType::kUint16: Fill<uint16_t>(&tensor, Byte); break;
    case DType::kUint32: Fill<uint32_t>(&tensor, Byte); break;
    case DType::kUint64: Fill<uint64_t>(&tensor, Byte); break;
    case DType::kBool: Fill<bool>(&tensor, [](uint32_t state) { return (state >> 31) != 0; }); break;
    default: return Unimplemented("no values are made up for type ", Name(dtype));
  }
  return tensor;
}

Result<Tensor> MakeUpFeed(DType dtype, const Shape& shape) {
  const bool is_signed =
      dtype == DType::kInt8 || dtype == DType::kInt16 || dtype == DType::kInt32 || dtype == DType::kInt64;
  if (shape.rank() == 0 && is_signed) return ParseLiteral("1", dtype);
  return MakeUpTensor(dtype, shape);
}

Shape ShapeOfMadeUp(const Shape& shape) {
  constexpr int64_t kExtent = 224;
  const bool is_picture = shape.rank() == 4 && (shape[3] == 1 || shape[3] == 3 || shape[3] == 4);
  Shape whole = shape;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) whole.set_dim(i, is_picture && i > 0 ? kExtent : 1);
  }
  return whole;
}

namespace {

// Once for each input: a time or a difference tells little where nobody knows of what.
void NoteShape(const std::string& name, const Shape& open, const Shape& whole, const std::string& shape_flag) {
  static std::set<std::string> told;
  bool is_open = false;
  for (int i = 1; i < open.rank(); ++i) is_open |= open[i] < 0;
  if (!is_open || !told.insert(name).second) return;
  std::fprintf(stderr, "note: input %s is made up as %s%s\n", Quoted(name).c_str(), whole.ToString().c_str(),
               shape_flag.empty() ? "" : Cat("; ", shape_flag, " says otherwise").c_str());
}

}  // namespace

Status MakeUpMissing(const Model& model, const NameChoice& names, const std::string& shape_flag, Feeds* feeds) {
  std::vector<Model::Input> inputs;
  if (names.signature() == nullptr) {
    inputs = model.Inputs();
  } else {
    for (const SignatureTensor& input : names.signature()->inputs) {
      inputs.push_back({input.name, input.dtype, input.shape, input.default_value.valid()});
    }
  }
  const std::vector<Model::Input> idle = IdleInputs(model);
  for (const Model::Input& input : inputs) {
    const auto is_it = [&](const Model::Input& other) { return IsSameTensor(other.name, input.name); };
    if (std::any_of(idle.begin(), idle.end(), is_it)) continue;
    const auto feeds_it = [&](const auto& feed) { return IsSameTensor(feed.first, input.name); };
    if (input.has_default || std::any_of(feeds->begin(), feeds->end(), feeds_it)) continue;
    const std::string name =
        names.KeyOf(input.name.ends_with(":0") ? input.name.substr(0, input.name.size() - 2) : input.name);
    if (std::optional<Tensor> in_use = prepare::ValueInUse(name, input.dtype, input.shape)) {
      feeds->emplace_back(input.name, *std::move(in_use));
      continue;
    }
    if (!input.shape.has_rank()) {
      return InvalidArgument("the shape of input ", Quoted(name), " is not in the file; give it: ",
                             shape_flag == "--input-shape"
                                 ? Cat(shape_flag, " ", name, "=1,224,224,3")
                                 : Cat(shape_flag.empty() ? "--input" : shape_flag, " ", name, "=x.npy"));
    }
    const Shape shape = ShapeOfMadeUp(input.shape);
    Result<Tensor> tensor = MakeUpFeed(input.dtype, shape);
    if (!tensor.ok()) {
      const Status& status = tensor.status();
      const std::string flag = shape_flag.empty() || shape_flag == "--input-shape" ? "--input" : shape_flag;
      return Status(status.code(),
                    Cat("input ", Quoted(name), ": ", status.message(), "; give them with ", flag, " ", name, "=…"));
    }
    NoteShape(name, input.shape, shape, shape_flag);
    feeds->emplace_back(input.name, std::move(*tensor));
  }
  AddDefaults(names, feeds);
  return Status();
}

}  // namespace rivulet::cli

#include "cli/made_up.h"

#include <algorithm>

#include "cli/feeds.h"
#include "engine/base/errors.h"

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
int One(uint32_t) { return 1; }
int Byte(uint32_t state) { return static_cast<int>(state >> 24); }

}  // namespace

Result<Tensor> MakeUpTensor(DType dtype, const Shape& shape) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *Allocator::Create()));
  // A number alone is a length or a count more often than a code: of 0 rounds of a loop nothing would come.
  const auto small = shape.rank() == 0 ? One : Small;
  switch (dtype) {
    case DType::kFloat: Fill<float>(&tensor, Real); break;
    case DType::kDouble: Fill<double>(&tensor, Real); break;
    case DType::kHalf: Fill<Half>(&tensor, Real); break;
    case DType::kBfloat16: Fill<BFloat16>(&tensor, Real); break;
    case DType::kComplex64: Fill<Complex64>(&tensor, Real); break;
    case DType::kComplex128: Fill<Complex128>(&tensor, Real); break;
    case DType::kInt8: Fill<int8_t>(&tensor, small); break;
    case DType::kInt16: Fill<int16_t>(&tensor, small); break;
    case DType::kInt32: Fill<int32_t>(&tensor, small); break;
    case DType::kInt64: Fill<int64_t>(&tensor, small); break;
    case DType::kUint8: Fill<uint8_t>(&tensor, Byte); break;
    case DType::kUint16: Fill<uint16_t>(&tensor, Byte); break;
    case DType::kUint32: Fill<uint32_t>(&tensor, Byte); break;
    case DType::kUint64: Fill<uint64_t>(&tensor, Byte); break;
    case DType::kBool: Fill<bool>(&tensor, [](uint32_t state) { return (state >> 31) != 0; }); break;
    default: return Unimplemented("no values are made up for type ", Name(dtype), "; give them with --input");
  }
  return tensor;
}

Status MakeUpMissing(const Model& model, const NameChoice& names, const std::string& shape_flag, Feeds* feeds) {
  std::vector<Model::Input> inputs;
  if (names.signature() == nullptr) {
    inputs = model.Inputs();
  } else {
    for (const SignatureTensor& input : names.signature()->inputs) {
      inputs.push_back({input.name, input.dtype, input.shape, input.default_value.valid()});
    }
  }
  for (const Model::Input& input : inputs) {
    const auto feeds_it = [&](const auto& feed) { return IsSameTensor(feed.first, input.name); };
    if (input.has_default || std::any_of(feeds->begin(), feeds->end(), feeds_it)) continue;
    const std::string name =
        names.KeyOf(input.name.ends_with(":0") ? input.name.substr(0, input.name.size() - 2) : input.name);
    if (!input.shape.has_rank()) {
      return InvalidArgument("the shape of input ", Quoted(name), " is not in the file; give it: ",
                             shape_flag == "--input-shape"
                                 ? Cat(shape_flag, " ", name, "=1,224,224,3")
                                 : Cat(shape_flag.empty() ? "--input" : shape_flag, " ", name, "=x.npy"));
    }
    Shape shape = input.shape;
    for (int i = 0; i < shape.rank(); ++i) {
      if (shape[i] < 0) shape.set_dim(i, 1);
    }
    Result<Tensor> tensor = MakeUpTensor(input.dtype, shape);
    if (!tensor.ok()) return std::move(tensor).status().Framed(Cat("input ", Quoted(name)));
    feeds->emplace_back(input.name, std::move(*tensor));
  }
  AddDefaults(names, feeds);
  return Status();
}

}  // namespace rivulet::cli

// AsString: y = x as text. x: [..] of T, y: [..] of strings. Printf's %[fill][width][.precision]f, with e for
// `scientific` and g for `shortest`; integers as decimals, bools as true and false, complex numbers as
// (real,imaginary), strings as they are, in a field of `width` cut to `precision` bytes.
// Deviation: a subnormal double is zero here; TensorFlow writes its digits when asked for more than some 20 of them.
#include <complex>
#include <limits>

#include "engine/ops/number.h"
#include "engine/ops/number_text.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  NumberFormat format;
};

// Longer fields than this are no text that a model wants; each element has one.
constexpr int64_t kLongestField = int64_t{1} << 20;

bool HasPrecision(DType dtype) {
  switch (dtype) {
    case DType::kFloat:
    case DType::kDouble:
    case DType::kHalf:
    case DType::kBfloat16:
    case DType::kComplex64:
    case DType::kComplex128:
    case DType::kString: return true;
    default: return false;
  }
}

Result<NumberFormat> ReadFormat(const AttrReader& attrs, DType dtype) {
  NumberFormat format;
  const int64_t precision = attrs.Int("precision");
  const int64_t width = attrs.Int("width");
  const bool scientific = attrs.Bool("scientific");
  const bool shortest = attrs.Bool("shortest");
  const std::string fill = attrs.Str("fill");
  if (!HasPrecision(dtype)) {
    if (scientific || shortest) {
      return InvalidArgument("attrs 'scientific' and 'shortest': only for floating point types, got ", dtype);
    }
    if (precision >= 0) return InvalidArgument("attr 'precision': only for floating point types, got ", dtype);
  }
  if (scientific && shortest) return InvalidArgument("attrs 'scientific' and 'shortest': want at most one of them");
  if (fill.size() > 1 || (!fill.empty() && std::string_view("+- 0#").find(fill[0]) == std::string_view::npos)) {
    return InvalidArgument("attr 'fill': want one of \"+- 0#\" or none, got ", Quoted(fill));
  }
  if (width > kLongestField) return InvalidArgument("attr 'width': want <= ", kLongestField, ", got ", width);
  if (precision > kLongestField)
    return InvalidArgument("attr 'precision': want <= ", kLongestField, ", got ", precision);
  constexpr int64_t kLowest = std::numeric_limits<int32_t>::min();
  if (width < kLowest || precision < kLowest) return InvalidArgument("attrs 'width' and 'precision': want 32 bits");
  format.flag = fill.empty() ? '\0' : fill[0];
  format.width = width < 0 ? 0 : static_cast<int>(width);
  format.precision = precision < 0 ? -1 : static_cast<int>(precision);
  format.conversion = scientific ? 'e' : shortest ? 'g' : 'f';
  return format;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadFormat(c.attrs(), c.dtype(0)).status());
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->format, ReadFormat(c.attrs(), c.dtype(0)));
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T>
void Append(const NumberFormat& format, const T& value, std::string* out) {
  if constexpr (std::is_same_v<T, std::string>) {
    const std::string_view text = value;
    AppendText(format, format.width > 0 && format.precision >= 0 ? text.substr(0, format.precision) : text, out);
  } else if constexpr (std::is_same_v<T, bool>) {
    out->append(value ? "true" : "false");
  } else if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    out->push_back('(');
    AppendReal(format, value.real(), out);
    out->push_back(',');
    AppendReal(format, value.imag(), out);
    out->push_back(')');
  } else if constexpr (std::is_integral_v<T>) {
    using Widest = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    AppendInteger(format, Widest{value}, out);
  } else {
    AppendReal(format, Widen(value), out);
  }
}

template <typename T>
Status Write(RunContext& c) {
  const NumberFormat& format = c.state<State>().format;
  const T* value = c.input(0).data<T>();
  std::string* text = c.output(0).data<std::string>();
  const int64_t count = c.output(0).num_elements();
  TextBytes bytes(c.allocator());
  const CheckedSize field = int64_t{format.width} + std::max(format.precision, 0);
  if (field.value() > 64) RIVULET_RETURN_IF_ERROR(bytes.Charge(field * count));
  for (int64_t i = 0; i < count; ++i) {
    if (i % 1024 == 0 && c.stop().stopped()) return Status();
    text[i].clear();
    Append(format, value[i], &text[i]);
  }
  return Status();
}

Status Run(RunContext& c) {
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            bool, Complex64, Complex128, std::string>(
      c.input(0).dtype(), [&](auto tag) { status = Write<typename decltype(tag)::Type>(c); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "AsString",
     .inputs = "input:T",
     .outputs = "output:str",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64,c64,c128,bool,str}; precision:int=-1; "
              "scientific:bool=false; shortest:bool=false; width:int=-1; fill:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(AsString, kDefs);

}  // namespace rivulet

#include "prepare/pack_samples.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/equality.h"
#include "engine/base/errors.h"

namespace rivulet::prepare {

std::string SampleRegionName(size_t sample, std::string_view kind, size_t index) {
  return Cat(MemmappedPackage::kSamplesPrefix, static_cast<uint64_t>(sample), "/", kind, "/",
             static_cast<uint64_t>(index));
}

namespace {

// Several strings in one region: the length of each in four bytes, the low one first, then all of them.
Result<std::string> JoinedStrings(const Tensor& tensor) {
  const auto* texts = tensor.data<std::string>();
  const int64_t count = tensor.num_elements();
  std::string joined;
  for (int64_t i = 0; i < count; ++i) {
    if (texts[i].size() > UINT32_MAX) return InvalidArgument("a string of more than 4 GiB");
    for (int byte = 0; byte < 4; ++byte) joined += static_cast<char>(texts[i].size() >> (8 * byte) & 0xFF);
  }
  for (int64_t i = 0; i < count; ++i) joined += texts[i];
  return joined;
}

Result<Tensor> SplitStrings(std::span<const uint8_t> bytes, const StoredValue& value) {
  const auto wrong = [&] {
    return DataLoss("region ", Quoted(value.region), " has ", static_cast<uint64_t>(bytes.size()),
                    " bytes, which is no ", Name(value.dtype), value.shape.ToString());
  };
  const CheckedSize lengths = CheckedSize(value.shape.num_elements()) * CheckedSize(4);
  if (!lengths.valid() || value.shape.num_elements() < 0 || static_cast<uint64_t>(lengths.value()) > bytes.size()) {
    return wrong();
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, value.shape, *Allocator::Create()));
  size_t at = static_cast<size_t>(lengths.value());
  for (size_t i = 0; i < static_cast<size_t>(value.shape.num_elements()); ++i) {
    uint32_t length = 0;
    for (size_t byte = 0; byte < 4; ++byte) length |= static_cast<uint32_t>(bytes[4 * i + byte]) << (8 * byte);
    if (length > bytes.size() - at) return wrong();
    tensor.data<std::string>()[i].assign(reinterpret_cast<const char*>(bytes.data()) + at, length);
    at += length;
  }
  if (at != bytes.size()) return wrong();
  return tensor;
}

}  // namespace

Status StoreValue(const Tensor& tensor, StoredValue* value, PackageWriter* writer) {
  value->dtype = tensor.dtype();
  value->shape = tensor.shape();
  if (tensor.dtype() == DType::kString && tensor.num_elements() > 1) {
    RIVULET_ASSIGN_OR_RETURN(const std::string joined, JoinedStrings(tensor));
    writer->Add(value->region, joined);
    return Status();
  }
  if (tensor.dtype() == DType::kString) {
    if (tensor.num_elements() != 1) {
      return InvalidArgument("sample of ", Quoted(value->name), ": no string is there to be stored");
    }
    // A region without bytes cannot be written: its offset would be the next one's too.
    if (tensor.data<std::string>()->empty()) {
      return InvalidArgument("sample of ", Quoted(value->name), ": an empty string cannot be stored");
    }
    writer->Add(value->region, *tensor.data<std::string>());
    return Status();
  }
  if (ElementBytes(tensor.dtype()) == 0 || tensor.num_elements() == 0) {
    return InvalidArgument("sample of ", Quoted(value->name), ": ", Name(tensor.dtype()), tensor.shape().ToString(),
                           " cannot be stored");
  }
  writer->Add(value->region, {static_cast<const char*>(tensor.raw()), tensor.bytes()});
  return Status();
}

Status StoreAnswer(const Tensor& answer, StoredValue* value, PackageWriter* writer) {
  value->digest = DigestFor(answer);
  if (!value->digest) return StoreValue(answer, value, writer);
  RIVULET_ASSIGN_OR_RETURN(const Tensor digest, DigestOf(answer, *value->digest));
  RIVULET_RETURN_IF_ERROR(StoreValue(digest, value, writer));
  value->shape = answer.shape();
  return Status();
}

Result<Tensor> LoadValue(const MemmappedPackage& package, const StoredValue& value, const MakeUp& make_up) {
  const int64_t count = value.shape.num_elements();
  if (value.made_up) {
    constexpr int64_t kMostMadeUp = int64_t{1} << 26;
    if (count < 0 || count > kMostMadeUp) {
      return DataLoss("sample of ", Quoted(value.name), ": shape ", value.shape.ToString(), " is too large");
    }
    if (make_up == nullptr)
      return Unimplemented("sample of ", Quoted(value.name), ": it is made up, and nothing is here");
    return make_up(value.dtype, value.shape);
  }
  const MemmappedPackage::Region* region = package.Find(value.region);
  if (region == nullptr) return DataLoss("region ", Quoted(value.region), " of a sample is not in the pack");
  if (value.digest && value.dtype == DType::kString) {
    return DataLoss("sample of ", Quoted(value.name), ": strings have no digest");
  }
  if (value.dtype == DType::kString && count == 1) {
    auto text = Tensor::Scalar<std::string>(std::string(region->bytes.begin(), region->bytes.end()));
    return text.Reshaped(value.shape);
  }
  if (value.dtype == DType::kString) return SplitStrings(region->bytes, value);
  const Shape shape = value.digest ? Shape{DigestElements(count, *value.digest)} : value.shape;
  const CheckedSize want =
      CheckedSize(shape.num_elements()) * CheckedSize(static_cast<int64_t>(ElementBytes(value.dtype)));
  if (ElementBytes(value.dtype) == 0 || !want.valid() || static_cast<uint64_t>(want.value()) != region->bytes.size()) {
    return DataLoss("region ", Quoted(value.region), " has ", static_cast<uint64_t>(region->bytes.size()),
                    " bytes, which is no ", Name(value.dtype), shape.ToString());
  }
  const Tensor view = Tensor::View(value.dtype, shape, const_cast<uint8_t*>(region->bytes.data()), package.owner());
  if (view.is_aligned()) return view;
  return Clone(view, *Allocator::Create());
}

namespace {

Status CompareAnswer(const Tensor& got, const Tensor& want, const StoredValue& value, float allowed,
                     TensorDifference* difference) {
  if (!value.digest) return CompareTensors(got, want, {allowed, allowed}, difference);
  if (got.dtype() != value.dtype || !(got.shape() == value.shape)) {
    return InvalidArgument("want ", value.dtype, value.shape, ", got ", got.dtype(), got.shape());
  }
  RIVULET_ASSIGN_OR_RETURN(const Tensor digest, DigestOf(got, *value.digest));
  return Status(CompareTensors(digest, want, {allowed, allowed}, difference))
      .Framed(Cat("the digest of ", value.shape.num_elements(), " elements"));
}

}  // namespace

SampleResult RunSample(const MemmappedPackage& package, const PackSample& sample, double tolerance,
                       const MakeUp& make_up, Session& session) {
  SampleResult result;
  const auto run = [&]() -> Status {
    Feeds feeds;
    std::vector<std::string> fetches;
    std::vector<Tensor> answers;
    for (const StoredValue& value : sample.feeds) {
      RIVULET_ASSIGN_OR_RETURN(Tensor tensor, LoadValue(package, value, make_up));
      feeds.emplace_back(value.name, std::move(tensor));
    }
    for (const StoredValue& value : sample.answers) {
      RIVULET_ASSIGN_OR_RETURN(Tensor tensor, LoadValue(package, value, make_up));
      fetches.push_back(value.name);
      answers.push_back(std::move(tensor));
    }
    if (answers.empty()) return DataLoss("the sample has no answers");
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> got, session.Run(feeds, fetches));
    const auto allowed = static_cast<float>(tolerance);
    Status first;
    for (size_t i = 0; i < got.size(); ++i) {
      TensorDifference difference;
      const Status same = CompareAnswer(got[i], answers[i], sample.answers[i], allowed, &difference);
      result.max_difference =
          std::max(result.max_difference, difference.max_absolute / std::max(difference.max_wanted, 1e-30));
      if (!same.ok() && first.ok()) first = Status(same).Framed(Cat("output ", Quoted(fetches[i])));
    }
    return first;
  };
  result.status = run();
  return result;
}

}  // namespace rivulet::prepare

#include "prepare/pack_metadata.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"

namespace rivulet::prepare {
namespace {

// In the order that fields are put in.
using Json = nlohmann::ordered_json;

constexpr const char* kVersionKey = "rivulet_pack";
constexpr size_t kMostBytes = size_t{16} << 20;
constexpr int kDeepest = 16;
// Of a digest: three times fewer runs than elements can be counted twice over.
constexpr int64_t kLeastStride = 3;
constexpr int kLastDType = static_cast<int>(DType::kUint64);

Json ShapeToJson(const Shape& shape) {
  if (!shape.has_rank()) return nullptr;
  Json dims = Json::array();
  for (const int64_t dim : shape.dims()) dims.push_back(dim < 0 ? Json(nullptr) : Json(dim));
  return dims;
}

template <typename Tensor>
Json TensorToJson(const Tensor& tensor) {
  return {{"name", tensor.name}, {"dtype", Name(tensor.dtype)}, {"shape", ShapeToJson(tensor.shape)}};
}

Json ValuesToJson(const std::vector<StoredValue>& values) {
  Json json = Json::array();
  for (const StoredValue& value : values) {
    json.push_back(TensorToJson(value));
    if (value.made_up) {
      json.back()["made_up"] = true;
    } else {
      json.back()["region"] = value.region;
    }
    if (value.digest) json.back()["digest"] = {{"stride", value.digest->stride}, {"peak", value.digest->peak}};
  }
  return json;
}

// A reader of one field at a time, which remembers the first that was wrong.
class Reader {
 public:
  const Status& status() const { return status_; }

  template <typename... Pieces>
  void Fail(const std::string& where, const Pieces&... want) {
    if (status_.ok()) status_ = DataLoss("field ", where, ": want ", want...);
  }

  // Null where it is missing or of another kind; the latter is an error.
  const Json* Member(const Json& object, const char* key, const std::string& where, bool (*is)(const Json&),
                     const char* want) {
    const auto at = object.find(key);
    if (at == object.end()) return nullptr;
    if (is(*at)) return &*at;
    Fail(Cat(where, key), want, ", got ", at->type_name());
    return nullptr;
  }

  std::string Text(const Json& object, const char* key, const std::string& where, bool must = true) {
    const Json* text = Member(
        object, key, where, [](const Json& j) { return j.is_string(); }, "a text");
    if (text == nullptr && must) Fail(Cat(where, key), "a text, it is missing");
    return text == nullptr ? std::string() : text->get<std::string>();
  }

  double Number(const Json& object, const char* key, const std::string& where, double otherwise) {
    const Json* number = Member(
        object, key, where, [](const Json& j) { return j.is_number(); }, "a number");
    return number == nullptr ? otherwise : number->get<double>();
  }

  // A whole number from `least` to `most`; `least` where it is none.
  int64_t Whole(const Json& object, const char* key, const std::string& where, int64_t least, int64_t most) {
    const auto at = object.find(key);
    const bool is_it = at != object.end() && at->is_number_integer() &&
                       (!at->is_number_unsigned() || at->get<uint64_t>() <= INT64_MAX) && at->get<int64_t>() >= least &&
                       at->get<int64_t>() <= most;
    if (!is_it) Fail(Cat(where, key), "a whole number from ", least, " to ", most);
    return is_it ? at->get<int64_t>() : least;
  }

  DType Type(const Json& object, const std::string& where) {
    const std::string name = Text(object, "dtype", where);
    for (int i = 1; i <= kLastDType; ++i) {
      if (Name(static_cast<DType>(i)) == name) return static_cast<DType>(i);
    }
    Fail(Cat(where, "dtype"), "a type such as float32, got ", Quoted(name));
    return DType::kInvalid;
  }

  Shape Dims(const Json& object, const std::string& where) {
    const auto at = object.find("shape");
    if (at == object.end() || at->is_null()) return Shape::UnknownRank();
    if (!at->is_array() || at->size() > static_cast<size_t>(Shape::kMaxRank)) {
      Fail(Cat(where, "shape"), "a list of at most ", Shape::kMaxRank, " dims");
      return Shape::UnknownRank();
    }
    Shape shape;
    for (const Json& dim : *at) {
      if (!dim.is_null() && (!dim.is_number_integer() || dim.get<int64_t>() < 0)) {
        Fail(Cat(where, "shape"), "dims that are numbers, 0 or more, or null");
        return Shape::UnknownRank();
      }
      shape.push_back(dim.is_null() ? Shape::kUnknownDim : dim.get<int64_t>());
    }
    return shape;
  }

  // visit(object, "key[3].") for each object of a list that may be missing.
  template <typename Visit>
  void Each(const Json& object, const char* key, const std::string& where, const Visit& visit) {
    const Json* list = Member(
        object, key, where, [](const Json& j) { return j.is_array(); }, "a list");
    if (list == nullptr) return;
    for (size_t i = 0; i < list->size() && status_.ok(); ++i) {
      const std::string at = Cat(where, key, "[", static_cast<uint64_t>(i), "]");
      if ((*list)[i].is_object()) {
        visit((*list)[i], at + ".");
      } else {
        Fail(at, "an object, got ", (*list)[i].type_name());
      }
    }
  }

 private:
  Status status_;
};

PictureFormat ReadPicture(const Json& json, const std::string& where, Reader* reader) {
  PictureFormat picture;
  const auto size = [&](const char* key, double otherwise, double most) {
    const double value = reader->Number(json, key, where, otherwise);
    if (!(value >= 1 && value <= most)) reader->Fail(Cat(where, key), "a number from 1 to ", static_cast<int>(most));
    return reader->status().ok() ? static_cast<int64_t>(value) : 1;
  };
  picture.width = size("width", 0, 16384);
  picture.height = size("height", 0, 16384);
  picture.channels = size("channels", 3, 4);
  const auto number = [&](const char* key, std::optional<float>* value) {
    if (!json.contains(key)) return;
    *value = static_cast<float>(reader->Number(json, key, where, 1));
    if (!std::isfinite(**value)) reader->Fail(Cat(where, key), "a number that a float can hold");
  };
  number("mean", &picture.mean);
  number("scale", &picture.scale);
  if (picture.scale == 0.0f) reader->Fail(Cat(where, "scale"), "a number other than 0");
  return picture;
}

std::optional<AnswerDigest> ReadDigest(const Json& entry, const StoredValue& value, const std::string& where,
                                       Reader* reader) {
  const Json* json = reader->Member(
      entry, "digest", where, [](const Json& j) { return j.is_object(); }, "an object");
  if (json == nullptr || !reader->status().ok()) return std::nullopt;
  const int64_t count = value.shape.num_elements();
  if (value.made_up || count <= kLeastStride) {
    reader->Fail(where + "digest", "a region, and a shape of more than ", kLeastStride, " elements");
    return std::nullopt;
  }
  return AnswerDigest{reader->Whole(*json, "stride", where + "digest.", kLeastStride, count - 1),
                      reader->Whole(*json, "peak", where + "digest.", 0, count - 1)};
}

std::vector<StoredValue> ReadValues(const Json& json, const char* key, const std::string& where, Reader* reader) {
  std::vector<StoredValue> values;
  reader->Each(json, key, where, [&](const Json& entry, const std::string& at) {
    StoredValue value{reader->Text(entry, "name", at), reader->Type(entry, at), reader->Dims(entry, at), "",
                      entry.contains("made_up")};
    if (!value.shape.complete()) reader->Fail(at + "shape", "all dims");
    if (!value.made_up) value.region = reader->Text(entry, "region", at);
    if (!value.made_up && !value.region.starts_with(MemmappedPackage::kSamplesPrefix)) {
      reader->Fail(at + "region", "a region below ", MemmappedPackage::kSamplesPrefix);
    }
    value.digest = ReadDigest(entry, value, at, reader);
    values.push_back(std::move(value));
  });
  return values;
}

// Brackets within brackets. Texts are stepped over; whether the rest is JSON is seen later.
int DepthOf(std::string_view json) {
  int depth = 0;
  int deepest = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Result<std::string> ToJson(const PackMetadata& metadata) {
  Json json = {{kVersionKey, kPackVersion}, {"producer", metadata.producer}};
  Json& inputs = json["inputs"] = Json::array();
  for (const PackInput& input : metadata.inputs) {
    inputs.push_back(TensorToJson(input));
    if (!input.picture) continue;
    const PictureFormat& p = *input.picture;
    Json& picture = inputs.back()["picture"] = {{"width", p.width}, {"height", p.height}, {"channels", p.channels}};
    if (p.mean) picture["mean"] = *p.mean;
    if (p.scale) picture["scale"] = *p.scale;
  }
  Json& outputs = json["outputs"] = Json::array();
  for (const PackOutput& output : metadata.outputs) outputs.push_back(TensorToJson(output));
  json["labels"] = metadata.labels;
  Json& samples = json["samples"] = Json::array();
  for (const PackSample& sample : metadata.samples) {
    samples.push_back({{"name", sample.name}});
    samples.back()["feeds"] = ValuesToJson(sample.feeds);
    samples.back()["answers"] = ValuesToJson(sample.answers);
  }
  json["tolerance"] = metadata.tolerance;
  Json& card = json["card"] = Json::object();
  for (const auto& [key, value] : metadata.card) card[key] = value;
  std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  if (Json::parse(text, nullptr, false) != json) {
    for (size_t i = 0; i < metadata.labels.size(); ++i) {
      const Json label = metadata.labels[i];
      if (Json::parse(label.dump(-1, ' ', false, Json::error_handler_t::replace), nullptr, false) == label) continue;
      return InvalidArgument("label ", static_cast<uint64_t>(i), " is not UTF-8: ", Quoted(metadata.labels[i]));
    }
    return InvalidArgument("a name or text is not UTF-8");
  }
  if (text.size() > kMostBytes) return ResourceExhausted("more than ", static_cast<uint64_t>(kMostBytes), " bytes");
  return text;
}

Result<PackMetadata> ParsePackMetadata(std::string_view text) {
  if (text.size() > kMostBytes) {
    return DataLoss("metadata of ", static_cast<uint64_t>(text.size()), " bytes; want at most ",
                    static_cast<uint64_t>(kMostBytes));
  }
  if (DepthOf(text) > kDeepest) return DataLoss("metadata: lists within lists, more than ", kDeepest, " deep");
  const Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded()) return DataLoss("metadata: want JSON, got ", Quoted(text.substr(0, 40)));
  if (!json.is_object()) return DataLoss("metadata: want a JSON object, got ", json.type_name());
  Reader reader;
  const double version = reader.Number(json, kVersionKey, "", 0);
  if (reader.status().ok() && version > kPackVersion) {
    return Unimplemented("metadata of version ", version, "; this program knows version ", kPackVersion);
  }
  if (version != kPackVersion) reader.Fail(kVersionKey, kPackVersion);
  PackMetadata metadata;
  metadata.producer = reader.Text(json, "producer", "", false);
  reader.Each(json, "inputs", "", [&](const Json& entry, const std::string& at) {
    PackInput input{reader.Text(entry, "name", at), reader.Type(entry, at), reader.Dims(entry, at), {}};
    const Json* picture = reader.Member(
        entry, "picture", at, [](const Json& j) { return j.is_object(); }, "an object");
    if (picture != nullptr) input.picture = ReadPicture(*picture, at + "picture.", &reader);
    metadata.inputs.push_back(std::move(input));
  });
  reader.Each(json, "outputs", "", [&](const Json& entry, const std::string& at) {
    metadata.outputs.push_back({reader.Text(entry, "name", at), reader.Type(entry, at), reader.Dims(entry, at)});
  });
  const auto is_list = [](const Json& j) { return j.is_array(); };
  if (const Json* labels = reader.Member(json, "labels", "", is_list, "a list")) {
    for (const Json& label : *labels) {
      if (!label.is_string()) reader.Fail("labels", "texts, got ", label.type_name());
      metadata.labels.push_back(label.is_string() ? label.get<std::string>() : std::string());
    }
  }
  reader.Each(json, "samples", "", [&](const Json& entry, const std::string& at) {
    PackSample sample{reader.Text(entry, "name", at, false), ReadValues(entry, "feeds", at, &reader),
                      ReadValues(entry, "answers", at, &reader)};
    metadata.samples.push_back(std::move(sample));
  });
  metadata.tolerance = reader.Number(json, "tolerance", "", metadata.tolerance);
  if (!(metadata.tolerance >= 0 && metadata.tolerance <= 1)) reader.Fail("tolerance", "a number from 0 to 1");
  const auto is_object = [](const Json& j) { return j.is_object(); };
  if (const Json* card = reader.Member(json, "card", "", is_object, "an object")) {
    for (const auto& [key, value] : card->items()) {
      metadata.card.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  if (!reader.status().ok()) return Status(reader.status()).Framed("metadata");
  return metadata;
}

}  // namespace rivulet::prepare

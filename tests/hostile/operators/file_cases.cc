#include "tests/hostile/operators/file_cases.h"

#include <zlib.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/crc32c.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet::hostile {
namespace {

const std::string kFolder = kModelFolder;
const std::string kWords = kFolder + "/assets/words.txt", kOtherWords = kFolder + "/assets/other.txt";
const std::string kVariables = kFolder + "/variables/variables", kOldVariables = kFolder + "/variables/old";

Tensor Texts(const std::vector<std::string>& texts) {
  return Tensor::Of<std::string>({static_cast<int64_t>(texts.size())}, texts);
}
Tensor Text(const std::string& text) { return Tensor::Of<std::string>({}, std::vector<std::string>{text}); }
Tensor Numbers(const std::vector<int64_t>& numbers) {
  return Tensor::Of<int64_t>({static_cast<int64_t>(numbers.size())}, numbers);
}

std::string TypeOf(DType dtype) { return TypeValue(static_cast<int64_t>(dtype)); }
std::string TypesOf(DType dtype) { return ListValue(Wire().Int(6, static_cast<uint64_t>(dtype)).str(), 1); }

// A graph that grows node by node.
class Network {
 public:
  std::string Constant(const Tensor& value) {
    nodes_.push_back(ConstOf("c" + std::to_string(nodes_.size()), value));
    return nodes_.back().name;
  }
  std::string Add(const char* op, std::vector<std::string> inputs,
                  const std::vector<std::pair<std::string, std::string>>& attrs = {}) {
    EditNode node = NewNode(op, op, std::move(inputs));
    for (const auto& [attr, value] : attrs) node.SetAttr(attr, value);
    nodes_.push_back(std::move(node));
    return op;
  }
  golden::GoldenCase Case(const std::string& name, std::vector<std::string> fetches,
                          std::vector<std::string> targets = {}) const {
    golden::GoldenCase record;
    record.name = kFilesPrefix + name;
    for (const EditNode& node : nodes_) {
      if (node.op != "Const") record.ops += (record.ops.empty() ? "" : ",") + node.op;
    }
    const std::string bytes = PutTogether({nodes_, Versions32(1000)});
    record.graph.assign(bytes.begin(), bytes.end());
    record.fetches = std::move(fetches);
    record.targets = std::move(targets);
    return record;
  }

 private:
  std::vector<EditNode> nodes_;
};

// ---- Readers ----

struct ReaderUse {
  const char* op;
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::string>> attrs;
};

std::vector<ReaderUse> ReaderUses() {
  const std::string fixed = kFolder + "/assets/other.txt", records = kFolder + "/assets/records";
  return {{"WholeFileReader", {kWords, kOtherWords}, {}},
          {"IdentityReader", {kWords}, {}},
          {"TextLineReader", {kWords, kOtherWords}, {{"skip_header_lines", IntValue(1)}}},
          {"FixedLengthRecordReader",
           {fixed, kWords},
           {{"header_bytes", IntValue(2)},
            {"record_bytes", IntValue(3)},
            {"footer_bytes", IntValue(1)},
            {"hop_bytes", IntValue(2)}}},
          {"TFRecordReader", {records}, {}},
          {"TFRecordReader", {records + ".zlib"}, {{"compression_type", TextValue("ZLIB")}}}};
}

// A reader and its queue, one operator after the other.
golden::GoldenCase Reading(const ReaderUse& use, bool is_new) {
  const std::string second = is_new ? "V2" : "";
  Network net;
  const auto add = [&](const char* op, std::vector<std::string> inputs,
                       std::vector<std::pair<std::string, std::string>> attrs = {}) {
    static std::set<std::string> names;  // of operators, kept for ever
    return net.Add(names.insert(op + second).first->c_str(), std::move(inputs), attrs);
  };
  const std::string queue =
      add("FIFOQueue", {},
          {{"component_types", TypesOf(DType::kString)}, {"shapes", ListValue(Wire().Bytes(7, "").str(), 1)}});
  const std::string entered =
      add("QueueEnqueueMany", {queue, net.Constant(Texts(use.files))}, {{"Tcomponents", TypesOf(DType::kString)}});
  const std::string closed = add("QueueClose", {queue, "^" + entered});
  const std::string reader = add(use.op, {}, use.attrs);
  const std::string read =
      add("ReaderReadUpTo", {reader, queue, net.Constant(Tensor::Scalar<int64_t>(1)), "^" + closed});
  const std::string one = add("ReaderRead", {reader, queue, "^" + read});
  const std::string state = add("ReaderSerializeState", {reader, "^" + one});
  const std::string counted = add("ReaderNumRecordsProduced", {reader, "^" + one});
  const std::string files = add("ReaderNumWorkUnitsCompleted", {reader, "^" + one});
  std::vector<std::string> fetches = {read, read + ":1", one, one + ":1", counted, files};
  std::string last = "^" + counted;
  if (use.op == std::string("WholeFileReader") || use.op == std::string("IdentityReader")) {
    fetches.push_back(state);
    last = "^" + add("ReaderRestoreState", {reader, state, last});
  }
  return net.Case(use.op + second, fetches, {add("ReaderReset", {reader, last})});
}

// ---- The others ----

void AddWords(std::vector<golden::GoldenCase>* cases) {
  Network read;
  cases->push_back(read.Case("ReadFile", {read.Add("ReadFile", {read.Constant(Text(kWords))})}));
  Network match;
  const std::string patterns = match.Constant(Texts({kFolder + "/*/w*.txt", kFolder + "/assets/?[a-t]*"}));
  cases->push_back(match.Case("MatchingFiles", {match.Add("MatchingFiles", {patterns})}));
  Network remap;
  const std::string remapped =
      remap.Add("GenerateVocabRemapping", {remap.Constant(Text(kOtherWords)), remap.Constant(Text(kWords))},
                {{"new_vocab_offset", IntValue(1)}, {"num_new_vocab", IntValue(2)}, {"old_vocab_size", IntValue(2)}});
  cases->push_back(remap.Case("GenerateVocabRemapping", {remapped, remapped + ":1"}));
  for (const bool is_new : {false, true}) {
    Network net;
    const std::string table = net.Add(is_new ? "HashTableV2" : "HashTable", {},
                                      {{"key_dtype", TypeOf(DType::kString)}, {"value_dtype", TypeOf(DType::kInt64)}});
    const std::string made = net.Add(is_new ? "InitializeTableFromTextFileV2" : "InitializeTableFromTextFile",
                                     {table, net.Constant(Text(kFolder + "/assets/tabs.txt"))},
                                     {{"key_index", IntValue(0)}, {"value_index", IntValue(1)}});
    const std::string found =
        net.Add(is_new ? "LookupTableFindV2" : "LookupTableFind",
                {table, net.Constant(Texts({"cat", "none"})), net.Constant(Tensor::Scalar<int64_t>(-1)), "^" + made},
                {{"Tin", TypeOf(DType::kString)}, {"Tout", TypeOf(DType::kInt64)}});
    cases->push_back(net.Case(made, {found}));
  }
}

void AddCheckpoints(std::vector<golden::GoldenCase>* cases) {
  Network many;
  const std::string restored =
      many.Add("RestoreV2",
               {many.Constant(Text(kVariables)), many.Constant(Texts({"rows"})), many.Constant(Texts({"6 5 1,2:-"}))},
               {{"dtypes", TypesOf(DType::kFloat)}});
  cases->push_back(many.Case("RestoreV2", {restored}));
  Network old;
  cases->push_back(
      old.Case("Restore", {old.Add("Restore", {old.Constant(Text(kOldVariables)), old.Constant(Text("string/rank2"))},
                                   {{"dt", TypeOf(DType::kString)}})}));
  Network slice;
  cases->push_back(
      slice.Case("RestoreSlice", {slice.Add("RestoreSlice",
                                            {slice.Constant(Text(kOldVariables)), slice.Constant(Text("float32/rank2")),
                                             slice.Constant(Text("2 3 1,1:-"))},
                                            {{"dt", TypeOf(DType::kFloat)}})}));
  Network matrix;
  const float fill[] = {1, 2, 3, 4, 5, 6};
  const std::string loaded = matrix.Add(
      "LoadAndRemapMatrix",
      {matrix.Constant(Text(kVariables)), matrix.Constant(Text("both")), matrix.Constant(Numbers({3, -1, 0})),
       matrix.Constant(Numbers({4, 1, -1})), matrix.Constant(Tensor::Of<float>({5}, std::span(fill).first(5)))},
      {{"num_rows", IntValue(3)}, {"num_cols", IntValue(3)}, {"max_rows_in_memory", IntValue(2)}});
  cases->push_back(matrix.Case("LoadAndRemapMatrix", {loaded}));
}

// ---- Files ----

std::string WholeFile(const std::string& name) {
  std::ifstream file(std::string(RIVULET_FORMATS_DATA) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Sealed(std::string_view bytes) {
  const uint32_t crc = MaskCrc32c(Crc32c({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  std::string all(bytes);
  return all.append(reinterpret_cast<const char*>(&crc), sizeof(crc));
}

// A TFRecord: length, checksum, bytes, checksum.
std::string Record(std::string_view bytes) {
  const uint64_t size = bytes.size();
  return Sealed({reinterpret_cast<const char*>(&size), sizeof(size)}) + Sealed(bytes);
}

std::string Compressed(const std::string& bytes) {
  std::string out(compressBound(bytes.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

}  // namespace

std::vector<golden::GoldenCase> FileCases() {
  std::vector<golden::GoldenCase> cases;
  for (const ReaderUse& use : ReaderUses()) {
    for (const bool is_new : {false, true}) cases.push_back(Reading(use, is_new));
  }
  AddWords(&cases);
  AddCheckpoints(&cases);
  return cases;
}

ModelFolder FilesOfCases() {
  const std::string records = Record("one") + Record("") + Record(std::string(300, 'x'));
  return {{"assets/words.txt", "the\ncat\nsat\n"},
          {"assets/other.txt", "cat\r\non\r\nthe"},
          {"assets/tabs.txt", "the\t1\ncat\t20\nsat\t-3"},
          {"assets/records", records},
          {"assets/records.zlib", Compressed(records)},
          {"variables/variables.index", WholeFile("partitioned/model.index")},
          {"variables/variables.data-00000-of-00001", WholeFile("partitioned/model.data-00000-of-00001")},
          {"variables/old", WholeFile("version1/model")}};
}

}  // namespace rivulet::hostile

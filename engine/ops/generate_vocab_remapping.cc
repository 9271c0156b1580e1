// GenerateVocabRemapping: for each of `num_new_vocab` lines of one list of words, from `new_vocab_offset` on, the line
// of another list that has the same word, -1 where none has; and how many have one. Of the old list the first
// `old_vocab_size` lines count, -1 for all. Both lists come from the model's own folder.
//
// As in TensorFlow an empty line is an error in both lists, a word twice in the old one, and a list without lines.
#include <unordered_map>

#include "engine/base/keyed_hash.h"
#include "engine/ops/model_files.h"
#include "engine/ops/op.h"
#include "engine/ops/text_lines.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t offset = 0;
  int64_t count = 0;
  int64_t old_size = -1;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->offset = c.attrs().Int("new_vocab_offset");
  state->count = c.attrs().Int("num_new_vocab");
  state->old_size = c.attrs().Int("old_vocab_size");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, {c.attrs().Int("num_new_vocab")});
  c.set_output(1, {});
  return Status();
}

// The lines of a list, whose file is held.
struct Words {
  FileBytes file;
  std::vector<std::string_view> lines;
};

Result<Words> ReadWords(RunContext& c, int input) {
  const std::string& path = c.input(input).data<std::string>()[0];
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const files, WantFiles(c.files()));
  Words words;
  RIVULET_ASSIGN_OR_RETURN(words.file, files->ReadFile(path));
  std::string_view line;
  for (TextLines lines(AsText(words.file)); lines.Next(&line);) {
    if (line.empty()) return InvalidArgument(Quoted(path), ": line ", words.lines.size(), " is empty");
    words.lines.push_back(line);
  }
  if (words.lines.empty()) return InvalidArgument(Quoted(path), " has no lines");
  return words;
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(Words now, ReadWords(c, 0));
  RIVULET_ASSIGN_OR_RETURN(Words old, ReadWords(c, 1));
  const auto old_lines = static_cast<int64_t>(old.lines.size());
  if (state.old_size > old_lines) {
    return InvalidArgument("attr 'old_vocab_size': want at most the ", old_lines, " lines of ",
                           Quoted(c.input(1).data<std::string>()[0]), ", got ", state.old_size);
  }
  const auto new_lines = static_cast<int64_t>(now.lines.size());
  if (state.offset > new_lines || state.count > new_lines - state.offset) {
    return InvalidArgument("attr 'num_new_vocab': want lines of ", Quoted(c.input(0).data<std::string>()[0]),
                           ", which has ", new_lines, ", got ", state.count, " from line ", state.offset);
  }
  if (state.old_size >= 0) old.lines.resize(static_cast<size_t>(state.old_size));
  std::unordered_map<std::string_view, int64_t, KeyedHash> places;
  for (size_t i = 0; i < old.lines.size(); ++i) {
    const auto [place, is_new] = places.emplace(old.lines[i], static_cast<int64_t>(i));
    if (!is_new) {
      return InvalidArgument(Quoted(c.input(1).data<std::string>()[0]), ": lines ", place->second, " and ", i,
                             " are both ", Quoted(old.lines[i]));
    }
  }
  int32_t present = 0;
  for (int64_t i = 0; i < state.count; ++i) {
    const auto found = places.find(now.lines[static_cast<size_t>(state.offset + i)]);
    c.output(0).data<int64_t>()[i] = found == places.end() ? -1 : found->second;
    present += found != places.end();
  }
  c.output(1).data<int32_t>()[0] = present;
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "GenerateVocabRemapping",
     .inputs = "new_vocab_file:str, old_vocab_file:str",
     .outputs = "remapping:i64, num_present:i32",
     .attrs = "new_vocab_offset:int >=0; num_new_vocab:int >=0; old_vocab_size:int=-1 >=-1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful | kReadsFiles},
};

}  // namespace

RIVULET_OP_LIST(GenerateVocabRemapping, kDefs);

}  // namespace rivulet

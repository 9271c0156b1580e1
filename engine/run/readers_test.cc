// Readers of both kinds of handles in models that have a folder, and in one that has none.
#include "engine/import/import_testing.h"
#include "engine/ops/op.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kModel[] = R"(
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" }
  graph_def {
    node { name: "path" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } } }
    node { name: "queue" op: "FIFOQueueV2" attr { key: "component_types" value { list { type: DT_STRING } } } }
    node { name: "put" op: "QueueEnqueueV2" input: "queue" input: "path"
           attr { key: "Tcomponents" value { list { type: DT_STRING } } } }
    node { name: "close" op: "QueueCloseV2" input: "queue" }
    node { name: "lines" op: "TextLineReaderV2" attr { key: "skip_header_lines" value { i: 1 } } }
    node { name: "read" op: "ReaderReadV2" input: "lines" input: "queue" }
    node { name: "count" op: "ReaderNumRecordsProducedV2" input: "lines" }
    node { name: "again" op: "ReaderResetV2" input: "lines" }
    node { name: "old_queue" op: "FIFOQueue" attr { key: "component_types" value { list { type: DT_STRING } } } }
    node { name: "old_put" op: "QueueEnqueue" input: "old_queue" input: "path"
           attr { key: "Tcomponents" value { list { type: DT_STRING } } } }
    node { name: "whole" op: "WholeFileReader" }
    node { name: "old_read" op: "ReaderRead" input: "whole" input: "old_queue" }
    node { name: "content" op: "ReadFile" input: "path" }
    node { name: "found" op: "MatchingFiles" input: "path" }
    versions { producer: 20 }
  }
}
)";

class FileReadersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("ReaderReadV2") == nullptr || FindOp("ReadFile") == nullptr) GTEST_SKIP() << "this build has no readers";
    folder_.Write("saved_model.pbtxt", kModel);
    folder_.Write("assets/words.txt", "head\none\r\ntwo");
    auto model = Model::Load(folder_.path());
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    session_ = std::move(*session);
  }
  Status Put(const std::string& path, const char* node = "put") {
    return session_->Run({{"path", Tensor::Scalar<std::string>(path)}}, {}, {node}).status();
  }
  // The texts of some outputs, or the error.
  std::string Get(const std::vector<std::string>& names, const std::string& path = "") {
    const auto got = session_->Run({{"path", Tensor::Scalar<std::string>(path)}}, names);
    if (!got.ok()) return std::string(got.status().message());
    std::string text;
    for (const Tensor& tensor : *got) {
      for (int64_t i = 0; i < tensor.num_elements(); ++i) text += tensor.data<std::string>()[i] + "|";
    }
    return text;
  }
  const std::string words_ = "/assets/words.txt";

  TempFolder folder_;
  std::unique_ptr<Session> session_;
};

using FileReaders = FileReadersTest;

TEST_F(FileReaders, GoOnFromRunToRun) {
  const std::string path = folder_.path() + words_;
  ASSERT_TRUE(Put(path).ok());
  EXPECT_EQ(Get({"read:0", "read:1"}), path + ":2|one|");
  EXPECT_EQ(Get({"read:0", "read:1"}), path + ":3|two|");
  EXPECT_EQ((*session_->Run({}, {"count"}))[0].data<int64_t>()[0], 2);
  ASSERT_TRUE(session_->Run({}, {}, {"again"}).ok());
  ASSERT_TRUE(session_->Run({}, {}, {"close"}).ok());
  EXPECT_NE(Get({"read"}).find("node 'read' (ReaderReadV2)"), std::string::npos) << Get({"read"});
}

TEST_F(FileReaders, OfTheFirstKindOfHandles) {
  const std::string path = folder_.path() + words_;
  ASSERT_TRUE(Put(path, "old_put").ok());
  EXPECT_EQ(Get({"old_read:0", "old_read:1"}), path + "|head\none\r\ntwo|");
}

TEST_F(FileReaders, WithoutAQueue) {
  EXPECT_EQ(Get({"content"}, folder_.path() + words_), "head\none\r\ntwo|");
  EXPECT_EQ(Get({"found"}, folder_.path() + "/*/w*"), folder_.path() + words_ + "|");
}

TEST_F(FileReaders, NothingOfOthers) {
  ASSERT_TRUE(Put("/etc/passwd").ok());
  EXPECT_NE(Get({"read"}).find("may read files of its own folder only"), std::string::npos);
  for (const char* output : {"content", "found"}) {
    for (const char* path : {"/etc/passwd", "/etc/*", "assets/words.txt"}) {
      EXPECT_NE(Get({output}, path).find("may read files of its own folder only"), std::string::npos) << path;
    }
  }
}

}  // namespace
}  // namespace rivulet

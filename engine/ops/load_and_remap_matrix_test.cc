#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

struct Asked {
  Tensor path = Strings({}, {"ckpt"});
  const char* name = "w";
  Tensor rows = I64({3}, {0, 2, -1});
  Tensor cols = I64({0}, {});
  Tensor news = F32({0}, {});
  int64_t num_rows = 3;
  int64_t num_cols = 3;
};

class LoadAndRemapMatrix : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("LoadAndRemapMatrix") == nullptr) GTEST_SKIP() << "this build has no LoadAndRemapMatrix";
  }
  Result<std::vector<Tensor>> Load(const Asked& asked) {
    OpTester op("LoadAndRemapMatrix");
    op.Attr("num_rows", asked.num_rows).Attr("num_cols", asked.num_cols);
    op.Input(asked.path).Input(Strings({}, {asked.name}));
    return op.Input(asked.rows).Input(asked.cols).Input(asked.news).Files(&files_).Run();
  }
  FilesInMemory files_{{},
                       {{"w", F32({4, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})},
                        {"vector", F32({2}, {1, 2})},
                        {"numbers", I32({1, 2}, {1, 2})}}};
};

// TensorFlow's results, but for the texts of errors.
TEST_F(LoadAndRemapMatrix, RowsAndColumns) {
  EXPECT_TRUE(Same(Load({.news = F32({3}, {7, 8, 9})}), F32({3, 3}, {0, 1, 2, 6, 7, 8, 7, 8, 9})));
  EXPECT_TRUE(
      Same(Load({.rows = I64({3}, {3, 2, 1}), .cols = I64({2}, {2, -1}), .news = F32({3}, {1, 2, 3}), .num_cols = 2}),
           F32({3, 2}, {11, 1, 8, 2, 5, 3})));
  EXPECT_TRUE(Same(Load({.rows = I64({3}, {0, -2, 1}), .news = F32({3}, {1, 2, 3})}),
                   F32({3, 3}, {0, 1, 2, 1, 2, 3, 3, 4, 5})));
  EXPECT_TRUE(
      Same(Load({.rows = I64({3}, {-1, -1, -1}), .cols = I64({1}, {-1}), .news = F32({3}, {1, 2, 3}), .num_cols = 1}),
           F32({3, 1}, {1, 2, 3})));
  EXPECT_TRUE(Same(Load({.rows = I64({0}, {}), .num_rows = 0}), F32({0, 3}, {})));
  EXPECT_TRUE(Same(Load({.path = Strings({1}, {"ckpt"}), .rows = I64({0}, {}), .num_rows = 0}), F32({0, 3}, {})));
}

TEST_F(LoadAndRemapMatrix, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Load({.path = Strings({2}, {"a", "b"})}), "ckpt_path: want one element, got [2]"));
  EXPECT_TRUE(Fails(Load({}), "want one for each new element, got only 0"));
  EXPECT_TRUE(Fails(Load({.news = F32({2}, {7, 8})}), "got only 2"));
  EXPECT_TRUE(Fails(Load({.news = F32({4}, {7, 8, 9, 10})}), "want 3, one for each new element, got 4"));
  EXPECT_TRUE(Fails(Load({.rows = I64({3}, {0, 0, 1})}), "row_remapping: 0 is at 0 and at 1"));
  EXPECT_TRUE(Fails(Load({.rows = I64({3}, {3, 2, 1}), .cols = I64({2}, {2, 2}), .num_cols = 2}),
                    "col_remapping: 2 is at 0 and at 1"));
  EXPECT_TRUE(Fails(Load({.rows = I64({3}, {4, 2, 1})}), "row_remapping: want less than 4, got 4"));
  // TensorFlow leaves what was in memory there.
  EXPECT_TRUE(Fails(Load({.rows = I64({3}, {0, 1, 2}), .cols = I64({3}, {0, 5, 1})}),
                    "col_remapping: want less than 3, got 5"));
  EXPECT_TRUE(Fails(Load({.name = "vector"}), "'vector': want a matrix, got [2]"));
  EXPECT_TRUE(Fails(Load({.name = "numbers"}), "another type"));
  EXPECT_TRUE(Fails(Load({.name = "none"}), "no tensor is called 'none'"));
  EXPECT_TRUE(Fails(Load({.rows = I64({2}, {0, 1})}), "want attr 'num_rows', 3 numbers, got [2]"));
  EXPECT_TRUE(Fails(Load({.cols = I64({2}, {0, 1})}), "want attr 'num_cols', 3 numbers, or none, got [2]"));
  EXPECT_TRUE(Fails(Load({.num_cols = 2}), "want attr 'num_cols', 2 columns, got [4,3]"));
}

}  // namespace
}  // namespace rivulet

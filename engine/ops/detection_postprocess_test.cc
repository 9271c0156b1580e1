#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Detector(int64_t max_detections, float overlap) {
  return OpTester("TFLite_Detection_PostProcess")
      .Attr("max_detections", max_detections)
      .Attr("max_classes_per_detection", int64_t{1})
      .Attr("nms_score_threshold", 0.25f)
      .Attr("nms_iou_threshold", overlap)
      .Attr("num_classes", int64_t{1})
      .Attr("y_scale", 1.0f)
      .Attr("x_scale", 1.0f)
      .Attr("h_scale", 1.0f)
      .Attr("w_scale", 1.0f);
}

TEST(DetectionPostprocess, PadsWithZeros) {
  EXPECT_TRUE(Same(Detector(3, 0.5f)
                       .Input(F32({1, 1, 4}, {1, 0, 0, 0}))
                       .Input(F32({1, 1, 2}, {0.75f, 0.5f}))
                       .Input(F32({1, 4}, {0.5f, 0.25f, 2, 4}))
                       .Run(),
                   F32({1, 3, 4}, {1.5f, -1.75f, 3.5f, 2.25f, 0, 0, 0, 0, 0, 0, 0, 0})));
}

TEST(DetectionPostprocess, RefusesBadInputsAndAttributes) {
  const auto fails = [](OpTester detector, const Tensor& scores, const Tensor& anchors, const char* word) {
    return Fails(detector.Input(Zeros(DType::kFloat, {1, 2, 4})).Input(scores).Input(anchors).Run(), word);
  };
  const Tensor scores = Zeros(DType::kFloat, {1, 2, 1});
  const Tensor anchors = F32({2, 4}, {0, 0, 1, 1, 0, 0, 1, 1});
  EXPECT_TRUE(fails(Detector(0, 0.5f), scores, anchors, "attr 'max_detections': want 1 to"));
  EXPECT_TRUE(fails(Detector(3, 0), scores, anchors, "attr 'nms_iou_threshold'"));
  EXPECT_TRUE(fails(Detector(3, 0.5f), Zeros(DType::kFloat, {1, 3, 1}), anchors, "class_predictions"));
  EXPECT_TRUE(fails(Detector(3, 0.5f), Zeros(DType::kFloat, {1, 2, 0}), anchors, "want 1 classes or more, got 0"));
  EXPECT_TRUE(fails(Detector(3, 0.5f), scores, F32({1, 4}, {0, 0, 1, 1}), "anchors"));
  EXPECT_TRUE(
      fails(Detector(3, 0.5f), scores, F32({2, 4}, {0, 0, 1, 1, 0, 0, -1, 1}), "box 1 has sides below 0: -1 x 1"));
}

}  // namespace
}  // namespace rivulet

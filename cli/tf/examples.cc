#include "cli/tf/examples.h"

namespace rivulet::tf {
namespace {

struct Examples {
  std::string_view tool, lines;
};

// tests/cli/help_examples_test.py runs them.
constexpr Examples kExamples[] = {
    {"benchmark_model",
     "  benchmark_model --graph=mobilenet.pb --input_layer=input --input_layer_shape=1,224,224,3 "
     "--output_layer=final_result\n"},
    {"compare_graphs", "  compare_graphs model.pb optimized.pb\n"},
    {"convert_graphdef_memmapped_format",
     "  convert_graphdef_memmapped_format --in_graph=graph.pb --out_graph=mapped.pb\n"},
    {"count_ops", "  count_ops graph.pb\n  count_ops graph.pb Conv2D\n"},
    {"evaluate", "  evaluate retrained_graph.pb\n  evaluate retrained_graph.pb --image_dir=flower_photos\n"},
    {"freeze_graph",
     "  freeze_graph --input_graph=graph.pbtxt --input_checkpoint=train/model.ckpt-1000 --output_graph=frozen.pb "
     "--output_node_names=final_result\n"
     "  freeze_graph --input_saved_model_dir=saved_model --output_graph=frozen.pb --output_node_names=final_result\n"},
    {"graph_pb2tb", "  graph_pb2tb training_summaries/retrained retrained_graph.pb\n"},
    {"graph_to_dot", "  graph_to_dot --graph=graph.pb --dot_output=graph.dot\n"},
    {"import_pb_to_tensorboard", "  import_pb_to_tensorboard --model_dir=graph.pb --log_dir=training_summaries\n"},
    {"inspect_checkpoint",
     "  inspect_checkpoint --file_name=train/model.ckpt-1000\n"
     "  inspect_checkpoint --file_name=train/model.ckpt-1000 --all_tensors --printoptions precision=3\n"},
    {"label_image",
     "  label_image --graph=retrained_graph.pb --labels=retrained_labels.txt --image=photo.jpg\n"
     "  label_image --graph=inception.pb --labels=labels.txt --image=photo.jpg --input_layer=Mul "
     "--output_layer=final_result\n"},
    {"label_wav", "  label_wav --graph=conv_actions_frozen.pb --labels=conv_actions_labels.txt --wav=yes.wav\n"},
    {"label_wav_dir",
     "  label_wav_dir --graph=conv_actions_frozen.pb --labels=conv_actions_labels.txt --wav_dir=sounds\n"},
    {"optimize_for_inference",
     "  optimize_for_inference --input=retrained_graph.pb --output=optimized_graph.pb --input_names=input "
     "--output_names=final_result\n"},
    {"print_selective_registration_header",
     "  print_selective_registration_header --graphs=graph.pb > ops_to_register.h\n"},
    {"quantize_graph",
     "  quantize_graph --input=graph.pb --output=rounded_graph.pb --output_node_names=final_result "
     "--mode=weights_rounded\n"},
    {"saved_model_cli",
     "  saved_model_cli show --dir saved_model --all\n"
     "  saved_model_cli run --dir saved_model --tag_set serve --signature_def serving_default "
     "--input_exprs 'x=np.ones((1, 3))'\n"
     "  saved_model_cli scan --dir saved_model\n"},
    {"strip_unused",
     "  strip_unused --input_graph=graph.pb --input_binary=true --output_graph=stripped.pb --input_node_names=input "
     "--output_node_names=final_result\n"},
    {"summarize_graph", "  summarize_graph --in_graph=graph.pb\n"},
    {"test_streaming_accuracy",
     "  test_streaming_accuracy --graph=conv_actions_frozen.pb --labels=conv_actions_labels.txt --wav=talk.wav "
     "--ground_truth=talk.txt\n"},
    {"transform_graph",
     "  transform_graph --in_graph=graph.pb --out_graph=small.pb --inputs=input --outputs=final_result "
     "--transforms='strip_unused_nodes fold_constants(ignore_errors=true) fold_batch_norms "
     "round_weights(num_steps=256)'\n"},
    {"wav_to_spectrogram", "  wav_to_spectrogram --input_wav=yes.wav --output_image=spectrogram.png\n"},
};

}  // namespace

std::string_view ExamplesOf(std::string_view tool) {
  for (const Examples& one : kExamples) {
    if (one.tool == tool) return one.lines;
  }
  return "";
}

}  // namespace rivulet::tf

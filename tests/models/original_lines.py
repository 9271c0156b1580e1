"""The command lines of the tutorials, and of the tools' own pages, that check_tutorial_road.py pastes: program names alone are changed.

Each is tried as it stands, and with a blank in place of '=', with one dash, with both; all four must end alike, print the same and
write the same file. In a line, {input} and {size} are the network's, DAISY the tutorial's picture, SPEECH and WORDS the speech
tutorial's network and labels; `> FILE` is where what is printed goes, and of LINE, FILE the second is what is written.
"""
import re
import shlex

DAISY = "tf_files/flower_photos/daisy/3475870145_685a19116d.jpg"
OPTIMIZED = "tf_files/optimized_graph.pb"
RETRAINED = "tf_files/retrained_graph.pb"
TRANSFORM = f"transform_graph --in_graph={RETRAINED} --out_graph=tf_files/t.pb --inputs='{{input}}' --outputs='final_result' --transforms="
STRIP = 'strip_unused_nodes(type=float, shape="1,{size},{size},3")'
FOLD = f"{STRIP} remove_nodes(op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms"
EIGHT_BITS = f"add_default_attributes {FOLD} quantize_weights quantize_nodes strip_unused_nodes sort_by_execution_order"
# Results of these differ from call to call: times.
TIMED = ("benchmark_model", "label_image")

LINES = {
    "TensorFlow for Poets 2": [
        (f"label_image \\\n  --graph={RETRAINED}  \\\n  --image={DAISY}", None),
        (f"optimize_for_inference \\\n  --input={RETRAINED} \\\n  --output={OPTIMIZED} \\\n  --input_names=\"{{input}}\" \\\n  --output_names=\"final_result\"", OPTIMIZED),
        (f"label_image \\\n  --graph={RETRAINED}\\\n  --image={DAISY}", None),
        (f"label_image \\\n    --graph={OPTIMIZED} \\\n    --image={DAISY}", None),
        (f"graph_pb2tb tf_files/training_summaries/retrained \\\n  {RETRAINED} ", None),
        (f"graph_pb2tb tf_files/training_summaries/optimized \\\n  {OPTIMIZED} ", None),
        (f"quantize_graph \\\n  --input={OPTIMIZED} \\\n  --output=tf_files/rounded_graph.pb \\\n  --output_node_names=final_result \\\n  --mode=weights_rounded", "tf_files/rounded_graph.pb"),
        (f"label_image \\\n  --image={DAISY} \\\n  --graph=tf_files/rounded_graph.pb", None),
        (f"label_image --input_size={{size}} --graph={RETRAINED} --image={DAISY}", None),
        (f"evaluate {RETRAINED} --input_layer={{input}} --input_size={{size}}", None),
        (f"count_ops {RETRAINED}", None),
        (f"count_ops {RETRAINED} Conv2D", None),
    ],
    "TensorFlow for Poets on iOS": [
        (f"label_image --output_layer=final_result --labels=tf_files/retrained_labels.txt --image={DAISY} --graph={RETRAINED}", None),
        (f"label_image --output_layer=final_result --labels=tf_files/retrained_labels.txt --image={DAISY} --graph={OPTIMIZED} --input_layer={{input}}", None),
        ("convert_graphdef_memmapped_format --in_graph=tf_files/rounded_graph.pb --out_graph=tf_files/mmapped_graph.pb", "tf_files/mmapped_graph.pb"),
        (f"label_image --output_layer=final_result --labels=tf_files/retrained_labels.txt --image={DAISY} --graph=tf_files/mmapped_graph.pb", None),
    ],
    "transforms": [
        (TRANSFORM + shlex.quote(FOLD), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote(f"{STRIP} fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms"), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote(FOLD + " round_weights(num_steps=256)"), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote(FOLD + " quantize_weights"), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote("obfuscate_names"), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote("remove_device\\\n add_default_attributes\\\n sort_by_execution_order"), "tf_files/t.pb"),
        (TRANSFORM + shlex.quote(FOLD) + " --output_as_text=true", "tf_files/t.pb"),
        (TRANSFORM + shlex.quote(EIGHT_BITS), "tf_files/t.pb"),
        # Ranges that are measured on samples and then kept.
        ("transform_graph --in_graph=tf_files/t.pb --out_graph=tf_files/logged.pb --inputs={input} --outputs=final_result "
         "--transforms='insert_logging(op=RequantizationRange, show_name=true, message=\"__requant_min_max:\")'", "tf_files/logged.pb"),
    ],
    "tools": [
        (f"summarize_graph --in_graph={RETRAINED}", None),
        (f"summarize_graph --in_graph={RETRAINED} --print_structure=true", None),
        (f"compare_graphs {RETRAINED} {RETRAINED}", None),
        (f"benchmark_model --graph={OPTIMIZED} --show_flops --input_layer={{input}} --input_layer_type=float --input_layer_shape=1,{{size}},{{size}},3 "
         "--output_layer=final_result --max_num_runs=2 --max_time=1 --num_threads=1 --show_sizes=true --warmup_runs=1", None),
        (f"strip_unused --input_graph={RETRAINED} --input_binary=true --output_graph=tf_files/stripped.pb --input_node_names={{input}} --output_node_names=final_result "
         "--placeholder_type_enum=1 --output_binary=true", "tf_files/stripped.pb"),
        (f"print_selective_registration_header --graphs={RETRAINED} --proto_fileformat=rawproto --default_ops=NoOp:NoOp,_Recv:RecvOp,_Send:SendOp", None),
        (f"import_pb_to_tensorboard --model_dir={RETRAINED} --log_dir=tf_files/imported", None),
        (f"graph_to_dot --graph={RETRAINED} --input_binary=true --dot_output=tf_files/graph.dot", "tf_files/graph.dot"),
        (f"quantize_graph --input={RETRAINED} --output=tf_files/q.pb --output_node_names=final_result --mode=weights --bitdepth=8", "tf_files/q.pb"),
        (f"quantize_graph --input={RETRAINED} --output=tf_files/q.pb --output_node_names=final_result --mode=eightbit --quantized_input=false "
         "--quantized_fallback_min=-6 --quantized_fallback_max=6", "tf_files/q.pb"),
        (f"quantize_graph --input={OPTIMIZED} --output=tf_files/q.pb --output_node_names=final_result --mode=test --test_input_dims=1,{{size}},{{size}},3", None),
    ],
}
# Where training left variables beside the graph.
FROM_CHECKPOINT = [
    ("freeze_graph --input_graph=tf_files/graph.pbtxt --input_checkpoint=tf_files/model.ckpt --output_graph=tf_files/frozen.pb --output_node_names=final_result", "tf_files/frozen.pb"),
    ("freeze_graph --input_meta_graph=tf_files/model.ckpt.meta --input_checkpoint=tf_files/model.ckpt --output_graph=tf_files/frozen.pb --output_node_names=final_result "
     "--input_binary=true --clear_devices=true --checkpoint_version=2 --restore_op_name=save/restore_all --filename_tensor_name=save/Const:0", "tf_files/frozen.pb"),
    ("inspect_checkpoint --file_name=tf_files/model.ckpt", None),
    ("inspect_checkpoint --file_name=tf_files/model.ckpt --tensor_name=final_training_ops/biases", None),
    ("inspect_checkpoint --file_name=tf_files/model.ckpt --all_tensor_names --count_exclude_pattern=moving", None),
]
SPOKEN = [
    ("label_wav --graph=SPEECH --labels=WORDS --wav=tf_files/yes.wav", None),
    ("label_wav --graph=SPEECH --labels=WORDS --wav=tf_files/yes.wav --input_name=wav_data:0 --output_name=labels_softmax:0 --how_many_labels=3", None),
    ("label_wav_dir --graph=SPEECH --labels=WORDS --wav_dir=tf_files", None),
    ("wav_to_spectrogram --input_wav=tf_files/yes.wav --window_size=256 --stride=128 --brightness=64 --output_image=tf_files/spectrogram.png", "tf_files/spectrogram.png"),
    ("test_streaming_accuracy --wav=tf_files/yes.wav --graph=SPEECH --labels=WORDS --ground_truth=tf_files/truth.txt --input_data_name=decoded_sample_data:0 "
     "--input_rate_name=decoded_sample_data:1 --output_name=labels_softmax --clip_duration_ms=1000 --average_window_ms=500 --time_tolerance_ms=750 "
     "--suppression_ms=1500 --detection_threshold=0.7 --verbose", None),
]


def words_of(line, **names):
    for name, value in names.items():
        line = line.replace(name, str(value))
    return shlex.split(line.replace("\\\n", " "))


def spellings(words):
    """The four ways to write a line's flags."""
    def spelled(dashes, between):
        for word in words:
            flag = re.fullmatch(r"--(\w+)(?:=(.*))?", word, re.S)
            if flag is None:
                yield word
            elif flag[2] is None or between == "=":
                yield dashes + word[2:]
            else:
                yield from (dashes + flag[1], flag[2])
    return [list(spelled(dashes, between)) for dashes in ("--", "-") for between in ("=", " ")]

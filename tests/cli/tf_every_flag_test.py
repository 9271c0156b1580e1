"""rivulet-tf: every flag of the originals is there with the original's default, or refused with a reason; docs/tf_tools.md names no other."""
import re

from command_case import ROOT, main
from tf_case import ToolCase, tool

# What TensorFlow 1.15 has (quantize_graph: 1.10); None where the default is ours to choose, or a long list.
ORIGINALS = {
    "transform_graph": {"in_graph": '""', "out_graph": '""', "inputs": '""', "outputs": '""', "transforms": '""', "output_as_text": "false"},
    "summarize_graph": {"in_graph": '""', "print_structure": "false"},
    "freeze_graph": {"input_graph": '""', "input_saver": '""', "input_checkpoint": '""', "checkpoint_version": "2", "output_graph": '""', "input_binary": "false",
                     "output_node_names": '""', "restore_op_name": '"save/restore_all"', "filename_tensor_name": '"save/Const:0"', "clear_devices": "true",
                     "initializer_nodes": '""', "variable_names_whitelist": '""', "variable_names_blacklist": '""', "variable_names_denylist": '""',
                     "input_meta_graph": '""', "input_saved_model_dir": '""', "saved_model_tags": '"serve"'},
    "optimize_for_inference": {"input": '""', "output": '""', "input_names": '""', "output_names": '""', "frozen_graph": "true",
                               "placeholder_type_enum": None, "toco_compatible": "false"},
    "strip_unused": {"input_graph": '""', "input_binary": "false", "output_graph": '""', "output_binary": "true", "input_node_names": '""',
                     "output_node_names": '""', "placeholder_type_enum": None},
    "print_selective_registration_header": {"graphs": '""', "proto_fileformat": '"rawproto"', "default_ops": None},
    "convert_graphdef_memmapped_format": {"in_graph": '""', "out_graph": '""', "min_conversion_tensor_size": "10000"},
    "benchmark_model": {"graph": None, "init_ops": '""', "input_layer": '"input:0"', "input_layer_shape": '"1,224,224,3"', "input_layer_type": '"float"',
                        "input_layer_values": '""', "output_layer": '"output:0"', "target_layer": '""', "max_num_runs": "1000", "max_time": "10",
                        "inference_delay": "-1", "inter_benchmark_delay": "-1", "num_threads": "-1", "benchmark_name": '""', "output_prefix": '""',
                        "show_sizes": "false", "show_run_order": "true", "run_order_limit": "0", "show_time": "true", "time_limit": "10",
                        "show_memory": "true", "memory_limit": "10", "show_type": "true", "show_summary": "true", "show_flops": "false", "warmup_runs": "1"},
    "quantize_graph": {"print_nodes": "false", "input": '""', "output": '""', "output_node_names": '""', "bitdepth": "8", "mode": '"round"',
                       "test_input_dims": '"1,224,224,3"', "strip_redundant_quantization": "true", "quantized_input": "false", "quantized_input_min": "0",
                       "quantized_input_max": "1", "quantized_fallback_min": None, "quantized_fallback_max": None},
    "inspect_checkpoint": {"file_name": '""', "tensor_name": '""', "count_exclude_pattern": '""', "all_tensors": "false", "all_tensor_names": "false", "printoptions": None},
    "import_pb_to_tensorboard": {"model_dir": '""', "log_dir": '""'},
    "graph_to_dot": {"graph": '""', "input_binary": "true", "dot_output": '""'},
    "label_image": {name: None for name in ("image", "graph", "labels", "input_width", "input_height", "input_mean", "input_std", "input_layer",
                                            "output_layer", "self_test", "root_dir")},
    "wav_to_spectrogram": {"input_wav": None, "window_size": "256", "stride": "128", "brightness": None, "output_image": None},
    "label_wav": {name: None for name in ("wav", "graph", "labels", "input_name", "output_name", "how_many_labels")},
    "label_wav_dir": {name: None for name in ("wav_dir", "graph", "labels", "input_name", "output_name", "how_many_labels")},
    "test_streaming_accuracy": {name: None for name in (
        "wav", "graph", "labels", "ground_truth", "input_data_name", "input_rate_name", "output_name", "clip_duration_ms", "sample_stride_ms",
        "average_window_ms", "time_tolerance_ms", "detection_threshold", "suppression_ms", "verbose")},
}
SAVED_MODEL = {"show": ["dir", "all", "tag_set", "signature_def"],
               "run": ["dir", "tag_set", "signature_def", "inputs", "input_exprs", "input_examples", "outdir", "overwrite", "tf_debug", "worker", "init_tpu", "use_tfrt"],
               "scan": ["dir", "tag_set"]}
LINE = re.compile(r"^\t--(\w+)(?:=(.*?))?\s*\t(\w+)", re.M)


class EveryFlag(ToolCase):
    def flags_of(self, *name):
        """{flag: (default, type)} as the help has them."""
        return {flag: (default, kind) for flag, default, kind in LINE.findall(self.works(*name, "--help"))}

    def is_refused(self, flag, *name):
        done = tool(*name, f"--{flag}=x")
        return done.returncode != 0 and f"--{flag}" in done.stderr and "nearest" not in done.stderr

    def test_those_of_the_originals_are_here(self):
        for name, flags in ORIGINALS.items():
            here = self.flags_of(name)
            for flag, default in flags.items():
                with self.subTest(tool=name, flag=flag):
                    if flag not in here:
                        self.assertTrue(self.is_refused(flag, name), "neither there nor refused with a reason")
                    elif default is not None:
                        self.assertEqual(here[flag][0], default)
        for verb, flags in SAVED_MODEL.items():
            here = self.flags_of("saved_model_cli", verb)
            for flag in flags:
                with self.subTest(tool=verb, flag=flag):
                    self.assertTrue(flag in here or self.is_refused(flag, "saved_model_cli", verb))

    def test_a_value_of_the_wrong_kind_is_an_error_that_names_it(self):
        tried = 0
        for name in [*ORIGINALS, "evaluate"]:
            for flag, (_, kind) in self.flags_of(name).items():
                if kind not in ("bool", "int", "float"):
                    continue
                tried += 1
                with self.subTest(tool=name, flag=flag):
                    done = tool(name, f"--{flag}=perhaps")
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(f"--{flag}", done.stderr.strip().splitlines()[-1])
                    self.assertIn("perhaps", done.stderr.strip().splitlines()[-1])
        self.assertGreater(tried, 40)

    def test_the_page_names_flags_that_there_are(self):
        page = (ROOT / "docs" / "tf_tools.md").read_text()
        table = page[page.index("## Tool by tool"):page.index("## label_image")]
        told = 0
        for cell, flags in re.findall(r"^\| (`.*?) \| (.*?) \|", table, re.M):
            names = re.findall(r"`(\w+)`", cell)
            for flag in re.findall(r"`([a-z_]+)`", flags):
                for name in names:
                    with self.subTest(tool=name, flag=flag):
                        told += 1
                        self.assertTrue(flag in self.flags_of(name) or self.works(name, "--help").count(flag) or self.is_refused(flag, name))
        self.assertGreater(told, 5)


if __name__ == "__main__":
    main()

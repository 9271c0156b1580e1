"""The cells of check_verbs.py: for a case, each verb, whether it is meant for such a model, and a call with what must be so after it."""
import json
import pathlib
import shutil

from check_one import np, tf

TRANSFORMS = {
    # Name: arguments, and whether results may change by more than rounding.
    "add_default_attributes": ("", False), "backport_concatv2": ("", False), "backport_tensor_array_v3": ("", False),
    "flatten_atrous_conv": ("", False), "fold_batch_norms": ("", False), "fold_constants": ("", False), "fold_old_batch_norms": ("", False),
    "fuse_pad_and_conv": ("", False), "fuse_resize_and_conv": ("", False), "fuse_resize_pad_and_conv": ("", False),
    "insert_logging": ("(op=Softmax, first_n=1, message=seen)", False), "merge_duplicate_nodes": ("", False), "obfuscate_names": ("", False),
    "quantize_nodes": ("", True), "quantize_weights": ("", True), "remove_attribute": ("(attribute_name=_class)", False),
    "remove_control_dependencies": ("", False), "remove_device": ("", False), "remove_nodes": ("(op=Identity, op=CheckNumerics)", False),
    "rename_attribute": ("(old_attribute_name=_class, new_attribute_name=_klass)", False), "rename_op": ("(old_op_name=Foo, new_op_name=Bar)", False),
    "round_weights": ("(num_steps=256)", True), "set_device": ('(device="/device:CPU:0")', False), "sort_by_execution_order": ("", False),
    "strip_unused_nodes": ("", False),
}
RECIPE = "strip_unused_nodes remove_nodes(op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms"


def cells(case):
    """(verb, whether it is meant for the model, call); the call gives (what came of it, a check of it or None)."""
    place = case.folder
    names = ["--output", ",".join(case.outputs)]
    tf_names = ",".join(case.outputs)
    tool = lambda *words: case.call(*words, program=case.args.rivulet.with_name("rivulet-tf"))
    graph = case.graph
    # Strings that are no file of sound or pictures cannot be made up; a scalar has nothing to be tried on.
    takes_text = any(np.asarray(v).dtype.kind in "SO" for v in case.feeds.values())
    is_sound = "DecodeWav" in case.ops
    shapes = [w for n, s in case.open_shapes.items() for w in ("--input-shape", f"{n}={','.join(map(str, s))}")]

    def same(path, is_lossy=False):
        return lambda done: case.differs(path, is_lossy)

    def parsed(done):
        return "" if json.loads(done[1]) else "empty JSON"

    def holds(*parts):
        return lambda done: "" if all(p in done[1] for p in parts) else f"lacks one of {parts}: {done[1][:80]}"

    def written(path, start):
        return lambda done: "" if pathlib.Path(path).read_bytes().lstrip()[: len(start)].lower() == start else "no such file"

    def made(verb, out, *words, is_lossy=False, flags=()):
        return (lambda: (case.call(verb, case.path if verb in ("optimize", "prepare", "pack") else graph, *(case.flags if verb in ("optimize", "prepare", "pack") else []), "-o", place / out, *words, *flags),
                         same(place / out, is_lossy)))

    yield "inspect", True, lambda: (case.call("inspect", case.path, *case.flags[:2 if "--tags" in case.flags else 0], "--json"), parsed)
    yield "inspect --nodes", True, lambda: (case.call("inspect", graph, "--nodes"), holds(case.outputs[0].split(":")[0]))
    yield "freeze", True, lambda: (case.call("freeze", graph, "-o", place / "f.pb", *names), same(place / "f.pb"))
    yield "freeze .pbtxt", graph.stat().st_size < 5e6, lambda: (case.call("freeze", graph, "-o", place / "f.pbtxt", *names), same(place / "f.pbtxt"))
    check = case.inputs("--check-input")
    fed = ["--input", ",".join(case.feeds)] if case.feeds else []
    yield "optimize", True, made("optimize", "o.pb", *([] if case.keys else names), *([] if case.keys else check))
    for name, (arguments, is_lossy) in TRANSFORMS.items():
        yield (f"transform {name}", True,
               made("transform", "t.pb", *fed, *names, *check, "--transforms", name + arguments, is_lossy=is_lossy))
    yield "transform freeze_requantization_ranges", False, lambda: (
        case.call("transform", graph, "-o", place / "t.pb", *names, "--transforms", f"freeze_requantization_ranges(min_max_log_file=\"{place / 'no.log'}\")"), None)
    yield "transform sparsify_gather", True, made("transform", "t.pb", *fed, *names, *check, "--transforms", "sparsify_gather")
    sample = case.inputs("--sample")
    has_weights = graph.stat().st_size > 20000
    yield "shrink", has_weights, made("shrink", "s.rivulet", *sample, "--output", tf_names, is_lossy=True)
    for flag, is_lossy in (("--lossless", False), ("--round-weights=256", True), ("--quantize-weights", True), ("--float16", True)):
        yield f"shrink {flag.split('=')[0]}", True, made("shrink", "s.rivulet" if "loss" in flag else "s.pb", flag, *sample, "--output", tf_names, is_lossy=is_lossy)
    # An answer without elements cannot be stored.
    pack_samples = case.inputs("--sample", case.keys) if all(a.size for a in case.reference) else []
    yield "pack", True, made("pack", "p.rivulet", *([] if case.keys else names), *pack_samples)
    yield "check", True, lambda: (case.call("check", place / "p.rivulet", "--json"), parsed)
    yield "pack --format memmapped", True, made("pack", "p.mmap", "--format", "memmapped", "--min-bytes", "100", *([] if case.keys else names))
    on = lambda *words: case.call(*words)
    yield "memmapped: optimize", True, lambda: (on("optimize", place / "p.mmap", "-o", place / "m.pb", *names, *check), same(place / "m.pb"))
    yield "memmapped: shrink --lossless", True, lambda: (on("shrink", place / "p.mmap", "-o", place / "m.rivulet", "--lossless", *sample, "--output", tf_names), same(place / "m.rivulet"))
    yield "bench", True, lambda: (case.call("bench", graph, "--runs", 2, "--warmup", 1, *case.inputs(), *[w for n in case.outputs for w in ("--output", n)], "--json"), parsed)
    yield "bench made up", not takes_text, lambda: (case.call("bench", graph, "--runs", 1, "--warmup", 0, *shapes, "--json"), parsed)
    yield "bench --profile of a pack", True, lambda: (case.call("bench", place / "p.rivulet", "--runs", 1, "--profile", *case.inputs()), holds("ms"))
    yield "view", True, lambda: (case.call("view", case.path, *case.flags[:2 if "--tags" in case.flags else 0], "-o", place / "v.html"), written(place / "v.html", b"<!doctype html"))
    yield "view --profile", True, lambda: (case.call("view", graph, "--profile", *case.inputs(), "-o", place / "v2.html"), written(place / "v2.html", b"<!doctype html"))
    yield "view A B", True, lambda: (case.call("view", graph, place / "o.pb", "-o", place / "v3.html"), written(place / "v3.html", b"<!doctype html"))
    yield "view --svg", True, lambda: (case.call("view", graph, "--svg", "-o", place / "v.svg"), written(place / "v.svg", b"<svg"))
    yield "view --dot", True, lambda: (case.call("view", graph, "--dot"), holds("digraph"))
    yield "view --text", True, lambda: (case.call("view", graph, "--text"), holds(case.outputs[0].split(":")[0].split("/")[-1]))
    yield "compare", True, lambda: (case.call("compare", graph, graph, "--b-no-passes", "--rtol", "1e-3", "--atol", "1e-3", *case.inputs(), *[w for n in case.outputs for w in ("--output", n)]), None)
    yield "ops --for", True, lambda: (case.call("ops", "--for", graph), None)
    yield "prepare", is_sound or not takes_text, made("prepare", "a.rivulet", *([] if case.keys else names), *shapes, is_lossy=True)
    yield "prepare --lossless", is_sound or not takes_text, made("prepare", "b.rivulet", "--lossless", "--report", place / "r.html", *([] if case.keys else names), *shapes)
    yield "check what prepare made", is_sound or not takes_text, lambda: (case.call("check", place / "b.rivulet"), None)
    yield from with_labels(case, tool)
    yield from tools(case, tool, tf_names)


def with_labels(case, tool):
    data, is_sound = case.args.material / "data", "DecodeWav" in case.ops
    file = data / "speech" / "left.wav" if is_sound else data / "images" / "orange.png"
    labels = ["--labels", case.labels] if case.labels else []
    yield "label", bool(case.labels), lambda: (case.call("label", case.graph, file, *labels, "--json"), None)
    photos = case.folder / "photos"

    def evaluate():
        names = case.labels.read_text().splitlines()[:2] if case.labels else ["one", "two"]
        for name in names:
            (photos / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, photos / name / file.name)
        return case.call("evaluate", case.graph, photos, *labels, "--json"), None
    yield "evaluate", bool(case.labels), evaluate
    if is_sound:
        yield "label_wav", bool(case.labels), lambda: (tool("label_wav", f"--graph={case.graph}", f"--labels={case.labels}", f"--wav={file}"), None)
        yield "label_wav_dir", bool(case.labels), lambda: (tool("label_wav_dir", f"--graph={case.graph}", f"--labels={case.labels}", f"--wav_dir={data / 'speech'}"), None)
    else:
        yield "label_image", bool(case.labels), lambda: (
            tool("label_image", f"--graph={case.graph}", f"--labels={case.labels}", f"--image={file}", f"--input_layer={next(iter(case.feeds), '')}", f"--output_layer={case.outputs[0]}", "--input_mean=127.5", "--input_std=127.5"), None)


def tools(case, tool, outputs):
    place, graph = case.folder, case.graph
    inputs = ",".join(case.feeds)
    is_text = lambda value: np.asarray(value).dtype.kind in "SO"
    number = lambda value: 7 if is_text(value) else tf.as_dtype(value.dtype).as_datatype_enum
    types = ",".join(str(number(v)) for v in case.feeds.values())

    def made(name, out, *flags, is_lossy=False):
        return lambda: (tool(name, *flags), lambda done: case.differs(place / out, is_lossy))

    def says(*parts):
        return lambda done: "" if all(p in done[1] for p in parts) else f"lacks one of {parts}: {done[1][:80]}"

    yield "summarize_graph", True, lambda: (tool("summarize_graph", f"--in_graph={graph}"), says("Op types used"))
    yield "count_ops", True, lambda: (tool("count_ops", graph), None)
    yield "compare_graphs", True, lambda: (tool("compare_graphs", graph, graph), says("equal"))
    yield "graph_to_dot", True, lambda: (tool("graph_to_dot", f"--graph={graph}", f"--dot_output={place / 'g.dot'}"), None)
    yield "graph_pb2tb", True, lambda: (tool("graph_pb2tb", place / "tb", graph), None)
    yield "import_pb_to_tensorboard", True, lambda: (tool("import_pb_to_tensorboard", f"--model_dir={graph}", f"--log_dir={place / 'tb2'}"), None)
    yield "print_selective_registration_header", True, lambda: (tool("print_selective_registration_header", f"--graphs={graph}"), says("SHOULD_REGISTER_OP"))
    yield "strip_unused", True, made("strip_unused", "x.pb", f"--input_graph={graph}", "--input_binary=true", f"--output_graph={place / 'x.pb'}", f"--input_node_names={inputs}",
                                     f"--output_node_names={outputs}", *([f"--placeholder_type_enum={types}"] if types else []))
    yield "optimize_for_inference", True, made("optimize_for_inference", "y.pb", f"--input={graph}", f"--output={place / 'y.pb'}", f"--input_names={inputs}", f"--output_names={outputs}")
    yield "transform_graph", True, made("transform_graph", "z.pb", f"--in_graph={graph}", f"--out_graph={place / 'z.pb'}", f"--inputs={inputs}", f"--outputs={outputs}",
                                        f"--transforms={RECIPE.replace('strip_unused_nodes ', '')}")
    for mode in ("weights_rounded", "weights", "eightbit"):
        yield f"quantize_graph {mode}", True, made("quantize_graph", "q.pb", f"--input={graph}", f"--output={place / 'q.pb'}", f"--output_node_names={outputs}", f"--mode={mode}", is_lossy=True)
    yield "convert_graphdef_memmapped_format", True, made("convert_graphdef_memmapped_format", "c.mmap", f"--in_graph={graph}", f"--out_graph={place / 'c.mmap'}")
    shapes = ":".join(",".join(map(str, v.shape)) if not is_text(v) else "" for v in case.feeds.values())
    words = {"float32": "float", "float64": "double", "bool": "bool"}
    kinds = ",".join("string" if is_text(v) else words.get(v.dtype.name, v.dtype.name) for v in case.feeds.values())
    yield "benchmark_model", not any(map(is_text, case.feeds.values())) and bool(case.feeds), lambda: (
        tool("benchmark_model", f"--graph={graph}", f"--input_layer={inputs}", f"--input_layer_shape={shapes}", f"--input_layer_type={kinds}", f"--output_layer={outputs}",
             "--max_num_runs=2", "--max_time=1", "--show_flops"), says("FLOPs estimate"))
    if case.keys and case.path.is_dir():
        tags, key = case.flags[1], case.flags[3]
        yield "saved_model_cli show", True, lambda: (tool("saved_model_cli", "show", "--dir", case.path, "--all"), says("signature_def"))
        yield "saved_model_cli scan", True, lambda: (tool("saved_model_cli", "scan", "--dir", case.path), None)
        feeds = ";".join(f"{case.keys[n]}={f.lstrip('@')}" for n, f in case.files.items())
        yield "saved_model_cli run", not any(isinstance(v, bytes) for v in case.feeds.values()) and bool(feeds), lambda: (
            tool("saved_model_cli", "run", "--dir", case.path, "--tag_set", tags, "--signature_def", key, *(["--inputs", feeds] if feeds else [])), says("Result for output key"))
        yield "freeze_graph", True, lambda: (tool("freeze_graph", f"--input_saved_model_dir={case.path}", f"--saved_model_tags={tags}", f"--output_graph={place / 'fg.pb'}", f"--output_node_names={freeze_names(case)}"), None)


def freeze_names(case):
    """The outputs' nodes as the SavedModel's own graph calls them."""
    from verb_models import signature_of
    return ",".join(sorted({i.name.split(":")[0] for i in signature_of(case.path)[2].outputs.values()}))

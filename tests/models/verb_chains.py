"""Further cells of check_verbs.py (--chains): each verb and drop-in tool on what other verbs wrote, and all transforms in one call."""
from check_one import np, tf

# All that keep answers; backport_tensor_array_v3 makes operators that TensorFlow 2.21 no longer takes.
EXACT = ("strip_unused_nodes add_default_attributes remove_nodes(op=Identity, op=CheckNumerics) fold_constants fold_batch_norms fold_old_batch_norms flatten_atrous_conv "
         "fuse_resize_pad_and_conv fuse_resize_and_conv fuse_pad_and_conv merge_duplicate_nodes remove_device backport_concatv2 sparsify_gather remove_attribute(attribute_name=_class) "
         "sort_by_execution_order")
LOSSY = EXACT + " round_weights(num_steps=256) obfuscate_names"
# A text of more is slow to write and to read.
MOST_AS_TEXT = 5e6


def is_text(value):
    return isinstance(value, bytes) or np.asarray(value).dtype.kind in "SO"


class Chain:
    def __init__(self, case):
        self.case, self.place = case, case.folder
        self.names = ["--output", ",".join(case.outputs)]
        self.inputs, self.outputs = ",".join(case.feeds), ",".join(case.outputs)
        self.check, self.sample = case.inputs("--check-input"), case.inputs("--sample")
        self.fed = ["--input", self.inputs] if case.feeds else []
        self.types = ",".join("7" if is_text(v) else str(tf.as_dtype(np.asarray(v).dtype).as_datatype_enum) for v in case.feeds.values())

    def cell(self, what, words, out=None, lossy=False, meant=True, tool=False):
        program = self.case.args.rivulet.with_name("rivulet-tf") if tool else None
        return what, meant, lambda: (self.case.call(*words, program=program), (lambda done: self.case.differs(self.place / out, lossy)) if out else None)

    def once(self):
        """Long chains, and other ways to write a file."""
        graph, place = self.case.graph, self.place
        yield self.cell("chain of transforms", ["transform", graph, "-o", place / "ch.pb", *self.fed, *self.names, *self.check, "--transforms", EXACT], "ch.pb")
        yield self.cell("chain of transforms that round", ["transform", graph, "-o", place / "ca.pb", *self.fed, *self.names, *self.check, "--transforms", LOSSY], "ca.pb", lossy=True)
        yield self.cell("chain by transform_graph", ["transform_graph", f"--in_graph={graph}", f"--out_graph={place / 'tc.pb'}", f"--inputs={self.inputs}", f"--outputs={self.outputs}",
                                                     f"--transforms={EXACT}"], "tc.pb", tool=True)
        yield self.cell("optimize twice", ["optimize", place / "o.pb", "-o", place / "oo.pb", *self.names, *self.case.without_switches().inputs("--check-input")], "oo.pb")
        yield "optimize twice: the same file", True, lambda: ((0, "", ""), lambda done: "" if (place / "oo.pb").read_bytes() == (place / "o.pb").read_bytes() else "another file")
        for end in ("pbtxt", "mmap") if graph.stat().st_size < MOST_AS_TEXT else ("mmap",):
            yield self.cell(f"optimize .{end}", ["optimize", graph, "-o", place / f"o2.{end}", *self.names, *self.check], f"o2.{end}")
            yield self.cell(f"transform .{end}", ["transform", graph, "-o", place / f"t2.{end}", *self.fed, *self.names, *self.check, "--transforms", "fold_constants"], f"t2.{end}")
            yield self.cell(f"freeze .{end}", ["freeze", graph, "-o", place / f"f2.{end}", *self.names], f"f2.{end}")
            for flag in ("--float16", "--quantize-weights"):
                yield self.cell(f"shrink {flag} .{end}", ["shrink", graph, "-o", place / f"s2.{end}", flag, *self.sample, "--output", self.outputs], f"s2.{end}", lossy=True)
        yield self.cell("lossless, for what follows", ["shrink", graph, "-o", place / "ll.rivulet", "--lossless", *self.sample, "--output", self.outputs], "ll.rivulet")

    def verbs_on(self, kind, source):
        """Every verb on a file that another one wrote."""
        case, place = self.case, self.place
        shapes = [w for n, s in case.open_shapes.items() for w in ("--input-shape", f"{n}={','.join(map(str, s))}")]
        fetches = [w for n in case.outputs for w in ("--output", n)]
        make = lambda verb, out, *flags, lossy=False, meant=True: self.cell(f"{kind}: {verb}", [verb.split()[0], source, "-o", place / out, *flags], out, lossy, meant)
        yield self.cell(f"{kind}: inspect", ["inspect", source, "--json"])
        yield make("freeze", "y.pb", *self.names)
        yield make("optimize", "y.pb", *self.names, *self.check)
        yield make("transform", "y.pb", *self.fed, *self.names, *self.check, "--transforms", EXACT)
        yield make("shrink --lossless", "y.rivulet", "--lossless", *self.sample, "--output", self.outputs)
        for flag in ("--quantize-weights", "--round-weights=256", "--float16"):
            yield make(f"shrink {flag}", "y.pb", flag, *self.sample, "--output", self.outputs, lossy=True)
        yield make("pack", "y2.rivulet", *self.names)
        yield make("pack --format memmapped", "y.mmap", "--format", "memmapped", *self.names)
        yield make("prepare --lossless", "y3.rivulet", "--lossless", *self.names, *shapes, meant=not any(map(is_text, case.feeds.values())))
        yield self.cell(f"{kind}: view A B", ["view", case.graph, source, "-o", place / "y.html"])
        yield self.cell(f"{kind}: bench", ["bench", source, "--runs", "1", "--warmup", "0", *case.inputs()])
        yield self.cell(f"{kind}: compare", ["compare", case.graph, source, "--rtol", "1e-3", "--atol", "1e-3", *case.inputs(), *fetches])
        yield self.cell(f"{kind}: check", ["check", source], meant=kind in ("pack", "prepared"))

    def tools_on(self, kind, source):
        place, outputs = self.place, f"--output_node_names={self.outputs}"
        make = lambda name, out, *flags, lossy=False: self.cell(f"{kind}: {name}", [name.split()[0], *flags], out, lossy, tool=True)
        types = [f"--placeholder_type_enum={self.types}"] if self.types else []
        yield make("summarize_graph", None, f"--in_graph={source}")
        yield make("graph_pb2tb", None, place / "ytb", source)
        yield make("strip_unused", "y.pb", f"--input_graph={source}", "--input_binary=true", f"--output_graph={place / 'y.pb'}", f"--input_node_names={self.inputs}", outputs, *types)
        yield make("optimize_for_inference", "y.pb", f"--input={source}", f"--output={place / 'y.pb'}", f"--input_names={self.inputs}", f"--output_names={self.outputs}", *types)
        yield make("transform_graph", "y.pb", f"--in_graph={source}", f"--out_graph={place / 'y.pb'}", f"--inputs={self.inputs}", f"--outputs={self.outputs}", f"--transforms={EXACT}")
        for mode in ("weights_rounded", "weights", "eightbit"):
            yield make(f"quantize_graph {mode}", "y.pb", f"--input={source}", f"--output={place / 'y.pb'}", outputs, f"--mode={mode}", lossy=True)
        yield make("convert_graphdef_memmapped_format", "y.mmap", f"--in_graph={source}", f"--out_graph={place / 'y.mmap'}")


def cells(case):
    """After verb_cells.cells, which wrote the files."""
    chain, place = Chain(case), case.folder
    yield from chain.once()
    files = {"pack": "p.rivulet", "squeezed": "ll.rivulet", "memmapped": "p.mmap", "text": "f.pbtxt", "optimized": "o.pb", "prepared": "b.rivulet"}
    for kind, name in files.items():
        if kind in ("optimized", "prepared"):
            chain = Chain(case.without_switches())
        if (place / name).exists():
            yield from chain.verbs_on(kind, place / name)
            yield from chain.tools_on(kind, place / name)

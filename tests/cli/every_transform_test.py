"""Each transform there is, on graphs with loops and branches of both kinds: no answer changes, and no argument is taken that it does not have."""
import json
import subprocess

from command_case import RIVULET, CommandCase, main, node, placeholder
import optimize_test
from optimize_test import BOOL, FLOAT, const

# What each is asked for; the rest of what it does is for other tests.
ARGUMENTS = {
    "insert_logging": "(op=Relu, message=seen, first_n=1)", "quantize_weights": "(minimum_size=1)", "remove_attribute": "(attribute_name=_class)",
    "remove_nodes": "(op=Identity, op=CheckNumerics)", "rename_attribute": "(old_attribute_name=_class, new_attribute_name=_klass)",
    "rename_op": "(old_op_name=Foo, new_op_name=Bar)", "round_weights": "(num_steps=256)", "set_device": '(device="/device:CPU:0")',
}
NEAR = {"quantize_weights", "round_weights", "quantize_nodes"}  # what these change, by a twentieth at most here
WANT_FILES = {"freeze_requantization_ranges": "min_max_log_file", "sparsify_gather": None}

FUNCTIONS = "library { " + "".join(
    f'function {{ signature {{ name: "{name}" input_arg {{ name: "a" type: DT_FLOAT }} output_arg {{ name: "b" type: {kind} }} }} {body} ret {{ key: "b" value: "{out}" }} }} '
    for name, kind, body, out in (
        ("turn", "DT_FLOAT", 'node_def { name: "n" op: "Abs" input: "a" attr { key: "T" value { type: DT_FLOAT } } } node_def { name: "i" op: "Identity" input: "n:y:0" attr { key: "T" value { type: DT_FLOAT } } } '
         'node_def { name: "more" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0.25 } } } } '
         'node_def { name: "m" op: "Add" input: "i:output:0" input: "more:output:0" attr { key: "T" value { type: DT_FLOAT } } }', "m:z:0"),
        ("goes", "DT_BOOL", 'node_def { name: "axes" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } int_val: 0 } } } } '
         'node_def { name: "s" op: "Sum" input: "a" input: "axes:output:0" attr { key: "T" value { type: DT_FLOAT } } attr { key: "Tidx" value { type: DT_INT32 } } } '
         'node_def { name: "least" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } } '
         'node_def { name: "l" op: "Less" input: "s:output:0" input: "least:output:0" attr { key: "T" value { type: DT_FLOAT } } }', "l:z:0"),
        ("yes", "DT_FLOAT", 'node_def { name: "n" op: "Relu" input: "a" attr { key: "T" value { type: DT_FLOAT } } }', "n:activations:0"),
        ("no", "DT_FLOAT", 'node_def { name: "n" op: "Neg" input: "a" attr { key: "T" value { type: DT_FLOAT } } }', "n:y:0"))) + "}\n"


class EveryTransform(CommandCase):
    def graph(self):
        """A loop and a branch of TensorFlow 1, one of each of 2, with a constant that is computed, a check and twins beside them."""
        branch = "".join([
            node("sw", "Switch", "way", "way", T=BOOL), node("t", "Identity", "sw:1", T=BOOL), node("f", "Identity", "sw", T=BOOL), node("pick", "Switch", "exit", "way", T=FLOAT),
            const("half", [], [0.5], "DT_FLOAT", "^t"), node("less", "Mul", "pick:1", "half", T=FLOAT).replace('"less"', '"halved"'), node("kept", "Identity", "pick", T=FLOAT),
            node("joined", "Merge", "kept", "halved", T=FLOAT, N="i: 2"),
            # Nothing but their waits says to which side these belong.
            const("five", [], [5], "DT_FLOAT", "^t"), const("six", [], [6], "DT_FLOAT", "^f"), node("either", "Merge", "six", "five", T=FLOAT, N="i: 2")])
        types = {"Tin": "list { type: DT_FLOAT }", "Tout": "list { type: DT_FLOAT }"}
        functions = node("while", "StatelessWhile", "checked", T="list { type: DT_FLOAT }", cond='func { name: "goes" }', body='func { name: "turn" }') + \
            node("if", "StatelessIf", "way", "while", Tcond=BOOL, then_branch='func { name: "yes" }', else_branch='func { name: "no" }', **types)
        beside = const("a", [2], [1, 2]) + const("a2", [2], [1, 2]) + node("sum", "Add", "a", "a2", T=FLOAT) + node("checked", "CheckNumerics", "joined", T=FLOAT, message='s: "no"') + \
            node("left", "Relu", "if", T=FLOAT) + node("right", "Relu", "if", T=FLOAT) + node("both", "Add", "left", "right", T=FLOAT) + node("most", "Add", "both", "sum", T=FLOAT) + node("y", "Mul", "most", "either", T=FLOAT)
        return self.model(placeholder("x", dims=[2]), placeholder("way", "DT_BOOL", dims=[]), optimize_test.Pains.loop(self), branch, functions, beside, FUNCTIONS)

    def names(self):
        return [line.split()[0] for line in self.fine("transform", "--list").splitlines()]

    def close(self, model, out, name):
        for x in ("[0.1,0.2]", "[-1,0.5]"):
            for way in ("true", "false"):
                near = ("--rtol", "0.05", "--atol", "0.05") if name in NEAR else ()
                self.fine("compare", model, out, "--input", f"x=={x}", "--input", f"way=={way}", "--output", "y", *near)

    def transformed(self, model, step):
        out = self.dir / "out.pb"
        done = subprocess.run([RIVULET, "transform", model, "-o", out, "--input", "x,way", "--output", "y", "--transforms", step], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Not compared", done.stderr)
        return out

    def test_pain_12_loops_and_branches_survive_each(self):
        model = self.graph()
        for name in self.names():
            if WANT_FILES.get(name):
                continue
            with self.subTest(transform=name):
                self.close(model, self.transformed(model, name + ARGUMENTS.get(name, "")), name)

    def test_pain_12_loops_and_branches_survive_all_one_after_the_other(self):
        model = self.graph()
        steps = [n + ARGUMENTS.get(n, "") for n in self.names() if not WANT_FILES.get(n) and n not in NEAR | {"obfuscate_names"}]
        self.close(model, self.transformed(model, " ".join(steps)), "")

    def test_pain_13_what_is_fed_keeps_type_and_shape_in_each(self):
        model = self.graph()
        for name in self.names():
            if WANT_FILES.get(name):
                continue
            with self.subTest(transform=name):
                out = self.transformed(model, name + ARGUMENTS.get(name, ""))
                shown = {i["name"]: (i["dtype"], i["shape"]) for i in json.loads(self.fine("inspect", out, "--json"))["inputs"]}
                self.assertEqual(shown, {"x": ("float32", [2]), "way": ("bool", [])})

    def test_no_argument_is_taken_that_it_does_not_have(self):
        model, out = self.graph(), self.dir / "out.pb"
        for name in self.names():
            with self.subTest(transform=name):
                self.fails(2, [f"'{name}'", "has no argument 'numsteps'"], "transform", model, "-o", out, "--transforms", f"{name}(numsteps=3)")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    main()

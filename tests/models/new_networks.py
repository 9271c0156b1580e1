"""Networks of many kinds, made with TensorFlow 2.21, for check_verbs.py, check_originals.py and their kin.

    python tests/models/new_networks.py FOLDER [NAME ...]

FOLDER gets graphs/, savedmodels/ and weights/, as --material of those has them; its data/ is the caller's to add. MODEL.npz beside a
model has what it is fed with, where made-up values would not do.
"""
import pathlib
import sys

import network_kit as kit
import keras
import further_networks
import keras_networks
import module_networks
import routing_networks
import stateful_networks
from network_kit import np, tf


def feeds():
    """{model: {input: array}}, the graphs' names after the SavedModels' where both are fed."""
    r = np.random.RandomState(7)
    rgb = r.uniform(-1, 1, (1, 32, 48, 3)).astype("f")
    photo = r.randint(0, 255, (1, 60, 80, 3)).astype("u1")
    ids = r.randint(0, 64, (2, 9)).astype("i4")
    feature = lambda **one: tf.train.Feature(**one)
    example = tf.train.Example(features=tf.train.Features(feature={
        "x": feature(float_list=tf.train.FloatList(value=[0.5])), "job": feature(bytes_list=tf.train.BytesList(value=[b"cook", b"poet"]))}))
    jpeg = tf.io.encode_jpeg(r.randint(0, 255, (40, 40, 3)).astype("u1")).numpy()
    yield "graphs/segment_any_size", {"x": rgb}
    yield "savedmodels/segment_any_size", {"rgb": rgb}
    yield "graphs/detector", {"image": photo}
    yield "savedmodels/detector", {"image": photo}
    yield "savedmodels/nms_dynamic", {"rows": r.normal(size=(20, 8)).astype("f")}
    yield "savedmodels/ragged", {"values": r.randint(0, 20, 7).astype("i4"), "splits": np.array([0, 3, 3, 7], "i8")}
    yield "savedmodels/lookup_text", {"text": np.array([b"The cat", b"sea sun dog"])}
    yield "savedmodels/lookup_asset", {"words": np.array([[b"the", b"cat"], [b"unknown", b"mat"]])}
    yield "savedmodels/text_gru", {"inputs": np.array([b"the cat", b"a bad film, great dog"])}
    yield "savedmodels/jpeg_in", {"image_bytes": np.array([jpeg])}
    yield "savedmodels/wide_columns", {"examples": np.array([example.SerializeToString()])}
    yield "savedmodels/stacked_states", {"tokens": np.array([[3, 9, 1, 0, 0], [5, 5, 2, 7, 39]], "i4")}
    yield "savedmodels/mixed_columns", {"city": np.array([[b"oslo"], [b"paris"]]), "size": r.normal(size=(2, 2)).astype("f"), "kind": np.array([[1], [3]])}
    yield "savedmodels/convnext_block", {"photo": photo}
    yield "savedmodels/separable_sounds", {"sound": r.uniform(-1, 1, (1, 20, 2)).astype("f")}
    yield "savedmodels/pieces_of_text", {"lines": np.array([b"The 3 cats, asleep", "gr\u00fcn and blue".encode()])}
    yield "savedmodels/beam_search", {"first": np.array([4], "i4"), "longest": np.int32(6)}
    yield "savedmodels/v1_branches_and_tables", {"x": r.normal(size=(3, 4)).astype("f")}
    yield "savedmodels/scans_and_maps", {"rows": r.normal(size=(5, 6)).astype("f"), "keep": np.array([3, 0, 3, 9, 2], "i4")}
    yield "graphs/v1_while", {"x": r.uniform(-1, 1, (2, 6)).astype("f"), "steps": np.int32(4)}
    for folder, names in (("graphs", ("t", "t")), ("savedmodels", ("ids", "tokens"))):
        yield f"{folder}/attention", {names[0]: ids}
        yield f"{folder}/tokens_gru", {names[1]: ids}


def main():
    kit.OUT = pathlib.Path(sys.argv[1])
    for folder in ("graphs", "savedmodels", "weights"):
        (kit.OUT / folder).mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or kit.MADE:
        keras.backend.clear_session()
        keras.utils.set_random_seed(7)
        kit.MADE[name]()
        print("made", name, flush=True)
    for name, arrays in feeds():
        np.savez(kit.OUT / f"{name}.npz", **arrays)


if __name__ == "__main__":
    main()

"""label_image, label_wav, label_wav_dir, test_streaming_accuracy, wav_to_spectrogram."""
import shutil
import struct
import zlib

from command_case import main, node, placeholder
from tf_case import SAMPLES, SHAPES_LABELS, SHAPES_PB, ToolCase

SHAPES = [f"--graph={SHAPES_PB}", f"--labels={SHAPES_LABELS}", "--input_mean=127.5", "--input_std=127.5"]


def wav(samples, rate=16000, channels=1):
    data = struct.pack(f"<{len(samples)}h", *samples)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
            + b"data" + struct.pack("<I", len(data)) + data)


class LabelImage(ToolCase):
    def test_the_example_prints_label_index_and_score(self):
        lines = self.works("label_image", *SHAPES, f"--image={SAMPLES / 'star.jpg'}").splitlines()
        self.assertEqual(len(lines), 5)
        labels = SHAPES_LABELS.read_text().split()
        self.assertRegex(lines[0], rf"^star \({labels.index('star')}\): 0\.9\d*$")

    def test_the_poets_style(self):
        lines = self.works("label_image", *SHAPES, "--image", SAMPLES / "star.jpg", "--style=poets").splitlines()
        self.assertEqual(lines[0], "")
        self.assertRegex(lines[1], r"^Evaluation time \(1-image\): \d+\.\d{3}s$")
        self.assertRegex(lines[3], r"^star \(score=0\.9\d{4}\)$")

    def test_the_tutorials_call(self):
        """A retrained graph is known by its output; its labels lie beside it; its size is its own."""
        folder = self.dir / "tf_files"
        folder.mkdir()
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={self.dir / 'g.pbtxt'}", "--transforms=remove_device", "--output_as_text")
        (folder / "retrained_graph.pb").write_text((self.dir / "g.pbtxt").read_text().replace('"probability"', '"final_result"'))
        shutil.copy(SHAPES_LABELS, folder / "retrained_labels.txt")
        out = self.works("label_image", f"--graph={folder}/retrained_graph.pb", f"--image={SAMPLES / 'star.jpg'}")
        self.assertRegex(out, r"\(score=\d\.\d{5}\)")
        self.assertIn("star (", self.works("label_image", "--image", (SAMPLES / "star.jpg").resolve(), f"--root_dir={self.dir}", "--style=poets"))

    def test_graphs_retrained_from_inception_take_pictures_at_mul(self):
        text = self.dir / "g.pbtxt"
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={text}", "--transforms=remove_device", "--output_as_text")
        text.write_text(text.read_text().replace('"input"', '"Mul"').replace('"probability"', '"final_result"'))
        flags = ["label_image", f"--graph={text}", f"--labels={SHAPES_LABELS}", f"--image={SAMPLES / 'star.jpg'}", "--output_layer=final_result"]
        self.assertEqual(self.works(*flags), self.works(*flags, "--input_mean=128", "--input_std=128", "--input_layer=Mul"))
        self.assertRegex(self.works(*flags).splitlines()[0], r"^star \(\d+\): 0\.9")

    def test_errors(self):
        self.refuses(255, ["none.jpg"], "label_image", *SHAPES, "--image=none.jpg")
        self.refuses(255, ["labels.txt"], "label_image", f"--graph={SHAPES_PB}", "--labels=none/labels.txt", f"--image={SAMPLES / 'star.jpg'}")
        self.refuses(255, ["'probabilty'", "'probability'"], "label_image", *SHAPES, f"--image={SAMPLES / 'star.jpg'}", "--output_layer=probabilty")
        self.refuses(255, ["Expected label #653", "Self-test failed"], "label_image", *SHAPES, f"--image={SAMPLES / 'star.jpg'}", "--self_test")
        self.refuses(255, ["--input_width", "1 to 16384"], "label_image", *SHAPES, "--input_width=0")
        self.refuses(255, ["star.jpg"], "label_image", *SHAPES, f"--image={self.file('star.jpg', b'no picture')}")


class Sounds(ToolCase):
    def model_of_sound(self):
        """Loud or quiet: two scores from the mean of the squares."""
        f, i = "type: DT_FLOAT", "type: DT_INT32"
        return self.model(
            placeholder("wav_data", "DT_STRING"), node("decoded_sample_data", "DecodeWav", "wav_data"),
            node("squares", "Square", "decoded_sample_data", T=f),
            node("axes", "Const", dtype=i, value="tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: [0, 1] }"),
            node("mean", "Mean", "squares", "axes", T=f, Tidx=i), node("one", "Const", dtype=f, value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 }"),
            node("quiet", "Sub", "one", "mean", T=f), node("both", "Pack", "quiet", "mean", T=f, N="i: 2", axis="i: 0"),
            node("zero", "Const", dtype=i, value="tensor { dtype: DT_INT32 tensor_shape { } int_val: 0 }"),
            node("labels_softmax", "ExpandDims", "both", "zero", T=f, Tdim=i))

    def labels(self):
        return self.file("labels.txt", b"_silence_\nloud\n")

    def test_label_wav(self):
        model = self.model_of_sound()
        sound = self.file("loud.wav", wav([32767] * 800))
        out = self.works("label_wav", f"--wav={sound}", f"--graph={model}", f"--labels={self.labels()}")
        self.assertEqual(out, "loud (score = 0.99994)\n_silence_ (score = 0.00006)\n")
        out = self.works("label_wav", f"--wav={sound}", f"--graph={model}", f"--labels={self.labels()}", "--how_many_labels=1")
        self.assertEqual(len(out.splitlines()), 1)
        self.refuses(2, ["want --graph"], "label_wav", f"--wav={sound}", f"--labels={self.labels()}")
        self.refuses(1, ["'wav'", "did you mean"], "label_wav", f"--wav={sound}", f"--graph={model}", f"--labels={self.labels()}", "--input_name=wav:0")

    def test_label_wav_dir(self):
        model = self.model_of_sound()
        folder = self.dir / "sounds"
        folder.mkdir()
        (folder / "b.wav").write_bytes(wav([0] * 800))
        (folder / "a.wav").write_bytes(wav([32767] * 800))
        (folder / "notes.txt").write_text("no sound")
        out = self.works("label_wav_dir", f"--wav_dir={folder}", f"--graph={model}", f"--labels={self.labels()}", "--how_many_labels=1")
        self.assertEqual(out, "\na.wav\nloud (score = 0.99994)\n\nb.wav\n_silence_ (score = 1.00000)\n")
        self.refuses(1, [".wav"], "label_wav_dir", f"--wav_dir={SAMPLES}", f"--graph={model}", f"--labels={self.labels()}")

    def test_streaming_accuracy(self):
        quiet, loud = [0] * 16000, [32767] * 8000
        sound = self.file("long.wav", wav(quiet * 2 + loud + quiet * 3 + loud + quiet * 2))
        truth = self.file("truth.txt", b"loud, 2200\nother,5700\n\n")
        flags = ["test_streaming_accuracy", f"--wav={sound}", f"--graph={self.model_of_sound()}", f"--labels={self.labels()}", f"--ground_truth={truth}",
                 "--clip_duration_ms=100", "--clip_stride_ms=50", "--average_window_ms=200"]
        self.assertEqual(self.works(*flags), "100.0% matched, 50.0% correctly, 50.0% wrongly, 0.0% false positives \n")
        early = self.file("early.txt", b"loud,100\n")
        self.assertEqual(self.works(*flags, f"--ground_truth={early}"), "0.0% matched, 0.0% correctly, 0.0% wrongly, 200.0% false positives \n")
        out = self.works(*flags, "--verbose", "--detection_threshold=0.5", "--suppression_ms=100").splitlines()
        self.assertRegex(out[0], r"^2\d\d\dms: loud: 0\.[5-9]\d* \(Correct\)$")
        self.assertTrue(out[-1].endswith("false positives "), out)
        self.refuses(255, ["Only mono"], *flags, f"--wav={self.file('s.wav', wav([0] * 8, channels=2))}")
        self.refuses(255, ["word,milliseconds", "'a,b'"], *flags, f"--ground_truth={self.file('t.txt', b'a,b')}")

    def test_a_spectrogram(self):
        sound, png = self.file("s.wav", wav([((-1) ** i) * 8000 for i in range(1024)])), self.dir / "s.png"
        self.works("wav_to_spectrogram", f"--input_wav={sound}", f"--output_image={png}", "--brightness=1", "--window_size=64", "--stride=32")
        data = png.read_bytes()
        width, height = struct.unpack(">II", data[16:24])
        self.assertEqual((width, height), (33, 31))
        length, = struct.unpack(">I", data[33:37])
        rows = zlib.decompress(data[41:41 + length])
        self.assertEqual(len(rows), 34 * 31)
        self.refuses(255, ["none.wav"], "wav_to_spectrogram", "--input_wav=none.wav", f"--output_image={png}")
        self.refuses(255, ["window_size"], "wav_to_spectrogram", f"--input_wav={sound}", f"--output_image={png}", "--window_size=0")
        self.assertEqual(png.read_bytes(), data)

    def test_the_real_words(self):
        model, labels = self.material("graphs/speech/conv_actions_frozen.pb"), self.material("graphs/speech/conv_actions_labels.txt")
        out = self.works("label_wav", f"--wav={self.material('data/speech/left.wav')}", f"--graph={model}", f"--labels={labels}")
        self.assertRegex(out.splitlines()[0], r"^left \(score = 0\.7\d{4}\)$")


if __name__ == "__main__":
    main()
